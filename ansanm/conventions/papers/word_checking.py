"""A Word template somebody brings: what is wrong with it, and where, before it is ever used.

It is a program that others will run: only names, filters and loops that we know are let through, and
what they mean is looked up before anything is rendered. The sandbox of Jinja stands behind.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

from ansanm.conventions import files
from ansanm.conventions.papers.word_fields import Field, Shape, root

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 40 * 1024 * 1024
# A loop in a loop writes rows of rows; more is a mistake, or an attack.
MAX_DEPTH = 2
MAX_PARAGRAPHS = 5_000
FILTERS = {"upper", "lower", "title", "capitalize", "default", "trim", "length", "first", "last"}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# What Word prints, and where people look for it.
PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
# No brace inside: with one, thousands of open tags would each be read to the end of the paragraph.
TAG = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{#[^{}]*#\}")
FOR = re.compile(r"for\s+([^\W\d]\w*)\s+in\s+([\w.]+)$")


# All that a template is made of, once compiled.
ALLOWED = (
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.Filter,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.CondExpr,
    nodes.For,
    nodes.If,
)


@dataclass(frozen=True)
class Problem:
    where: str
    message: str


class BrokenTemplate(Exception):
    def __init__(self, problems: list[Problem]):
        super().__init__("; ".join(f"{one.where}: {one.message}" for one in problems))
        self.problems = problems


class NotPermitted(TemplateSyntaxError):
    """A template asks for more than its fields."""


class FieldsOnly(SandboxedEnvironment):
    """Refuses, wherever a tag stands, what the check of the text refuses: an attribute, a property of the
    file or a part that the check does not read is rendered too."""

    def _generate(self, source, name, filename, defer_init=False):
        loops = list(source.find_all(nodes.For))
        if (
            any(not isinstance(one, ALLOWED) for one in source.find_all(nodes.Node))
            or any(not isinstance(one.iter, nodes.Name | nodes.Getattr) for one in loops)
            or any(
                third for one in loops for two in one.find_all(nodes.For) for third in two.find_all(nodes.For)
            )
        ):
            raise NotPermitted("not permitted in a template", 1)
        return super()._generate(source, name, filename, defer_init)


def environment() -> SandboxedEnvironment:
    env = FieldsOnly(autoescape=True)
    # No range(10**9), no lipsum: a template only has its fields.
    env.globals.clear()
    env.filters = {name: env.filters[name] for name in FILTERS}
    return env


def check(content: bytes, kind: str) -> None:
    """Return if `content` is a template of that kind; else BrokenTemplate, with every problem found."""
    check_file(content)
    problems = [problem for part in parts(content) for problem in part_problems(part, kind)]
    if problems:
        raise BrokenTemplate(problems)


def check_file(content: bytes) -> None:
    """A Word document, of a reasonable size, that runs nothing and fetches nothing."""
    whole = _("Fichier")

    def refuse(message):
        raise BrokenTemplate([Problem(whole, message)])

    if len(content) > MAX_BYTES:
        refuse(_("Un modèle fait 5 Mo au plus\u00a0: allégez ses images."))
    try:
        kind = files.kind_of(content)
    except ValidationError as error:
        refuse(" ".join(error.messages))
    if kind is not files.DOCX:
        refuse(_("Un modèle est un document Word (.docx)."))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(one.file_size for one in archive.infolist()) > MAX_UNPACKED_BYTES:
            refuse(_("Ce document prendrait une place démesurée une fois ouvert."))
        names = archive.namelist()
        types = archive.read("[Content_Types].xml")
        if b"macroEnabled" in types:
            refuse(_("Ce document contient des macros (.docm)\u00a0: enregistrez-le en .docx."))
        if b"wordprocessingml.template.main" in types:
            refuse(_("Ce document est un modèle Word (.dotx)\u00a0: enregistrez-le en .docx."))
        if any(name.startswith(("word/embeddings/", "word/activeX/", "word/afchunk")) for name in names):
            refuse(_("Ce document contient un objet incorporé\u00a0: retirez-le."))
        for name in names:
            if name.endswith(".rels"):
                for target in fetched(archive.read(name)):
                    refuse(
                        _("Ce document va chercher «\u00a0%(target)s\u00a0» à l’ouverture\u00a0: retirez-le.")
                        % {"target": target[:80]}
                    )


def parsed(xml: bytes):
    # No entity, no network: the file is a stranger's.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as problem:
        raise BrokenTemplate(
            [Problem(_("Fichier"), _("Ce document est abîmé\u00a0: enregistrez-le de nouveau dans Word."))]
        ) from problem


def fetched(rels: bytes) -> Iterator[str]:
    """What a document loads from elsewhere by itself; a link that people click is not one."""
    for one in parsed(rels):
        if one.get("TargetMode") == "External" and not (one.get("Type") or "").endswith("/hyperlink"):
            yield one.get("Target") or ""


@dataclass
class Part:
    name: str
    paragraphs: list[str]


def parts(content: bytes) -> list[Part]:
    """The paragraphs of what is printed: body, heads, feet, notes."""
    names = {
        "document": _("Texte"),
        "header": _("En-tête"),
        "footer": _("Pied de page"),
        "footnotes": _("Notes"),
    }
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in sorted(archive.namelist()):
            if match := PARTS.fullmatch(name):
                tree = parsed(archive.read(name))
                told = names[match[1].rstrip("0123456789")]
                held = [text_of(one) for one in tree.iter(f"{W}p")]
                if len(held) > MAX_PARAGRAPHS:
                    raise BrokenTemplate([Problem(told, _("Ce modèle a trop de paragraphes."))])
                found.append(Part(told, held))
    return found


def text_of(paragraph) -> str:
    """Its words, without those of a text box that stands in it."""
    return "".join(
        one.text or "" for one in paragraph.iter(f"{W}t") if next(one.iterancestors(f"{W}p")) is paragraph
    )


@dataclass
class Loop:
    name: str
    field: Field
    where: str
    tag: str


def part_problems(part: Part, kind: str) -> list[Problem]:
    return Reader(part.name, kind).read(part.paragraphs)


class Reader:
    """Walks the paragraphs of one part, knowing in which loops it stands."""

    def __init__(self, part: str, kind: str):
        self.part, self.root = part, root(kind)
        self.env = environment()
        self.problems: list[Problem] = []
        # Loops, and conditions, still open.
        self.open: list[Loop | tuple[str, str]] = []
        self.where = ""

    def read(self, paragraphs: list[str]) -> list[Problem]:
        for number, text in enumerate(paragraphs, start=1):
            if not any(mark in text for mark in ("{{", "}}", "{%", "%}", "{#", "#}")):
                continue
            self.where = _("%(part)s, paragraphe %(n)s («\u00a0%(text)s\u00a0»)") % {
                "part": self.part,
                "n": number,
                "text": text.strip()[:60],
            }
            self.paragraph(text)
        for one in self.open:
            where, tag = (one.where, one.tag) if isinstance(one, Loop) else one
            self.where = where
            end = "endfor" if isinstance(one, Loop) else "endif"
            self.say(_("«\u00a0%(tag)s\u00a0» n’a pas de fin\u00a0: ajoutez «\u00a0%(end)s\u00a0».") % {
                "tag": tag, "end": end})  # fmt: skip
        return self.problems

    def say(self, message: str) -> None:
        self.problems.append(Problem(self.where, message))

    def paragraph(self, text: str) -> None:
        rest = TAG.sub("", text)
        if any(mark in rest for mark in ("{{", "}}", "{%", "%}", "{#", "#}")):
            broken = next(
                (rest[max(0, rest.find(mark)) :] for mark in ("{{", "{%", "{#") if mark in rest), rest
            )
            self.say(
                _("la balise «\u00a0%(tag)s\u00a0» n’est pas fermée, ou pas ouverte, dans son paragraphe.")
                % {"tag": broken.strip()[:60]}
            )
        for match in TAG.finditer(text):
            tag = match[0]
            # Word turns the quotes of a filter into curly ones; they are turned back when it is filled in.
            inside = tag[2:-2].translate(str.maketrans("“”‘’", "\"\"''"))
            if tag.startswith("{#"):
                continue
            prefix, inside = split(inside)
            if tag.startswith("{{"):
                self.expression(tag, prefix, inside, text)
            else:
                self.statement(tag, inside)

    def statement(self, tag: str, inside: str) -> None:
        word = inside.split(None, 1)[0] if inside else ""
        match word:
            case "for":
                self.loop(tag, inside)
            case "if":
                self.conditions(tag, inside[2:])
                self.open.append((self.where, tag))
            case "elif":
                self.conditions(tag, inside[4:])
                self.inner(tag, tuple)
            case "else":
                if not self.open:
                    self.unopened(tag)
            case "endif":
                if self.inner(tag, tuple):
                    self.open.pop()
            case "endfor":
                if self.inner(tag, Loop):
                    self.open.pop()
            case _:
                self.say(
                    _("«\u00a0%(tag)s\u00a0» n’est pas permis\u00a0: un modèle a for, if, elif et else.")
                    % {"tag": tag}
                )

    def inner(self, tag: str, kind: type) -> bool:
        if self.open and isinstance(self.open[-1], kind):
            return True
        self.unopened(tag)
        return False

    def unopened(self, tag: str) -> None:
        self.say(_("«\u00a0%(tag)s\u00a0» ne ferme rien d’ouvert avant lui.") % {"tag": tag})

    def loop(self, tag: str, inside: str) -> None:
        match = FOR.match(inside.strip())
        found = self.field(tag, match[2].split(".")) if match else None
        if not match:
            self.say(
                _("«\u00a0%(tag)s\u00a0» ne se lit pas\u00a0: écrivez «\u00a0for … in …\u00a0».")
                % {"tag": tag}
            )
        elif found and found.shape is not Shape.LIST:
            self.say(_("«\u00a0%(name)s\u00a0» n’est pas une liste.") % {"name": match[2]})
        if sum(isinstance(one, Loop) for one in self.open) >= MAX_DEPTH:
            self.say(_("«\u00a0%(tag)s\u00a0»\u00a0: trop de boucles l’une dans l’autre.") % {"tag": tag})
        # Kept open even when wrong, so that its end is not told wrong too.
        known = found if found and found.shape is Shape.LIST else Field("", "", Shape.LIST)
        self.open.append(Loop(match[1] if match else "", known, self.where, tag))

    def expression(self, tag: str, prefix: str, inside: str, text: str) -> None:
        fields = self.conditions(tag, inside)
        if fields is None:
            return
        shape = fields[0].shape if len(fields) == 1 else Shape.TEXT
        if shape is Shape.LIST:
            self.say(
                _("«\u00a0%(tag)s\u00a0» est une liste\u00a0: écrivez une boucle «\u00a0for\u00a0».")
                % {"tag": tag}
            )
        elif shape is Shape.BLOCKS and (prefix != "p" or text.strip() != tag):
            self.say(
                _("écrivez «\u00a0{{p %(name)s }}\u00a0», seul dans son paragraphe\u00a0: il a ses tableaux.")
                % {"name": inside.strip()}
            )
        elif prefix and shape is not Shape.BLOCKS:
            self.say(
                _("écrivez «\u00a0{{ %(name)s }}\u00a0», sans lettre après les accolades.")
                % {"name": inside.strip()}
            )

    def conditions(self, tag: str, inside: str) -> list[Field] | None:
        """The fields that an expression names, each of them known; None where it is refused."""
        try:
            tree = self.env.parse("{{ " + inside + " }}")
        except TemplateSyntaxError:
            self.say(_("la balise «\u00a0%(tag)s\u00a0» ne se lit pas.") % {"tag": tag})
            return None
        output = tree.body[0] if tree.body else None
        if not isinstance(output, nodes.Output) or len(tree.body) != 1 or len(output.nodes) != 1:
            self.say(_("la balise «\u00a0%(tag)s\u00a0» ne se lit pas.") % {"tag": tag})
            return None
        found: list[Field] = []
        return found if self.walk(tag, output.nodes[0], found) else None

    def walk(self, tag: str, node, found: list[Field]) -> bool:
        match node:
            case nodes.Name() | nodes.Getattr():
                path = path_of(node)
                if path is None:
                    break_ = True
                elif path[0] == "loop":
                    break_ = path[1:] not in (["index"], ["first"], ["last"], ["length"])
                else:
                    one = self.field(tag, path)
                    if one is None:
                        return False
                    found.append(one)
                    return True
                if break_:
                    self.say(_("«\u00a0%(tag)s\u00a0» n’est pas permis dans un modèle.") % {"tag": tag})
                    return False
                return True
            case nodes.Const():
                return True
            case nodes.Filter() if (
                node.name in FILTERS
                and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
                and node.node is not None
            ):
                return all(self.walk(tag, one, found) for one in (node.node, *node.args))
            case (
                nodes.Not() | nodes.And() | nodes.Or() | nodes.Compare() | nodes.Operand() | nodes.CondExpr()
            ):
                return all(self.walk(tag, one, found) for one in node.iter_child_nodes())
        self.say(_("«\u00a0%(tag)s\u00a0» n’est pas permis dans un modèle.") % {"tag": tag})
        return False

    def field(self, tag: str, path: list[str]) -> Field | None:
        """The field at that path, from the innermost loop outwards; told when there is none."""
        loops = [one for one in reversed(self.open) if isinstance(one, Loop)]
        held = next((one.field for one in loops if one.name == path[0]), None)
        names = path[1:] if held is not None else path
        if held is not None and not held.name and names:
            # The loop itself was told wrong.
            return None
        held = held if held is not None else self.root
        for depth, name in enumerate(names):
            inner = held.of(name) if depth == 0 or held.shape is not Shape.LIST else None
            if inner is None:
                known = ", ".join(one.name for one in held.fields) if held.fields else "–"
                self.say(
                    _("le champ «\u00a0%(name)s\u00a0» n’existe pas (%(tag)s). Ici\u00a0: %(known)s.")
                    % {"name": ".".join(path), "tag": tag, "known": known}
                )
                return None
            held = inner
        return held


def split(inside: str) -> tuple[str, str]:
    """« p article.contenu » is read as a paragraph, « article.contenu »; « -for » as a for."""
    inside = inside.strip().strip("-").strip()
    match = re.match(r"(p|tr|tc|r)\s+(.*)", inside, re.DOTALL)
    return (match[1], match[2].strip()) if match else ("", inside)


def path_of(node) -> list[str] | None:
    if isinstance(node, nodes.Name):
        return [node.name]
    if isinstance(node, nodes.Getattr) and (before := path_of(node.node)):
        return [*before, node.attr]
    return None
