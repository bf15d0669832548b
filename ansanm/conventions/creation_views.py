"""Opening a convention: an administrator names its territory, its parties and its first members."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.creation import CreationForm
from ansanm.conventions.forms import with_errors


@requires(Permission.CONVENTION_CREATE)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request):
    form = CreationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            convention = form.save(by=request.user)
        except ValidationError as error:
            with_errors(form, error)
        else:
            told = {"convention": convention, "people": " et ".join(map(str, form.people))}
            if convention.roles_of(request.user):
                messages.success(request, _("« %(convention)s » est ouverte.") % told)
                return redirect(convention)
            messages.success(
                request,
                _(
                    "« %(convention)s » est ouverte à %(people)s. Pour la lire vous-même, demandez à l’un de "
                    "ses membres de vous y donner un rôle."
                )
                % told,
            )
            return redirect("conventions")
    return render(request, "conventions/create.html", {"form": form}, status=422 if form.errors else 200)
