"""A drawing as PNG, for Word: with the fonts inside the typst wheel, the same on every machine.

Typst rather than vl-convert: a third of the time, the fonts of the PDF, and no engine of 100 MB in
each web process.
"""

import re
from functools import cache

import typst

_VIEW_BOX = re.compile(r'viewBox="[-\d.]+ [-\d.]+ (?P<width>[\d.]+)')
_PAGE = b"""#set page(width: auto, height: auto, margin: 0pt)
#set text(font: "Libertinus Serif")
#image(bytes(sys.inputs.svg), format: "svg", width: float(sys.inputs.width) * 1pt)"""


@cache
def fonts() -> typst.Fonts:
    # Never the machine's: the same document must have the same pages everywhere.
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def width_of(svg: str) -> float:
    """The width a drawing gives itself; 560 when it gives none."""
    box = _VIEW_BOX.search(svg)
    return float(box["width"]) if box else 560.0


def png(svg: str) -> bytes:
    return typst.compile(
        _PAGE,
        format="png",
        ppi=144,
        sys_inputs={"svg": svg, "width": str(width_of(svg))},
        font_paths=fonts(),
    )
