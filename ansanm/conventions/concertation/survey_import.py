"""Answers written elsewhere (Microsoft Forms, a workbook typed at a counter), all of them or none.

A column is a question if its title has the same words. What identifies people (name, e-mail, hours) is
in none of ours, and is left in the file.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.concertation.forms import MOST_NUMBER, MOST_SIGNS, places_of
from ansanm.conventions.concertation.survey_files import AUDIENCE, CHANNEL, DAY
from ansanm.conventions.models import Channel, SurveyAnswer, SurveyQuestion
from ansanm.engines.written import Unreadable, parse_number, parse_period
from ansanm.territories.names import search_key
from ansanm.ui.documents.blocks import writable
from ansanm.ui.documents.tables import read_table
from ansanm.ui.formats import format_number, quoted

Kind = SurveyQuestion.Kind
MOST_ROWS = 5_000
MOST_SHOWN = 50


@dataclass(frozen=True)
class Wrong:
    """A cell that is not understood: its row in the file, its column, what it holds, what to do."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Reading:
    rows: list[dict]
    wrong: list[Wrong]
    # Titles of columns that are no question.
    left: list[str]
    # Questions no column answers.
    missing: list[str]

    @property
    def shown(self) -> list[Wrong]:
        return self.wrong[:MOST_SHOWN]

    @property
    def n_more(self) -> int:
        return max(0, len(self.wrong) - MOST_SHOWN)


def read(survey, name: str, content: bytes) -> Reading:
    """Understand the file; UnreadableSheet when it is none."""
    questions = list(survey.questions.all())
    by_title = {search_key(one.label): one for one in questions}
    own = {search_key(AUDIENCE): AUDIENCE, search_key(CHANNEL): CHANNEL, search_key(DAY): DAY}

    def wanted(header) -> bool:
        return any(search_key(title) in by_title for title in header)

    header, *lines = read_table(name, content, max_rows=MOST_ROWS, wanted=wanted)
    columns, left, seen = [], [], set()
    for title in header:
        key = search_key(title)
        found = by_title.get(key) or own.get(key)
        # A second column of the same title would silently win over the first.
        columns.append(None if found is None or key in seen else found)
        if found is None and title:
            left.append(title)
        seen.add(key)
    missing = [one.label for key, one in by_title.items() if key not in seen]
    if not any(isinstance(one, SurveyQuestion) for one in columns):
        return Reading(
            [],
            [
                Wrong(
                    1,
                    "",
                    ", ".join(header)[:200],
                    _("aucun titre de colonne n’est une question de l’enquête"),
                )
            ],
            left,
            missing,
        )
    reader = RowReader(survey)
    rows = []
    for n, cells in enumerate(lines, start=2):
        if any(cells):
            rows.append(reader.row(n, columns, cells))
    return Reading([one for one in rows if one["answers"]], reader.wrong, left, missing)


class RowReader:
    """Turns the cells of a row into an answer, and keeps what it did not understand."""

    def __init__(self, survey):
        self.survey = survey
        self.audiences = {search_key(one.label): one.key for one in survey.audiences.all()}
        self.channels = {search_key(str(one.label)): one.value for one in Channel}
        self.places = {
            search_key(name): int(pk) for _group, rows in places_of(survey.convention) for pk, name in rows
        }
        self.choices = {
            one.key: {search_key(choice["label"]) or choice["label"]: choice["key"] for choice in one.choices}
            for one in survey.questions.all()
        }
        self.wrong: list[Wrong] = []

    def row(self, n: int, columns, cells) -> dict:
        made = {"audience": "", "channel": Channel.PAPER, "answered_on": None, "answers": {}, "row": n}
        for column, cell in zip(columns, cells, strict=False):
            text = writable(cell).strip()
            if column is None or not text:
                continue
            try:
                self.put(made, column, text)
            except ValueError as problem:
                title = column.label if isinstance(column, SurveyQuestion) else column
                self.wrong.append(Wrong(n, title, text[:120], str(problem)))
        for question in self.survey.questions.all():
            if (
                question.key in made["answers"]
                and question.audiences
                and made["audience"] not in question.audiences
            ):
                self.wrong.append(
                    Wrong(
                        n,
                        question.label,
                        str(made["answers"][question.key])[:120],
                        _("cette question n’est pas posée à ce public"),
                    )
                )
        return made

    def put(self, made: dict, column, text: str) -> None:
        if column == AUDIENCE:
            made["audience"] = self.one_of(self.audiences, text, _("ce n’est pas un public de l’enquête"))
        elif column == CHANNEL:
            made["channel"] = self.one_of(self.channels, text, _("on ne recueille pas ainsi"))
        elif column == DAY:
            made["answered_on"] = self.day(text)
        else:
            made["answers"][column.key] = self.answer(column, text)

    def one_of(self, known: dict, text: str, reason: str):
        if (key := search_key(text)) not in known:
            raise ValueError(reason)
        return known[key]

    def day(self, text: str) -> date:
        try:
            read_day = date.fromisoformat(parse_period(text))
        except (Unreadable, ValueError):
            raise ValueError(_("ce n’est pas un jour : écrivez « 03/12/2026 »")) from None
        if read_day > timezone.localdate():
            raise ValueError(_("ce jour est à venir"))
        return read_day

    def answer(self, question, text: str):
        match question.kind:
            case Kind.ONE:
                return self.one_of(self.choices[question.key], text, self.known_choices(question))
            case Kind.SEVERAL:
                return self.several(question, text)
            case Kind.SCALE:
                if text not in {"1", "2", "3", "4", "5"}:
                    raise ValueError(_("une note est un nombre entier de 1 à 5"))
                return int(text)
            case Kind.NUMBER:
                return self.number(text)
            case Kind.PLACE:
                return self.one_of(
                    self.places, text, _("ce n’est ni une commune ni un quartier de la convention")
                )
        if len(text) > MOST_SIGNS:
            raise ValueError(
                _("le texte fait %(n)s signes : %(most)s au plus")
                % {"n": format_number(len(text)), "most": format_number(MOST_SIGNS)}
            )
        return text

    def several(self, question, text: str) -> list[str]:
        known = self.choices[question.key]
        # A choice may hold a semicolon of its own.
        if (key := search_key(text)) in known:
            return [known[key]]
        # Microsoft Forms ends each of its lists with one more.
        parts = [part for part in text.split(";") if part.strip()]
        return list(
            dict.fromkeys(
                self.one_of(known, part, self.known_choices(question, part.strip())) for part in parts
            )
        )

    def known_choices(self, question, part: str = "") -> str:
        labels = ", ".join(quoted(one["label"]) for one in question.choices)
        if part:
            return _("« %(part)s » n’est pas un des choix : %(choices)s") % {
                "part": part[:60],
                "choices": labels,
            }
        return _("ce n’est pas un des choix : %(choices)s") % {"choices": labels}

    def number(self, text: str):
        try:
            value = float(parse_number(text).value)
        except Unreadable:
            raise ValueError(_("ce n’est pas un nombre")) from None
        if not 0 <= value <= MOST_NUMBER:
            raise ValueError(_("écrivez un nombre entre 0 et 1 000 000 000"))
        return int(value) if value == int(value) else value


def key_of(survey, row: dict) -> str:
    """The same line of the same file is the same sheet: a file sent again, longer, adds only its end.

    Two files alike in all of a line are one: its day and its way tell two counters apart.
    """
    day = str(row["answered_on"] or "")
    told = [survey.pk, row["row"], row["audience"], row["channel"], day, row["answers"]]
    content = json.dumps(told, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


@transaction.atomic
def save(*, by, survey, reading: Reading) -> tuple[int, int]:
    """Keep every sheet of the reading: (how many are new, how many were there already)."""
    if reading.wrong:
        raise ValueError("A reading with errors is not saved.")
    today = timezone.localdate()
    made = {
        (key := key_of(survey, row)): SurveyAnswer(
            survey=survey,
            key=key,
            channel=row["channel"],
            audience=row["audience"],
            answered_on=row["answered_on"] or today,
            answers=row["answers"],
            entered_by=by,
        )
        for row in reading.rows
    }
    there = set(SurveyAnswer.objects.filter(key__in=made).values_list("key", flat=True))
    fresh = [one for key, one in made.items() if key not in there]
    SurveyAnswer.objects.bulk_create(fresh, batch_size=500, ignore_conflicts=True)
    if fresh:
        record(
            "survey.import", by=by, target=survey, convention=survey.convention,
            after={"n_sheets": len(fresh)},
        )  # fmt: skip
    return len(fresh), len(there)
