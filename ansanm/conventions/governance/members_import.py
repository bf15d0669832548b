"""Bodies and their members brought as a sheet, one line per body and member: all of it or nothing.

What a line says of its body may be written on each line or on one alone; two lines that contradict each
other are refused. A file adds and corrects, it never takes anybody off: absent from a list is not « left ».
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl.utils import get_column_letter

from ansanm.conventions.figures_sheet import CellError, called, keys_of
from ansanm.conventions.governance import body_operations
from ansanm.conventions.governance.overlap import Standing
from ansanm.conventions.governance.overlap_sheets import COLUMNS, written
from ansanm.conventions.governance.rows import fingerprint
from ansanm.conventions.models import Body, Convention, Mandate, Participant, PlanActor
from ansanm.conventions.plan.actors import Actors, add_actor
from ansanm.engines.written import Unreadable, parse_number
from ansanm.territories.names import search_key
from ansanm.territories.variables import fold
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents import tables
from ansanm.ui.documents.tables import UnreadableSheet
from ansanm.ui.formats import listed_apart

MAX_ROWS = 500
FACTS = ("kind", "is_external", "themes", "places", "meetings_per_year", "usual_minutes", "source_title")
# Of other contracts than the CTG, unless the file says otherwise.
EXTERNAL = {Body.Kind.CONTRAT_DE_VILLE, Body.Kind.CLS, Body.Kind.CLSPD, Body.Kind.PEDT}
WITHOUT_VOTE = {Mandate.Role.GUEST, Mandate.Role.SECRETARY}
LONGEST = {"name": 200, "actor": 200, "person": 160, "function": 200, "source_title": 300}


class Refused(Exception):
    """A cell says nothing that can be taken; the message says what was expected."""


@dataclass
class Member:
    """One line's member, and the seat it is already in."""

    number: int
    actor: str
    person: str
    function: str
    role: str
    has_vote: bool
    seat: Mandate | None = None
    participant: Participant | None = None
    outcome: str = "new"

    @property
    def words(self) -> str:
        return ", ".join(one for one in (self.person, self.actor) if one)

    @property
    def role_words(self) -> str:
        return str(Mandate.Role(self.role).label)


@dataclass
class Brought:
    """A body as the file describes it."""

    name: str
    number: int
    body: Body | None
    facts: dict = field(default_factory=dict)
    # The line that said each fact first.
    said_on: dict = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    changes: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        if self.body is None:
            return "new"
        return "corrected" if self.changes else "unchanged"

    def n(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self.members)


@dataclass
class Reading:
    bodies: list[Brought]
    errors: list[CellError]
    warnings: list[str]

    @property
    def n_to_save(self) -> int:
        return sum((one.outcome != "unchanged") + one.n("new") + one.n("corrected") for one in self.bodies)

    @property
    def n_rows(self) -> int:
        return sum(len(one.members) or 1 for one in self.bodies)

    @property
    def shown(self) -> list:
        """What the preview told: it changes if somebody changed one of these bodies meanwhile."""
        return [
            [one.name, one.outcome, one.body.version if one.body else 0, [list(each) for each in one.changes],
             [[member.words, member.outcome] for member in one.members]]
            for one in self.bodies
        ]  # fmt: skip


def read_table(name: str, content: bytes) -> list[list[str]]:
    return tables.read_table(name, content, max_rows=MAX_ROWS, wanted=is_wanted)


def is_wanted(header: list[str]) -> bool:
    """The sheets of our workbook all begin with a body: ours is the one that says who sits."""
    return {"name", "actor", "person"} <= set(columns_of(header))


def columns_of(header: list[str]) -> list[str]:
    titles = {}
    for language in ("en", "fr"):
        with override(language):
            titles |= {fold(str(title)): key for key, title in COLUMNS.items()}
    return [titles.get(fold(cell), "") for cell in header]


class Reader:
    """Reads the lines of one table for one convention; `errors` and `warnings` fill as it goes."""

    def __init__(self, convention: Convention):
        self.convention = convention
        self.errors: list[CellError] = []
        self.warnings: dict[str, None] = {}
        self.bodies: dict[str, Brought] = {}

    @cached_property
    def standing(self) -> Standing:
        return Standing(self.convention)

    @cached_property
    def known_bodies(self) -> dict[str, Body]:
        return {search_key(one.name): one for one in self.standing.bodies}

    @cached_property
    def actors(self) -> Actors:
        return Actors(self.convention)

    @cached_property
    def themes(self) -> dict[str, object]:
        found = {}
        for one in self.convention.themes.all():
            found[search_key(one.label)] = found[search_key(one.slug)] = one
        return found

    @cached_property
    def territories(self) -> dict:
        return self.convention.declarable()

    @cached_property
    def territory_keys(self) -> dict:
        return keys_of(self.territories)

    @cached_property
    def people(self) -> dict[str, list[Participant]]:
        found: dict[str, list[Participant]] = {}
        for one in self.convention.participants.select_related("actor").filter(left_on=""):
            found.setdefault(search_key(one.name), []).append(one)
        return found

    # ---- lines ----

    def line(self, number: int, texts: dict[str, str], cells: dict[str, str]) -> None:
        def refuse(column: str, message: str):
            self.errors.append(CellError(cells.get(column, str(number)), texts.get(column, ""), message))

        for column, most in LONGEST.items():
            if len(texts.get(column, "")) > most:
                refuse(column, _("Ce texte dépasse %(n)s caractères.") % {"n": most})
                return
        name = " ".join(texts.get("name", "").split())
        key = search_key(name)
        if not key:
            refuse("name", _("Dites de quelle instance il s’agit."))
            return
        if key not in self.bodies:
            self.bodies[key] = Brought(name, number, self.known_bodies.get(key))
        brought = self.bodies[key]
        for column in FACTS:
            text = texts.get(column, "").strip()
            if not text:
                continue
            try:
                value = self.readers[column](text)
            except Refused as refused:
                refuse(column, str(refused))
                continue
            if column in brought.facts and brought.facts[column] != value:
                refuse(
                    column,
                    _("La ligne %(first)s dit autre chose de la même instance\u00a0: gardez l’un des deux.")
                    % {"first": brought.said_on[column]},
                )
                continue
            brought.facts.setdefault(column, value)
            brought.said_on.setdefault(column, number)
        self.member(brought, number, texts, refuse)

    def member(self, brought: Brought, number: int, texts, refuse: Callable) -> None:
        actor, person = (" ".join(texts.get(one, "").split()) for one in ("actor", "person"))
        if not actor and not person:
            if texts.get("role", "").strip() or texts.get("function", "").strip():
                refuse("person", _("Dites qui siège, ou pour quel organisme le siège est vacant."))
            return
        role, has_vote = Mandate.Role.MEMBER, None
        try:
            if texts.get("role", "").strip():
                role = one_of(Mandate.Role, texts["role"])
        except Refused as refused:
            refuse("role", str(refused))
        try:
            if texts.get("has_vote", "").strip():
                has_vote = yes_or_no(texts["has_vote"])
        except Refused as refused:
            refuse("has_vote", str(refused))
        member = Member(
            number,
            self.actor_name(actor, refuse),
            person,
            " ".join(texts.get("function", "").split()),
            str(role),
            role not in WITHOUT_VOTE if has_vote is None else has_vote,
        )
        for other in brought.members:
            if person and same(other, member):
                refuse("person", _("La ligne %(first)s la fait déjà siéger dans cette instance.")
                       % {"first": other.number})  # fmt: skip
                return
        member.participant = self.participant(member)
        self.seat(brought, member)
        brought.members.append(member)

    def actor_name(self, text: str, refuse) -> str:
        """The organisation as the plan names it; as it is written where the plan has none of that name."""
        if not text:
            return ""
        if found := self.actors.called(text):
            return found.name
        if not search_key(text):
            refuse("actor", _("Ce n’est pas le nom d’un organisme."))
        elif near := self.actors.near(text):
            self.warnings[
                _("«\u00a0%(text)s\u00a0» sera un nouvel organisme. Est-ce %(near)s\u202f?")
                % {"text": text, "near": listed_apart(f"«\u00a0{one}\u00a0»" for one in near)}
            ] = None
        return text

    def participant(self, member: Member) -> Participant | None:
        """The contact of that name; of another organisation, it is somebody else of the same name."""
        if not member.person:
            return None
        named = self.people.get(search_key(member.person), [])
        mine = [
            one
            for one in named
            if not member.actor or one.actor is None or one.actor.name == member.actor
        ]  # fmt: skip
        if len(mine) == 1:
            return mine[0]
        if named and not mine:
            self.warnings[
                _(
                    "%(name)s est déjà un contact, pour %(other)s\u00a0: un second sera ajouté, pour "
                    "%(actor)s."
                )
                % {"name": member.person, "other": named[0].actor, "actor": member.actor}
            ] = None
        return None

    def seat(self, brought: Brought, member: Member) -> None:
        """Find the seat this line repeats, or the vacant one it fills."""
        if brought.body is None:
            return
        seats = self.standing.seats[brought.body.pk]
        taken = {one.seat.pk for one in brought.members if one.seat}
        free = [one for one in seats if one.pk not in taken]

        def is_it(seat):
            held = seat.participant
            if member.participant:
                return held is not None and held.pk == member.participant.pk
            return held is None and not member.person and actor_of(seat) == member.actor

        seat = next((one for one in free if is_it(one)), None)
        if seat is None and member.person:
            vacant = (one for one in free if one.participant is None)
            seat = next((one for one in vacant if member.actor and actor_of(one) == member.actor), None)
        if seat is None:
            return
        member.seat = seat
        same_holder = bool(member.participant) == bool(seat.participant) and (
            not member.person or member.participant is not None
        )
        is_same = same_holder and seat.role == member.role and seat.has_vote == member.has_vote
        member.outcome = "unchanged" if is_same else "corrected"

    # ---- cells ----

    @cached_property
    def readers(self) -> dict[str, Callable]:
        return {
            "kind": lambda text: str(one_of(Body.Kind, text)),
            "is_external": yes_or_no,
            "themes": self.read_themes,
            "places": self.read_places,
            "meetings_per_year": lambda text: read_amount(text, 366, decimals=2),
            "usual_minutes": read_minutes,
            "source_title": lambda text: " ".join(text.split()),
        }

    def read_themes(self, text: str) -> tuple:
        found = []
        for part in split(text):
            if (theme := self.themes.get(search_key(part))) is None:
                raise Refused(
                    _("«\u00a0%(text)s\u00a0» n’est pas une thématique de la convention\u00a0: %(known)s.")
                    % {
                        "text": part,
                        "known": listed_apart(dict.fromkeys(one.label for one in self.themes.values()))
                        or _("elle n’en a aucune"),
                    }
                )
            found.append(theme.pk)
        return tuple(sorted(set(found)))

    def read_places(self, text: str) -> tuple:
        found = set()
        for part in split(text):
            meant = called(part, self.territory_keys)
            if not meant:
                raise Refused(
                    _("«\u00a0%(text)s\u00a0» n’est ni le code ni le nom d’un lieu de la convention.")
                    % {"text": part}
                )
            if len(meant) > 1:
                codes = listed_apart(self.territories[key].code for key in meant)
                raise Refused(
                    _(
                        "«\u00a0%(text)s\u00a0» est le nom de plusieurs lieux\u00a0: écrivez le code, "
                        "%(codes)s."
                    )
                    % {"text": part, "codes": codes}
                )
            found.update(meant)
        return tuple(sorted(found))

    # ---- what it changes ----

    def compare(self) -> None:
        for brought in self.bodies.values():
            if brought.body is None:
                if "kind" not in brought.facts:
                    # An instance whose nature nobody says would count among ours.
                    self.errors.append(
                        CellError(
                            str(brought.number),
                            brought.name,
                            _("Dites le type de cette instance\u00a0: %(known)s.")
                            % {"known": listed_apart(str(label) for label in Body.Kind.labels)},
                        )
                    )
                else:
                    brought.facts.setdefault("is_external", brought.facts["kind"] in EXTERNAL)
                continue
            for column, value in brought.facts.items():
                before = self.current(brought.body, column)
                if before != value:
                    brought.changes.append(
                        (str(COLUMNS[column]), self.words(column, before), self.words(column, value))
                    )

    def current(self, body: Body, column: str):
        match column:
            case "themes":
                return tuple(sorted(one.pk for one in body.themes.all()))
            case "places":
                return tuple(sorted(f"{one.level}:{one.code}" for one in body.places.all()))
        return getattr(body, column)

    def words(self, column: str, value) -> str:
        match column:
            case "kind":
                return str(Body.Kind(value).label)
            case "is_external":
                return _("oui") if value else _("non")
            case "themes":
                labels = {one.pk: one.label for one in self.themes.values()}
                return listed_apart(labels[pk] for pk in value) or "–"
            case "places":
                held = self.territories
                return listed_apart(held[key].name if key in held else key for key in value) or "–"
            case "meetings_per_year":
                return "–" if value is None else written(value)
        return "–" if value in (None, "") else str(value)


def actor_of(seat: Mandate) -> str:
    return seat.actor.name if seat.actor else ""


def same(one: Member, other: Member) -> bool:
    if search_key(one.person) != search_key(other.person):
        return False
    return not (one.actor and other.actor) or one.actor == other.actor


def split(text: str) -> list[str]:
    return [part.strip() for part in text.replace("|", ";").replace("\n", ";").split(";") if part.strip()]


def one_of(choices, text: str):
    """The choice called so, in either language, by its key, or by what its label has in brackets."""
    wanted = search_key(text)
    for language in ("fr", "en"):
        with override(language):
            for choice in choices:
                label = str(choice.label)
                short = label.partition("(")[2].rstrip(")")
                if wanted in {search_key(label), search_key(choice.value), search_key(short)} - {""}:
                    return choice
    raise Refused(
        _("«\u00a0%(text)s\u00a0» n’est pas un choix connu\u00a0: %(known)s.")
        % {"text": text, "known": listed_apart(str(label) for label in choices.labels)}
    )


def yes_or_no(text: str) -> bool:
    match search_key(text):
        case "oui" | "yes" | "o" | "x" | "1" | "vrai" | "true":
            return True
        case "non" | "no" | "n" | "0" | "faux" | "false":
            return False
    raise Refused(
        _("Écrivez «\u00a0oui\u00a0» ou «\u00a0non\u00a0», et non «\u00a0%(text)s\u00a0».") % {"text": text}
    )


def read_amount(text: str, most: int, decimals: int = 0) -> Decimal:
    try:
        number = parse_number(text)
    except Unreadable as unreadable:
        raise Refused(_("«\u00a0%(text)s\u00a0» n’est pas un nombre.") % {"text": text}) from unreadable
    value = Decimal(repr(number.value))
    if number.unit or not 0 <= value <= most or value != round(value, decimals):
        raise Refused(
            _("«\u00a0%(text)s\u00a0»\u00a0: un nombre de 0 à %(most)s était attendu.")
            % {"text": text, "most": most}
        )
    return value


def read_minutes(text: str) -> int:
    """«\u00a090\u00a0», «\u00a01 h 30\u00a0»."""
    hours, sign, minutes = fold(text).removesuffix("min").removesuffix("mn").strip().partition("h")
    if not sign:
        return int(read_amount(hours.strip(), 1440))
    total = 60 * int(read_amount(hours.strip() or "?", 24)) + int(read_amount(minutes.strip() or "0", 59))
    if total > 1440:
        raise Refused(_("«\u00a0%(text)s\u00a0» dépasse une journée.") % {"text": text})
    return total


def understand(table: list[list[str]], convention: Convention) -> Reading:
    """What saving the table would do, body by body, without saving anything."""
    columns = columns_of(table[0])
    missing = [str(COLUMNS[key]) for key in ("name", "actor", "person") if key not in columns]
    if missing:
        raise UnreadableSheet(
            _("Il manque une colonne\u00a0: %(missing)s. Partez du modèle, ses titres sont ceux attendus.")
            % {"missing": ", ".join(f"«\u00a0{title}\u00a0»" for title in missing)}
        )
    reader = Reader(convention)
    for number, cells in enumerate(table[1:], start=2):
        if not any(cells):
            continue
        texts = {key: text for key, text in zip(columns, cells, strict=False) if key}
        places = {key: f"{get_column_letter(n)}{number}" for n, key in enumerate(columns, 1) if key}
        reader.line(number, texts, places)
    reader.compare()
    return Reading(list(reader.bodies.values()), reader.errors, list(reader.warnings))


@transaction.atomic
def save(table: list[list[str]], shown: list, *, convention: Convention, by) -> Reading:
    """Write what `shown` told of the table, all of it; StaleVersion when the bodies changed meanwhile."""
    # Locked first: two people who import the same file import it one after the other.
    Convention.objects.select_for_update().get(pk=convention.pk)
    reading = understand(table, convention)
    if reading.shown != shown:
        raise StaleVersion(convention)
    if reading.errors:
        raise ValueError(f"{len(reading.errors)} cells are refused: nothing is saved.")
    people: dict[tuple, Participant] = {}
    actors: dict[str, PlanActor] = {one.name: one for one in convention.actors.all()}
    themes = {one.pk: one for one in convention.themes.all()}
    for brought in reading.bodies:
        body = write_body(brought, convention, themes, by)
        for member in brought.members:
            if member.outcome == "unchanged":
                continue
            if member.actor and member.actor not in actors:
                actors[member.actor] = add_actor(by=by, convention=convention, name=member.actor)
            actor = actors.get(member.actor)
            person = person_of(member, actor, people, convention, by)
            facts = {"role": member.role, "has_vote": member.has_vote}
            if person:
                facts["participant"] = person
            try:
                if member.seat is None:
                    body_operations.add_mandate(by=by, body=body, actor=actor, **facts)
                else:
                    seen = fingerprint(member.seat, body_operations.MANDATE_FACTS)
                    body_operations.update_mandate(by=by, mandate=member.seat, seen=seen, **facts)
            except ValidationError as error:
                raise LineRefused(member.number, " ".join(error.messages)) from error
    return reading


class LineRefused(Exception):
    """What the deeds of bodies refuse, and the preview could not know."""

    def __init__(self, number: int, message: str):
        super().__init__(message)
        self.number, self.message = number, message


def write_body(brought: Brought, convention, themes, by) -> Body:
    facts = dict(brought.facts)
    chosen = [themes[pk] for pk in facts.pop("themes")] if "themes" in facts else None
    places = facts.pop("places", None)
    try:
        if brought.body is None:
            return body_operations.create_body(
                by=by, convention=convention, name=brought.name, themes=chosen, places=places, **facts
            )
        if brought.changes:
            return body_operations.update_body(
                by=by,
                body=brought.body,
                base_version=brought.body.version,
                themes=chosen,
                places=places,
                **facts,
            )
    except ValidationError as error:
        raise LineRefused(brought.number, " ".join(error.messages)) from error
    return brought.body


def person_of(member: Member, actor, people, convention, by) -> Participant | None:
    """The contact of the line; one that two bodies of the file name is added once."""
    if not member.person or member.participant:
        return member.participant
    key = (search_key(member.person), member.actor)
    if key not in people:
        try:
            people[key] = body_operations.add_participant(
                by=by, convention=convention, name=member.person, function=member.function, actor=actor
            )
        except ValidationError as error:
            raise LineRefused(member.number, " ".join(error.messages)) from error
    return people[key]
