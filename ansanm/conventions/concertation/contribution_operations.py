"""The deeds on contributions and workshops: take them in, read them, keep or put them aside."""

import hashlib

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions import files
from ansanm.conventions.concertation.survey_operations import new_reference
from ansanm.conventions.models import Channel, Contribution, Moderation, SurveyAnswer, Workshop
from ansanm.territories.versions import StaleVersion

FACTS = ("channel", "author", "organisation", "text", "place", "received_on", "is_fictitious")
WORKSHOP_FACTS = (
    "title",
    "held_on",
    "place",
    "theme",
    "facilitators",
    "n_residents",
    "n_partners",
    "notes",
    "is_fictitious",
)


def kept_once(*, convention, key: str, themes=(), **facts) -> tuple[Contribution, bool]:
    """The contribution of that key, made now if it is not there, under a reference of its own."""
    if found := Contribution.objects.filter(key=key).first():
        return found, False
    facts.setdefault("received_on", timezone.localdate())
    while True:
        made = Contribution(convention=convention, key=key, reference=new_reference(), **facts)
        try:
            with transaction.atomic():
                made.full_clean(exclude=["entered_by"], validate_unique=False)
                made.save()
                made.themes.set(themes)
        except IntegrityError:
            # The same form, sent twice at once; or, once in millions, the reference of another.
            if found := Contribution.objects.filter(key=key).first():
                return found, False
        else:
            return made, True


def contribute_freely(
    *,
    convention,
    key,
    text,
    author=Contribution.Author.RESIDENT,
    organisation="",
    place=None,
    themes=(),
    doubt="",
) -> Contribution:
    """What somebody of the public sends: read by a person before it is kept. No entry in the trail, as
    for answers: it has hours."""
    made, _is_new = kept_once(
        convention=convention,
        key=key,
        text=text,
        author=author,
        organisation=organisation if author != Contribution.Author.RESIDENT else "",
        place=place,
        themes=themes,
        doubt=doubt,
        language=(get_language() or "")[:5],
    )
    return made


@transaction.atomic
def add_contribution(*, by, convention, key, themes=(), **facts) -> Contribution:
    """A letter, something said at a counter, the line of a workshop: an agent read it, so it is kept."""
    made, is_new = kept_once(
        convention=convention, key=key, themes=themes, entered_by=by, moderation=Moderation.SHOWN, **facts
    )
    if is_new:
        record("contribution.add", by=by, target=made, convention=convention, after={"channel": made.channel})
    return made


@transaction.atomic
def contribution_from_answer(*, by, answer, question) -> Contribution:
    """Make a contribution of a free answer; asked twice, it is the same one."""
    text = answer.answers.get(question.key, "")
    if question.kind != question.Kind.TEXT or not text:
        raise ValidationError(_("Seule une réponse libre devient une contribution."))
    survey = answer.survey
    return add_contribution(
        by=by,
        convention=survey.convention,
        key=f"a{answer.pk}-{question.key}"[:32],
        channel=answer.channel,
        answer=answer,
        question=question.key,
        text=text,
        language=answer.language,
        received_on=answer.answered_on,
        is_fictitious=survey.is_fictitious,
        themes=survey.convention.themes.filter(slug=question.theme) if question.theme else (),
    )


def taken(model, row, version: int):
    current = model.objects.select_for_update(of=("self",)).select_related("convention").get(pk=row.pk)
    if current.version != version:
        raise StaleVersion(current)
    return current


@transaction.atomic
def update_contribution(*, by, contribution, version: int, themes, **facts) -> Contribution:
    """Correct what an agent typed, or file a contribution; the words of the public stay theirs."""
    current = taken(Contribution, contribution, version)
    if "text" in facts and facts["text"] != current.text and current.entered_by_id is None:
        raise ValidationError({"text": _("Ce sont les mots de la personne : ils ne se réécrivent pas.")})
    for name, value in facts.items():
        setattr(current, name, value)
    current.version += 1
    current.full_clean(exclude=["entered_by"])
    current.save()
    current.themes.set(themes)
    record("contribution.update", by=by, target=current, convention=current.convention)
    return current


@transaction.atomic
def moderate(*, by, convention, rows, state: str, reason="") -> int:
    """Keep or put aside contributions or answers of the convention; return how many changed."""
    reason = reason.strip()
    if state not in {Moderation.SHOWN, Moderation.HIDDEN}:
        raise ValidationError(_("Une contribution se retient ou s’écarte."))
    if state == Moderation.HIDDEN and not reason:
        raise ValidationError(_("Dites pourquoi elle est écartée : le motif reste au journal."))
    if len(reason) > 300:
        raise ValidationError(_("Le motif fait %(n)s signes : 300 au plus.") % {"n": len(reason)})
    n = 0
    for row in rows:
        mine = row.survey.convention_id if isinstance(row, SurveyAnswer) else row.convention_id
        if mine != convention.pk:
            raise ValidationError(_("Cette ligne n’est pas de cette convention."))
        locked = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
        if (locked.moderation, locked.moderation_reason) == (state, reason):
            continue
        before = {"moderation": locked.moderation, "reason": locked.moderation_reason}
        locked.moderation, locked.moderation_reason = state, reason
        locked.save(update_fields=["moderation", "moderation_reason"])
        kind = "answer" if isinstance(row, SurveyAnswer) else "contribution"
        # The key of a sheet says nothing of who filled it.
        record(
            f"{kind}.moderate", by=by, target=locked, convention=convention,
            before=before, after={"moderation": state, "reason": reason},
        )  # fmt: skip
        n += 1
    return n


@transaction.atomic
def create_workshop(*, by, convention, upload=None, **facts) -> Workshop:
    workshop = Workshop(convention=convention, created_by=by, **facts)
    workshop.full_clean(exclude=["created_by", "file"])
    if upload:
        workshop.file = files.store(by=by, convention=convention, upload=upload)
    workshop.save()
    record("workshop.create", by=by, target=workshop, convention=convention, after={"title": workshop.title})
    return workshop


@transaction.atomic
def update_workshop(*, by, workshop, version: int, upload=None, **facts) -> Workshop:
    current = taken(Workshop, workshop, version)
    before = {"title": current.title}
    for name, value in facts.items():
        setattr(current, name, value)
    current.full_clean(exclude=["created_by", "file"])
    if upload:
        current.file = files.store(by=by, convention=current.convention, upload=upload)
    current.version += 1
    current.save()
    record(
        "workshop.update", by=by, target=current, convention=current.convention,
        before=before, after={"title": current.title},
    )  # fmt: skip
    return current


@transaction.atomic
def delete_workshop(*, by, workshop) -> None:
    """Put the workshop aside; the contributions cut from it stay."""
    current = (
        Workshop.objects.select_for_update(of=("self",)).select_related("convention").get(pk=workshop.pk)
    )
    if current.deleted_at is None:
        current.deleted_at = timezone.now()
        current.version += 1
        current.save(update_fields=["deleted_at", "version"])
        record("workshop.delete", by=by, target=current, convention=current.convention)


@transaction.atomic
def restore_workshop(*, by, workshop) -> None:
    current = (
        Workshop.objects.select_for_update(of=("self",)).select_related("convention").get(pk=workshop.pk)
    )
    if current.deleted_at:
        current.deleted_at = None
        current.version += 1
        current.save(update_fields=["deleted_at", "version"])
        record("workshop.restore", by=by, target=current, convention=current.convention)


def passage_key(workshop, passage: str) -> str:
    """One passage of the notes of one workshop is one contribution, however often it is sent."""
    return hashlib.sha256(f"workshop:{workshop.pk}:{passage}".encode()).hexdigest()[:32]


@transaction.atomic
def cut_workshop(*, by, workshop, passages) -> list[Contribution]:
    """Make contributions of passages of the notes: (passage of the notes, text kept, author, themes)."""
    return [
        add_contribution(
            by=by,
            convention=workshop.convention,
            key=passage_key(workshop, passage),
            channel=Channel.WORKSHOP,
            author=author,
            workshop=workshop,
            text=text,
            themes=themes,
            is_fictitious=workshop.is_fictitious,
        )
        for passage, text, author, themes in passages
    ]
