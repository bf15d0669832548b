"""Sessions that somebody left open: closed where their roles open working data, on real instances."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.permissions import holds_staff_role

IDLE = timedelta(minutes=30)
# How often activity is written down: each page would be a write for each read. A session may last
# that much longer than promised, never less.
NOTED_EVERY = timedelta(minutes=3)
OPENED_AT, ACTIVE_AT = "opened_at", "active_at"


def connect():
    user_logged_in.connect(note_opening, dispatch_uid="ansanm.accounts.idle")


def note_opening(sender, request, **kwargs):
    request.session[OPENED_AT] = request.session[ACTIVE_AT] = now()


def now() -> int:
    return int(timezone.now().timestamp())


def is_watched(user) -> bool:
    """Whether the sessions of `user` end when nothing happens; never in a demonstration."""
    return not settings.DEMO and holds_staff_role(user)


def end_if_idle(request):
    """Sign out who did nothing for too long, and say so; otherwise note that they are here."""
    if settings.DEMO or not request.user.is_authenticated:
        return
    moment = now()
    opened_at = request.session.setdefault(OPENED_AT, moment)
    since = moment - request.session.setdefault(ACTIVE_AT, moment)
    if since > (IDLE + NOTED_EVERY).total_seconds() and holds_staff_role(request.user):
        logout(request)
        messages.warning(
            request,
            _(
                "Votre session s’est fermée après %(n)s minutes sans activité. Connectez-vous de nouveau "
                "pour reprendre où vous en étiez."
            )
            % {"n": IDLE.seconds // 60},
        )
    elif moment - opened_at > settings.SESSION_COOKIE_AGE:
        # Noting activity saves the session, which moves its end: the age promised must hold all the same.
        logout(request)
        messages.warning(
            request, _("Votre session a atteint sa durée maximale\u00a0: connectez-vous de nouveau.")
        )
    elif since > NOTED_EVERY.total_seconds() and not request.headers.get("HX-Request"):
        # A page that asks by itself for news of a job (htmx) is not somebody at work.
        request.session[ACTIVE_AT] = moment
