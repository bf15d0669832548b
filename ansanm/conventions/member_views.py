"""Who works on the convention, and in which role."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import ROLES, Permission
from ansanm.conventions import operations
from ansanm.conventions.forms import MemberForm, RoleForm
from ansanm.conventions.views import context_of, find


@requires(Permission.MEMBER_MANAGE, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def members(request, slug):
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if request.convention.roles.filter(user=form.person).exists():
            form.add_error(
                "email",
                _("%(person)s est déjà membre : changez son rôle dans la liste.") % {"person": form.person},
            )
        else:
            try:
                operations.set_role(
                    by=request.user,
                    convention=request.convention,
                    user=form.person,
                    role=form.cleaned_data["role"],
                )
            except ValidationError as error:
                form.add_error("role", error)
            else:
                messages.success(
                    request, _("%(person)s est membre de la convention.") % {"person": form.person}
                )
                return redirect("convention_members", slug)
    return render(
        request,
        "conventions/members.html",
        context_of(
            request,
            form=form,
            members=request.convention.roles.select_related("user__organisation"),
            roles=ROLES.values(),
        ),
        status=422 if form.errors else 200,
    )


@requires(Permission.MEMBER_MANAGE, on=find)
@require_POST
def change(request, slug, pk):
    member = get_object_or_404(request.convention.roles.select_related("user"), pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Ce rôle n’existe pas : choisissez-en un dans la liste."))
        return redirect("convention_members", slug)
    role = form.cleaned_data["role"]
    try:
        operations.set_role(by=request.user, convention=request.convention, user=member.user, role=role)
    except operations.LastManager:
        tell_last_manager(request, member.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            _("%(person)s : le rôle est maintenant « %(role)s ».")
            % {"person": member.user, "role": ROLES[role].label},
        )
    return redirect("convention_members", slug)


@requires(Permission.MEMBER_MANAGE, on=find)
@require_POST
def remove(request, slug, pk):
    member = get_object_or_404(request.convention.roles.select_related("user"), pk=pk)
    try:
        operations.remove_role(by=request.user, convention=request.convention, user=member.user)
    except operations.LastManager:
        tell_last_manager(request, member.user)
    else:
        messages.success(request, _("%(person)s n’est plus membre.") % {"person": member.user})
        if member.user == request.user:
            return redirect("conventions")
    return redirect("convention_members", slug)


def tell_last_manager(request, person):
    messages.error(
        request,
        _("%(person)s est la seule personne qui gère les membres : donnez d’abord ce pouvoir à une autre.")
        % {"person": person},
    )
