"""Reading what producers write: encodings, separators, decimals, absent values, codes.

Everything is read as text, then understood here: a code that a spreadsheet took for a number has
lost its zero, a decimal is a comma or a point in the same line, and an absent value has its reason.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from ansanm.engines.indicators import Status
from ansanm.territories.observations import Report, StoreError

# What producers write where there is no number (Insee: s, nd, ns, so; Melodi: C).
ABSENT = {
    "": Status.NOT_AVAILABLE,
    "nd": Status.NOT_AVAILABLE,
    "n/d": Status.NOT_AVAILABLE,
    "na": Status.NOT_AVAILABLE,
    "nan": Status.NOT_AVAILABLE,
    "null": Status.NOT_AVAILABLE,
    "..": Status.NOT_AVAILABLE,
    "-": Status.NOT_AVAILABLE,
    "ns": Status.NOT_AVAILABLE,  # not significant: too small a sample
    "s": Status.SECRET,
    "c": Status.SECRET,
    "so": Status.NOT_APPLICABLE,
    "-1": Status.NOT_AVAILABLE,
}
SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009\t"))
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
COMMUNE = re.compile(r"\d{5}|2[AB]\d{3}")


class Line(dict):
    """A line by the lower-case names of its columns; `number` is where it stands, `text` what it is."""

    number: int
    text: str

    def example(self, why: str = "") -> str:
        return f"{self.number} : {self.text[:160]}" + (f" ({why})" if why else "")


def number(text: str, *, minus_one_is_absent: bool = True) -> tuple[float | None, Status]:
    """Return the value and status that `text` writes; ValueError where it writes neither.

    `minus_one_is_absent=False` for what may be negative, as the share of taxes.
    """
    if text.isascii() and text.isdigit():
        return float(text), Status.PUBLISHED
    text = text.strip().strip('"').translate(SPACES)
    absent = ABSENT.get(text.lower())
    if absent is not None and (minus_one_is_absent or text != "-1"):
        return None, absent
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text.replace(",", ".")), Status.PUBLISHED


def bounded(text: str, low: float = 0, high: float = float("inf"), **more) -> tuple[float | None, Status]:
    """Like `number`; ValueError too where the value cannot be: a count below 0, a share above 100."""
    value, status = number(text, **more)
    if value is not None and not low <= value <= high:
        raise ValueError(text)
    return value, status


def code(text: str, length: int = 5) -> str:
    """Return a code with the zeros a spreadsheet took from it; "" where it stands for no place.

    `="01001"`, `1001`, `1001.0` are all 01001. XX, XXX, 99999 and the like are what the producer
    could not locate.
    """
    text = text.strip().removeprefix("=").strip().strip('"').strip().upper()
    text = re.sub(r"(?<=\d)[.,]0+$", "", text)
    if not text or "X" in text or re.fullmatch(r"99+", text) or text[2:] == "999" or text == "ZZZZZ":
        return ""
    return text.zfill(length) if text.isdigit() else text


def commune_code(line: Line, column: str, report: Report) -> str:
    """Return the INSEE code of a line, "" once the line is refused; counts the zeros put back."""
    raw = line[column]
    found = code(raw)
    if not found:
        report.reject("not_located", example=line.example())
        return ""
    if not COMMUNE.fullmatch(found):
        report.reject("bad_code", example=line.example(raw))
        return ""
    if found != raw.strip() and len(raw.strip()) < len(found):
        report.count("restored_zero")
    return found


# --------------------------------------------------------------------------------------- tables


@contextmanager
def opened(path: Path, member: str = ""):
    """Open a file, or the one file of a zip whose name has `member` in it (the CSV, by default)."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [
                    one.filename
                    for one in archive.infolist()
                    if not one.is_dir() and (member or ".csv").lower() in one.filename.lower()
                ]
                data = [one for one in names if "meta" not in Path(one).name.lower()]
                if len(data) != 1:
                    raise StoreError(
                        _("%(name)s : une seule table attendue dans l’archive, %(n)s trouvées (%(found)s).")
                        % {"name": path.name, "n": len(data), "found": ", ".join(archive.namelist()[:5])}
                    )
                with archive.open(data[0]) as file:
                    yield file
        else:
            with path.open("rb") as file:
                # The first bytes of a zip, but no directory at its end: it was cut.
                if file.read(4) == b"PK\x03\x04":
                    raise StoreError(_("%(name)s est une archive coupée.") % {"name": path.name})
                file.seek(0)
                yield file
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise StoreError(
            _("%(name)s est abîmé : %(error)s.") % {"name": path.name, "error": error}
        ) from error


def encoding_of(path: Path, member: str = "") -> str:
    """Return utf-8-sig where every byte is UTF-8 (with its mark or not), cp1252 otherwise."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened(path, member) as file:
        start = file.read(4)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        try:
            decoder.decode(start)
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def table(
    path: Path, report: Report, *, required: Sequence[str], delimiter: str = "", member: str = ""
) -> Iterator[Line]:
    """Yield the lines of a CSV, zipped or not, by lower-case column; refuses what is not that table.

    A line with too few or too many cells is rejected; the same at the very end of a file with no last
    newline is a file cut in its download, refused whole.
    """
    encoding = encoding_of(path, member)
    with opened(path, member) as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        try:
            first = text.readline()
            separator = delimiter or max(";,\t|", key=first.count)
            header = [name.strip().lower() for name in next(csv.reader([first], delimiter=separator), [])]
            check_header(path, header, required)
            for at, (raw, cells) in enumerate(records(text, separator), start=2):
                if not any(cells):
                    continue
                report.n_read += 1
                line = Line(zip(header, cells, strict=False))
                line.number, line.text = at, raw.strip()
                if len(cells) != len(header):
                    if not raw.endswith(("\n", "\r")) and len(cells) < len(header):
                        raise StoreError(
                            _("%(name)s est coupé : sa dernière ligne (%(line)s) est incomplète.")
                            % {"name": path.name, "line": line.example()}
                        )
                    report.reject("wrong_number_of_cells", example=line.example())
                    continue
                yield line
        except (csv.Error, UnicodeDecodeError) as error:
            raise StoreError(
                _("%(name)s est abîmé : %(error)s.") % {"name": path.name, "error": error}
            ) from error
    if not report.n_read:
        raise StoreError(_("%(name)s n’a aucune ligne.") % {"name": path.name})


def records(text, separator: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (raw text, cells) of each record; one with a quoted newline takes several lines."""
    taken: list[str] = []

    def lines():
        for one in text:
            taken.append(one)
            yield one

    for cells in csv.reader(lines(), delimiter=separator, strict=False):
        yield "".join(taken), cells
        taken.clear()


def check_header(path: Path, header: list[str], required: Sequence[str]) -> None:
    missing = [name for name in required if name.lower() not in header]
    if missing:
        raise StoreError(
            _("%(name)s n’a pas les colonnes attendues : il manque %(missing)s. Colonnes lues : %(found)s.")
            % {"name": path.name, "missing": ", ".join(missing), "found": ", ".join(header[:12])}
        )
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise StoreError(
            _("%(name)s a deux colonnes du même nom : %(twice)s.")
            % {"name": path.name, "twice": ", ".join(twice)}
        )
