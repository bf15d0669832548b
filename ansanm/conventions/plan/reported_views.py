"""What was published about the convention, with its sources: read, add, correct, remove."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import PeriodField, with_errors
from ansanm.conventions.models import ReportedFigure
from ansanm.conventions.plan import reported
from ansanm.conventions.views import context_of, find
from ansanm.ui.formats import format_period

HEADINGS = {
    ReportedFigure.Kind.MONEY: gettext_lazy("Montants"),
    ReportedFigure.Kind.COUNT: gettext_lazy("Nombres"),
    ReportedFigure.Kind.PROGRESS: gettext_lazy("Avancement"),
    ReportedFigure.Kind.TARGET: gettext_lazy("Cibles"),
}


class ReportedFigureForm(forms.ModelForm):
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    source_on = PeriodField(label=gettext_lazy("Date de la source"), required=False)
    source_url = forms.URLField(
        label=gettext_lazy("Adresse de la source"), required=False, max_length=500, assume_scheme="https"
    )

    class Meta:
        model = ReportedFigure
        fields = reported.FACTS
        help_texts = {
            "label": gettext_lazy("Par exemple « cofinancement des actions prioritaires »."),
            "period": gettext_lazy("L’année, ou les années : « 2022 », « 2021-2024 (cumul) »."),
            "unit": gettext_lazy("« € », « places », « actions »…"),
            "scope": gettext_lazy("Ce que le chiffre comprend : avec ou sans droit commun, Ville et CCAS…"),
            "denominator_meaning": gettext_lazy("Par exemple « actions prioritaires de 2022 »."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, one in self.fields.items():
            one.label = str(one.label)[:1].upper() + str(one.label)[1:]
            if name in {"label", "unit", "funder", "source_title"}:
                one.widget.attrs["autocomplete"] = "off"
        self.initial["source_on"] = format_period(self.instance.source_on)
        if self.instance.pk:
            self.initial["seen"] = reported.fingerprint(self.instance)

    def _post_clean(self):
        # The operation writes and checks, on the row it locked.
        pass

    @property
    def facts(self):
        return {name: self.cleaned_data[name] for name in reported.FACTS}


def find_figure(request, pk):
    return get_object_or_404(request.convention.reported_figures, pk=pk)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def figures(request, slug):
    shown = list(request.convention.reported_figures.all())
    groups = [
        (HEADINGS[kind], [one for one in shown if one.kind == kind])
        for kind in ReportedFigure.Kind
        if any(one.kind == kind for one in shown)
    ]
    return render(request, "conventions/plan/reported.html", context_of(request, groups=groups))


@requires(Permission.CONVENTION_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request, slug):
    form = ReportedFigureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reported.add_figure(by=request.user, convention=request.convention, **form.facts)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le chiffre publié est enregistré avec sa source."))
            return redirect("reported_figures", slug)
    return answer(request, form)


@requires(Permission.CONVENTION_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, slug, pk):
    figure = find_figure(request, pk)
    form = ReportedFigureForm(request.POST or None, instance=figure)
    if request.method == "POST" and form.is_valid():
        try:
            reported.update_figure(
                by=request.user, figure=figure, seen=form.cleaned_data["seen"], **form.facts
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le chiffre publié est corrigé."))
            return redirect("reported_figures", slug)
    return answer(request, form, figure=figure)


def answer(request, form, **more):
    return render(
        request,
        "conventions/plan/reported_form.html",
        context_of(request, form=form, **more),
        status=422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request, slug, pk):
    figure = find_figure(request, pk)
    if request.method == "POST":
        reported.remove_figure(by=request.user, figure=figure)
        messages.success(request, _("Le chiffre publié est retiré ; le journal en garde la trace."))
        return redirect("reported_figures", slug)
    return render(request, "conventions/plan/reported_remove.html", context_of(request, figure=figure))
