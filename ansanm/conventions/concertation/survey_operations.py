"""The deeds on a survey: write it, open and close it, copy it, put it aside, publish what it says."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.models import (
    BiasNote,
    Survey,
    SurveyAudience,
    SurveyQuestion,
)
from ansanm.conventions.models.plan import new_key
from ansanm.engines.survey import is_a_correction
from ansanm.territories.versions import StaleVersion

State = Survey.State
Kind = SurveyQuestion.Kind
WITH_CHOICES = {Kind.ONE, Kind.SEVERAL}
# Five minutes on a phone; and a sheet read back from a workbook has thirty columns at most.
MOST_QUESTIONS = 24
MOST_CHOICES = 30
MOST_AUDIENCES = 12
FACTS = (
    "title",
    "introduction",
    "thanks",
    "opens_on",
    "closes_on",
    "house",
    "contact_purpose",
    "contact_kept_until",
    "is_fictitious",
)
QUESTION_FACTS = (
    "kind",
    "label",
    "help",
    "is_required",
    "choices",
    "expected_source",
    "audiences",
    "is_profile",
    "theme",
)


def question_key() -> str:
    # A key of digits alone would be a rank in the JSON of answers, for the database.
    return "q" + new_key()[1:]


def free_slug(title: str) -> str:
    """An address short enough to be copied from a poster, that no survey has had."""
    stem = slugify(title)[:28].strip("-") or "enquete"
    stem = stem.rpartition("-")[0] if len(stem) == 28 and "-" in stem else stem
    taken = set(Survey.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{stem}-{n}") not in taken)


def taken(survey, version: int) -> Survey:
    """The survey, locked, if nobody saved since `version`; StaleVersion otherwise."""
    current = Survey.objects.select_for_update(of=("self",)).select_related("convention").get(pk=survey.pk)
    if current.version != version:
        raise StaleVersion(current)
    return current


def move_on(survey) -> None:
    survey.version += 1
    survey.save(update_fields=["version"])


def told(values: dict) -> dict:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()
    }


@transaction.atomic
def create_survey(*, by, convention, title, audiences=(), questions=(), **facts) -> Survey:
    """Open a survey in preparation; `audiences` are labels, `questions` dicts of QUESTION_FACTS whose
    "audiences" are ranks among those labels."""
    survey = Survey(convention=convention, title=title, created_by=by, slug=free_slug(title), **facts)
    check(survey)
    survey.full_clean(exclude=["created_by"])
    survey.save()
    rows = [
        SurveyAudience.objects.create(survey=survey, position=i, label=label)
        for i, label in enumerate(audiences)
    ]
    for position, given in enumerate(questions):
        given = dict(given) | {"audiences": [rows[i].key for i in given.get("audiences", ())]}
        question = SurveyQuestion(survey=survey, position=position, key=question_key(), **given)
        question.choices = with_keys(question.choices)
        question.full_clean()
        question.save()
    record("survey.create", by=by, target=survey, convention=convention, after={"title": title})
    return survey


def with_keys(choices) -> list[dict]:
    return [
        {"key": one.get("key") or "c" + new_key()[1:]} | {k: v for k, v in one.items() if k != "key"}
        for one in choices
    ]


def check(survey) -> None:
    if survey.opens_on and survey.closes_on and survey.closes_on < survey.opens_on:
        raise ValidationError({"closes_on": _("La clôture vient avant l’ouverture.")})
    if survey.contact_purpose and not survey.contact_kept_until:
        raise ValidationError(
            {"contact_kept_until": _("Dites jusqu’à quel jour les coordonnées sont gardées.")}
        )


@transaction.atomic
def update_survey(*, by, survey, version: int, audiences=None, **facts) -> Survey:
    """Correct the survey; `audiences` are (key or "", label), in their order."""
    unknown = facts.keys() - set(FACTS)
    if unknown:
        raise TypeError(f"Not facts of a survey: {', '.join(sorted(unknown))}.")
    current = taken(survey, version)
    before = {name: getattr(current, name) for name in facts}
    for name, value in facts.items():
        setattr(current, name, value)
    check(current)
    current.full_clean(exclude=["created_by"])
    # Who left an address gave it to that house, and to no other.
    if before.get("house", current.house) != current.house and current.contact_details.exists():
        raise ValidationError(
            {"house": _("Des personnes ont laissé leurs coordonnées à ce porteur : il ne change plus.")}
        )
    if audiences is not None:
        set_audiences(current, audiences)
    current.save(update_fields=[*facts])
    move_on(current)
    record(
        "survey.update", by=by, target=current, convention=current.convention,
        before=told(before), after=told(facts),
    )  # fmt: skip
    return current


def set_audiences(survey, wanted) -> None:
    rows = {one.key: one for one in survey.audiences.all()}
    kept = {key for key, label in wanted if key and label}
    answered = set(survey.answers.values_list("audience", flat=True).distinct())
    asked = {key for one in survey.questions.all() for key in one.audiences}
    for key, row in rows.items():
        if key in kept:
            continue
        if key in answered:
            raise ValidationError(
                _("Des réponses viennent de « %(label)s » : ce public reste.") % {"label": row}
            )
        if key in asked:
            raise ValidationError(
                _("Une question ne s’adresse qu’à « %(label)s » : changez-la d’abord.") % {"label": row}
            )
        row.delete()
    has_answers = bool(answered)
    position = 0
    for key, label in wanted:
        label = " ".join(label.split())
        if not label:
            continue
        if position >= MOST_AUDIENCES:
            raise ValidationError(_("%(n)s publics au plus.") % {"n": MOST_AUDIENCES})
        row = rows.get(key)
        if row is None:
            row = SurveyAudience(survey=survey)
        elif has_answers and row.label != label and not is_a_correction(row.label, label):
            raise ValidationError(changed_meaning(row.label, label))
        row.label, row.position = label, position
        row.full_clean()
        row.save()
        position += 1


def changed_meaning(before: str, after: str) -> str:
    return _(
        "Des personnes ont répondu à « %(before)s » : seules l’orthographe, la ponctuation "
        "et une lettre par mot s’y corrigent encore. « %(after)s » demanderait autre chose : "
        "copiez l’enquête."
    ) % {"before": before, "after": after}


@transaction.atomic
def add_question(*, by, survey, version: int, **facts) -> SurveyQuestion:
    current = taken(survey, version)
    # Those who answered were not asked it: it would count them among the silent.
    if current.answers.exists():
        raise ValidationError(_("Des personnes ont répondu : copiez l’enquête pour ajouter une question."))
    held = current.questions.order_by("-position").values_list("position", flat=True)
    if len(held) >= MOST_QUESTIONS:
        raise ValidationError(
            _("Une enquête compte %(n)s questions au plus : au-delà, on ne la finit pas.")
            % {"n": MOST_QUESTIONS}
        )
    question = SurveyQuestion(
        survey=current, key=question_key(), position=held[0] + 1 if held else 0, **facts
    )
    question.choices = with_keys(question.choices)
    check_question(current, question)
    question.save()
    move_on(current)
    record(
        "survey.question_add", by=by, target=current, convention=current.convention,
        after={"label": question.label},
    )  # fmt: skip
    return question


def check_question(survey, question) -> None:
    question.full_clean()
    known = {one.key for one in survey.audiences.all()}
    if set(question.audiences) - known:
        raise ValidationError({"audiences": _("Ce public n’est pas dans cette enquête.")})
    if question.kind in WITH_CHOICES:
        labels = [one["label"] for one in question.choices]
        if len(labels) < 2:
            raise ValidationError({"choices": _("Écrivez au moins deux choix, un par ligne.")})
        if len(labels) > MOST_CHOICES:
            raise ValidationError({"choices": _("%(n)s choix au plus.") % {"n": MOST_CHOICES}})
        if len({label.casefold() for label in labels}) < len(labels):
            raise ValidationError({"choices": _("Deux choix portent les mêmes mots.")})
        if too_long := next((label for label in labels if len(label) > 200), None):
            raise ValidationError(
                {"choices": _("« %(label)s… » dépasse 200 signes.") % {"label": too_long[:40]}}
            )
        expected = [one["expected_share"] for one in question.choices if "expected_share" in one]
        if expected and not question.expected_source:
            raise ValidationError({"expected_source": _("Dites d’où viennent les parts attendues.")})
        if question.kind == Kind.ONE and sum(expected) > 1.005:
            raise ValidationError({"choices": _("Les parts attendues dépassent 100 % ensemble.")})
    else:
        question.choices = []


@transaction.atomic
def update_question(*, by, survey, version: int, question, **facts) -> SurveyQuestion:
    """Correct a question; once people answered the survey, its meaning stays theirs."""
    current = taken(survey, version)
    question = current.questions.get(pk=question.pk)
    before = {name: getattr(question, name) for name in QUESTION_FACTS}
    for name, value in facts.items():
        setattr(question, name, value)
    if question.kind in WITH_CHOICES:
        question.choices = with_keys(question.choices)
    check_question(current, question)
    if current.answers.exists():
        keep_meaning(before, question)
    question.save()
    move_on(current)
    record(
        "survey.question_update", by=by, target=current, convention=current.convention,
        before={"label": before["label"]}, after={"label": question.label},
    )  # fmt: skip
    return question


def keep_meaning(before: dict, question) -> None:
    if question.kind != before["kind"]:
        raise ValidationError(
            {"kind": _("Des personnes ont répondu : le type de la question ne change plus.")}
        )
    if set(question.audiences) != set(before["audiences"]):
        raise ValidationError(
            {"audiences": _("Des personnes ont répondu : les publics interrogés ne changent plus.")}
        )
    if not is_a_correction(before["label"], question.label):
        raise ValidationError({"label": changed_meaning(before["label"], question.label)})
    if before["help"] and not is_a_correction(before["help"], question.help):
        raise ValidationError({"help": changed_meaning(before["help"], question.help)})
    old = {one["key"]: one["label"] for one in before["choices"]}
    new = {one["key"]: one["label"] for one in question.choices}
    if old.keys() != new.keys():
        raise ValidationError(
            {"choices": _("Des personnes ont répondu : aucun choix ne s’ajoute ni ne se retire plus.")}
        )
    for key, label in old.items():
        if not is_a_correction(label, new[key]):
            raise ValidationError({"choices": changed_meaning(label, new[key])})


@transaction.atomic
def remove_question(*, by, survey, version: int, question) -> None:
    current = taken(survey, version)
    question = current.questions.get(pk=question.pk)
    if current.answers.exists():
        raise ValidationError(_("Des personnes ont répondu : aucune question ne se retire plus."))
    label = question.label
    question.delete()
    move_on(current)
    record(
        "survey.question_remove", by=by, target=current, convention=current.convention,
        before={"label": label},
    )  # fmt: skip


@transaction.atomic
def shift_question(*, by, survey, question, step: int) -> None:
    """Move a question up or down: the order says nothing of its meaning."""
    current = Survey.objects.select_for_update(of=("self",)).select_related("convention").get(pk=survey.pk)
    rows = list(current.questions.all())
    place = next(i for i, one in enumerate(rows) if one.pk == question.pk)
    other = place + (1 if step > 0 else -1)
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])
    move_on(current)
    record("survey.order", by=by, target=current, convention=current.convention)


@transaction.atomic
def set_state(*, by, survey, state: str) -> Survey:
    """Open the survey, close it, or open it again."""
    current = Survey.objects.select_for_update(of=("self",)).select_related("convention").get(pk=survey.pk)
    if state not in {State.OPEN, State.CLOSED} or current.deleted_at:
        raise ValidationError(_("Une enquête s’ouvre ou se clôt."))
    if state == State.OPEN and not current.questions.exists():
        raise ValidationError(_("Écrivez au moins une question avant d’ouvrir l’enquête."))
    if state == State.OPEN and current.closes_on and current.closes_on < timezone.localdate():
        raise ValidationError(_("Sa date de clôture est passée : changez-la d’abord."))
    if state == State.CLOSED and current.state == State.DRAFT:
        raise ValidationError(_("Cette enquête n’a pas été ouverte."))
    if current.state == state:
        return current
    before = current.state
    current.state = state
    current.save(update_fields=["state"])
    move_on(current)
    record(
        f"survey.{state}", by=by, target=current, convention=current.convention,
        before={"state": before}, after={"state": state},
    )  # fmt: skip
    return current


@transaction.atomic
def copy_survey(*, by, survey) -> Survey:
    """The same questions in a survey of its own, in preparation: neither dates nor answers."""
    title = _("%(title)s (copie)") % {"title": survey.title[:180]}
    copy = Survey.objects.create(
        convention=survey.convention,
        slug=free_slug(survey.title),
        title=title,
        introduction=survey.introduction,
        thanks=survey.thanks,
        house=survey.house,
        is_fictitious=survey.is_fictitious,
        created_by=by,
    )
    # The keys stay: two waves of one survey can then be compared question by question.
    for one in survey.audiences.all():
        SurveyAudience.objects.create(survey=copy, position=one.position, key=one.key, label=one.label)
    for one in survey.questions.all():
        facts = {name: getattr(one, name) for name in QUESTION_FACTS}
        SurveyQuestion.objects.create(survey=copy, position=one.position, key=one.key, **facts)
    record("survey.copy", by=by, target=copy, convention=copy.convention, after={"previous": survey.title})
    return copy


@transaction.atomic
def delete_survey(*, by, survey) -> None:
    """Put the survey aside: its page closes, its answers stay until somebody brings it back."""
    current = Survey.objects.select_for_update(of=("self",)).select_related("convention").get(pk=survey.pk)
    if current.deleted_at is None:
        current.deleted_at = timezone.now()
        current.save(update_fields=["deleted_at"])
        move_on(current)
        record("survey.delete", by=by, target=current, convention=current.convention)


@transaction.atomic
def restore_survey(*, by, survey) -> None:
    current = Survey.objects.select_for_update(of=("self",)).select_related("convention").get(pk=survey.pk)
    if current.deleted_at:
        current.deleted_at = None
        current.save(update_fields=["deleted_at"])
        move_on(current)
        record("survey.restore", by=by, target=current, convention=current.convention)


@transaction.atomic
def publish_results(*, by, survey, publish: bool) -> Survey:
    current = Survey.objects.select_for_update(of=("self",)).select_related("convention").get(pk=survey.pk)
    if publish and current.state == State.DRAFT:
        raise ValidationError(_("Cette enquête n’a pas encore été ouverte."))
    if publish == bool(current.results_published_at):
        return current
    current.results_published_at = timezone.now() if publish else None
    current.save(update_fields=["results_published_at"])
    move_on(current)
    verb = "survey.publish" if publish else "survey.unpublish"
    record(verb, by=by, target=current, convention=current.convention)
    return current


@transaction.atomic
def add_bias_note(*, by, survey, text) -> BiasNote:
    note = BiasNote(survey=survey, text=text.strip(), by=by)
    note.full_clean(exclude=["by"])
    note.save()
    record("survey.bias_add", by=by, target=survey, convention=survey.convention, after={"text": note.text})
    return note


@transaction.atomic
def remove_bias_note(*, by, note) -> None:
    survey, text = note.survey, note.text
    note.delete()
    record("survey.bias_remove", by=by, target=survey, convention=survey.convention, before={"text": text})


def new_reference() -> str:
    """« K7F-2QX »: no letter that is taken for a figure when it is read aloud or copied by hand."""
    drawn = get_random_string(6, "23456789ABCDEFGHJKMNPQRSTUVWXYZ")
    return f"{drawn[:3]}-{drawn[3:]}"
