"""The portfolio of an adviser, two plans side by side, and actions found across conventions."""

from django import forms
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ansanm.accounts.access import signed_in
from ansanm.accounts.permissions import Permission, has_permission
from ansanm.conventions import portfolio
from ansanm.conventions.governance.words import full_name
from ansanm.conventions.models import (
    Action,
    ActionPlace,
    Convention,
    ConventionTerritory,
    PlanTheme,
    Stage,
    Status,
)
from ansanm.conventions.plan import search
from ansanm.territories.models import Territory
from ansanm.territories.names import search_key
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, write_csv, write_xlsx
from ansanm.ui.downloads import attached
from ansanm.ui.formats import format_period, labelled, quoted
from ansanm.ui.limits import limited

# More would not fit side by side, on paper either.
MOST_COMPARED = 5


class PortfolioFilter(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Convention ou territoire"),
        required=False,
        max_length=80,
        widget=forms.SearchInput,
    )
    stage = forms.ChoiceField(
        label=gettext_lazy("Étape"), required=False, choices=[("", gettext_lazy("Toutes")), *Stage.choices]
    )
    watch = forms.ChoiceField(
        label=gettext_lazy("À surveiller"),
        required=False,
        choices=[
            ("", gettext_lazy("Toutes")),
            ("late", gettext_lazy("Actions en retard")),
            ("renew", gettext_lazy("À renouveler")),
            ("proposals", gettext_lazy("Propositions en attente")),
        ],
    )
    sort = forms.ChoiceField(
        label=gettext_lazy("Trier par"),
        required=False,
        choices=[
            ("", gettext_lazy("nom")),
            ("end", gettext_lazy("fin la plus proche")),
            ("late", gettext_lazy("actions en retard")),
        ],
    )

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that hold; one that makes no sense is left out, the others stay."""
        self.is_valid()
        return {name: text for name in self.fields if (text := self.cleaned_data.get(name))}

    def of(self, shown):
        wanted = self.wanted
        words = search_key(wanted.get("q", "")).split()
        tests = {
            "late": lambda line: line.n_late,
            "renew": lambda line: line.is_to_renew,
            "proposals": lambda line: line.n_proposals,
        }
        kept = [
            line
            for line in shown
            if all(word in key_of(line) for word in words)
            and (not wanted.get("stage") or line.convention.stage == wanted["stage"])
            and tests.get(wanted.get("watch"), bool)(line)
        ]
        match wanted.get("sort"):
            case "end":
                kept.sort(key=lambda line: (line.months_left is None, line.months_left or 0))
            case "late":
                kept.sort(key=lambda line: -line.n_late)
        return kept

    def chips(self):
        wanted = self.wanted
        return [
            {"text": labelled(self.fields[name].label, self.words(name, text)), "url": without(wanted, name)}
            for name, text in wanted.items()
        ]

    def words(self, name, text):
        choices = getattr(self.fields[name], "choices", ())
        return str(dict(choices).get(text, quoted(text)))


def key_of(line) -> str:
    return search_key(" ".join([line.convention.name, *(place.name for place in line.places)]))


def without(wanted, name):
    return "?" + urlencode({key: text for key, text in wanted.items() if key != name})


@signed_in
@require_safe
def conventions(request):
    everything = portfolio.lines(request.user)
    form = PortfolioFilter(request.GET)
    shown = form.of(everything)
    return render(
        request,
        "conventions/conventions.html",
        {
            "lines": shown,
            "n_total": len(everything),
            "form": form,
            "chips": form.chips(),
            "query": urlencode(form.wanted),
            "coverages": portfolio.coverages(everything),
            "may_create": has_permission(request.user, Permission.CONVENTION_CREATE),
        },
    )


@signed_in
@require_safe
@limited
def export(request, format):
    shown = PortfolioFilter(request.GET).of(portfolio.lines(request.user))
    sheet = sheet_of(shown)
    match format:
        case "csv":
            content = write_csv(sheet)
        case "xlsx":
            content = workbook(sheet)
        case _:
            raise Http404
    return attached(content, f"conventions.{format}")


def sheet_of(shown) -> Sheet:
    columns = [
        Column(_("Convention"), width=40),
        Column(_("Territoires"), width=30),
        Column(_("Étape"), width=18),
        Column(_("Fin"), width=18),
        Column(_("Fin calculée"), width=12),
        Column(_("Mois restants"), number_format="0"),
        *(Column(str(label), number_format="0") for _value, label in Status.choices),
        Column(_("Total des actions"), number_format="0"),
        Column(_("En retard"), number_format="0"),
        Column(_("Propositions en attente"), number_format="0"),
        Column(_("Prochaine réunion"), width=34),
    ]
    rows = [
        (
            line.convention.name,
            ", ".join(place.name for place in line.places),
            line.convention.get_stage_display(),
            format_period(line.end) or _("non publié"),
            _("oui") if line.end_is_computed else _("non"),
            line.months_left,
            *(line.statuses[value] for value in Status.values),
            line.n_actions,
            line.n_late,
            line.n_proposals,
            full_name(line.next_meeting) if line.next_meeting else "",
        )
        for line in shown
    ]
    return Sheet(_("Conventions"), columns, rows)


def workbook(sheet) -> bytes:
    return write_xlsx(
        Workbook(
            title=_("Mes conventions"),
            subject=_("Où en est chaque convention"),
            author="Ansanm",
            produced_on=timezone.localdate(),
            readme_name=_("Lisez-moi"),
            readme=[(_("En retard"), _("Actions ouvertes dont la fin, ou tout le début, est passé."))],
            sheets=[sheet],
        )
    )


@signed_in
@require_safe
def compare(request):
    """Two to five plans side by side: states, themes, and the way to their indicators."""
    mine = {line.convention.slug: line for line in portfolio.lines(request.user)}
    chosen = list(dict.fromkeys(slug for slug in request.GET.getlist("c") if slug in mine))
    shown = [mine[slug] for slug in chosen[:MOST_COMPARED]]
    places = [(line.places[0].level, line.places[0].code) for line in shown if line.places]
    return render(
        request,
        "conventions/portfolio_compare.html",
        {
            "lines": shown,
            "choices": mine.values(),
            "chosen": chosen[:MOST_COMPARED],
            "n_left_out": max(0, len(chosen) - MOST_COMPARED),
            "statuses": [
                (label, [line.statuses[value] for line in shown]) for value, label in Status.choices
            ],
            "themes": portfolio.themes_by_convention(shown) if len(shown) > 1 else [],
            "territories_url": comparison_of(places) if len(places) > 1 else "",
        },
    )


def comparison_of(places) -> str:
    query = urlencode([("t", f"{level}:{code}") for level, code in places])
    return f"{reverse('compare')}?{query}"


class ActionSearchForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Mots cherchés"),
        required=False,
        max_length=search.MAX_LENGTH,
        widget=forms.SearchInput,
        help_text=gettext_lazy("Les accents et les fautes de frappe ne gênent pas."),
    )
    theme = forms.ChoiceField(label=gettext_lazy("Thématique"), required=False)
    status = forms.ChoiceField(
        label=gettext_lazy("État"), required=False, choices=[("", gettext_lazy("Tous")), *Status.choices]
    )
    place = forms.ChoiceField(label=gettext_lazy("Territoire"), required=False)

    def __init__(self, query, conventions):
        super().__init__(query)
        themes: dict[str, str] = {}
        labels = PlanTheme.objects.filter(convention__in=conventions).order_by("position")
        for slug, label in labels.values_list("slug", "label").distinct():
            themes.setdefault(slug, label)
        of_actions = ActionPlace.objects.filter(action__convention__in=conventions)
        of_conventions = ConventionTerritory.objects.filter(convention__in=conventions)
        held = {
            pk
            for links in (of_actions, of_conventions)
            for pk in links.order_by().values_list("territory", flat=True).distinct()
        }
        named = {
            f"{level}:{code}": name
            for level, code, name in Territory.objects.filter(pk__in=held).values_list(
                "level", "code", "name"
            )
        }
        self.fields["theme"].choices = [("", _("Toutes")), *themes.items()]
        self.fields["place"].choices = [
            ("", _("Tous")),
            *sorted(named.items(), key=lambda pair: search_key(pair[1])),
        ]

    @property
    def wanted(self):
        self.is_valid()
        return {name: text for name in self.fields if (text := self.cleaned_data.get(name))}


@signed_in
@require_safe
def actions(request):
    """Actions of all one's conventions, by words, theme, state and place."""
    # A sub-query, not a list: four hundred numbers in each query cost more than the query.
    mine = Convention.objects.visible_to(request.user)
    form = ActionSearchForm(request.GET, mine)
    wanted = form.wanted
    held = Action.objects.standing().filter(convention__in=mine)
    if theme := wanted.get("theme"):
        held = held.filter(themes__slug=theme)
    if status := wanted.get("status"):
        held = held.filter(status=status)
    if place := wanted.get("place"):
        level, _colon, code = place.partition(":")
        here = Territory.objects.filter(level=level, code=code)
        held = held.filter(places__territory__in=here) | held.filter(
            convention__territories__in=here, places__isnull=True
        )
    if words := wanted.get("q"):
        found = search.find(words, mine.values_list("pk", flat=True))
        if set(wanted) - {"q"}:
            kept = set(held.values_list("pk", flat=True))
            found = [pk for pk in found if pk in kept]
    else:
        found = list(held.order_by("convention__name", "position").values_list("pk", flat=True).distinct())
    page = Paginator(found, 25).get_page(request.GET.get("page"))
    rows = held.with_all().select_related("convention").in_bulk(list(page.object_list))
    query = urlencode(wanted)
    return render(
        request,
        "conventions/actions.html",
        {
            "form": form,
            "page": page,
            # One that was binned since the index was read is left out.
            "actions": [rows[pk] for pk in page.object_list if pk in rows],
            "n_total": Action.objects.standing().filter(convention__in=mine).count(),
            "n_conventions": mine.count(),
            "query": f"{query}&" if query else "",
            "is_filtered": bool(wanted),
        },
    )
