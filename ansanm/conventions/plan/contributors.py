"""A person without account updates one fiche by a personal address, until it ends or is revoked."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.mail import send_later
from ansanm.conventions.models import ContributorLink
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.news import add_measure, add_progress
from ansanm.ui.formats import format_day

DEFAULT_DAYS = 30
MOST_DAYS = 366
TOKEN_BYTES = 32


class LinkEnded(Exception):
    """The link expired, was revoked, or its fiche is gone."""


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def link_of(token: str) -> ContributorLink | None:
    """The link of this token. Found by its hash: how long that takes tells nothing of the token."""
    wanted = digest(token)
    link = ContributorLink.objects.select_related("action__convention").filter(token_sha256=wanted).first()
    return link if link and hmac.compare_digest(link.token_sha256, wanted) else None


def is_open(link: ContributorLink) -> bool:
    return link.revoked_at is None and link.expires_at > timezone.now() and link.action.deleted_at is None


@transaction.atomic
def create_link(*, by, action, name, absolute, email="", days=DEFAULT_DAYS) -> tuple[ContributorLink, str]:
    """The link and its address, which is shown once and sent to `email`: only its hash is kept."""
    if not 1 <= days <= MOST_DAYS:
        raise ValidationError({"days": _("Entre 1 et %(n)s jours.") % {"n": MOST_DAYS}})
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = ContributorLink(
        action=action,
        name=name.strip(),
        email=email,
        token_sha256=digest(token),
        created_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    link.clean_fields(exclude=["revoked_at", "last_used_at"])
    link.save()
    address = absolute(reverse("contribute", args=[token]))
    if email:
        send_later(
            to=[email],
            subject=_("Donner des nouvelles de l’action «\u00a0%(title)s\u00a0»") % {"title": action.title},
            text=_(
                "Bonjour,\n\n%(by)s vous invite à donner des nouvelles de l’action "
                "«\u00a0%(title)s\u00a0» de la convention «\u00a0%(convention)s\u00a0». Deux minutes "
                "suffisent, sans compte ni mot de passe\u00a0:\n\n"
                "%(address)s\n\nCette adresse est personnelle\u00a0: ne la transmettez pas. Elle vaut "
                "jusqu’au %(day)s."
            )
            % {
                "by": by,
                "title": action.title,
                "convention": action.convention,
                "address": address,
                "day": format_day(link.expires_at),
            },
        )
    record(
        "action.link_create",
        by=by,
        target=action,
        convention=action.convention,
        after={"expires_on": link.expires_at.date().isoformat()},
    )
    return link, address


@transaction.atomic
def revoke_link(*, by, link) -> None:
    if link.revoked_at:
        return
    link.revoked_at = timezone.now()
    link.save(update_fields=["revoked_at"])
    record("action.link_revoke", by=by, target=link.action, convention=link.action.convention)


@transaction.atomic
def contribute(*, link, text="", help_needed="", reached=(), measures=()) -> None:
    """Write what the person says on the fiche of the link, and nothing else, under their name.

    `reached` holds keys of milestones; `measures` (indicator, value, text). Raises LinkEnded.
    """
    action = operations.locked(link.action)
    link = ContributorLink.objects.select_for_update(of=("self",)).select_related("action").get(pk=link.pk)
    if not is_open(link):
        raise LinkEnded
    today = timezone.localdate().isoformat()
    now = operations.fresh(action)
    milestones = [
        row | {"done_on": today} if row["key"] in reached and not row["done_on"] else row
        for row in now["milestones"]
    ]
    operations.save(
        action,
        {"milestones": milestones},
        now=now,
        by=None,
        by_name=link.name,
        origin="contributor",
        verb="action.contribute",
    )
    paragraphs = [text.strip()]
    if help_needed.strip():
        paragraphs.append(_("Difficulté ou aide attendue\u00a0: %(text)s") % {"text": help_needed.strip()})
    if any(paragraphs):
        words = "\n\n".join(one for one in paragraphs if one)
        add_progress(by=None, by_name=link.name, action=action, text=words, happened_on=today)
    for indicator, value, said in measures:
        add_measure(
            by=None, by_name=link.name, indicator=indicator, measured_on=today, value=value, text=said
        )
    link.last_used_at = timezone.now()
    link.save(update_fields=["last_used_at"])
    record(
        "action.contribute",
        by=None,
        target=action,
        convention=action.convention,
        after={
            "n_notes": int(any(paragraphs)),
            "n_measures": len(measures),
            "n_milestones": len(set(reached)),
        },
    )
