"""A table of results, as Markdown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    title: str
    header: list[str]
    rows: list[list[str]]
    note: str = ""

    def markdown(self) -> str:
        lines = [f"### {self.title}", "", "| " + " | ".join(self.header) + " |"]
        lines.append("|" + "---|" * len(self.header))
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        if self.note:
            lines += ["", self.note]
        return "\n".join(lines) + "\n"


def ratio(ours: float, theirs: float) -> str:
    if not theirs:
        return "–"
    found = ours / theirs
    return f"{found:.2f}" if found >= 0.1 else f"{found:.2g}"
