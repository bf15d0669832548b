"""What is said around a fiche without changing its fields: news, measures, documents, comments."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions import files
from ansanm.conventions.models import (
    Action,
    ActionDocument,
    ActionIndicator,
    Comment,
    IndicatorMeasure,
    ProgressNote,
)
from ansanm.conventions.plan import notices, talk
from ansanm.conventions.plan.follows import follow
from ansanm.conventions.plan.houses import house_of
from ansanm.conventions.plan.operations import NotYours


def heard_of(action) -> None:
    """Somebody said something of its progress: staleness is counted from now."""
    Action.objects.filter(pk=action.pk).update(progressed_at=timezone.now())


def standing(action) -> Action:
    """The fiche, locked; ValidationError when it is in the bin."""
    held = Action.objects.select_for_update(of=("self",)).select_related("convention").get(pk=action.pk)
    if held.deleted_at:
        raise ValidationError(_("Cette fiche est à la corbeille\u00a0: remettez-la d’abord en place."))
    return held


@transaction.atomic
def add_progress(
    *, by, action, text, happened_on="", source_title="", source_url="", by_name=""
) -> ProgressNote:
    action = standing(action)
    note = ProgressNote(
        action=action,
        text=text.strip(),
        happened_on=happened_on,
        source_title=source_title,
        source_url=source_url,
        by=by,
        by_name=by_name,
    )
    note.clean_fields(exclude=["by"])
    note.save()
    heard_of(action)
    notices.progressed(action, by=by, progress=note)
    if by is not None:
        record("action.progress", by=by, target=action, convention=action.convention)
    return note


@transaction.atomic
def remove_progress(*, by, note) -> None:
    """Taken back by its author; the trail keeps that it was there."""
    if note.by != by:
        raise NotYours(f"Note {note.pk} is not of {by}.")
    record("action.progress_remove", by=by, target=note.action, convention=note.action.convention)
    note.delete()


@transaction.atomic
def add_measure(
    *, by, indicator: ActionIndicator, measured_on, value=None, text="", source="", by_name=""
) -> IndicatorMeasure:
    action = standing(indicator.action)
    if value in (None, "") and not text.strip():
        raise ValidationError({"value": _("Écrivez une valeur, ou le constat en mots.")})
    measure = IndicatorMeasure(
        indicator=indicator,
        measured_on=measured_on,
        value=None if value in ("", None) else value,
        text=text.strip(),
        source=source.strip(),
        by=by,
        by_name=by_name,
    )
    measure.clean_fields(exclude=["by"])
    measure.save()
    heard_of(action)
    notices.progressed(action, by=by, measure=measure)
    if by is not None:
        record(
            "action.measure",
            by=by,
            target=action,
            convention=action.convention,
            after={"measured_on": measured_on, "measured_value": text if value is None else str(value)},
        )
    return measure


@transaction.atomic
def remove_measure(*, by, measure) -> None:
    if measure.by != by:
        raise NotYours(f"Measure {measure.pk} is not of {by}.")
    action = measure.indicator.action
    record("action.measure_remove", by=by, target=action, convention=action.convention)
    measure.delete()


@transaction.atomic
def add_document(*, by, action, upload, title="") -> ActionDocument:
    """Keep a file with the fiche; ValidationError for one that is not kept (files.store)."""
    action = standing(action)
    stored = files.store(by=by, convention=action.convention, upload=upload)
    document = ActionDocument.objects.create(action=action, file=stored, title=title.strip())
    record("action.document_add", by=by, target=action, convention=action.convention)
    return document


@transaction.atomic
def remove_document(*, by, document) -> None:
    """Off the fiche, and its file with it: nobody else names it."""
    action, stored = document.action, document.file
    document.delete()
    files.remove(by=by, stored=stored)
    record("action.document_remove", by=by, target=action, convention=action.convention)


@transaction.atomic
def add_comment(*, by, action, text, proposal=None, private=False, cited=()) -> Comment:
    """A comment that all members read; `private`, a note that stays in the house of its author.

    `cited` (members) and those whom the text names « @Prénom Nom » hear of it.
    """
    house = house_of(by, action.convention) if private else ""
    if private and not house:
        raise ValidationError(
            {"private": _("Une note privée appartient à une maison\u00a0: vous n’en êtes pas.")}
        )
    if not text.strip():
        raise ValidationError({"text": _("Ce commentaire est vide.")})
    comment = Comment(action=standing(action), proposal=proposal, house=house, text=text.strip(), by=by)
    comment.clean_fields(exclude=["edited_at", "deleted_at"])
    named = talk.named_in(comment, cited)
    comment.save()
    comment.mentions.set(named)
    follow(by=by, action=action)
    notices.commented(comment, named)
    return comment
