"""Word templates filled in: the fields of each document, and the template everybody starts from."""

import io
from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _
from docx import Document as WordFile
from docx.oxml.ns import qn
from docx.shared import Cm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError
from lxml import etree
from markupsafe import Markup

from ansanm.conventions.papers.word_checking import BrokenTemplate, NotPermitted, Problem, environment
from ansanm.conventions.papers.word_fields import FIELDS, Field, Shape
from ansanm.ui.documents import word
from ansanm.ui.documents.blocks import Block, Document, Heading, Logo, Paragraph, writable


class LogoInline(InlineImage):
    """The logo, with its words for those who do not see it, in the body or in a header."""

    def __init__(self, template, logo: Logo):
        super().__init__(template, None, height=Cm(2))
        self.logo = logo

    def _insert_image(self):
        self.image_descriptor = io.BytesIO(self.logo.content)
        inline = self.tpl.current_rendering_part.new_pic_inline(self.image_descriptor, None, self.height)
        inline.docPr.set("descr", writable(self.logo.alt))
        return (
            "</w:t></w:r><w:r><w:drawing>" + etree.tostring(inline, encoding="unicode")
            + '</w:drawing></w:r><w:r><w:t xml:space="preserve">'
        )  # fmt: skip

    __str__ = __html__ = _insert_image


def filled(content: bytes, fields: dict) -> bytes:
    """The template with `fields`; a tuple of blocks becomes paragraphs and tables in its own styles."""
    env = environment()
    env.undefined = StrictUndefined
    try:
        template = DocxTemplate(io.BytesIO(content))
        template.init_docx()
        template.render(ready(fields, template), jinja_env=env, autoescape=True)
        target = io.BytesIO()
        template.save(target)
        # What Word would refuse to open must not leave.
        WordFile(io.BytesIO(target.getvalue()))
    except NotPermitted as problem:
        raise BrokenTemplate(
            [Problem(_("Fichier"), _("une balise hors du texte n’est pas permise dans un modèle."))]
        ) from problem
    # What Jinja and XML say of a tag cut by a table, or of a document that no longer closes.
    except (TemplateError, etree.LxmlError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise BrokenTemplate(
            [
                Problem(
                    _("Fichier"),
                    _("une boucle ou une condition coupe un tableau ou un paragraphe (%(detail)s).")
                    % {"detail": str(problem)[:120]},
                )
            ]
        ) from problem
    return target.getvalue()


def ready(value, template):
    match value:
        case str():
            return writable(value)
        case Logo():
            return LogoInline(template, value)
        case dict():
            return {name: ready(one, template) for name, one in value.items()}
        case list():
            return [ready(one, template) for one in value]
        case tuple():
            return Markup(xml_of(value, template))
    return ""


def xml_of(blocks: Iterable[Block], template) -> str:
    """Blocks as Word writes them, in the document that will hold them: links and pictures are its own."""
    file = template.docx
    body = file.element.body
    before = len(body)
    word.write_blocks(file, blocks)
    # python-docx adds before the section, which stays last.
    added = list(body)[before - 1 : -1] if body[-1].tag == qn("w:sectPr") else list(body)[before:]
    written = []
    for one in added:
        body.remove(one)
        written.append(etree.tostring(one, encoding="unicode"))
    return "".join(written)


# ---- the template everybody starts from ----


def starting_template(kind: str, produced_on: date) -> bytes:
    """Ours, with every field in its place and its explanation, to be changed in Word."""
    base = word.write(
        Document(
            title="{{ titre }}",
            subtitle="",
            language="fr",
            author="Ansanm",
            produced_on=produced_on,
            foot="{{ pied_de_page }}",
            page_label="Page {n} / {total}",
            blocks=[],
            header="{{ en_tete }}",
        )
    )
    file = WordFile(io.BytesIO(base))
    file.paragraphs[0].insert_paragraph_before("{{ logo }}")
    for one in guide(kind):
        # A comment of the template: read in Word, gone from what is printed.
        file.add_paragraph(f"{{#p {one} #}}")
    if any(one.name == "etat" for one in FIELDS[kind]):
        file.add_paragraph("{{ etat }}")
    for one in FIELDS[kind]:
        if one.name not in ("logo", "en_tete", "pied_de_page", "titre", "etat"):
            write_field(file, one)
    target = io.BytesIO()
    file.save(target)
    return target.getvalue()


def guide(kind: str) -> list[str]:
    told = [
        _("Ce paragraphe et les suivants sont un mode d’emploi\u00a0: ils ne seront pas imprimés."),
        _("Changez les styles, les textes, l’ordre\u202f; gardez telles quelles les balises."),
    ]
    for one in FIELDS[kind]:
        told.append(f"{one.name}\u00a0: {one.told}")
        told += [f"{one.row}.{inner.name}\u00a0: {inner.told}" for inner in one.fields]
    # The marks of a comment inside it would end it.
    return [line.replace("#", "").replace("}", "") for line in told]


def write_field(file, one: Field) -> None:
    if one.shape is Shape.LIST:
        file.add_paragraph(f"{{%p for {one.row} in {one.name} %}}")
        if all(inner.shape is Shape.TEXT for inner in one.fields):
            tags = " · ".join(f"{{{{ {one.row}.{inner.name} }}}}" for inner in one.fields)
            file.add_paragraph(tags, style="List Bullet")
        else:
            for inner in one.fields:
                write_inner(file, one, inner)
        file.add_paragraph("{%p endfor %}")
    elif one.shape is Shape.BLOCKS:
        file.add_paragraph(f"{{{{p {one.name} }}}}")
    else:
        paragraph = file.add_paragraph()
        paragraph.add_run(f"{one.name.replace('_', ' ').capitalize()}\u00a0: ").bold = True
        paragraph.add_run(f"{{{{ {one.name} }}}}")


def write_inner(file, one: Field, inner: Field) -> None:
    name = f"{one.row}.{inner.name}"
    if inner.shape is Shape.BLOCKS:
        file.add_paragraph(f"{{{{p {name} }}}}")
    elif inner.name == "titre":
        file.add_paragraph(f"{{{{ {name} }}}}", style="Heading 1")
    else:
        file.add_paragraph(f"{{{{ {name} }}}}")


# ---- what a check fills in: one row of each list, so that every tag is tried ----


def sample(fields: Iterable[Field]) -> dict:
    return {one.name: sample_of(one) for one in fields}


def sample_of(one: Field):
    match one.shape:
        case Shape.LIST:
            return [sample(one.fields), sample(one.fields)]
        case Shape.BLOCKS:
            return (Heading(2, "Titre"), Paragraph("Texte"))
        case Shape.IMAGE:
            return ""
    return "Texte"
