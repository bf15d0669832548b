"""The tag library of every page: `{% load ui %}`."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from ansanm.ui import formats, icons

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
def unit_words(unit):
    return formats.unit_words(unit)


@register.filter
def period(value):
    return formats.format_period(value)


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
