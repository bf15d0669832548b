"""The bodies of a territory side by side: what they share, what nobody follows, the hours they take.

Bodies of other contracts (contrat de ville, CLS, CLSPD, PEDT…) count like ours; only their meetings are
not held here, so that their hours are those announced. A seat left by somebody who went
is no seat: the vacant one that followed it is.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from django.db.models import Count, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ansanm.conventions.governance.seats import ORDER, has_left, holds
from ansanm.conventions.models import Attendance, Body, Mandate, Meeting
from ansanm.engines import bodies as engine
from ansanm.engines.vague_dates import parse_canonical
from ansanm.territories.models import Level
from ansanm.ui import charts
from ansanm.ui.charts import Bar, Chart
from ansanm.ui.formats import format_number, labelled, listed_apart
from ansanm.ui.matrix import Cell, matrix

# Stands for the whole territory among places.
WHOLE = 0
# From how many bodies on somebody « siège beaucoup ».
MANY = 3
DEFAULT_THRESHOLD = 50

MEASURES = {
    "people": (gettext_lazy("Membres"), gettext_lazy("Qui siège dans deux instances")),
    "organisations": (
        gettext_lazy("Organismes"),
        gettext_lazy("Quels organismes siègent dans deux instances"),
    ),
    "themes": (gettext_lazy("Thématiques"), gettext_lazy("Quelles thématiques deux instances partagent")),
    "places": (gettext_lazy("Quartiers"), gettext_lazy("Quels quartiers deux instances partagent")),
}  # fmt: skip
UNKNOWN = {
    "meetings_per_year": gettext_lazy("le nombre de réunions par an"),
    "minutes": gettext_lazy("la durée d’une réunion"),
    "people": gettext_lazy("les personnes qui y siègent"),
}


def hours_words(hours: Fraction | None) -> str:
    if hours is None:
        return _("inconnu")
    return _("%(n)s h") % {"n": format_number(float(hours), "", None if hours.denominator != 1 else 0)}


def plain_number(value) -> str:
    """«\u00a02\u00a0», «\u00a00,5\u00a0»."""
    return format_number(value, "", 0 if value == int(value) else 1)


@dataclass(frozen=True)
class Pair:
    first: Body
    second: Body
    overlap: engine.Overlap
    names: list[str]

    @property
    def words(self) -> str:
        if self.overlap.share is None:
            return _("non renseigné")
        return _("%(n)s sur %(total)s") % {
            "n": len(self.overlap.shared), "total": self.overlap.n_smaller,
        }  # fmt: skip

    @property
    def percent(self) -> str:
        share = self.overlap.share
        return _("non renseigné") if share is None else format_number(100 * float(share), "percent", 0)


@dataclass(frozen=True)
class Held:
    """What the meetings of a body really took, in a year: as far as anybody wrote it down."""

    n_meetings: int
    # Those whose length and attendance are both known.
    n_counted: int
    hours: Fraction


class Standing:
    """The bodies of a convention that have not ended on `on`, with all that is compared."""

    def __init__(self, convention, on: date | None = None):
        self.convention, self.on = convention, on or timezone.localdate()

    @cached_property
    def bodies(self) -> list[Body]:
        mandates = Mandate.objects.select_related("participant__actor", "actor")
        found = self.convention.bodies.standing().prefetch_related(
            "themes", "places", Prefetch("mandates", queryset=mandates)
        )
        return [one for one in found if not one.ends_on or parse_canonical(one.ends_on).last_on >= self.on]

    @cached_property
    def by_key(self) -> dict[int, Body]:
        return {one.pk: one for one in self.bodies}

    @cached_property
    def seats(self) -> dict[int, list[Mandate]]:
        return {
            body.pk: sorted(
                (
                    one
                    for one in body.mandates.all()
                    if holds(one, self.on) and not has_left(one.participant, self.on)
                ),
                key=lambda one: (ORDER[one.role], str(one), one.pk),
            )
            for body in self.bodies
        }

    @cached_property
    def sets(self) -> list[engine.Body]:
        return [self.as_set(body) for body in self.bodies]

    def as_set(self, body: Body) -> engine.Body:
        seats = []
        for seat in self.seats[body.pk]:
            person = seat.participant
            actor = seat.actor_id or (person.actor_id if person else None)
            if person or actor:
                seats.append(engine.Seat(person.pk if person else None, actor, seat.has_vote))
        often = body.meetings_per_year
        return engine.Body(
            key=body.pk,
            seats=tuple(seats),
            themes=frozenset(one.pk for one in body.themes.all()),
            places=self.ground(body),
            meetings_per_year=None if often is None else Fraction(often),
            minutes=body.usual_minutes,
            quorum=body.quorum,
        )

    @cached_property
    def quartiers(self) -> frozenset:
        """The places that some body names, other than the whole territory."""
        own = set(self.convention.territories.values_list("pk", flat=True))
        return frozenset(one.pk for body in self.bodies for one in body.places.all()) - own

    def ground(self, body: Body) -> frozenset:
        """Where it acts: a body that names no place, or the commune itself, is of the whole territory."""
        named = frozenset(one.pk for one in body.places.all())
        return named if named and named <= self.quartiers else self.quartiers | {WHOLE}

    # ---- names ----

    @cached_property
    def people(self) -> dict:
        return {
            person.pk: person
            for seats in self.seats.values()
            for seat in seats
            if (person := seat.participant)
        }

    @cached_property
    def actors(self) -> dict:
        return {one.pk: one for one in self.convention.actors.all()}

    @cached_property
    def themes(self) -> dict:
        return {one.pk: one for one in self.convention.themes.all()}

    @cached_property
    def places(self) -> dict:
        return {one.pk: one for body in self.bodies for one in body.places.all()}

    def names(self, measure: str, keys) -> list[str]:
        held = {"people": self.people, "organisations": self.actors, "themes": self.themes,
                "places": self.places}[measure]  # fmt: skip
        if measure == "places" and WHOLE in keys:
            return [_("tout le territoire")]
        return sorted(str(held[key]) for key in keys if key in held)

    # ---- two by two ----

    def pairs(self, measure: str) -> list[Pair]:
        """All of them, those that share most first; those where one says nothing last."""
        found = [
            Pair(self.by_key[one], self.by_key[other], overlap, self.names(measure, overlap.shared))
            for (one, other), overlap in engine.overlaps(self.sets, measure).items()
        ]
        return sorted(
            found,
            key=lambda pair: (
                pair.overlap.share is None,
                -(pair.overlap.share or 0),
                -len(pair.overlap.shared),
            ),
        )

    def picture(self, measure: str) -> Chart:
        pairs = self.pairs(measure)
        place = {body.pk: n for n, body in enumerate(self.bodies)}
        cells = {}
        for pair in pairs:
            share = pair.overlap.share
            spot = tuple(sorted((place[pair.first.pk], place[pair.second.pk])))
            cells[spot] = Cell(len(pair.overlap.shared), None if share is None else float(share))
        label, title = MEASURES[measure]
        return matrix(
            [body.name for body in self.bodies],
            cells,
            title=str(title),
            reading=self.reading(measure, pairs),
            note=_(
                "Chaque case compte ce que deux instances ont en commun\u202f; sa teinte dit quelle part de "
                "la "
                "plus petite des deux."
            ),
            columns=(_("Instances"), _("En commun"), _("Part de la plus petite"), str(label)),
            rows=[
                (f"{pair.first} – {pair.second}", pair.words, pair.percent, listed_apart(pair.names) or "–")
                for pair in pairs
            ],
        )

    def reading(self, measure: str, pairs: list[Pair]) -> str:
        most = pairs[0] if pairs else None
        if most is None or not most.overlap.shared:
            return _("Aucune instance n’a rien en commun avec une autre, d’après ce qui est renseigné.")
        words = {
            "people": _("%(words)s membres de la plus petite siègent dans les deux"),
            "organisations": _("%(words)s organismes de la plus petite siègent dans les deux"),
            "themes": _("%(words)s thématiques de la plus petite sont suivies par les deux"),
            "places": _("%(words)s quartiers de la plus petite sont suivis par les deux"),
        }[measure] % {"words": most.words}
        return _("Le plus grand recouvrement\u00a0: %(first)s et %(second)s, où %(words)s.") % {
            "first": most.first, "second": most.second, "words": words,
        }  # fmt: skip

    # ---- who sits where ----

    @cached_property
    def sitting(self) -> list[dict]:
        """One line per person, those who sit most first, with their role in each body."""
        roles: dict[int, dict[int, Mandate]] = defaultdict(dict)
        organisations = defaultdict(list)
        for key, seats in self.seats.items():
            for seat in seats:
                if person := seat.participant:
                    roles[person.pk].setdefault(key, seat)
                    if (actor := seat.actor or person.actor) and actor.name not in organisations[person.pk]:
                        organisations[person.pk].append(actor.name)
        load = engine.loads(self.sets)
        lines = [
            {
                "person": self.people[pk],
                "organisation": listed_apart(organisations[pk]),
                "cells": [held.get(body.pk) for body in self.bodies],
                "load": load[pk],
                "hours": self.load_words(load[pk]),
            }
            for pk, held in roles.items()
        ]
        return sorted(lines, key=lambda one: (-one["load"].n_bodies, str(one["person"])))

    @cached_property
    def organisations(self) -> list[dict]:
        """One line per organisation: its seats in each body, those vacant told apart."""
        load = engine.loads(self.sets, "organisation")
        lines = []
        for pk, one in load.items():
            cells = []
            for body in self.sets:
                mine = [seat for seat in body.seats if seat.organisation == pk]
                n_vacant = sum(seat.person is None for seat in mine)
                cells.append({"n": len(mine), "n_vacant": n_vacant})
            lines.append(
                {"actor": self.actors[pk], "cells": cells, "load": one, "hours": self.load_words(one)}
            )
        return sorted(lines, key=lambda one: (-one["load"].n_bodies, str(one["actor"])))

    def load_words(self, load: engine.Load) -> str:
        if load.n_unknown == load.n_bodies:
            return _("inconnu")
        words = hours_words(load.hours)
        if load.n_unknown:
            words += ngettext(
                " + %(n)s instance inconnue", " + %(n)s instances inconnues", load.n_unknown
            ) % {"n": load.n_unknown}  # fmt: skip
        return words

    # ---- hours ----

    @cached_property
    def years(self) -> list[str]:
        """Those in which a meeting was held, the last first."""
        days = self.meetings_held.exclude(held_on="").values_list("held_on", flat=True)
        return sorted({day[:4] for day in days}, reverse=True)

    @property
    def meetings_held(self):
        return Meeting.objects.standing().filter(body__in=self.by_key, state=Meeting.State.HELD)

    def held(self, year: str) -> dict[int, Held]:
        """By body, what its meetings of that year took."""
        found: dict[int, list[Meeting]] = defaultdict(list)
        present = Count("attendances", filter=Q(attendances__state=Attendance.State.PRESENT))
        for one in self.meetings_held.filter(held_on__startswith=year).annotate(n_present=present):
            found[one.body_id].append(one)
        return {
            key: Held(
                len(meetings),
                sum(bool(one.minutes_long and one.n_present) for one in meetings),
                sum((Fraction((one.minutes_long or 0) * one.n_present, 60) for one in meetings), Fraction(0)),
            )
            for key, meetings in found.items()
        }

    def hours(self, year: str) -> list[dict]:
        """One line per body: what is announced for a year, and what was really held in `year`."""
        held = self.held(year) if year else {}
        lines = []
        for body, counted in zip(self.bodies, self.sets, strict=True):
            done = held.get(body.pk)
            lines.append(
                {
                    "body": body,
                    "n_people": len(counted.people),
                    "n_vacant": sum(one.person is None for one in counted.seats),
                    "rhythm": "" if body.meetings_per_year is None else plain_number(body.meetings_per_year),
                    "minutes": body.usual_minutes,
                    "hours": counted.hours,
                    "words": hours_words(counted.hours),
                    "unknown": listed_apart(str(UNKNOWN[name]) for name in counted.unknown),
                    "held": self.held_words(body, done),
                }
            )
        return lines

    def held_words(self, body: Body, done: Held | None) -> str:
        if body.is_external:
            return _("ses réunions ne sont pas tenues ici")
        if done is None:
            return _("aucune réunion tenue")
        words = ngettext("%(n)s réunion", "%(n)s réunions", done.n_meetings) % {"n": done.n_meetings}
        if not done.n_counted:
            return _("%(meetings)s, durée ou présences non notées") % {"meetings": words}
        told = _("%(meetings)s, %(hours)s de présence") % {
            "meetings": words,
            "hours": hours_words(done.hours),
        }
        if missing := done.n_meetings - done.n_counted:
            told += _(" (%(n)s sans durée ou sans présences)") % {"n": missing}
        return told

    @cached_property
    def total_hours(self) -> tuple[Fraction, int]:
        """The hours known of all the bodies, and how many of them have none."""
        known = [one.hours for one in self.sets if one.hours is not None]
        return sum(known, Fraction(0)), len(self.sets) - len(known)

    def total_words(self) -> str:
        hours, n_unknown = self.total_hours
        n = len(self.sets) - n_unknown
        if not n:
            return _(
                "On ne peut compter les heures d’aucune instance\u00a0: il manque à chacune un renseignement."
            )
        words = ngettext(
            "%(hours)s de réunion par an pour %(n)s instance",
            "%(hours)s de réunion par an pour %(n)s instances",
            n,
        ) % {"hours": hours_words(hours), "n": n}
        if n_unknown:
            words += ngettext(
                "\u202f; pour %(n)s autre, on ne sait pas",
                "\u202f; pour %(n)s autres, on ne sait pas",
                n_unknown,
            ) % {"n": n_unknown}
        return words + "."

    def hours_picture(self) -> Chart:
        rows = [
            Bar(body.name, None if counted.hours is None else float(counted.hours), absence=_("inconnu"))
            for body, counted in zip(self.bodies, self.sets, strict=True)
        ]
        return charts.bars(
            sorted(rows, key=lambda one: (one.value is None, -(one.value or 0))),
            title=_("Heures de réunion par an, toutes personnes réunies"),
            reading=self.total_words(),
            name_of_rows=_("Instance"),
            name_of_values=_("Heures par an"),
            note=_(
                "Réunions par an × durée habituelle × personnes qui siègent. Ce n’est pas du temps constaté."
            ),
        )

    # ---- gaps ----

    def gaps(self) -> list[dict]:
        """What nobody follows and who is nowhere, each with the names and what they are counted of."""
        followed = frozenset().union(*(one.themes for one in self.sets)) if self.sets else frozenset()
        covered = self.quartiers
        seated = frozenset().union(*(one.organisations for one in self.sets)) if self.sets else frozenset()
        quartiers = self.convention.parts().current().filter(level__in=[Level.QPV, Level.ZONE])
        quartiers = {one.pk: one for one in quartiers.order_by("name", "code")}
        ours = [one for one in self.bodies if not one.is_external]
        met = set(self.meetings_held.values_list("body", flat=True))
        n_whole = sum(WHOLE in one.places for one in self.sets)
        whole = ngettext(
            "%(n)s instance est de tout le territoire, ceux-là compris.",
            "%(n)s instances sont de tout le territoire, ceux-là compris.",
            n_whole,
        ) % {"n": n_whole}
        many = [one for one in self.sitting if one["load"].n_bodies >= MANY]
        return [
            self.gap(_("Thématiques sans instance"), self.themes, followed),
            self.gap(
                _("Quartiers qu’aucune instance ne nomme"), quartiers, covered,
                note=whole if n_whole else "",
            ),
            self.gap(_("Organismes du plan qui ne siègent nulle part"), self.actors, seated),
            self.gap(
                _("Instances qui ne se sont jamais réunies ici"), {one.pk: one for one in ours}, met,
                note=_(
                    "Celles des autres dispositifs se réunissent ailleurs\u00a0: elles ne sont pas "
                    "comptées."
                ),
            ),
            {
                "title": _("Personnes qui siègent dans %(n)s instances ou plus") % {"n": MANY},
                "n": len(many), "total": len(self.sitting), "note": "",
                "names": [
                    labelled(str(one["person"]), _("%(n)s instances, %(hours)s par an") % {
                        "n": one["load"].n_bodies, "hours": one["hours"]})
                    for one in many
                ],
            },
        ]  # fmt: skip

    def gap(self, title, among: dict, found, note="") -> dict:
        names = [str(one) for key, one in among.items() if key not in found]
        return {"title": title, "n": len(names), "total": len(among), "names": names, "note": note}

    # ---- merging ----

    def merger(self, chosen: list[Body]) -> "Merger":
        return Merger(self, chosen)


class Merger:
    """What one body in place of `chosen` would be, in words; nothing is changed."""

    def __init__(self, standing: Standing, chosen: list[Body]):
        self.standing, self.chosen = standing, chosen
        self.found = engine.merge([standing.as_set(one) for one in chosen])

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        found = self.found
        options = (found.today, found.whole, found.tight)
        quorums = [one.quorum for one in self.chosen]
        told = listed_apart(str(one) for one in quorums if one)
        return [
            (_("Sièges"), *(str(one.seats) for one in options)),
            (_("Voix"), *(str(one.votes) for one in options)),
            (
                _("Quorum"),
                told if all(quorums) else _("pas dans chacune"),
                *(_("à fixer") if one.quorum is None else str(one.quorum) for one in options[1:]),
            ),
            (_("Réunions par an"), *(self.often(one.meetings_per_year) for one in options)),
            (
                _("Durée d’une réunion"),
                listed_apart(self.minutes(one.usual_minutes) for one in self.chosen),
                *(self.minutes(one.minutes) for one in options[1:]),
            ),
            (_("Heures par an, toutes personnes réunies"), *(hours_words(one.hours) for one in options)),
        ]

    def often(self, value) -> str:
        return _("inconnu") if value is None else plain_number(value)

    def minutes(self, value) -> str:
        return _("inconnue") if value is None else _("%(n)s min") % {"n": value}

    @property
    def saved_words(self) -> str:
        saved = self.found.hours_saved
        if saved is None:
            return _("On ne peut pas dire ce que la réunion de ces instances épargnerait.")
        least, most = saved
        if least == most:
            told = _("%(hours)s de moins") if most >= 0 else _("%(hours)s de plus")
            words = told % {"hours": hours_words(abs(most))}
        elif most <= 0:
            words = _("De %(least)s à %(most)s de plus") % {
                "least": hours_words(-most), "most": hours_words(-least),
            }  # fmt: skip
        elif least < 0:
            words = _("De %(least)s de plus à %(most)s de moins") % {
                "least": hours_words(-least), "most": hours_words(most),
            }  # fmt: skip
        else:
            words = _("De %(least)s à %(most)s de moins") % {
                "least": hours_words(least), "most": hours_words(most),
            }  # fmt: skip
        return _("%(words)s par an qu’aujourd’hui, toutes personnes réunies, selon l’hypothèse.") % {
            "words": words
        }

    @property
    def costs_words(self) -> str:
        """Where the loosest way would take more hours than today: it must not read as a saving."""
        if self.found.hours_saved is None or self.found.hours_saved[0] >= 0:
            return ""
        return _(
            "La première façon prendrait plus d’heures qu’aujourd’hui\u00a0: chacun resterait pour des "
            "points qui "
            "ne le concernaient pas."
        )

    @property
    def missing(self) -> list[str]:
        return [
            labelled(
                self.standing.by_key[key].name, listed_apart(str(UNKNOWN[name]) for name in names)
            )
            for key, names in self.found.missing.items()
        ]  # fmt: skip

    @property
    def duplicates(self) -> list[str]:
        people = self.standing.people
        return sorted(
            labelled(str(people[pk]), _("%(n)s de ces instances") % {"n": n})
            for pk, n in self.found.duplicates.items()
        )

    @property
    def people(self) -> list[str]:
        return self.standing.names("people", self.found.people)

    @property
    def organisations(self) -> list[str]:
        return self.standing.names("organisations", self.found.organisations)

    @property
    def choosing(self) -> list[dict]:
        """The organisations that would have to say who stays, and among whom."""
        return [
            {
                "name": str(self.standing.actors[key]),
                "n_seats": n,
                "n_leaving": len(people) - n,
                "people": self.standing.names("people", people),
            }
            for key, (n, people) in sorted(
                self.found.choosing.items(), key=lambda one: str(self.standing.actors[one[0]])
            )
        ]

    @property
    def n_leaving(self) -> int:
        return sum(one["n_leaving"] for one in self.choosing)

    @property
    def themes(self) -> list[str]:
        return self.standing.names("themes", self.found.themes)

    @property
    def places(self) -> list[str]:
        return self.standing.names("places", self.found.places)
