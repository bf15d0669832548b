"""Documents written with the city's Word template where it brought one, and with ours otherwise."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ansanm.conventions import files
from ansanm.conventions.agreement import documents, snapshot
from ansanm.conventions.models import AgreementVersion, Convention, DocumentTemplate
from ansanm.conventions.papers import deliberations, equipment
from ansanm.conventions.papers.document import annex_blocks, annex_headings, headings
from ansanm.conventions.papers.letterhead import letterhead, logo_of
from ansanm.conventions.papers.word_checking import BrokenTemplate
from ansanm.conventions.papers.word_fields import Kind
from ansanm.conventions.papers.word_filling import filled
from ansanm.conventions.papers.writing import blocks_of
from ansanm.conventions.plan import exports
from ansanm.conventions.plan.wording import Words
from ansanm.ui.documents import word
from ansanm.ui.documents.blocks import Document, Heading, Paragraph
from ansanm.ui.formats import format_day, format_period, listed_apart


def template_in_use(convention: Convention, kind: str) -> DocumentTemplate | None:
    """The newest of its kind that nobody retired."""
    held = convention.document_templates.filter(kind=kind, retired_at__isnull=True)
    return held.select_related("file").first()


def with_template(convention: Convention, kind: str, fields) -> bytes | None:
    """The document in the city's template; None where there is none that can be filled in: a document
    comes out all the same, and the page of templates says what is wrong with it."""
    template = template_in_use(convention, kind)
    if template is None:
        return None
    try:
        return filled(files.read_bytes(template.file), fields())
    except (BrokenTemplate, FileNotFoundError):
        return None


def convention_of_today(convention: Convention, format: str) -> bytes:
    """The agreement as it stands, without taking a draft of it."""
    return agreement(version_of_today(convention), format)


def version_of_today(convention: Convention) -> AgreementVersion:
    text = snapshot.written(snapshot.snapshot(convention))
    with override("fr"):
        return AgreementVersion(
            convention=convention,
            number=0,
            kind=AgreementVersion.Kind.INITIAL,
            state=AgreementVersion.State.DRAFT,
            title=convention.name,
            content_json=text,
            content_sha256=snapshot.seal(text),
            created_at=timezone.now(),
        )


def agreement(version: AgreementVersion, format: str) -> bytes:
    """A version of the agreement: the convention or an amendment, each with its own template."""
    is_amendment = version.kind == AgreementVersion.Kind.AMENDMENT
    kind = Kind.AMENDMENT if is_amendment else Kind.CONVENTION
    content = None
    if format == "docx":
        content = with_template(version.convention, kind, lambda: agreement_fields(version))
    return content or documents.written(version, format)


def head_fields(document: Document, held: dict) -> dict:
    return {
        "logo": logo_of(held.get("logo")) or "",
        "en_tete": held.get("header", ""),
        "pied_de_page": held.get("footer", ""),
        "titre": document.title,
        "date": format_day(document.produced_on),
    }


def agreement_fields(version: AgreementVersion) -> dict:
    with override("fr"):
        content = snapshot.read(version)
        document = documents.document_of(version)
        facts, papers = content["facts"], content.get("papers", {})
        amended = documents.amended_by(version)
        is_signed = version.state == AgreementVersion.State.SIGNED
        fields = head_fields(document, papers.get("letterhead", {}))
        articles, annexes = papers.get("articles", []), papers.get("annexes", [])
        fields |= {
            "convention": facts["name"],
            "territoires": listed_apart(one["name"] for one in content["territories"]),
            "debut": format_period(facts["starts_on"]) or _("non publié"),
            "fin": format_period(facts["extended_to"] or facts["ends_on"]) or _("non publié"),
            "etat": documents.signed_words(version).capitalize()
            if is_signed
            else _("Projet pris le %(day)s") % {"day": format_day(document.produced_on)},
            "empreinte": version.content_sha256[:16],
            "parties": [
                dict(
                    zip(
                        ("nom", "qualite", "deliberation", "signataires"),
                        documents.party_row(one),
                        strict=True,
                    )
                )
                for one in snapshot.current_parties(content)
            ],
            "visas": [{"texte": one["text"]} for one in content["visas"]],
            "articles": [
                {"titre": heading, "contenu": tuple(blocks_of(one["text"]))}
                for one, heading in zip(articles, headings(articles), strict=True)
            ],
            "annexes": [
                {"titre": heading, "contenu": tuple(annex_blocks(one, content, documents.fiches))}
                for one, heading in zip(annexes, annex_headings(annexes), strict=True)
            ],
            "signatures": without_title(documents.signatures(content)),
            "objet": version.purpose,
            "effet": format_period(version.effective_on),
            "version_modifiee": amended.title if amended else "",
            "changements": changes_from(amended, content),
        }
        if not papers:
            # A version from before there were articles: what it holds goes where annexes go.
            fields["annexes"] = [
                {"titre": _("La convention"), "contenu": without_title(documents.around(content))},
                {"titre": _("Le plan d’actions"), "contenu": without_title(documents.plan(content))},
            ]
        return fields


def without_title(blocks) -> tuple:
    """The blocks under a first heading, which the template writes its own way."""
    held = list(blocks)
    return tuple(held[1:] if held and isinstance(held[0], Heading) else held)


def changes_from(amended, content) -> tuple:
    if amended is None:
        return ()
    sections = documents.compare(snapshot.read(amended), content)
    found = [block for one in sections for block in documents.changes(one)]
    return tuple(found or [Paragraph(_("Rien d’autre que ce que dit son objet."))])


def deliberation(row, format: str) -> bytes:
    content = None
    if format == "docx":
        content = with_template(row.party.convention, Kind.DELIBERATION, lambda: deliberation_fields(row))
    return content or documents.WRITERS[format](deliberations.document(row))


def deliberation_fields(row) -> dict:
    with override("fr"):
        return head_fields(deliberations.document(row), letterhead(row.party.convention)) | {
            "organisme": row.party.organisation.name,
            "assemblee": deliberations.assembly_of(row.party),
            "seance": format_period(row.session_on),
            "rapporteur": row.rapporteur,
            "numero": deliberations.number_of(row),
            "contenu": tuple(blocks_of(row.text)),
            "votes": (deliberations.votes_table(),),
        }


def equipment_list(convention: Convention, format: str) -> bytes:
    return documents.WRITERS[format](equipment.document(convention))


def fiches(actions, overview, document: Document) -> bytes:
    """Fiches in Word, one or all: `document` is how we write them ourselves."""
    convention = overview.convention
    content = with_template(convention, Kind.FICHE, lambda: fiche_fields(actions, overview, document))
    return content or word.write(document)


def fiche_fields(actions, overview, document: Document) -> dict:
    words = Words(overview.convention)
    return head_fields(document, letterhead(overview.convention)) | {
        "convention": overview.convention.name,
        "fiches": [
            {
                "numero": one.number,
                "titre": one.title,
                "enjeu": " › ".join(map(str, one.path)),
                "pilote": str(one.pilot or one.pilot_person or ""),
                "contenu": without_title(exports.fiche_blocks(one, words, level=2)),
            }
            for one in exports.whole(actions)
        ],
    }
