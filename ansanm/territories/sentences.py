"""The sentences of a diagnosis: each figure said in plain words, the same words for the same figures.

Each function takes what `diagnosis` found and returns one sentence in the language of the page, or
"" where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ansanm.engines import reading
from ansanm.engines.indicators import Definition, Kind, Status
from ansanm.territories import definitions
from ansanm.territories.prepositions import at
from ansanm.territories.variables import variables
from ansanm.ui.formats import format_day, format_gap, format_number, format_period

if TYPE_CHECKING:  # diagnosis and charts are above: only their shapes are used here
    from ansanm.territories.diagnosis import Caution, Declared, Diagnosis, Figure, Value
    from ansanm.territories.models import Territory
    from ansanm.territories.standing import Standing
    from ansanm.ui.charts import Band

# A trend is told over at most so many years: further back, it was another place.
TREND_YEARS = 10


def level(figure: Figure, territory: Territory) -> str:
    """« 40,6 places pour 100 enfants…, contre 38,5 à La Réunion et 60,9 en France (2023). »"""
    value, definition = figure.value, figure.definition
    if value is None:
        return ""
    if value.value is None:
        return _("%(indicator)s : %(absence)s (%(period)s).") % {
            "indicator": _in_language(definition.title),
            "absence": absence(value),
            "period": format_period(value.period),
        }
    others = [_value_at(definition, one) for one in _comparators(figure)]
    return _against(definition, value, others)


def finding(found: reading.Finding, diagnosis: Diagnosis) -> str:
    """The same sentence with the references of the finding, and how wide the gap is."""
    figure = diagnosis.figures[found.indicator_id]
    peers = _peers_words(diagnosis.territory.level)
    places = {one.territory.level: one.territory for one in figure.comparisons}
    others = []
    for one in found.references:
        value = _number(figure.definition, one.value)
        if one.comparator == reading.PEERS:
            others.append(_("%(value)s au milieu des %(peers)s") % {"value": value, "peers": peers})
        else:
            others.append(f"{value} {at(places[one.comparator])}")
    width = _("Soit %(n)s fois l’écart habituel entre %(peers)s.") % {
        "n": format_number(abs(found.standardised_gap), "", 1),
        "peers": peers,
    }
    return f"{_against(figure.definition, figure.value, others)} {width}"


def headline(diagnosis: Diagnosis) -> str:
    """The first rate among the five numbers, against its comparators; failing that, how many we are."""
    figures = [diagnosis.figures[name] for name in diagnosis.reading.five_numbers]
    rates = [one for one in figures if one.definition.kind is not Kind.COUNT]
    for figure in [*rates, *figures]:
        if said := level(figure, diagnosis.territory):
            return said
    return ""


def trend(figure: Figure, territory: Territory) -> str:
    """« 52 740 en décembre 2024, contre 52 125 en décembre 2020 : +1,2 %. »"""
    if figure.value is None or figure.value.value is None:
        return ""
    earlier = [
        one
        for one in figure.series
        if one.is_published
        and one.period < figure.value.period
        and int(figure.value.period[:4]) - int(one.period[:4]) <= TREND_YEARS
        and not figure.breaks_between(one.period, figure.value.period)
    ]
    if not earlier or figure.definition.kind is Kind.CHANGE:
        return ""
    first, last = earlier[0], figure.value
    return _("%(now)s en %(last)s, contre %(before)s en %(first)s : %(change)s.") % {
        "now": _number(figure.definition, last.value),
        "last": format_period(last.period),
        "before": _number(figure.definition, first.value),
        "first": format_period(first.period),
        "change": _change(figure.definition, first.value, last.value),
    }


def change(figure: Figure) -> str:
    """« +0,5 % depuis décembre 2023 », beside an arrow."""
    before, now = figure.previous, figure.value
    if before is None or now is None or now.value is None:
        return ""
    return _("%(change)s depuis %(period)s") % {
        "change": _change(figure.definition, before.value, now.value),
        "period": format_period(before.period),
    }


def comparison(figure: Figure, territory: Territory) -> str:
    """« C’est plus qu’à La Réunion (38,5) et moins qu’en France (60,9). »"""
    if figure.value is None or figure.value.value is None or figure.definition.kind is Kind.COUNT:
        return ""
    said = []
    for one in _comparators(figure):
        ours = _number(figure.definition, figure.value.value)
        theirs = _number(figure.definition, one.value.value)
        # Compared as they are shown: 12,04 is not « plus » than 12,0 to the reader's eye.
        if ours == theirs:
            words = _("autant que %(place)s (%(value)s)")
        elif figure.value.value > one.value.value:
            words = _("plus que %(place)s (%(value)s)")
        else:
            words = _("moins que %(place)s (%(value)s)")
        said.append(_elided(words % {"place": at(one.territory), "value": theirs}))
    return _("C’est %(comparisons)s.") % {"comparisons": _listed(said)} if said else ""


def rank(figure: Figure, territory: Territory) -> str:
    """« 10e rang sur 24 communes du département, de la valeur la plus haute à la plus basse (2023). »"""
    if figure.rank is None or figure.value is None:
        return ""
    said = _(
        "%(rank)s rang sur %(count)d %(peers)s, de la valeur la plus haute à la plus basse (%(period)s)."
    ) % {
        "rank": _ordinal(figure.rank.position),
        "count": figure.rank.n_ranked,
        "peers": _peers_words(territory.level),
        "period": format_period(figure.value.period),
    }
    without = figure.rank.n_total - figure.rank.n_ranked
    if without:
        said += " " + ngettext(
            "%(count)d autre n’a pas de valeur publiée.",
            "%(count)d autres n’ont pas de valeur publiée.",
            without,
        ) % {"count": without}
    return said


def scale(one: Standing, level: str) -> str:
    """« La Réunion », « les communes semblables »: among whom the figure is placed."""
    if one.name:
        return one.name
    return {
        "commune": _("les communes semblables"),
        "epci": _("les EPCI semblables"),
        "departement": _("les départements semblables"),
    }[level]


def standing_rank(one: Standing) -> str:
    """« 10e sur 24 », « 3e ex æquo sur 24 »."""
    words = _("%(rank)s ex æquo sur %(count)s") if one.n_ties > 1 else _("%(rank)s sur %(count)s")
    return words % {"rank": _ordinal(one.position), "count": format_number(one.n_ranked, "")}


def standing_share(one: Standing) -> str:
    """« parmi les 10 % les plus hauts »: only what is true of all that tie with it."""
    if one.highest_share and one.value > one.median:
        return _("parmi les %(share)d\u202f%% les plus hauts") % {"share": one.highest_share}
    if one.lowest_share and one.value < one.median:
        return _("parmi les %(share)d\u202f%% les plus bas") % {"share": one.lowest_share}
    if one.value == one.median:
        return _("à la médiane")
    return _("dans la moitié haute") if one.value > one.median else _("dans la moitié basse")


def standing_without(one: Standing) -> list[str]:
    """How many have no rank, and why."""
    said = []
    if one.n_secret:
        words = ngettext(
            "%(count)s sous secret statistique", "%(count)s sous secret statistique", one.n_secret
        )
        said.append(words % {"count": format_number(one.n_secret, "")})
    if one.n_absent:
        words = ngettext("%(count)s sans donnée publiée", "%(count)s sans donnée publiée", one.n_absent)
        said.append(words % {"count": format_number(one.n_absent, "")})
    return said


def parts(figure: Figure, territory: Territory, language: str) -> str:
    """« Le plus : logements principaux (68 726). Le moins : … »"""
    known = [(name, value.value) for name, value in figure.parts if value.value is not None]
    if len(known) < 2:
        return ""
    most, least = max(known, key=lambda one: one[1]), min(known, key=lambda one: one[1])
    if most[1] == least[1]:
        return ""
    return _("Le plus : %(most)s. Le moins : %(least)s.") % {
        "most": _part(*most, figure.definition),
        "least": _part(*least, figure.definition),
    }


def ages(bands: Sequence[Band], territory: Territory) -> str:
    """« 29 habitants sur 100 ont moins de 20 ans et 15 ont 65 ans ou plus. »"""
    counts = [band.men + band.women for band in bands]
    total = sum(counts)
    if not total or len(counts) != 20:
        return ""
    return _(
        "%(young)s habitants sur 100 ont moins de 20 ans et %(old)s ont 65 ans ou plus ; "
        "la tranche la plus nombreuse : %(largest)s."
    ) % {
        "young": format_number(100 * sum(counts[:4]) / total, "", 0),
        "old": format_number(100 * sum(counts[13:]) / total, "", 0),
        "largest": bands[int(np.argmax(counts))].label,
    }


def places(
    definition: Definition, shown: Sequence[Territory], values: Sequence[Value | None], language: str
) -> str:
    """« De 15,1 (Salazie) à 62,3 (L’Étang-Salé) ; la moitié est sous 37,7. »"""
    known = [
        (value.value, place.name)
        for place, value in zip(shown, values, strict=True)
        if value is not None and value.value is not None
    ]
    if not known:
        return _("Aucun de ces territoires n’a de valeur publiée.")
    low, high = min(known), max(known)
    if low[0] == high[0]:
        return _("%(value)s partout où la valeur est publiée.") % {"value": _number(definition, low[0])}
    said = _("De %(low)s (%(lowest)s) à %(high)s (%(highest)s) ; la moitié est sous %(median)s.") % {
        "low": _number(definition, low[0]),
        "lowest": low[1],
        "high": _number(definition, high[0]),
        "highest": high[1],
        "median": _number(definition, float(np.median([one for one, _name in known]))),
    }
    without = len(values) - len(known)
    if without:
        said += " " + ngettext(
            "%(count)d territoire n’a pas de valeur publiée.",
            "%(count)d territoires n’ont pas de valeur publiée.",
            without,
        ) % {"count": without}
    return said


def absence(value: Value | None) -> str:
    """Why there is no number; "" where there is one."""
    if value is None:
        return _("donnée absente")
    return {
        Status.PUBLISHED: "",
        Status.SECRET: _("secret statistique"),
        Status.NOT_AVAILABLE: _("donnée absente"),
        Status.NOT_APPLICABLE: _("sans objet"),
    }[value.status]


def caution(one: Caution, language: str) -> str:
    """A reason to read the figure with care."""
    given = one.parameters
    match one.key:
        case "not_comparable":
            return _("%(before)s et %(after)s ne se comparent pas : %(reason)s") % {
                "before": format_period(given["before"]),
                "after": format_period(given["after"]),
                "reason": _lowered(given["reason"][language]),
            }
        case "approximate":
            return _("Valeur approchée : lisez un ordre de grandeur.")
        case "zone_members":
            return _("Somme des IRIS ou communes qui recouvrent au mieux la zone, sans la suivre exactement.")
        case "rounded":
            return _("Effectifs arrondis à %(unit)s par le producteur : les sommes peuvent s’écarter.") % {
                "unit": format_number(given["unit"], "", 0)
            }
        case "small_count":
            return _(
                "Calculé sur %(denominator)s seulement : un cas de plus ou de moins change le résultat."
            ) % {"denominator": format_number(given["denominator"], "", 0)}
        case "years_apart":
            return _("Numérateur de %(numerator)s, dénominateur de %(denominator)s.") % {
                "numerator": format_period(given["numerator"]),
                "denominator": format_period(given["denominator"]),
            }
        case "comparators_of_another_year":
            return _("Certains territoires ne sont connus que pour une autre année (%(periods)s).") % {
                "periods": ", ".join(format_period(period) for period in given["periods"])
            }
    raise ValueError(f"{one.key!r} is not a caution: {sorted(given)}")


def declared(one: Declared, definition: Definition) -> str:
    """« 20 500 foyers… (décembre 2021), saisi par la Caf. Source : …, 3 décembre 2021. »"""
    figure = one.figure
    return _("%(figure)s Saisi par %(giver)s. Source : %(source)s, %(on)s.") % {
        "figure": _against(definition, one.value, []),
        # Never the person: the page is public.
        "giver": figure.organisation.name if figure.organisation else _("une personne sans organisation"),
        "source": figure.source_title,
        "on": format_day(figure.source_on),
    }


def difference(one: Declared, definition: Definition) -> str:
    """« 0,6 % de moins que le chiffre publié : 52 030 (décembre 2021). »"""
    share = one.difference_share
    if share is None or one.published is None:
        return ""
    published = {
        "value": _number(definition, one.published.value),
        "period": format_period(one.published.period),
    }
    if abs(share) < 0.0005:
        return _("Égal au chiffre publié : %(value)s (%(period)s).") % published
    words = (
        _("%(share)s de plus que le chiffre publié : %(value)s (%(period)s).")
        if share > 0
        else _("%(share)s de moins que le chiffre publié : %(value)s (%(period)s).")
    )
    return words % {"share": format_number(100 * abs(share), "percent", 1), **published}


def _against(definition: Definition, value: Value, others: Sequence[str]) -> str:
    said = {
        "value": _number(definition, value.value),
        "counted": definitions.counted(definition, value.value or 0, _language()),
        "period": format_period(value.period),
    }
    if not others:
        return _("%(value)s %(counted)s (%(period)s).") % said
    return _("%(value)s %(counted)s, contre %(others)s (%(period)s).") % {**said, "others": _listed(others)}


def _comparators(figure: Figure) -> list:
    """The nearest area above the EPCI and France, of the same year; the EPCI where no other is known."""
    if figure.definition.kind is Kind.COUNT:
        return []  # a village has fewer inhabitants than France: nobody learns from it
    known = {
        one.territory.level: one
        for one in figure.comparisons
        if one.same_period and one.value is not None and one.value.value is not None
    }
    near = next((known[name] for name in ("departement", "region", "epci") if name in known), None)
    return [one for one in (near, known.get("france")) if one is not None]


def _value_at(definition: Definition, one) -> str:
    return f"{_number(definition, one.value.value)} {at(one.territory)}"


def _number(definition: Definition, value: float | None) -> str:
    signed = definition.kind is Kind.CHANGE or bool(definition.subtract)
    return format_number(value, definition.unit, definition.decimals, sign=signed)


def _change(definition: Definition, before: float, now: float) -> str:
    """A count moves in percent, a rate in points, an amount in its own unit."""
    if definition.kind is Kind.COUNT and not definition.subtract and before > 0:
        return format_number(100 * (now - before) / before, "percent", 1, sign=True)
    return format_gap(now - before, definition.unit, definition.decimals)


def _part(name: str, value: float, definition: Definition) -> str:
    variable = variables()[name]
    # The parts of a rate are the counts it is made of, or rates themselves: each has its own unit.
    decimals = definition.decimals if variable.unit == definition.unit else 0
    return f"{_lowered(str(variable))} ({format_number(value, variable.unit, decimals)})"


def _peers_words(territory_level: str) -> str:
    return {
        "commune": _("communes du département"),
        "arm": _("arrondissements"),
        "iris": _("IRIS de la commune"),
        "qpv": _("quartiers prioritaires de la commune"),
        "zone": _("zones du même découpage"),
        "epci": _("intercommunalités voisines"),
        "departement": _("départements"),
        "region": _("régions"),
    }.get(territory_level, _("territoires comparables"))


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s et %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def _elided(text: str) -> str:
    return (
        text.replace("que à ", "qu’à ")
        .replace("que en ", "qu’en ")
        .replace("que au ", "qu’au ")
        .replace("que aux ", "qu’aux ")
    )


def _lowered(text: str) -> str:
    """A title inside a sentence; an acronym keeps its capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _ordinal(n: int) -> str:
    figure = format_number(n, "")
    if _language() == "fr":
        return "1er" if n == 1 else f"{figure}e"
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{figure}{ending}"


def _language() -> str:
    return (get_language() or "fr")[:2]


def _in_language(words) -> str:
    return words.get(_language(), words["fr"])
