"""What a survey says: counts, each with its denominator, and who answered against who lives here.

A sheet is {question key: choice key | [choice keys] | number | text}. A question that a sheet does not
hold was left empty: the caller gives only the sheets of those it was asked.

What may be corrected in a question that people already answered is here too: its spelling, not its
meaning.
"""

import math
import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ansanm.engines.disclosure import protect

THRESHOLD = 5  # a group of fewer persons says too much of each
# Fewer answers than this: no gap to the population is worth a sentence.
FEW_ANSWERS = 30
GAP_SHARE = 0.10
CHOSEN = frozenset({"one", "several", "scale", "place"})

Answer = str | int | float | list[str]
Sheet = Mapping[str, Answer]


@dataclass(frozen=True)
class Tally:
    """The answers to one question. `n_asked` counts the sheets of those it was asked."""

    n_asked: int
    n_answered: int
    counts: dict[str, int]
    # Of numbers and scales.
    median: float | None = None
    mean: float | None = None

    def share(self, choice: str) -> float | None:
        """Among those who answered: several choices add up to more than one."""
        return self.counts.get(choice, 0) / self.n_answered if self.n_answered else None


def chosen(answer: Answer | None) -> list[str]:
    """The choices that an answer names."""
    if answer is None or answer in ("", []):
        return []
    if isinstance(answer, list):
        return list(dict.fromkeys(answer))
    return [f"{answer:g}" if isinstance(answer, float) else str(answer)]


def tally(key: str, kind: str, choices: Sequence[str], sheets: Sequence[Sheet]) -> Tally:
    """Count the answers to one question among the sheets of those it was asked."""
    given = [sheet[key] for sheet in sheets if chosen(sheet.get(key))]
    counts: Counter[str] = Counter(dict.fromkeys(choices, 0))
    median = mean = None
    if kind in CHOSEN:
        for answer in given:
            counts.update(chosen(answer))
    if kind in {"number", "scale"} and given:
        numbers = [float(answer) for answer in given if isinstance(answer, str | int | float)]
        median, mean = statistics.median(numbers), statistics.fmean(numbers)
    return Tally(len(sheets), len(given), dict(counts), median, mean)


def shown(counts: Sequence[int], *, threshold: int = THRESHOLD) -> list[int | None]:
    """The counts of groups that share a total that is shown: None for the small ones, and for those
    that would give them back."""
    values = np.array([sum(counts), *counts], dtype=np.float64)
    hidden = protect(values, [(0, range(1, len(values)))], threshold=threshold)
    return [None if hidden[i + 1] else count for i, count in enumerate(counts)]


def crossed(
    key: str, choices: Sequence[str], groups: Mapping[str, Sequence[Sheet]], *, is_several: bool = False
) -> dict[str, list[int | None]]:
    """The counts of each choice in each group of sheets, None where too few persons stand behind.

    The last count of each row is that of the group's answers, the row "" is everybody: no hidden count
    comes out of what stays shown.
    """
    names = list(groups)
    cells: list[list[int]] = []
    for sheets in groups.values():
        counted = tally(key, "several" if is_several else "one", choices, sheets)
        cells.append([*(counted.counts[choice] for choice in choices), counted.n_answered])
    n_columns = len(choices) + 1
    flat = [count for row in cells for count in row]
    totals = [sum(row[i] for row in cells) for i in range(n_columns)]
    flat += totals
    rows = len(names)
    relations = [
        (rows * n_columns + column, [row * n_columns + column for row in range(rows)])
        for column in range(n_columns)
    ]
    nested = []
    for row in range(rows + 1):
        first = row * n_columns
        whole = first + n_columns - 1
        if is_several:
            # Those who answered and did not choose it are a group as well.
            nested += [(whole, first + i) for i in range(len(choices))]
        else:
            relations.append((whole, list(range(first, whole))))
    hidden = protect(np.array(flat, dtype=np.float64), relations, threshold=THRESHOLD, nested=nested)
    table = {
        name: [None if hidden[row * n_columns + i] else cells[row][i] for i in range(n_columns)]
        for row, name in enumerate(names)
    }
    last = rows * n_columns
    table[""] = [None if hidden[last + i] else totals[i] for i in range(n_columns)]
    return table


@dataclass(frozen=True)
class Gap:
    """A group among the answers, against its share of the population."""

    choice: str
    share: float
    expected: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Large enough to be said, and not what chance alone would give."""
        return abs(self.share - self.expected) >= GAP_SHARE and not self.low <= self.expected <= self.high


def compare(counted: Tally, expected: Mapping[str, float]) -> list[Gap]:
    """Who answered against who lives here, for the choices whose share is known."""
    n = counted.n_answered
    if not n:
        return []
    return [
        Gap(choice, counted.counts.get(choice, 0) / n, share, *wilson(counted.counts.get(choice, 0), n))
        for choice, share in expected.items()
    ]


def wilson(k: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share (Wilson 1927): it holds for small counts, where the usual one does not."""
    p, square = k / n, z * z
    middle = (p + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def is_a_correction(before: str, after: str) -> bool:
    """Whether `after` says the same with a slip mended: accents, case, punctuation, one letter per word.

    « Moins de 3 ans » to « moins de 6 ans » is one character and another question: digits never change.
    """
    old, new = _words(before), _words(after)
    return len(old) == len(new) and all(
        a == b or (not (_has_digit(a) or _has_digit(b)) and len(a) > 3 and _is_one_slip(a, b))
        for a, b in zip(old, new, strict=True)
    )


def _words(text: str) -> list[str]:
    plain = "".join(
        one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one)
    )
    found = re.findall(r"\w+", plain)
    # An emoji is a word too: a face that smiles is not one that frowns.
    return found + sorted(one for one in plain if unicodedata.category(one) == "So")


def _has_digit(word: str) -> bool:
    return any(one.isdigit() for one in word)


def _is_one_slip(a: str, b: str) -> bool:
    """One letter more, less or other, or two exchanged."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    if len(a) == len(b):
        rest_a, rest_b = a[start:], b[start:]
        return rest_a[1:] == rest_b[1:] or (rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:])
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[start + 1 :] == shorter[start:]
