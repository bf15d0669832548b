"""Finding a territory, and where every figure comes from."""

from collections import defaultdict
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ansanm.accounts.access import public, requires
from ansanm.accounts.permissions import Permission, has_permission
from ansanm.jobs.models import Frequency
from ansanm.jobs.words import title_of
from ansanm.territories import data_words, observations, syncing
from ansanm.territories.models import Level, Territory
from ansanm.territories.observations import StoreError
from ansanm.territories.operations import sync_source
from ansanm.territories.search import MAX_LENGTH
from ansanm.territories.sources import source_of

N_RESULTS = 20


@require_safe
@public
def search(request):
    text = request.GET.get("q", "").strip()[:MAX_LENGTH]
    found = Territory.objects.search(text, limit=N_RESULTS) if text else []
    codes = {one.departement_code for one in found}
    places = dict(
        Territory.objects.filter(level=Level.DEPARTEMENT, code__in=codes).values_list("code", "name")
    )
    results = [(one, places.get(one.departement_code, "")) for one in found]
    template = "territories/parts/results.html" if request.htmx else "territories/search.html"
    return render(request, template, {"text": text, "results": results})


@dataclass
class Source:
    """A dataset with what stands of it in the store."""

    id: str
    described: dict
    vintages: list  # DatasetStatus, oldest first

    @property
    def title(self):
        return in_words(self.described["title"])

    @property
    def coverage(self):
        return in_words(self.described["coverage"])

    @property
    def notes(self):
        return in_words(self.described.get("notes", {}))

    @property
    def licence(self):
        return data_words.LICENCES[self.described["licence"]]

    @property
    def n_published(self):
        return sum(one.n_published for one in self.vintages)

    @property
    def embedded_in(self):
        return source_of(self.id)

    @property
    def is_synced(self):
        return observations.is_synced(self.id)

    @property
    def last_read_at(self):
        return max((one.ingested_at for one in self.vintages), default=None)

    @cached_property
    def schedule(self):
        return syncing.schedule_of(self.id)

    @property
    def frequency(self):
        return self.schedule.frequency if self.schedule else ""

    @property
    def variables(self) -> list[dict]:
        """Return the name, unit, periods and count of each variable, over all vintages."""
        periods, counts = defaultdict(set), defaultdict(int)
        for vintage in self.vintages:
            for name, held in vintage.variables.items():
                periods[name] |= set(held["periods"])
                counts[name] += held["n"]
        words = observations.variables()
        rows = [
            {
                "title": in_words(words[name]),
                "unit": words[name]["unit"],
                "periods": sorted(found),
                "n": counts[name],
            }
            for name, found in periods.items()
        ]
        return sorted(rows, key=lambda row: row["title"])

    @property
    def reports(self) -> list[dict]:
        """Return the last ingest of each vintage, in words."""
        return [
            {
                "vintage": one.vintage,
                "ingested_at": one.ingested_at,
                **one.report,
                "n_absent": one.n_absent,
                "rejected": data_words.rejected_with_examples(one.report),
                "notes": data_words.notes(one.report),
            }
            for one in self.vintages
        ]


class ImportForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Fichier du producteur, tel quel"))
    force = forms.BooleanField(label=gettext_lazy("Le prendre même s’il semble incomplet"), required=False)


class ScheduleForm(forms.Form):
    frequency = forms.ChoiceField(
        label=gettext_lazy("Synchroniser d’office"),
        choices=[("never", gettext_lazy("jamais")), *Frequency.choices],
    )

    def clean_frequency(self):
        found = self.cleaned_data["frequency"]
        return "" if found == "never" else found


def in_words(words: dict) -> str:
    return words.get("en" if (get_language() or "fr").startswith("en") else "fr", "")


def all_sources() -> list[Source]:
    held = defaultdict(list)
    for one in observations.datasets_status():
        held[one.id].append(one)
    return [Source(name, described, held[name]) for name, described in observations.datasets().items()]


@require_safe
@public
def sources(request):
    found = all_sources()
    return render(
        request,
        "territories/sources.html",
        {
            "sources": [one for one in found if not one.is_synced],
            "synced": [one for one in found if one.is_synced],
            "n_published": sum(one.n_published for one in found),
        },
    )


@require_safe
@public
def source(request, dataset):
    found = next((one for one in all_sources() if one.id == dataset), None)
    if found is None:
        raise Http404
    may_sync = has_permission(request.user, Permission.DATA_SYNC)
    context = {"source": found, "may_sync": may_sync}
    if may_sync and found.is_synced:
        context |= {
            "import_form": ImportForm(),
            "schedule_form": ScheduleForm(initial={"frequency": found.frequency or "never"}),
            "jobs": [(one, title_of(one)) for one in syncing.last_jobs(dataset)],
        }
    return render(request, "territories/source.html", context)


@require_POST
@requires(Permission.DATA_SYNC)
def source_sync(request, dataset):
    if syncing.connector_of(dataset):
        return redirect(syncing.ask_sync(by=request.user, dataset=dataset))
    name = source_of(dataset)
    if name is None:
        raise Http404
    return redirect(sync_source(by=request.user, source=name))


@require_POST
@requires(Permission.DATA_SYNC)
def source_import(request, dataset):
    """Take a file downloaded by hand; the worker reads it."""
    if syncing.connector_of(dataset) is None:
        raise Http404
    form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            return redirect(syncing.ask_import(by=request.user, dataset=dataset, **form.cleaned_data))
        except StoreError as error:
            messages.error(request, str(error))
    else:
        messages.error(request, _("Choisissez un fichier, qui ne soit pas vide."))
    return redirect("source", dataset)


@require_POST
@requires(Permission.DATA_SYNC)
def source_schedule(request, dataset):
    if syncing.connector_of(dataset) is None:
        raise Http404
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Cette fréquence n’existe pas."))
        return redirect("source", dataset)
    schedule = syncing.set_schedule(by=request.user, dataset=dataset, **form.cleaned_data)
    if schedule:
        said = _("Cette source se synchronisera toute seule.")
    else:
        said = _("Cette source ne se synchronise plus toute seule.")
    messages.success(request, said)
    return redirect("source", dataset)
