"""My account; and, for administrators, people, organisations and the audit trail."""

import logging

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts import audit, idle, operations, trail
from ansanm.accounts.access import requires, signed_in
from ansanm.accounts.forms import AuditFilter, OrganisationForm, PeopleFilter, PersonForm, ProfileForm
from ansanm.accounts.models import AuditEntry, Organisation, User
from ansanm.accounts.permissions import Permission

log = logging.getLogger(__name__)
form_methods = require_http_methods(["GET", "HEAD", "POST"])
PER_PAGE = 50


def page_of(request, rows) -> dict:
    """The page of a list that the address asks for, and the address's other parameters."""
    others = request.GET.copy()
    others.pop("page", None)
    return {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "query": f"{others.urlencode()}&" if others else "",
    }


@signed_in
@form_methods
def profile(request):
    # A copy: a refused form must not show its wrong name in the header.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        user = operations.update_user(by=request.user, user=request.user, **form.cleaned_data)
        with override(user.language):
            messages.success(request, _("Votre profil est enregistré."))
            return redirect("profile")
    context = {
        "form": form,
        "idle_minutes": idle.IDLE.seconds // 60 if idle.is_watched(request.user) else None,
        "session_hours": settings.SESSION_COOKIE_AGE // 3600,
    }
    return render(request, "accounts/profile.html", context)


@requires(Permission.USER_ADD)
@require_safe
def people(request):
    form = PeopleFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = User.objects.select_related("organisation").search(wanted.get("q", ""))
    if wanted.get("state") != "all":
        rows = rows.filter(is_active=wanted.get("state") != "inactive")
    context = {"form": form, **page_of(request, rows), "n_people": User.objects.count()}
    return render(request, "accounts/people.html", context)


@requires(Permission.USER_ADD)
@form_methods
def person_add(request):
    form = PersonForm(request.POST or None, initial={"language": get_language()})
    if request.method == "POST" and form.is_valid():
        user = operations.add_user(by=request.user, **form.cleaned_data)
        send_link(request, user)
        return redirect("person", user.pk)
    return render(request, "accounts/person_add.html", {"form": form})


@requires(Permission.USER_ADD)
@form_methods
def person(request, pk):
    user = get_object_or_404(User.objects.select_related("organisation"), pk=pk)
    form = PersonForm(request.POST or None, instance=User.objects.get(pk=pk))
    if request.method == "POST" and form.is_valid():
        try:
            user = operations.update_user(by=request.user, user=user, **form.cleaned_data)
        except operations.LastAdministrator:
            form.add_error("platform_role", last_administrator())
        else:
            messages.success(request, _("Le compte de %(name)s est enregistré.") % {"name": user})
            return redirect("person", pk)
    context = {
        "form": form,
        "person": user,
        "may_lose_second_factor": user != request.user and Authenticator.objects.filter(user=user).exists(),
    }
    return render(request, "accounts/person.html", context)


def last_administrator():
    return _(
        "C’est le dernier administrateur actif : nommez-en un autre avant, sinon plus personne ne "
        "pourrait gérer les comptes."
    )


@requires(Permission.USER_ADD)
@require_POST
def person_state(request, pk):
    """Close or open again an account, as the button pressed says."""
    user = get_object_or_404(User, pk=pk)
    if request.POST.get("active") == "1":
        operations.reactivate_user(by=request.user, user=user)
        messages.success(request, _("Le compte de %(name)s est réactivé.") % {"name": user})
        return redirect("person", pk)
    try:
        operations.deactivate_user(by=request.user, user=user)
    except operations.LastAdministrator:
        messages.error(request, last_administrator())
    else:
        messages.success(
            request, _("Le compte de %(name)s est désactivé, ses sessions sont fermées.") % {"name": user}
        )
    return redirect("person", pk)


@requires(Permission.USER_ADD)
@require_POST
def person_invite(request, pk):
    send_link(request, get_object_or_404(User, pk=pk, is_active=True))
    return redirect("person", pk)


@requires(Permission.USER_ADD)
@form_methods
def person_second_factor(request, pk):
    """Take away the second factor of somebody who lost it, after a page that says what will follow."""
    user = get_object_or_404(User, pk=pk)
    if request.method != "POST":
        held = Authenticator.objects.filter(user=user)
        return render(request, "accounts/second_factor_reset.html", {"person": user, "n_held": held.count()})
    try:
        n_taken = operations.reset_second_factor(by=request.user, user=user)
    except operations.OwnSecondFactor:
        messages.error(
            request, _("Votre propre second facteur se retire dans « Sécurité de mon compte », avec lui.")
        )
    except OSError:
        log.exception("The loss of a second factor could not be told to account %s", user.pk)
        messages.error(
            request,
            _(
                "Rien n’a été retiré\u00a0: le message qui prévient %(name)s n’a pas pu partir, le serveur "
                "de courrier ne répond pas."
            )
            % {"name": user},
        )
    else:
        if n_taken:
            messages.success(
                request,
                _("Second facteur de %(name)s retiré, sessions fermées. Un message est parti.")
                % {"name": user},
            )
        else:
            messages.info(request, _("%(name)s n’avait aucun second facteur.") % {"name": user})
    return redirect("person", pk)


def send_link(request, user):
    try:
        operations.invite(user, by=request.user, absolute=request.build_absolute_uri)
    except OSError:
        # smtplib's errors are OSErrors. The account is there: only the message has to go again.
        log.exception("Invitation to account %s could not be sent", user.pk)
        messages.error(
            request,
            _(
                "Le message à %(email)s n’a pas pu partir : le serveur de courrier ne répond pas. "
                "Renvoyez le lien plus tard."
            )
            % {"email": user.email},
        )
    else:
        messages.success(
            request,
            _("Un lien pour choisir un mot de passe est parti à %(email)s.") % {"email": user.email},
        )


@requires(Permission.USER_ADD)
@require_safe
def organisations(request):
    text = request.GET.get("q", "")[:80]
    context = {
        "q": text,
        **page_of(request, Organisation.objects.search(text).with_n_users()),
        "n_organisations": Organisation.objects.count(),
    }
    return render(request, "accounts/organisations.html", context)


@requires(Permission.USER_ADD)
@form_methods
def organisation_add(request):
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        organisation = operations.add_organisation(by=request.user, **form.cleaned_data)
        messages.success(request, _("%(name)s est enregistré.") % {"name": organisation})
        return redirect("organisations")
    return render(request, "accounts/organisation.html", {"form": form})


@requires(Permission.USER_ADD)
@form_methods
def organisation(request, pk):
    one = get_object_or_404(Organisation, pk=pk)
    form = OrganisationForm(request.POST or None, instance=Organisation.objects.get(pk=pk))
    if request.method == "POST" and form.is_valid():
        operations.update_organisation(by=request.user, organisation=one, **form.cleaned_data)
        messages.success(request, _("%(name)s est enregistré.") % {"name": form.cleaned_data["name"]})
        return redirect("organisations")
    return render(request, "accounts/organisation.html", {"form": form, "organisation": one})


@requires(Permission.PLATFORM_AUDIT)
@require_safe
def audit_trail(request):
    form = AuditFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    entries = AuditEntry.objects.select_related("actor").filtered(**wanted)
    shown = page_of(request, entries)
    context = {
        "form": form,
        **shown,
        "entries": trail.told(shown["page"]),
        "verification": audit.verify(),
        "is_filtered": any(wanted.values()),
    }
    return render(request, "accounts/audit_trail.html", context)
