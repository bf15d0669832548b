"""Every address of the resolver, with its rule, its methods and an example of its arguments."""

import inspect
from dataclasses import dataclass, replace

from django.urls import URLResolver, get_resolver, reverse

from ansanm.accounts.third_party import rule_of
from tests.examples import EXAMPLES


@dataclass(frozen=True)
class Endpoint:
    name: str
    view: object
    takes_arguments: bool

    @property
    def rule(self):
        return rule_of(self.view, self.name)

    @property
    def methods(self) -> set[str] | None:
        """Those the view names (`require_safe`, `require_http_methods`…); None if it names none."""
        view = self.view
        while view is not None:
            named = inspect.getclosurevars(view).nonlocals.get("request_method_list")
            if named:
                return set(named)
            view = getattr(view, "__wrapped__", None)
        return None

    def arguments(self, cast) -> dict:
        return EXAMPLES[self.name](cast) if self.takes_arguments else {}

    def url(self, cast) -> str:
        return reverse(self.name, kwargs=self.arguments(cast))


def seen_from_the_other_side(cast):
    """The same cast with the two conventions exchanged: examples then give what belongs to the other."""
    return replace(cast, convention=cast.other_convention, other_convention=cast.convention)


def walk(patterns, takes_arguments=False):
    for one in patterns:
        arguments = takes_arguments or bool(one.pattern.regex.groups)
        if isinstance(one, URLResolver):
            yield from walk(one.url_patterns, arguments)
        else:
            yield Endpoint(one.name, one.callback, arguments)


def every_endpoint() -> list[Endpoint]:
    return sorted(walk(get_resolver().url_patterns), key=lambda endpoint: endpoint.name)
