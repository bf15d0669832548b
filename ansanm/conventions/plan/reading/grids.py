"""A table of cells, each with the address a person finds it by."""

from dataclasses import dataclass

MAX_ROWS = 1_000
MAX_COLUMNS = 80
MAX_CELL = 20_000


@dataclass(frozen=True)
class Cell:
    text: str
    address: str
    # Computed by the workbook: its value was read, its formula was not.
    formula: bool = False

    def __bool__(self):
        return bool(self.text)


@dataclass
class Grid:
    """`rows` are as wide as one another. The cells of a merged range are one and the same Cell."""

    name: str
    rows: list[list[Cell]]

    @property
    def is_empty(self) -> bool:
        return not any(cell for row in self.rows for cell in row)


def tidy(text: str) -> str:
    """`text` without the spaces at its ends, nor the doubled ones, its lines kept."""
    lines = [" ".join(line.split()) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip()[:MAX_CELL]
