"""Numbers, periods and dates as a careful French (or English) reader expects them.

Numbers are put together here and not by Babel: a page shows hundreds of them, Babel takes 30 µs
for each, and CLDR puts a wide no-break space before « € » where French typography wants U+202F.
"""

from datetime import date, datetime

from babel.dates import format_date, format_datetime
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext

THIN = "\u202f"  # narrow no-break space
MINUS = "\u2212"
SYMBOLS = {"percent": "%", "percent_per_year": "%", "eur": "€"}


def language_of(language=None):
    return (language or get_language() or "fr")[:2]


def format_number(value, unit="", decimals=None, language=None, sign=False):
    """Return « 155 634 », « 18 270 € », « 35,0 % »; with `sign`, « +2,4 » too.

    Without `decimals`, percentages and other small non-integers get one.
    """
    if value is None or value != value:  # NaN is the one number unlike itself
        return ""
    value = float(value)
    if decimals is None:
        decimals = 1 if unit.startswith("percent") or (abs(value) < 1000 and value != round(value)) else 0
    digits = f"{abs(value):,.{decimals}f}"
    is_zero = not digits.strip("0.,")
    before = MINUS if value < 0 and not is_zero else "+" if sign and not is_zero else ""
    symbol = SYMBOLS.get(unit, "")
    if language_of(language) == "en":
        return f"{before}€{digits}" if symbol == "€" else f"{before}{digits}{symbol}"
    digits = digits.replace(",", THIN).replace(".", ",")
    return f"{before}{digits}{THIN + symbol if symbol else ''}"


def format_interval(bounds, unit="", decimals=None, language=None):
    """Return « de 12,0 % à 14,5 % », « plus de 3 » where nothing bounds it above."""
    low, high = bounds
    if high == float("inf"):
        return gettext("plus de %(low)s") % {"low": format_number(low, unit, decimals, language)}
    return gettext("de %(low)s à %(high)s") % {
        "low": format_number(low, unit, decimals, language),
        "high": format_number(high, unit, decimals, language),
    }


def is_one(value, language=None):
    """Whether what is counted is said in the singular: under two in French, one alone in English."""
    return abs(value) == 1 if language_of(language) == "en" else abs(value) < 2


def _one_of(unit):
    """« 1 ménage »: of the units that are things."""
    words = {
        "persons": gettext("personne"),
        "households": gettext("ménage"),
        "places": gettext("place"),
        "dwellings": gettext("logement"),
        "children": gettext("enfant"),
        "births": gettext("naissance"),
    }
    return words.get(unit, "")


def unit_words(unit, value=None):
    """Return what the number counts, to stand after `value` or above a column; "" when a symbol says it."""
    if value is not None and is_one(value) and (one := _one_of(unit)):
        return one
    words = {
        "persons": pgettext("unité", "personnes"),
        "households": pgettext("unité", "ménages"),
        "places": pgettext("unité", "places"),
        "dwellings": pgettext("unité", "logements"),
        "children": pgettext("unité", "enfants"),
        "births": pgettext("unité", "naissances"),
        "per_100": pgettext("unité", "pour 100"),
        "per_1000": pgettext("unité", "pour 1 000"),
        "per_10000": pgettext("unité", "pour 10 000"),
        "percent_per_year": pgettext("unité", "par an"),
    }
    return words.get(unit, "")


def format_gap(gap, unit="", decimals=None, language=None):
    """Return a difference with its sign; between two percentages it is in points."""
    if unit.startswith("percent"):
        number = format_number(gap, "", 1 if decimals is None else decimals, language, sign=True)
        points = pgettext("unité", "points")
        return f"{number} {points}" if number else ""
    return format_number(gap, unit, decimals, language, sign=True)


def format_period(period, language=None):
    """Return « 2023 », « décembre 2024 » or « 3 décembre 2021 » for "2023", "2024-12", "2021-12-03"."""
    parts = [int(part) for part in str(period).split("-")] if period else []
    if len(parts) == 3:
        return format_day(date(*parts), language)
    if len(parts) == 2:
        return format_date(date(parts[0], parts[1], 1), "MMMM y", locale=language_of(language))
    return str(period or "")


def format_day(day, language=None):
    """Return « 3 décembre 2021 », « 1er janvier 2024 »."""
    language = language_of(language)
    if isinstance(day, datetime):
        day = timezone.localtime(day) if timezone.is_aware(day) else day
    text = format_date(day, "long", locale=language if language == "fr" else "en_GB")
    return text.replace("1 ", "1er ", 1) if language == "fr" and day.day == 1 else text


def format_moment(moment, language=None):
    """Return « 3 décembre 2021 à 14:05 », in the instance's time zone."""
    language = language_of(language)
    local = timezone.localtime(moment)
    between = " à " if language == "fr" else " at "
    return format_day(local, language) + between + format_datetime(local, "HH:mm", locale=language)


def format_vague(canonical, language=None):
    """Return a vague date (engines.vague_dates) in words that its parser reads back the same."""
    if not canonical:
        return ""
    french = language_of(language) == "fr"
    bound, units = canonical[:1], canonical.lstrip("<>~").split("/")
    first = _vague_unit(units[0], language)
    if len(units) == 2:
        last = _vague_unit(units[1], language)
        if not french:
            return f"{'about ' if bound == '~' else ''}from {first} to {last}"
        since = "du" if _takes_the(units[0]) else "de"
        until = "au" if _takes_the(units[1]) else "à"
        return f"{'environ ' if bound == '~' else ''}{since} {first} {until} {last}"
    if not french:
        return {">": "not before ", "<": "by ", "~": "about "}.get(bound, "") + first
    the = "le " if _takes_the(units[0]) else ""
    match bound:
        case ">":
            return f"pas avant {the}{first}"
        case "<":
            # « au plus tard le 3 décembre », « au second semestre », « en 2026 ».
            link = "en" if not the else "le" if len(units[0]) == len("2021-12-03") else "au"
            return f"au plus tard {link} {first}"
        case "~":
            return f"vers {the}{first}"
    return first


def _takes_the(unit):
    """Whether French says « le » before it: a semester, a quarter or a day."""
    return unit[4:6] in {"-S", "-T"} or len(unit) == len("2021-12-03")


def _vague_unit(unit, language):
    year, part = unit[:4], unit[5:]
    french = language_of(language) == "fr"
    match part:
        case "S1" | "S2":
            rank = ("premier", "second") if french else ("first", "second")
            word = "semestre" if french else "half"
            return f"{rank[int(part[1]) - 1]} {word} {year}"
        case "T1" | "T2" | "T3" | "T4":
            if french:
                return f"{('1er', '2e', '3e', '4e')[int(part[1]) - 1]} trimestre {year}"
            return f"{('first', 'second', 'third', 'fourth')[int(part[1]) - 1]} quarter {year}"
    return format_period(unit, language)


def quoted(text):
    return gettext("«\u00a0%(text)s\u00a0»") % {"text": text}


def labelled(label, text):
    """Return « Valeur : 12 »: English has no space before its colon."""
    return gettext("%(label)s\u00a0: %(text)s") % {"label": label, "text": text}


def listed_apart(words):
    """Return what may hold commas itself, in one line: « Insee, 2021 ; Cnaf, 2024 »."""
    return gettext("\u202f; ").join(words)
