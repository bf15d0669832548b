"""Examples of the addresses of surveys, workshops and contributions."""

from datetime import timedelta

from django.utils import timezone


def of_convention(cast):
    return {"slug": cast.convention.slug}


def officer(cast):
    return cast.convention.roles.get(role="city_officer").user


def survey_of(cast):
    """An open survey with one question of each kind, three sheets and an address left."""
    from ansanm.conventions.concertation import answering, survey_operations
    from ansanm.conventions.models import Survey

    found = cast.convention.surveys.standing().filter(title__startswith="Familles").first()
    if found is None:
        canary = cast.convention.source_title
        choices = [{"label": "Oui", "expected_share": 0.5}, {"label": "Non", "expected_share": 0.5}]
        found = survey_operations.create_survey(
            by=officer(cast),
            convention=cast.convention,
            title=f"Familles {canary}".strip(),
            introduction=f"Cinq minutes {canary}".strip(),
            audiences=["Parents", "Jeunes"],
            contact_purpose="Tirage au sort",
            contact_kept_until=timezone.localdate() + timedelta(days=30),
            questions=[
                {"kind": "one", "label": f"Satisfait {canary}".strip(), "choices": choices,
                 "is_profile": True, "expected_source": "Insee 2022"},
                {"kind": "several", "label": "Manques", "choices": [{"label": "Bus"}, {"label": "Parc"}]},
                {"kind": "scale", "label": "Facile"},
                {"kind": "number", "label": "Enfants"},
                {"kind": "text", "label": "Un mot"},
                {"kind": "place", "label": "Quartier", "audiences": [0]},
            ],
        )  # fmt: skip
        survey_operations.set_state(by=officer(cast), survey=found, state=Survey.State.OPEN)
        found.refresh_from_db()
        one, several, scale, number, text, _place = found.questions.all()
        audience = found.audiences.first().key
        for n in range(3):
            answers = {
                one.key: one.choices[0]["key"],
                several.key: [several.choices[n % 2]["key"]],
                scale.key: n + 2,
                number.key: n,
                text.key: f"Plus de bancs {canary}".strip(),
            }
            key = f"{cast.convention.slug}-{n}"
            doubt = "links" if n == 2 else ""
            answering.answer_survey(survey=found, key=key, answers=answers, audience=audience, doubt=doubt)
        answering.leave_contact(survey=found, name=f"Marie {canary}".strip(), email="marie@example.org")
        survey_operations.add_bias_note(by=officer(cast), survey=found, text=f"Distribution {canary}".strip())
    return found


def of_survey(cast, **more):
    return of_convention(cast) | {"pk": survey_of(cast).pk} | more


def of_question(cast):
    return of_survey(cast, question=survey_of(cast).questions.first().pk)


def of_removed_survey(cast):
    from ansanm.conventions.concertation import survey_operations

    found = cast.convention.surveys.filter(deleted_at__isnull=False).first()
    if found is None:
        title = f"Essai {cast.convention.source_title}".strip()
        found = survey_operations.create_survey(by=officer(cast), convention=cast.convention, title=title)
        survey_operations.delete_survey(by=officer(cast), survey=found)
    return of_convention(cast) | {"pk": found.pk}


def of_free_answer(cast):
    found = survey_of(cast)
    return of_survey(cast, answer=found.answers.first().pk, question=found.questions.get(kind="text").pk)


def of_bias_note(cast):
    return of_survey(cast, note=survey_of(cast).bias_notes.first().pk)


def of_public_survey(cast):
    from ansanm.conventions.concertation import survey_operations

    found = survey_of(cast)
    survey_operations.publish_results(by=officer(cast), survey=found, publish=True)
    return {"slug": found.slug}


def contribution_of(cast):
    from ansanm.conventions.concertation import contribution_operations

    text = f"Un parc ouvert tard {cast.convention.source_title}".strip()
    return contribution_operations.contribute_freely(
        convention=cast.convention, key=f"exemple-{cast.convention.slug}"[:32], text=text, doubt="links"
    )


def kept_contribution_of(cast):
    from ansanm.conventions.concertation import contribution_operations

    return contribution_operations.add_contribution(
        by=officer(cast),
        convention=cast.convention,
        key=f"lettre-{cast.convention.slug}"[:32],
        channel="letter",
        text=f"Bancs à Ékouté {cast.convention.source_title}".strip(),
    )


def of_kept(cast):
    contribution_of(cast)
    return of_convention(cast) | {"pk": kept_contribution_of(cast).pk}


def of_list(cast):
    survey_of(cast)
    of_workshop(cast)
    of_kept(cast)
    return of_convention(cast)


def of_page(cast):
    """The convention, whose public page takes contributions."""
    from ansanm.conventions.models import ConsultationPage

    ConsultationPage.objects.update_or_create(
        convention=cast.convention,
        defaults={"takes_contributions": True, "published_at": timezone.now()},
    )
    return of_convention(cast)


def of_thanks(cast):
    return of_page(cast) | {"reference": contribution_of(cast).reference}


def of_workshop(cast):
    from ansanm.conventions.concertation import contribution_operations

    title = f"Atelier Chaudron {cast.convention.source_title}".strip()
    found = cast.convention.workshops.filter(title=title).first()
    if found is None:
        found = contribution_operations.create_workshop(
            by=officer(cast),
            convention=cast.convention,
            title=title,
            held_on="2026-03-12",
            n_residents=14,
            notes=f"- Bus trop rares {cast.convention.source_title}\n- Aire de jeux à Montgaillard",
        )
        passages = [("Bus trop rares", "Bus trop rares", "resident", [])]
        contribution_operations.cut_workshop(by=officer(cast), workshop=found, passages=passages)
    return of_convention(cast) | {"pk": found.pk}


def of_removed_workshop(cast):
    from ansanm.conventions.concertation import contribution_operations

    found = cast.convention.workshops.filter(deleted_at__isnull=False).first()
    if found is None:
        title = f"Atelier retiré {cast.convention.source_title}".strip()
        found = contribution_operations.create_workshop(
            by=officer(cast), convention=cast.convention, title=title
        )
        contribution_operations.delete_workshop(by=officer(cast), workshop=found)
    return of_convention(cast) | {"pk": found.pk}


EXAMPLES = {
    "concertation": of_list,
    "survey_new": of_convention,
    "survey": of_survey,
    "survey_edit": of_survey,
    "survey_question_new": of_survey,
    "survey_question": of_question,
    "survey_question_remove": of_question,
    "survey_shift": of_survey,
    "survey_state": of_survey,
    "survey_copy": of_survey,
    "survey_delete": of_survey,
    "survey_restore": of_removed_survey,
    "survey_preview": of_survey,
    "survey_poster": of_survey,
    "survey_print": lambda cast: of_survey(cast, kind="feuille", format="pdf"),
    "survey_enter": of_survey,
    "survey_import": of_survey,
    "survey_model": lambda cast: of_survey(cast, format="xlsx"),
    "survey_results": of_survey,
    "survey_publish": of_survey,
    "survey_bias_note": of_survey,
    "survey_bias_note_remove": of_bias_note,
    "survey_export": lambda cast: of_survey(cast, format="csv"),
    "survey_answers": of_survey,
    "survey_answers_moderate": of_survey,
    "answer_to_contribution": of_free_answer,
    "survey_contacts": of_survey,
    "survey_contacts_export": of_survey,
    "survey_contacts_delete": of_survey,
    "contributions": of_list,
    "contribution_new": of_convention,
    "contributions_moderate": of_convention,
    "contributions_export": lambda cast: of_list(cast) | {"format": "csv"},
    "contribution": of_kept,
    "contribution_edit": of_kept,
    "workshop_new": of_convention,
    "workshop": of_workshop,
    "workshop_edit": of_workshop,
    "workshop_cut": of_workshop,
    "workshop_delete": of_workshop,
    "workshop_restore": of_removed_workshop,
    "survey_answer": lambda cast: {"slug": survey_of(cast).slug},
    "survey_thanks": lambda cast: {"slug": survey_of(cast).slug},
    "survey_contact": lambda cast: {"slug": survey_of(cast).slug},
    "survey_public_results": of_public_survey,
    "contribute_freely": of_page,
    "contribute_freely_thanks": of_thanks,
}
# They take a POST only, from a page that is tested, or answer a file.
NO_PAGE = {
    *("survey_question_remove", "survey_shift", "survey_state", "survey_copy", "survey_restore"),
    *("survey_print", "survey_model", "survey_publish", "survey_bias_note", "survey_bias_note_remove"),
    *("survey_export", "survey_answers_moderate", "answer_to_contribution", "survey_contacts_export"),
    *("survey_contacts_delete", "contributions_moderate", "contributions_export", "workshop_delete"),
    "workshop_restore",
}
