"""The sheet printed for signatures in ink, and how its scan comes home."""

import io

import segno
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ansanm.conventions.agreement import snapshot
from ansanm.conventions.agreement.words import signatory
from ansanm.conventions.models import AgreementVersion, SignatureScan, SignatureSheet
from ansanm.conventions.papers.letterhead import document_with, letterhead
from ansanm.conventions.papers.scans import Code
from ansanm.conventions.plan.wording import capital
from ansanm.ui.documents import pdf
from ansanm.ui.documents.blocks import Block, Heading, Paragraph, Table
from ansanm.ui.formats import format_day, listed_apart

# Of codes drawn beforehand: five signatories stand on a page.
MOST_PAGES = 60


def text_seal(version: AgreementVersion) -> str:
    """The hash of what is printed for signature: the same before and after signing, which only adds who
    signed and when."""
    content = snapshot.read(version) | {"signing": None}
    content["parties"] = [
        party | {"signatures": [line | {"signed_on": ""} for line in party["signatures"]]}
        for party in content["parties"]
    ]
    return snapshot.seal(snapshot.written(content))


def is_current(sheet: SignatureSheet) -> bool:
    """Whether the text printed is that of the version as it stands."""
    return sheet.content_sha256 == text_seal(sheet.agreement_version)


def written(version: AgreementVersion, code: str) -> bytes:
    """The PDF of the sheet: who signs, where, for which text; on each page a code without any name."""
    seal = text_seal(version)
    with override("fr"):
        content = snapshot.read(version)
        territories = listed_apart(one["name"] for one in content["territories"])
        return pdf.write(
            document_with(
                content.get("papers", {}).get("letterhead") or letterhead(version.convention),
                title=_("Feuille de signature"),
                subtitle=f"{version.title} · {content['facts']['name']}",
                produced_on=timezone.localdate(version.created_at),
                foot=_("Feuille %(code)s · texte %(seal)s") % {"code": code, "seal": seal[:16]},
                blocks=list(blocks(version, content, territories, seal)),
                codes=[drawing(Code(code, page, seal[:8])) for page in range(1, MOST_PAGES + 1)],
            )
        )


def blocks(version, content, territories, seal) -> list[Block]:
    found: list[Block] = [
        Paragraph(_("Territoire\u00a0: %(places)s.") % {"places": territories}, kind="lead"),
        Paragraph(
            _(
                "En signant, chacun approuve le texte pris le %(day)s, dont l’empreinte est %(seal)s. "
                "Le code au coin de chaque page rattache sa numérisation au texte\u00a0: laissez-le lisible."
            )
            % {"day": format_day(timezone.localdate(version.created_at)), "seal": seal[:16]}
        ),
    ]
    for party in snapshot.current_parties(content):
        found.append(Heading(1, party["name"]))
        for one in party["signatures"] or [{"name": "", "function": ""}]:
            found.append(
                Table(
                    caption=capital(signatory(one)),
                    header=[_("Date"), _("Signature et cachet")],
                    rows=[[" ", " "]],
                    widths=[1, 3],
                    row_cm=2.8,
                )
            )
    return found


def drawing(code: Code) -> str:
    target = io.BytesIO()
    # Q: a quarter of it may be stained, folded or under a stamp.
    segno.make(str(code), error="q", micro=False).save(target, kind="svg", border=3, xmldecl=False)
    return target.getvalue().decode()


# ---- a scan ----


def judged(convention, codes: set[Code]) -> tuple[str, SignatureSheet | None, list[int]]:
    """What a scan is, the sheet it is of, and its pages. A sheet of another convention is unknown here:
    whoever scans must not learn that it exists."""
    if not codes:
        return "unread", None, []
    by_code = {
        one.code: one
        for one in SignatureSheet.objects.select_related("agreement_version").filter(
            agreement_version__convention=convention, code__in={one.sheet for one in codes}
        )
    }
    known = [
        one
        for one in codes
        if one.sheet in by_code
        and by_code[one.sheet].content_sha256[:8] == one.seal
        and 1 <= one.page <= by_code[one.sheet].n_pages
    ]
    if not known:
        return "unknown", None, []
    if len({one.sheet for one in codes}) > 1:
        return "mixed", None, []
    sheet = by_code[known[0].sheet]
    found = sorted({one.page for one in known})
    return verdict_of(sheet, found), sheet, found


def verdict_of(sheet: SignatureSheet, found: list[int], but: SignatureScan | None = None) -> str:
    if not is_current(sheet):
        return "older"
    others = [one for one in sheet.scans.all() if but is None or one.pk != but.pk]
    if {page for one in others if one.placed for page in one.pages} & set(found):
        return "duplicate"
    waiting = {page for one in others if not one.placed for page in one.pages}
    if len(waiting | set(found)) < sheet.n_pages:
        return "partial"
    return "complete"


def missing_pages(sheet: SignatureSheet) -> list[int]:
    held = {page for one in sheet.scans.all() for page in one.pages}
    return [page for page in range(1, sheet.n_pages + 1) if page not in held]


def why_waiting(scan: SignatureScan) -> str:
    """In words, for a scan that nobody placed yet."""
    if scan.sheet is None and scan.placed:
        return _("Le projet auquel elle était rattachée a été abandonné.")
    if scan.sheet is None:
        return _(
            "Aucun code d’une feuille de cette convention ne se lit, ou plusieurs feuilles y sont mêlées."
        )
    match verdict_of(scan.sheet, scan.pages, but=scan):
        case "older":
            return _("La feuille a été imprimée d’un texte plus ancien que celui d’aujourd’hui.")
        case "duplicate":
            return _("Des pages de cette feuille ont déjà été reçues.")
        case "partial":
            return _("Il manque de cette feuille\u00a0: %(pages)s.") % {
                "pages": ", ".join(map(str, missing_pages(scan.sheet)))
            }
    return _("Toutes les pages sont là.")
