"""Drawings as text: the few functions that charts and maps share.

Every shape carries its colour as a presentation attribute, for documents, and a class that
`theme.css` repaints on screen, in light and dark. There is never a `style` attribute: the
Content-Security-Policy blocks it.
"""

from django.utils.html import escape

# The light theme of look.md; `theme.css` repeats these and has the dark ones, by class.
COLOURS = {
    "ink": "#1f2a2e",
    "muted": "#56636a",
    "own": "#0b6e75",
    "comparator": "#7a878d",
    "grid": "#e3e0d7",
    "rule": "#8a9296",
    "warm": "#b45309",
    "men": "#0b6e75",
    "women": "#b3467e",
    "surface": "#ffffff",
    "sunken": "#eeece5",
    "q1": "#d5e9e8", "q2": "#a3d0d0", "q3": "#66adb0", "q4": "#2b868c", "q5": "#0a565c",
    "d1": "#a84c07", "d2": "#e2a765", "d3": "#e9e3d3", "d4": "#7fbcbe", "d5": "#0b6e75",
}  # fmt: skip
FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
FONT_SIZE = 13


def number(value):
    """A coordinate with one decimal and no useless zero."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def element(name, *content, paint=None, stroke=None, **attributes):
    """Return `<name …>content</name>`; `paint` and `stroke` are names of COLOURS.

    Content is markup made by this function; what comes from data goes through `text`.
    """
    classes = []
    written = []
    if paint:
        classes.append(f"f-{paint}")
        written.append(f' fill="{COLOURS[paint]}"')
    if stroke:
        classes.append(f"s-{stroke}")
        written.append(f' stroke="{COLOURS[stroke]}"')
        if not paint and "fill" not in attributes:
            written.append(' fill="none"')
    if extra := attributes.pop("class_", ""):
        classes.append(extra)
    if classes:
        written.append(f' class="{" ".join(classes)}"')
    for key, value in attributes.items():
        shown = number(value) if isinstance(value, int | float) else escape(value)
        written.append(f' {key.replace("_", "-")}="{shown}"')
    inside = "".join(content)
    opening = f"<{name}{''.join(written)}"
    return f"{opening}>{inside}</{name}>" if inside else f"{opening}/>"


def text(x, y, words, paint="ink", anchor="start", bold=False, size=None, class_=""):
    attributes = {"x": x, "y": y, "paint": paint, "class_": class_}
    if anchor != "start":
        attributes["text_anchor"] = anchor
    if bold:
        attributes["font_weight"] = "650"
    if size:
        attributes["font_size"] = size
    return element("text", escape(words), **attributes)


def text_width(words, size=FONT_SIZE):
    """About how wide the words are in a system font, a little too wide rather than too narrow."""
    narrow = sum(character in " .,ilIjtfr'’:\u202f|" for character in words)
    wide = sum(character in "mwMWÉÈ%—" or character.isupper() for character in words)
    return size * (0.62 * len(words) - 0.26 * narrow + 0.18 * wide)


def shorten(words, width, size=FONT_SIZE):
    """The words, cut with « … » to fit `width`: the table beside the chart has them whole."""
    if text_width(words, size) <= width:
        return words
    while words and text_width(words + "…", size) > width:
        words = words[:-1]
    return words.rstrip(" -,(") + "…"


def drawing(width, height, content, *, label, class_=""):
    """Return a whole `<svg>`, an image whose name is `label`."""
    opening = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "width": number(width),
        "height": number(height),
        "role": "img",
        "aria-label": label,
        "font-family": FONT,
        "font-size": str(FONT_SIZE),
    }
    return element("svg", content, class_=class_, **opening)
