"""The deeds on people and organisations.

The trail names the fields of a person that changed, never their values: it outlives the person.
"""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, override

from ansanm.accounts.audit import record
from ansanm.accounts.models import Organisation, User

PERSON_FACTS = ("email", "first_name", "last_name", "language", "organisation", "platform_role")
# The only facts of a person whose values the trail keeps: they are rights, not the person.
RIGHTS = ("organisation", "platform_role")


class LastAdministrator(Exception):
    """Nobody would be left to manage the accounts."""


class OwnSecondFactor(Exception):
    """One takes away one's own second factor by proving that one holds it, on the security page."""


def rights_of(user) -> dict:
    return {"organisation": user.organisation_id, "platform_role": user.platform_role}


@transaction.atomic
def add_user(
    *, by, email, first_name, last_name, organisation=None, language="fr", platform_role="", password=None
):
    """Open an account; without a password its owner sets one by the link of `invite`."""
    user = User.objects.create_user(
        email,
        password,
        first_name=first_name,
        last_name=last_name,
        organisation=organisation,
        language=language,
        platform_role=platform_role,
    )
    # allauth looks here for who owns an address; the link sent to it is the proof.
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    record("user.add", by=by, target=user, after=rights_of(user))
    return user


@transaction.atomic
def update_user(*, by, user, **facts):
    """Change facts of a person: their own profile, or what an administrator decides."""
    unknown = facts.keys() - set(PERSON_FACTS)
    if unknown:
        raise TypeError(f"Not facts of a person: {', '.join(sorted(unknown))}.")
    if "email" in facts:
        facts["email"] = User.clean_email(facts["email"])
    if facts.get("platform_role", "administrator") != "administrator":
        keep_an_administrator(without=user)
    current = User.objects.select_for_update().get(pk=user.pk)
    changed = [name for name, value in facts.items() if getattr(current, name) != value]
    if not changed:
        return current
    before = rights_of(current)
    for name in changed:
        setattr(current, name, facts[name])
    current.full_clean(exclude=["password"])
    current.save(update_fields=changed)
    if "email" in changed:
        EmailAddress.objects.filter(user=current).delete()
        EmailAddress.objects.create(user=current, email=current.email, primary=True, verified=True)
    after = rights_of(current)
    record(
        "user.update",
        by=by,
        target=current,
        before={name: before[name] for name in RIGHTS if name in changed},
        after={name: after[name] for name in RIGHTS if name in changed} | {"changed": sorted(changed)},
    )
    return current


@transaction.atomic
def deactivate_user(*, by, user):
    """Close an account: its sessions end at once, its deeds stay."""
    keep_an_administrator(without=user)
    current = User.objects.select_for_update().get(pk=user.pk)
    if not current.is_active:
        return current
    current.is_active = False
    current.save(update_fields=["is_active"])
    record("user.deactivate", by=by, target=current, before={"active": True}, after={"active": False})
    return current


@transaction.atomic
def reactivate_user(*, by, user):
    current = User.objects.select_for_update().get(pk=user.pk)
    if current.is_active:
        return current
    current.is_active = True
    current.save(update_fields=["is_active"])
    record("user.reactivate", by=by, target=current, before={"active": False}, after={"active": True})
    return current


@transaction.atomic
def reset_second_factor(*, by, user, tell=True) -> int:
    """Take away what `user` lost: application, passkeys and recovery codes; return how many there were.

    Their sessions end and a message tells them, since a thief would ask for the same thing. Raises
    OSError, and nothing is taken away, where that message could not leave.
    """
    if by is not None and by.pk == user.pk:
        raise OwnSecondFactor
    current = User.objects.select_for_update().get(pk=user.pk)
    held = Authenticator.objects.filter(user=current)
    kinds = sorted(held.values_list("type", flat=True))
    if not kinds:
        return 0
    held.delete()
    for session in UserSession.objects.filter(user=current):
        session.end()
    record("second_factor.reset", by=by, target=current, before={"kinds": kinds})
    if tell:
        with override(current.language):
            subject = gettext("Ansanm\u00a0: votre second facteur est retiré")
            message = render_to_string("accounts/email/second_factor_reset.txt", {"user": current, "by": by})
        send_mail(subject, message, None, [current.email])
    return len(kinds)


def keep_an_administrator(*, without):
    """Raise LastAdministrator if `without` is the only one left."""
    # All the rows, not the count: two who remove each other at the same second wait for one another.
    left = list(
        User.objects.select_for_update()
        .filter(platform_role="administrator", is_active=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if left == [without.pk]:
        raise LastAdministrator(f"Account {without.pk} is the only active administrator.")


def set_password_link(user, absolute) -> str:
    """The address where `user` sets a password, once; `absolute` makes a full address of a path."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    return absolute(path)


@transaction.atomic
def invite(user, *, by, absolute):
    """Send the link that sets a password. Raises OSError where the message could not leave."""
    with override(user.language):
        context = {"user": user, "by": by, "link": set_password_link(user, absolute)}
        subject = gettext("Ansanm : votre compte est ouvert")
        message = render_to_string("accounts/email/invitation.txt", context)
    record("user.invite", by=by, target=user)
    # Last, and inside: a message that does not leave takes its trace with it.
    send_mail(subject, message, None, [user.email])


@transaction.atomic
def add_organisation(*, by, name, kind, insee_code=""):
    organisation = Organisation(name=name, kind=kind, insee_code=insee_code)
    organisation.full_clean()
    organisation.save()
    facts = {"name": name, "kind": kind, "insee_code": insee_code}
    record("organisation.add", by=by, target=organisation, after=facts)
    return organisation


@transaction.atomic
def update_organisation(*, by, organisation, name, kind, insee_code):
    current = Organisation.objects.select_for_update().get(pk=organisation.pk)
    facts = {"name": name, "kind": kind, "insee_code": insee_code}
    before = {field: getattr(current, field) for field in facts}
    if before == facts:
        return current
    for field, value in facts.items():
        setattr(current, field, value)
    current.full_clean()
    current.save()
    record("organisation.update", by=by, target=current, before=before, after=facts)
    return current
