"""Surveys for the tests, and what a browser sends to answer them."""

import secrets
import time
from datetime import timedelta

from django.core import signing
from django.urls import reverse
from django.utils import timezone

from ansanm.conventions.concertation import answering, survey_operations
from ansanm.conventions.models import Survey


def families(cast, *, is_open=True, **facts):
    """A survey of two audiences: a profile, a choice, several, a scale, a number, a text and a place."""
    convention = cast.convention
    survey = survey_operations.create_survey(
        by=cast.city_officer,
        convention=convention,
        title="Vivre ici en famille",
        audiences=["Parents", "Jeunes"],
        questions=[
            {
                "kind": "one",
                "label": "Vous êtes",
                "is_profile": True,
                "choices": [
                    {"label": "Une femme", "expected_share": 0.52},
                    {"label": "Un homme", "expected_share": 0.48},
                ],
                "expected_source": "Insee, recensement 2022",
            },
            {
                "kind": "one",
                "label": "Garde trouvée",
                "is_required": True,
                "audiences": [0],
                "choices": [{"label": "Oui"}, {"label": "Non"}],
            },
            {"kind": "several", "label": "Manques", "choices": [{"label": "Bus"}, {"label": "Parc"}]},
            {"kind": "scale", "label": "Démarches faciles"},
            {"kind": "number", "label": "Nombre d’enfants"},
            {"kind": "text", "label": "Une chose à changer"},
            {"kind": "place", "label": "Où habitez-vous"},
        ],
        **facts,
    )
    if is_open:
        survey_operations.set_state(by=cast.city_officer, survey=survey, state=Survey.State.OPEN)
    return Survey.objects.select_related("convention").get(pk=survey.pk)


def keys(survey) -> dict:
    """The questions by the first word of their label, and each choice by its own."""
    return {one.label.split()[0]: one for one in survey.questions.all()}


def choice(question, label: str) -> str:
    return next(one["key"] for one in question.choices if one["label"] == label)


def ticket(subject: str, *, age: float = 60, key: str = "") -> str:
    """A ticket as a page opened `age` seconds ago carries it."""
    return signing.dumps([key or secrets.token_hex(16), subject, time.time() - age], salt=answering.SALT)


def filled(survey, audience="Parents", *, age=60, key="", **answers) -> dict:
    """What a browser sends: `Vous="Une femme"`, `Manques=["Bus"]`, `Une="texte"`."""
    asked = keys(survey)
    sent = {"ticket": ticket(f"survey:{survey.pk}", age=age, key=key), "website": ""}
    if audience:
        sent["public"] = survey.audiences.get(label=audience).key
    for name, value in answers.items():
        question = asked[name]
        if question.choices:
            held = value if isinstance(value, list) else [value]
            sent[question.key] = [choice(question, one) for one in held]
        else:
            sent[question.key] = value
    return sent


def address(survey) -> str:
    return reverse("survey_answer", args=[survey.slug])


def sheets(survey, n: int, *, channel="online", moderation="shown", audience="Parents", **answers):
    """`n` sheets straight in the base."""
    sent = filled(survey, audience, **answers)
    asked = keys(survey)
    kept = {
        question.key: sent[question.key]
        if question.kind == "several"
        else plain(question, sent[question.key])
        for question in asked.values()
        if question.key in sent
    }
    for _n in range(n):
        survey.answers.create(
            key=secrets.token_hex(16),
            answers=kept,
            audience=sent["public"],
            channel=channel,
            moderation=moderation,
            answered_on=timezone.localdate(),
        )


def plain(question, value):
    return value[0] if isinstance(value, list) else value


def in_days(n: int):
    return timezone.localdate() + timedelta(days=n)
