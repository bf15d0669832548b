"""What the wide tables of Insee share: a year in the name of each column, one line per place."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from django.utils.translation import gettext as _

from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources.connectors import Row
from ansanm.territories.sources.connectors.reading import Line, bounded, code, commune_code, table

SITE = "https://www.insee.fr/fr/statistiques/fichier"
IRIS = re.compile(r"(\d{2}|2[AB])\d{7}")
ARM = re.compile(r"751[012]\d|6938\d|132[01]\d")


def published(path: str) -> str:
    """Return the address of a file of insee.fr; a mirror, or a test, puts its own before it."""
    return f"{os.environ.get('ANSANM_INSEE_URL', SITE).rstrip('/')}/{path}"


def level_of(insee_code: str) -> str:
    """Return "arm" for the arrondissements of Paris, Lyon and Marseille, which stand among communes."""
    return "arm" if ARM.fullmatch(insee_code) else "commune"


def iris_code(line: Line, column: str, report: Report) -> str:
    """Return the code of an IRIS, "" once the line is refused; counts the zeros put back."""
    raw = line[column].strip()
    found = code(raw, 9)
    if not found:
        report.reject("not_located", example=line.example())
        return ""
    if not IRIS.fullmatch(found):
        report.reject("bad_iris_code", example=line.example(raw))
        return ""
    if len(raw) < len(found):
        report.count("restored_zero")
    return found


def year_in(line: Line, pattern: str, path: Path) -> str:
    """Return the two digits of the year that a column carries: `med(..)` finds 21 in `med21`."""
    for name in line:
        if found := re.fullmatch(pattern, name):
            return found[1]
    raise StoreError(
        _("%(name)s n’a pas les colonnes attendues : il manque %(missing)s. Colonnes lues : %(found)s.")
        % {
            "name": path.name,
            "missing": re.sub(r"\(.*?\)", "AA", pattern).upper(),
            "found": ", ".join(list(line)[:12]),
        }
    )


def lines_of_a_year(
    path: Path, report: Report, *, key: str, pattern: str, member: str = ""
) -> Iterator[tuple[str, Line]]:
    """Yield (two digits of the year, line) of a table whose columns carry their year."""
    year = ""
    for line in table(path, report, required=[key], member=member):
        year = year or year_in(line, pattern, path)
        yield year, line


def cells(
    line: Line,
    columns: Mapping[str, str],
    report: Report,
    *,
    limits: Mapping[str, tuple[float, float]],
    **row,
) -> list[Row]:
    """Return a row per column that is there; none at all where one cell cannot be: the line is refused."""
    found = []
    for column, variable in columns.items():
        if column not in line:
            continue
        low, high = limits.get(variable, (0, float("inf")))
        try:
            value, status = bounded(line[column], low, high)
        except ValueError as error:
            why = f"{column.upper()} = {error}"
            report.reject(reason_of(str(error), high), example=line.example(why))
            return []
        found.append(Row(variable=variable, value=value, status=status, line=line.number, **row))
    return found


def reason_of(text: str, high: float) -> str:
    """Why a cell is refused: not a number, or one that cannot be."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return "bad_number"
    return "over_its_maximum" if value > high else "negative"


def of_communes(
    path: Path,
    report: Report,
    *,
    columns: Mapping[str, str],
    pattern: str,
    period: Callable[[str], str] = lambda year: f"20{year}",
    limits: Mapping[str, tuple[float, float]],
    quality: Callable[[str], str | None] = lambda year: None,
    member: str = "",
) -> Iterator[Row]:
    """Yield the rows of a table of communes: `columns` name theirs without the year."""
    for year, line in lines_of_a_year(path, report, key="CODGEO", pattern=pattern, member=member):
        insee_code = commune_code(line, "codgeo", report)
        if insee_code:
            yield from cells(
                line,
                {name.replace("AA", year): variable for name, variable in columns.items()},
                report,
                limits=limits,
                level=level_of(insee_code),
                code=insee_code,
                period=period(year),
                quality=quality(year),
            )
