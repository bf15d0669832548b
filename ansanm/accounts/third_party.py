"""Rules of the views that cannot wear one, by URL name: written by others, outside our decorators."""

from ansanm.ui.rules import Access

RULES: dict[str, Access] = {}


def rule_of(view, url_name: str | None) -> Access | None:
    return getattr(view, "access", None) or RULES.get(url_name)
