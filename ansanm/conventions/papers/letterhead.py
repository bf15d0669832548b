"""The letterhead of a convention on a document: logo, words at the head and at the foot of each page."""

from datetime import date

from django.utils.translation import gettext as _

from ansanm.conventions import files
from ansanm.conventions.models import Convention
from ansanm.conventions.models.documents import DocumentSettings
from ansanm.ui.documents.blocks import Block, Document, Logo


def document_with(
    letterhead: dict, *, title: str, subtitle: str, produced_on: date, foot: str, blocks: list[Block], **more
) -> Document:
    feet = [letterhead.get("footer", ""), foot]
    return Document(
        title=title,
        subtitle=subtitle,
        language="fr",
        author="Ansanm",
        produced_on=produced_on,
        foot=" · ".join(one for one in feet if one),
        page_label=_("Page {n} / {total}"),
        blocks=blocks,
        header=letterhead.get("header", ""),
        logo=logo_of(letterhead.get("logo")),
        **more,
    )


def logo_of(held: dict | None) -> Logo | None:
    if not held:
        return None
    try:
        return Logo(files.path_of(held["sha256"]).read_bytes(), held["text"])
    except FileNotFoundError:
        # A document without its logo is still the document.
        return None


def letterhead(convention: Convention) -> dict:
    held = DocumentSettings.objects.select_related("logo").filter(convention=convention).first()
    if held is None:
        return {"header": "", "footer": "", "logo": None}
    logo = {"sha256": held.logo.sha256, "text": held.logo_text} if held.logo else None
    return {"header": held.header, "footer": held.footer, "logo": logo}
