"""The saved views of the explorer: mine, those shared with me, and what I do with mine."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import signed_in
from ansanm.conventions import view_operations
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import Convention, SavedView
from ansanm.territories.explorer import ExplorerPage
from ansanm.ui.formats import quoted

form_methods = require_http_methods(["GET", "HEAD", "POST"])


class SavedViewForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Nom de la vue"),
        max_length=120,
        help_text=gettext_lazy("Par exemple « Accueil des jeunes enfants, communes de La Réunion »."),
    )
    convention = forms.ModelChoiceField(
        Convention.objects.none(),
        label=gettext_lazy("Partager avec une convention"),
        required=False,
        empty_label=gettext_lazy("Non, pour moi seulement"),
        help_text=gettext_lazy("Toutes les personnes qui y ont un rôle verront cette vue et votre nom."),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["convention"].queryset = Convention.objects.visible_to(user)
        if not self.fields["convention"].queryset.exists():
            del self.fields["convention"]

    def clean_name(self):
        return " ".join(self.cleaned_data["name"].split())

    @property
    def facts(self) -> dict:
        return {"name": self.cleaned_data["name"], "convention": self.cleaned_data.get("convention")}


def find_own(request, pk, **wanted) -> SavedView:
    """A view of this person; that of somebody else, even shared, is not theirs to change."""
    return get_object_or_404(request.user.saved_views.select_related("convention"), pk=pk, **wanted)


@signed_in
@require_safe
def saved_views(request):
    return render(
        request,
        "conventions/saved_views.html",
        {
            "mine": request.user.saved_views.shown().select_related("convention"),
            "shared": SavedView.objects.shared_with(request.user),
            "bin": request.user.saved_views.in_bin(),
            "most_in_bin": view_operations.MOST_IN_BIN,
        },
    )


@signed_in
@form_methods
def save(request):
    # The address is read and written again by the explorer: of what comes, only what it understands stays.
    page = ExplorerPage(request.GET, get_language())
    form = SavedViewForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_bound and form.is_valid():
        try:
            view = view_operations.save_view(by=request.user, query=page.query_with(), **form.facts)
        except ValidationError as error:
            with_errors(form, said_of_the_name(error))
        else:
            messages.success(request, _("La vue %(name)s est enregistrée.") % {"name": quoted(view.name)})
            return redirect(view)
    return render(
        request,
        "conventions/saved_view_form.html",
        {"form": form, "page": page, "back": page.address()},
        status=422 if form.errors else 200,
    )


@signed_in
@form_methods
def change(request, pk):
    view = find_own(request, pk, deleted_at=None)
    form = SavedViewForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        initial={"name": view.name, "convention": view.convention},
    )
    if form.is_bound and form.is_valid():
        try:
            changed = view_operations.change_view(by=request.user, view=view, **form.facts)
        except ValidationError as error:
            with_errors(form, said_of_the_name(error))
        else:
            messages.success(request, _("La vue %(name)s est modifiée.") % {"name": quoted(changed.name)})
            return redirect("saved_views")
    return render(
        request,
        "conventions/saved_view_form.html",
        {"form": form, "view": view},
        status=422 if form.errors else 200,
    )


@signed_in
@require_POST
def delete(request, pk):
    view = find_own(request, pk)
    if view.deleted_at is None:
        view_operations.delete_view(by=request.user, view=view)
    messages.success(
        request,
        _("La vue %(name)s est à la corbeille\u00a0: vous pouvez la remettre.") % {"name": quoted(view.name)},
    )
    return redirect("saved_views")


@signed_in
@require_POST
def restore(request, pk):
    view = find_own(request, pk)
    try:
        if view.deleted_at is not None:
            view_operations.restore_view(by=request.user, view=view)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("La vue %(name)s est de nouveau là.") % {"name": quoted(view.name)})
    return redirect("saved_views")


def said_of_the_name(error: ValidationError) -> ValidationError:
    """What the constraint says of two columns, put beside the one people type."""
    if "query" in getattr(error, "error_dict", {}):
        return ValidationError(_("Cette question est trop longue pour être enregistrée."))
    return ValidationError({"name": error.messages})
