"""The tag library of every page: `{% load ui %}`."""

from django import template
from django.forms.widgets import Select
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from ansanm.ui import charts, formats, icons, maps

register = template.Library()


@register.simple_tag
def icon(name, label="", size=20):
    """A drawing beside words; with a `label` only where no word stands beside it."""
    paths = mark_safe(icons.PATHS[name])  # our own constants, never what somebody typed
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" {1}>{2}</svg>', size, spoken, paths
    )


@register.simple_tag
def theme_icon(theme, size=20):
    return icon(icons.THEMES.get(theme, icons.THEMES["neutral"]), size=size)


@register.simple_tag
def number(value, unit="", decimals=None, sign=False):
    return formats.format_number(value, unit or "", decimals, sign=sign)


@register.simple_tag
def gap(value, unit="", decimals=None):
    return formats.format_gap(value, unit or "", decimals)


@register.filter
def unit_words(unit, value=None):
    return formats.unit_words(unit, value)


@register.filter
def period(value):
    return formats.format_period(value)


@register.filter
def vague(value):
    """A vague date in words, nothing where there is none."""
    return formats.format_vague(value)


@register.filter
def full_date(value):
    return formats.format_day(value) if value else ""


@register.filter
def full_moment(value):
    """A `<time>` with day and hour in full."""
    if not value:
        return ""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.format_moment(value))


@register.filter
def share_of(value, total):
    """`value` as a whole percentage of `total`, for `<progress>` and words."""
    return round(100 * value / total) if total else 0


@register.inclusion_tag("ui/components/table.html")
def data_table(caption, columns, rows, own="", hide_caption=True):
    """A table whose cells know their column, for when it stacks on a phone."""
    labelled = [
        {"own": bool(own) and row[0] == own, "cells": list(zip(columns, row, strict=True))} for row in rows
    ]
    return {"caption": caption, "columns": columns, "labelled": labelled, "hide_caption": hide_caption}


@register.simple_tag
def sparkline(points, breaks=()):
    return charts.sparkline(points, breaks)


@register.simple_tag
def swatch(paint):
    """The key of a class in the legend of a map."""
    if paint == maps.SECRET:
        lines = '<path class="s-rule" stroke-width="1.5" d="M0 8 8 0M2 14 16 0M10 14 22 2"/>'
        inside = mark_safe('<rect class="f-sunken" width="22" height="14"/>' + lines)
    else:
        css = "absent-area" if paint == maps.ABSENT else f"swatch f-{paint}"
        inside = format_html('<rect class="{}" x=".5" y=".5" width="21" height="13"/>', css)
    return format_html('<svg viewBox="0 0 22 14" aria-hidden="true">{}</svg>', inside)


@register.filter
def is_checkbox(field):
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset


@register.simple_tag
def styled(field):
    """The field's input, with the class its kind takes."""
    widget = field.field.widget
    if is_checkbox(field):
        css = "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
    else:
        css = "form-control"
    return field.as_widget(attrs={"class": f"{css} {widget.attrs.get('class', '')}".strip()})


@register.simple_tag
def styled_choice(choice):
    """One radio button or box of a field with several."""
    choice.data["attrs"]["class"] = "form-check-input"
    return choice.tag()


@register.filter
def unlocalized(value):
    """A number as HTML attributes want it: no space, a point."""
    return f"{value:g}" if isinstance(value, float) else str(value)


@register.inclusion_tag("ui/components/breadcrumb.html")
def crumbs(*titles_and_urls):
    """`{% crumbs "Accueil" home_url "Saint-Denis" "" %}`; the last url is empty: it is this page."""
    pairs = iter(titles_and_urls)
    return {"items": list(zip(pairs, pairs, strict=True))}
