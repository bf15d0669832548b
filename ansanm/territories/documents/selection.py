"""Which figures a file holds, and the words that every format shares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ansanm.engines.indicators import Status
from ansanm.territories import definitions, observations
from ansanm.territories.data_words import LICENCES
from ansanm.territories.diagnosis import Diagnosis, Figure, Value

STATUSES = {
    Status.PUBLISHED: "published",
    Status.SECRET: "secret",
    Status.NOT_AVAILABLE: "not_available",
    Status.NOT_APPLICABLE: "not_applicable",
}


@dataclass(frozen=True)
class Selection:
    """The figures of a diagnosis, of one of its themes, or one of them, in the order of the pages."""

    diagnosis: Diagnosis
    theme: str | None = None
    indicator: str | None = None

    @property
    def language(self) -> str:
        return (get_language() or "fr")[:2]

    @cached_property
    def figures(self) -> list[Figure]:
        return [
            one
            for one in self.diagnosis.figures.values()
            if (self.theme is None or one.definition.theme == self.theme)
            and (self.indicator is None or one.definition.id == self.indicator)
        ]

    @cached_property
    def themes(self) -> list[definitions.Theme]:
        chosen = {one.definition.theme for one in self.figures}
        return [one for one in definitions.themes().values() if one.id in chosen]

    @property
    def title(self) -> str:
        name = self.diagnosis.territory.name
        if self.indicator:
            return f"{name} – {self.figures[0].definition.title[self.language]}"
        if self.theme:
            return f"{name} – {definitions.themes()[self.theme].title[self.language]}"
        return _("%(name)s – diagnostic partagé") % {"name": name}

    @cached_property
    def datasets(self) -> list[str]:
        """The datasets the figures come from, in the order they are met."""
        used: dict[str, None] = {}
        for figure in self.figures:
            others = [one.value for one in figure.comparisons if one.value is not None]
            histories = [past for one in figure.comparisons for past in one.series]
            for value in (figure.value, *figure.series, *others, *histories):
                for dataset, _vintage in value.datasets if value else ():
                    used[dataset] = None
        return list(used)

    def dataset(self, name: str) -> dict:
        """What is known of a dataset, in the language of the file."""
        described = observations.datasets()[name]
        return {
            "id": name,
            "title": described["title"][self.language],
            "producer": described["producer"],
            "licence": str(LICENCES.get(described["licence"], described["licence"])),
            "url": described["url"],
            "coverage": described["coverage"][self.language],
        }

    def source_words(self, value: Value | None) -> list[str]:
        """« Insee, Filosofi, 2021 »…: who says it, in what, of which vintage."""
        if value is None:
            return []
        described = ((self.dataset(name), vintage) for name, vintage in value.datasets)
        return [f"{one['producer']}, {one['title']}, {vintage}" for one, vintage in described]


def parts_below(value: Value) -> tuple[float | None, float | None]:
    """The numerator and the denominator, unless they would tell what the value hides."""
    return (value.numerator, value.denominator) if value.is_published else (None, None)
