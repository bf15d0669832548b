"""The signatories of a convention: add, correct, remove."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ansanm.accounts.access import requires
from ansanm.accounts.models import Organisation
from ansanm.accounts.permissions import Permission
from ansanm.conventions import history, operations
from ansanm.conventions.forms import PartyForm, with_errors
from ansanm.conventions.models import ConventionParty
from ansanm.conventions.views import context_of, find
from ansanm.territories.versions import StaleVersion

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def find_party(request, pk) -> ConventionParty:
    return get_object_or_404(
        request.convention.parties.select_related("organisation", "convention", "deliberation_file"), pk=pk
    )


def lost_file(request, form, stale) -> bool:
    """Whether a file was sent with what is not saved: a page cannot keep it for the next try."""
    return bool(request.FILES) and (stale is not None or bool(form.errors))


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def add(request, slug):
    form = PartyForm(request.POST or None, request.FILES or None, convention=request.convention)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            party = operations.add_party(
                by=request.user,
                convention=request.convention,
                version=form.cleaned_data["version"],
                organisation=form.cleaned_data["organisation"],
                **form.facts,
                **form.file,
            )
        except StaleVersion as conflict:
            # What was typed contradicts nothing: it is enough to read the list again.
            stale, form = [], form.on_top_of(conflict.current)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request,
                _("%(organisation)s est au nombre des signataires.") % {"organisation": party.organisation},
            )
            return redirect(request.convention)
    return render(
        request,
        "conventions/party.html",
        context_of(
            request,
            form=form,
            stale=stale,
            file_again=lost_file(request, form, stale),
            parties=request.convention.parties.select_related("organisation"),
            # Those of its members: known on this page already.
            organisations=Organisation.objects.filter(
                users__convention_roles__convention=request.convention
            ).distinct(),
        ),
        status=409 if stale is not None else 422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def edit(request, slug, pk):
    party = find_party(request, pk)
    form = PartyForm(request.POST or None, request.FILES or None, convention=request.convention, party=party)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_party(
                by=request.user,
                party=party,
                version=form.cleaned_data["version"],
                **form.facts,
                **form.file,
            )
        except ConventionParty.DoesNotExist as gone:
            raise Http404 from gone
        except StaleVersion as conflict:
            party = find_party(request, pk)
            stale = history.both_versions(form, operations.party_facts(party))
            form = form.on_top_of(conflict.current)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request,
                _("Le signataire %(organisation)s est corrigé.") % {"organisation": party.organisation},
            )
            return redirect(request.convention)
    return render(
        request,
        "conventions/party.html",
        context_of(request, form=form, party=party, stale=stale, file_again=lost_file(request, form, stale)),
        status=409 if stale is not None else 422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def remove(request, slug, pk):
    party = find_party(request, pk)
    if request.method == "POST":
        version = request.POST.get("version", "")
        try:
            operations.remove_party(
                by=request.user,
                party=party,
                version=int(version) if version.isascii() and version.isdigit() else 0,
            )
        except ConventionParty.DoesNotExist as gone:
            raise Http404 from gone
        except StaleVersion:
            messages.warning(
                request,
                _(
                    "La convention vient de changer\u00a0: relisez-la avant de retirer un signataire. "
                    "Rien n’a été retiré."
                ),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(
                request,
                _("%(organisation)s n’est plus au nombre des signataires.")
                % {"organisation": party.organisation},
            )
        return redirect(request.convention)
    return render(request, "conventions/party_remove.html", context_of(request, party=party))
