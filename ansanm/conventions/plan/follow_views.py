"""« Mon suivi »: what moved, what one follows, the rhythm of mails, the addresses of calendars."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ansanm.accounts.access import signed_in
from ansanm.conventions.models import Convention
from ansanm.conventions.plan import feeds, follows, notices, preferences, telling

# Beyond, what is older is marked read with the rest, and is on the fiches themselves.
MOST_READ = 500


@signed_in
@require_safe
def follow_up(request):
    return shown(request)


def shown(request, *, status=200, **more):
    unread = notices.to_read(request.user)
    return render(
        request,
        "conventions/plan/follow_up.html",
        {
            "lines": telling.told(telling.with_relations(unread)[:MOST_READ]),
            "n_unread": unread.count(),
            "most_read": MOST_READ,
            # What comes while the page is read is not marked with the rest.
            "until": timezone.now().isoformat(),
            "followed": follows.followed_by(request.user),
            "rhythm": preferences.rhythm_of(request.user),
            "rhythms": preferences.Rhythm.choices,
            "feeds": request.user.feeds.filter(revoked_at__isnull=True).select_related("convention", "body"),
            "conventions": Convention.objects.visible_to(request.user),
            **more,
        },
        status=status,
    )


@signed_in
@require_POST
def read(request):
    try:
        until = datetime.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        until = None
    if until is None or timezone.is_naive(until):
        messages.error(request, _("Rien n’a été marqué\u00a0: rechargez la page et recommencez."))
        return redirect("follow_up")
    notices.mark_read(by=request.user, until=min(until, timezone.now()))
    messages.success(request, _("Tout est marqué comme lu."))
    return redirect("follow_up")


@signed_in
@require_POST
def rhythm(request):
    asked = request.POST.get("rhythm", "")
    if asked not in preferences.Rhythm.values:
        messages.error(request, _("Choisissez un rythme dans la liste."))
        return redirect("follow_up")
    preferences.set_rhythm(by=request.user, rhythm=asked)
    label = preferences.Rhythm(asked).label
    messages.success(request, _("Courriels de suivi\u00a0: %(rhythm)s.") % {"rhythm": label})
    return redirect("follow_up")


@signed_in
@require_POST
def renew(request):
    preferences.renew_token(by=request.user)
    messages.success(
        request,
        _("Les liens d’arrêt des courriels déjà reçus ne marchent plus\u202f; les prochains marcheront."),
    )
    return redirect("follow_up")


@signed_in
@require_POST
def feed_create(request):
    """The address is in this answer and nowhere else: only its hash is kept."""
    convention = None
    if slug := request.POST.get("convention", ""):
        convention = get_object_or_404(Convention.objects.visible_to(request.user), slug=slug)
    try:
        feed, token = feeds.create_feed(by=request.user, convention=convention)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("follow_up")
    address = f"{settings.SITE_URL}{reverse('calendar_feed', args=[token])}"
    return shown(request, new_feed=feed, address=address)


@signed_in
@require_POST
def feed_revoke(request, pk):
    feed = get_object_or_404(request.user.feeds, pk=pk)
    feeds.revoke_feed(by=request.user, feed=feed)
    messages.success(request, _("Cette adresse de calendrier ne donne plus rien."))
    return redirect("follow_up")
