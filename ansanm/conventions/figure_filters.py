"""The filters of the list of declared figures: they live in the address, and the export keeps them."""

from django import forms
from django.db.models import Q
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.history import place_names
from ansanm.territories.models import DeclaredFigure
from ansanm.territories.variables import fold, variables
from ansanm.ui.formats import labelled, quoted

# The names of the parameters, kept short: people send these addresses to one another.
NAMES = ("q", "variable", "territory", "period", "who")


class FigureFilter(forms.Form):
    """Bound to the address. A choice is offered only where some figure answers it."""

    q = forms.CharField(label=gettext_lazy("Mots cherchés"), required=False, max_length=80)
    variable = forms.ChoiceField(label=gettext_lazy("Donnée"), required=False)
    territory = forms.ChoiceField(label=gettext_lazy("Territoire"), required=False)
    period = forms.ChoiceField(label=gettext_lazy("Année"), required=False)
    who = forms.ChoiceField(label=gettext_lazy("Déclaré par"), required=False)

    def __init__(self, query, figures):
        super().__init__({name: query[name] for name in NAMES if name in query})
        self.figures = figures
        found = list(
            figures.order_by().values_list(
                "variable", "level", "code", "period", "organisation", "organisation__name", "declared_by",
                "declared_by__first_name", "declared_by__last_name",
            )
        )  # fmt: skip
        self.n_total = len(found)
        places = place_names([DeclaredFigure(level=one[1], code=one[2]) for one in found])
        self.offered = {
            "variable": {one[0]: str(variables().get(one[0], one[0])) for one in found},
            "territory": {f"{one[1]}:{one[2]}": places.get(one[1:3], one[2]) for one in found},
            "period": {one[3][:4]: one[3][:4] for one in found},
            # Somebody who speaks for no organisation speaks for themselves.
            "who": {
                f"o{one[4]}" if one[4] else f"p{one[6]}": one[5] or f"{one[7]} {one[8]}".strip()
                for one in found
            },
        }
        for name, words in self.offered.items():
            ordered = sorted(words.items(), key=lambda pair: fold(pair[1]), reverse=name == "period")
            self.fields[name].choices = [("", _("Toutes") if name in FEMININE else _("Tous")), *ordered]

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that hold; one that makes no sense is left out, the others stay."""
        self.is_valid()
        return {name: text for name in NAMES if (text := self.cleaned_data.get(name))}

    def found(self):
        figures = self.figures
        for name, text in self.wanted.items():
            match name:
                case "q":
                    for word in text.split():
                        figures = figures.filter(says(word))
                case "variable":
                    figures = figures.filter(variable=text)
                case "territory":
                    level, _colon, code = text.partition(":")
                    figures = figures.filter(level=level, code=code)
                case "period":
                    figures = figures.filter(period__startswith=text)
                case "who" if text[0] == "o":
                    figures = figures.filter(organisation=text[1:])
                case "who":
                    figures = figures.filter(organisation=None, declared_by=text[1:])
        return figures

    @property
    def query(self) -> str:
        return urlencode(self.wanted)

    @property
    def page_query(self) -> str:
        return f"{self.query}&" if self.query else ""

    @property
    def chips(self) -> list[dict]:
        """Each filter in words, with the address of the same list without it."""
        return [
            {
                "text": quoted(text)
                if name == "q"
                else labelled(self.fields[name].label, self.offered[name].get(text, text)),
                "url": "?" + urlencode({other: kept for other, kept in self.wanted.items() if other != name}),
            }
            for name, text in self.wanted.items()
        ]


FEMININE = {"variable", "period"}


def says(word: str) -> Q:
    """Figures that hold `word` in their name, their source or their note."""
    named = [one.id for one in variables().values() if fold(word) in fold(str(one))]
    return Q(variable__in=named) | Q(source_title__icontains=word) | Q(note__icontains=word)
