"""The text each party votes, for the convention or for an amendment; what was voted comes back to it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions import operations as convention_operations
from ansanm.conventions.agreement import documents
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import AgreementVersion, Deliberation
from ansanm.conventions.papers import operations, printing
from ansanm.conventions.papers.forms import DeliberationForm, VotedForm
from ansanm.conventions.papers.text_views import both, version_in
from ansanm.conventions.views import context_of, find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def find_row(request, pk) -> Deliberation:
    return get_object_or_404(
        Deliberation.objects.select_related("party__organisation", "party__convention", "agreement_version"),
        party__convention=request.convention,
        pk=pk,
    )


def find_party(request, pk):
    parties = request.convention.parties.select_related("organisation", "convention")
    return get_object_or_404(parties, pk=pk)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def deliberations(request, slug):
    parties = request.convention.parties.filter(left_on="").select_related(
        "organisation", "deliberation_file"
    )
    amendments = request.convention.versions.filter(kind=AgreementVersion.Kind.AMENDMENT)
    return render(
        request,
        "conventions/papers/deliberations.html",
        context_of(
            request,
            here="votes",
            parties=parties.prefetch_related("deliberations__agreement_version"),
            amendments=amendments,
        ),
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def start(request, slug, party):
    """Write the first text, for the convention or for the amendment named, then open it."""
    asked = request.POST.get("version", "")
    version = None
    if asked:
        if not (asked.isascii() and asked.isdigit() and len(asked) < 6):
            raise Http404("No such version.")
        version = get_object_or_404(
            request.convention.versions.filter(kind=AgreementVersion.Kind.AMENDMENT), number=int(asked)
        )
    row = operations.start_deliberation(
        by=request.user, party=find_party(request, party), agreement_version=version
    )
    return redirect("deliberation", slug, row.pk)


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def deliberation(request, slug, pk):
    row = find_row(request, pk)
    form = DeliberationForm(request.POST or None, instance=row)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_deliberation(
                by=request.user, deliberation=row, base_version=form.cleaned_data["version"], **form.facts
            )
        except Deliberation.DoesNotExist as gone:
            raise Http404 from gone
        except StaleVersion as conflict:
            stale, form = both(form, conflict.current), form.on_top_of(conflict.current)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le texte est enregistré."))
            return redirect("deliberations", slug)
    return render(
        request,
        "conventions/papers/deliberation.html",
        context_of(request, here="votes", form=form, row=row, stale=stale),
        status=409 if stale is not None else 422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def remove(request, slug, pk):
    row = find_row(request, pk)
    back = reverse("deliberations", args=[slug])
    if request.method == "POST":
        try:
            operations.remove_deliberation(
                by=request.user, deliberation=row, base_version=version_in(request)
            )
        except Deliberation.DoesNotExist as gone:
            raise Http404 from gone
        except StaleVersion:
            messages.warning(
                request,
                _("Quelqu’un vient de l’enregistrer\u00a0: relisez avant de retirer. Rien n’a été retiré."),
            )
        else:
            messages.success(request, _("Le texte est retiré\u202f; le journal le garde."))
        return redirect(back)
    return render(
        request,
        "conventions/papers/row_remove.html",
        context_of(request, here="votes", row=row, title=_("Retirer ce texte"), back=back),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def printed(request, slug, pk, format):
    row = find_row(request, pk)
    if format not in documents.WRITERS:
        raise Http404(f"No such format: {format}")
    name = slugify(row.party.organisation.name)[:40]
    return attached(printing.deliberation(row, format), f"{slug}-deliberation-{name}-{row.pk}.{format}")


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def voted(request, slug, party):
    """Its number and its date, once voted: they are the party's."""
    one = find_party(request, party)
    form = VotedForm(request.POST or None, party=one)
    changed = False
    if request.method == "POST" and form.is_valid():
        try:
            convention_operations.update_party(
                by=request.user,
                party=one,
                version=form.cleaned_data["version"],
                deliberation_number=form.cleaned_data["deliberation_number"].strip(),
                deliberation_on=form.cleaned_data["deliberation_on"],
            )
        except StaleVersion as conflict:
            one = find_party(request, party)
            changed = True
            form = VotedForm(dict(request.POST.items()) | {"version": conflict.current.version}, party=one)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request,
                _("Délibération notée pour %(who)s.") % {"who": one.organisation.name},
            )
            return redirect("deliberations", slug)
    return render(
        request,
        "conventions/papers/voted.html",
        context_of(request, here="votes", form=form, party=one, changed=changed),
        status=409 if changed else 422 if form.errors else 200,
    )
