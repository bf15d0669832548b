"""The deeds on an agreement: move its stage, write what surrounds it, take a text, sign it."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ansanm.accounts.audit import record
from ansanm.conventions import files
from ansanm.conventions.agreement import documents, snapshot
from ansanm.conventions.agreement.stages import RANKS, Requirements
from ansanm.conventions.models import (
    AgreementVersion,
    Convention,
    CooperationPost,
    LegalVisa,
    LinkedContract,
    PartySignature,
    StageMove,
)
from ansanm.conventions.operations import move_on, taken
from ansanm.conventions.papers.operations import DELIBERATION_FACTS, kept
from ansanm.conventions.plan.content import plain
from ansanm.ui.documents import pdf

Version = AgreementVersion


class StaleDraft(Exception):
    """The draft that was read is no longer there as it was: taken again, signed or discarded since."""


@transaction.atomic
def move_stage(*, by, convention, version: int, to: str, reason="") -> StageMove:
    """Go to another stage; going back, or on against what is missing, asks why."""
    current = taken(convention, version)
    before = current.stage
    if to not in RANKS:
        raise ValidationError({"to": _("Cette étape n’existe pas.")})
    if to == before:
        raise ValidationError({"to": _("La convention est déjà à cette étape.")})
    missing = [one.key for one in Requirements(current).missing(before, to)]
    reason = reason.strip()
    if not reason and RANKS[to] < RANKS[before]:
        raise ValidationError({"reason": _("Dites pourquoi la convention revient en arrière.")})
    if not reason and missing:
        raise ValidationError({"reason": _("Dites pourquoi la convention avance sans ce qui manque.")})
    current.stage = to
    current.version += 1
    current.save(update_fields=["stage", "version"])
    move = StageMove.objects.create(
        convention=current, before=before, after=to, missing=missing, reason=reason, by=by
    )
    record(
        "stage.move",
        by=by,
        target=current,
        convention=current,
        before={"stage": before},
        after={"stage": to, "reason": reason, "missing": missing},
    )
    return move


@dataclass(frozen=True)
class Subject:
    """A kind of row that stands around the agreement: same deeds, other fields."""

    name: str
    model: type[models.Model]
    facts: tuple[str, ...]
    # What says which one it is, in the trail; "" where that is a person.
    title: str
    # Names of people: not kept in the trail, which outlives them.
    personal: tuple[str, ...] = ()
    path: str = "convention"

    def of(self, convention):
        return self.model.objects.filter(**{self.path: convention})


SUBJECTS = {
    one.name: one
    for one in (
        Subject("visa", LegalVisa, ("text", "url", "position"), "text"),
        Subject(
            "contract",
            LinkedContract,
            ("kind", "title", "partners", "starts_on", "ends_on", "url", "note"),
            "title",
        ),
        Subject(
            "post",
            CooperationPost,
            ("holder", "employer", "mission", "fte_share", "starts_on", "ends_on"),
            "employer",
            personal=("holder",),
        ),
        Subject(
            "signature",
            PartySignature,
            ("name", "function", "signed_on", "position"),
            "function",
            personal=("name",),
            path="party__convention",
        ),
    )
}


def told(subject: Subject, row) -> dict:
    """What the trail keeps of a row; its nature under its own name, as each kind has another list."""
    kept = {
        f"{subject.name}_kind" if name == "kind" else name: plain(getattr(row, name))
        for name in subject.facts
        if name != "position"
    }
    return kept | {name: "…" for name in subject.personal if kept[name]}


def titled(subject: Subject, row) -> dict:
    party = {"organisation": row.party.organisation.name} if subject.name == "signature" else {}
    return told(subject, row) | party


@transaction.atomic
def add_row(*, by, convention, version: int, subject: Subject, **facts):
    """Add a visa, a linked contract, a post or a signature line (with its `party`); it comes last."""
    current = taken(convention, version)
    row = subject.model(**facts)
    if subject.name == "signature":
        if row.party.convention_id != current.pk:
            raise ValidationError({"party": _("Cette partie n’est pas dans cette convention.")})
        beside = row.party.signatures
    else:
        row.convention = current
        beside = subject.of(current)
    if "position" in subject.facts and "position" not in facts:
        last = beside.order_by("-position").values_list("position", flat=True).first()
        row.position = 0 if last is None else last + 1
    row.full_clean()
    row.save()
    move_on(current)
    record(f"{subject.name}.add", by=by, target=current, convention=current, after=titled(subject, row))
    return row


@transaction.atomic
def update_row(*, by, convention, version: int, subject: Subject, row, **facts):
    current = taken(convention, version)
    row = subject.of(current).get(pk=row.pk)
    unknown = facts.keys() - set(subject.facts)
    if unknown:
        raise TypeError(f"Not facts of a {subject.name}: {', '.join(sorted(unknown))}.")
    before = titled(subject, row)
    changed = sorted(name for name, value in facts.items() if getattr(row, name) != value)
    if not changed:
        return row
    for name in changed:
        setattr(row, name, facts[name])
    row.full_clean()
    row.save(update_fields=changed)
    move_on(current)
    after = titled(subject, row) | {"changed": changed}
    record(f"{subject.name}.update", by=by, target=current, convention=current, before=before, after=after)
    return row


@transaction.atomic
def remove_row(*, by, convention, version: int, subject: Subject, row) -> None:
    current = taken(convention, version)
    row = subject.of(current).get(pk=row.pk)
    before = titled(subject, row)
    row.delete()
    move_on(current)
    record(f"{subject.name}.remove", by=by, target=current, convention=current, before=before)


def token_of(version: Version) -> str:
    """What a page shows of a draft, in one word: a save on another draft is told from one on this."""
    return snapshot.seal(
        "\x00".join(
            [version.title, version.purpose, version.effective_on, version.state, version.content_sha256]
        )
    )


def draft_of(convention) -> Version | None:
    return convention.versions.filter(state=Version.State.DRAFT).first()


def last_signed(convention, *, before: int | None = None) -> Version | None:
    """The last signed version, or the one that version `before` amends."""
    signed = convention.versions.filter(state=Version.State.SIGNED)
    if before is not None:
        signed = signed.filter(number__lt=before)
    return signed.first()


def locked_convention(convention) -> Convention:
    return Convention.objects.select_for_update().get(pk=convention.pk)


def locked_draft(version: Version, token: str) -> Version:
    """The draft, if it is still the one `token` speaks of; StaleDraft otherwise."""
    current = Version.objects.select_for_update(of=("self",)).select_related("convention").get(pk=version.pk)
    if current.state != Version.State.DRAFT or token_of(current) != token:
        raise StaleDraft(str(current))
    return current


@transaction.atomic
def take_draft(*, by, convention, token="", title, purpose="", effective_on="") -> Version:
    """Take the text of the agreement as it stands: the first time a convention, an amendment after that.

    A draft that is there is taken again, if `token` says it is the one that was read.
    """
    current = locked_convention(convention)
    draft = draft_of(current)
    if draft is None:
        if token:
            # Signed or discarded since.
            raise StaleDraft(str(current))
        amended = last_signed(current)
        draft = Version(
            convention=current,
            number=amended.number + 1 if amended else 1,
            kind=Version.Kind.AMENDMENT if amended else Version.Kind.INITIAL,
            created_by=by,
        )
    elif token_of(draft) != token:
        raise StaleDraft(str(draft))
    draft.title, draft.purpose, draft.effective_on = title, purpose, effective_on
    draft.content_json = snapshot.written(snapshot.snapshot(current))
    draft.content_sha256 = snapshot.seal(draft.content_json)
    draft.created_at = timezone.now()
    draft.full_clean(exclude=["printed", "created_by", "frozen_at"])
    draft.save()
    record("version.draft", by=by, target=draft, convention=current, after={"title": title})
    return draft


@transaction.atomic
def discard_draft(*, by, version, token) -> None:
    draft = locked_draft(version, token)
    record("version.discard", by=by, target=draft, convention=draft.convention)
    # The texts that assemblies were to vote go with it: the trail keeps them.
    for row in draft.deliberations.select_related("party__organisation"):
        record(
            "deliberation.remove",
            by=by,
            target=row,
            convention=draft.convention,
            before=kept(row, DELIBERATION_FACTS) | {"organisation": row.party.organisation.name},
        )
    draft.delete()


def owed(content: dict) -> list[dict]:
    """The signatures that a text calls for: those of the parties it binds."""
    return [
        {"party": party["name"], **signature}
        for party in snapshot.current_parties(content)
        for signature in party["signatures"]
    ]


def signed_content(content: dict, *, signed_on: str, signed_by: set[str], reason: str) -> dict:
    """`content` with who signed that day, who did not, and why that is enough."""
    content = dict(content)
    lines = owed(content)
    unknown = signed_by - {line["key"] for line in lines}
    if unknown or not signed_by:
        raise ValidationError({"signed_by": _("Cochez au moins une des signatures demandées.")})
    absent = [line for line in lines if line["key"] not in signed_by]
    silent = [one["name"] for one in snapshot.current_parties(content) if not one["signatures"]]
    if (absent or silent) and not reason:
        raise ValidationError(
            {"reason": _("Il manque des signatures\u00a0: dites pourquoi le texte est signé sans elles.")}
        )
    if not signed_on:
        raise ValidationError({"signed_on": _("Donnez la date de la signature, au moins son année.")})
    content["parties"] = [
        party
        | {
            "signatures": [
                line | {"signed_on": line["signed_on"] or signed_on} if line["key"] in signed_by else line
                for line in party["signatures"]
            ]
        }
        for party in content["parties"]
    ]
    content["signing"] = {
        "signed_on": signed_on,
        "signed_by": [line for line in lines if line["key"] in signed_by],
        "missing": absent,
        "silent": silent,
        "reason": reason,
    }
    return content


def sign_version(*, by, version, token, signed_on, signed_by, reason="") -> Version:
    """Freeze the draft as signed, with its PDF: neither the text nor the file will ever change."""
    signed = Version.objects.select_related("convention").filter(pk=version.pk).first()
    if signed is None or signed.state != Version.State.DRAFT or token_of(signed) != token:
        raise StaleDraft(str(version))
    keys = {str(key) for key in signed_by}
    content = signed_content(
        snapshot.read(signed), signed_on=signed_on, signed_by=keys, reason=reason.strip()
    )
    text = snapshot.written(content)
    signed.state, signed.signed_on, signed.frozen_at = Version.State.SIGNED, signed_on, timezone.now()
    signed.content_json, signed.content_sha256 = text, snapshot.seal(text)
    signed.full_clean(exclude=["printed", "created_by", "frozen_at"], validate_constraints=False)
    # Set before the transaction: a second of work must not keep everybody else from writing.
    printed = pdf.write(documents.document_of(signed))
    return freeze(by=by, signed=signed, token=token, printed=printed, keys=keys)


@transaction.atomic
def freeze(*, by, signed, token, printed: bytes, keys) -> Version:
    convention = locked_convention(signed.convention)
    locked_draft(signed, token)
    with override("fr"):
        name = f"{convention.slug} {signed.number} {signed.title}.pdf"
    signed.printed = files.keep(by=by, convention=convention, name=name, content=printed)
    signed.save()
    # What was signed is known of each party from now on, unless it said otherwise itself.
    PartySignature.objects.filter(party__convention=convention, pk__in=keys, signed_on="").update(
        signed_on=signed.signed_on
    )
    if signed.kind == Version.Kind.INITIAL and not convention.signed_on:
        convention.signed_on = signed.signed_on
        convention.save(update_fields=["signed_on"])
    move_on(convention)
    record(
        "version.sign",
        by=by,
        target=signed,
        convention=convention,
        after={
            "title": signed.title,
            "signed_on": signed.signed_on,
            "content_sha256": signed.content_sha256,
            "printed_sha256": signed.printed.sha256,
        },
    )
    return signed


def is_intact(version: Version) -> bool:
    """Whether the text and its PDF are, byte for byte, those that were signed."""
    if snapshot.seal(version.content_json) != version.content_sha256:
        return False
    try:
        return snapshot.seal_of(files.read_bytes(version.printed)) == version.printed.sha256
    except FileNotFoundError:
        return False
