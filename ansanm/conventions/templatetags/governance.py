"""Meetings in words, for the pages of governance: `{% load governance %}`."""

from django import template

from ansanm.conventions.governance import words

register = template.Library()


@register.filter
def meeting_name(meeting):
    """« 5e COPIL »."""
    return words.meeting_name(meeting)


@register.filter
def meeting_when(meeting):
    """« 12 novembre 2026 à 14:30 », « novembre 2024 », « date non connue »."""
    return words.when_words(meeting)


@register.filter
def meeting_full(meeting):
    """« 5e COPIL, novembre 2024 »."""
    return words.full_name(meeting)


@register.filter
def duration(minutes):
    return words.duration_words(minutes)
