"""Visas, linked contracts, posts and signatures: one page to add, one to correct, one to remove."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.agreement import operations
from ansanm.conventions.agreement.forms import FORMS
from ansanm.conventions.agreement.visas import usual_visas
from ansanm.conventions.agreement.words import value_of
from ansanm.conventions.forms import with_errors
from ansanm.conventions.history import Detail
from ansanm.conventions.plan.content import plain
from ansanm.conventions.views import context_of, find
from ansanm.territories.versions import StaleVersion

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Page:
    """What the three pages of a kind of row say."""

    subject: operations.Subject
    # The part of the agreement it belongs to, in words.py and on the page.
    part: str
    anchor: str
    add: Promise
    edit: Promise
    remove: Promise
    added: Promise
    corrected: Promise
    removed: Promise


# The kind as the address writes it.
PAGES = {
    "visa": Page(
        operations.SUBJECTS["visa"],
        "visas",
        "visas",
        gettext_lazy("Ajouter un visa"),
        gettext_lazy("Corriger un visa"),
        gettext_lazy("Retirer ce visa"),
        gettext_lazy("Le visa est ajouté."),
        gettext_lazy("Le visa est corrigé."),
        gettext_lazy("Le visa est retiré."),
    ),
    "contrat": Page(
        operations.SUBJECTS["contract"],
        "contracts",
        "contracts",
        gettext_lazy("Ajouter un contrat lié"),
        gettext_lazy("Corriger un contrat lié"),
        gettext_lazy("Retirer ce contrat"),
        gettext_lazy("Le contrat est ajouté."),
        gettext_lazy("Le contrat est corrigé."),
        gettext_lazy("Le contrat est retiré."),
    ),
    "poste": Page(
        operations.SUBJECTS["post"],
        "posts",
        "posts",
        gettext_lazy("Ajouter un poste de chargé de coopération"),
        gettext_lazy("Corriger un poste de chargé de coopération"),
        gettext_lazy("Retirer ce poste"),
        gettext_lazy("Le poste est ajouté."),
        gettext_lazy("Le poste est corrigé."),
        gettext_lazy("Le poste est retiré."),
    ),
    "signature": Page(
        operations.SUBJECTS["signature"],
        "signatures",
        "parties",
        gettext_lazy("Ajouter une signature à recueillir"),
        gettext_lazy("Corriger une signature"),
        gettext_lazy("Retirer cette signature"),
        gettext_lazy("La signature est ajoutée."),
        gettext_lazy("La signature est corrigée."),
        gettext_lazy("La signature est retirée."),
    ),
}


def page_of(kind: str) -> Page:
    if kind not in PAGES:
        raise Http404(f"No row of an agreement is called {kind!r}.")
    return PAGES[kind]


def find_row(request, page: Page, pk):
    rows = page.subject.of(request.convention)
    if page.subject.name == "signature":
        rows = rows.select_related("party__organisation")
    return get_object_or_404(rows, pk=pk)


def back_to(request, page: Page) -> str:
    return reverse("agreement", args=[request.convention.slug]) + f"#{page.anchor}"


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def add(request, slug, kind):
    page = page_of(kind)
    form = FORMS[page.subject.name](
        request.POST or None, convention=request.convention, initial=asked(request, page)
    )
    changed = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.add_row(
                by=request.user,
                convention=request.convention,
                version=form.cleaned_data["version"],
                subject=page.subject,
                **form.facts,
            )
        except StaleVersion as conflict:
            form, changed = form.on_top_of(conflict.current), True
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, str(page.added))
            return redirect(back_to(request, page))
    return render(
        request,
        "conventions/agreement/row.html",
        context_of(
            request,
            form=form,
            title=page.add,
            back=back_to(request, page),
            changed=changed,
            suggestions=usual_visas(request.convention) if kind == "visa" else [],
        ),
        status=409 if changed else 422 if form.errors else 200,
    )


def asked(request, page: Page) -> dict:
    """What the address fills in: the party of a signature, one of the usual visas."""
    if page.subject.name == "signature" and request.GET.get("party", "").isdecimal():
        return {"party": request.GET["party"]}
    if page.subject.name == "visa":
        for one in usual_visas(request.convention):
            if one.key == request.GET.get("usual"):
                return {"text": one.text, "url": one.url}
    return {}


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def edit(request, slug, kind, pk):
    page = page_of(kind)
    row = find_row(request, page, pk)
    form = FORMS[page.subject.name](request.POST or None, convention=request.convention, instance=row)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_row(
                by=request.user,
                convention=request.convention,
                version=form.cleaned_data["version"],
                subject=page.subject,
                row=row,
                **form.facts,
            )
        except page.subject.model.DoesNotExist as gone:
            raise Http404 from gone
        except StaleVersion as conflict:
            row = find_row(request, page, pk)
            stale = both(page, row, form)
            form = form.on_top_of(conflict.current)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, str(page.corrected))
            return redirect(back_to(request, page))
    return render(
        request,
        "conventions/agreement/row.html",
        context_of(
            request,
            form=form,
            title=page.edit,
            back=back_to(request, page),
            stale=stale,
            kind=kind,
            row=row,
            remove=page.remove,
        ),
        status=409 if stale is not None else 422 if form.errors else 200,
    )


def both(page: Page, row, form) -> list[Detail]:
    """What somebody saved meanwhile, and what this person typed."""
    return [
        Detail(
            str(form.fields[name].label),
            value_of(page.part, name, plain(saved)) or "–",
            value_of(page.part, name, plain(typed)) or "–",
        )
        for name, typed in form.facts.items()
        if (saved := getattr(row, name)) != typed
    ]


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def remove(request, slug, kind, pk):
    page = page_of(kind)
    row = find_row(request, page, pk)
    if request.method == "POST":
        version = request.POST.get("version", "")
        try:
            operations.remove_row(
                by=request.user,
                convention=request.convention,
                version=int(version) if version.isascii() and version.isdigit() else 0,
                subject=page.subject,
                row=row,
            )
        except page.subject.model.DoesNotExist as gone:
            raise Http404 from gone
        except StaleVersion:
            messages.warning(
                request,
                _("La convention vient de changer\u00a0: relisez-la avant de retirer. Rien n’a été retiré."),
            )
        else:
            messages.success(request, str(page.removed))
        return redirect(back_to(request, page))
    return render(
        request,
        "conventions/agreement/row_remove.html",
        context_of(request, row=row, title=page.remove, back=back_to(request, page), kind=kind),
    )
