"""A calendar feed, as the programmes of phones ask for it: no account, the address is the key."""

import hashlib

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public
from ansanm.conventions.plan import feeds
from ansanm.conventions.plan.contributor_views import too_often

# A programme asks every few hours; who seeks an address tries many.
READS_PER_MINUTE = 30
MISSES_PER_MINUTE = 20


@public
@require_safe
def calendar_feed(request, token):
    feed = feeds.feed_of(token)
    if feed is None:
        if too_often(f"no-feed:{get_adapter().get_client_ip(request)}", MISSES_PER_MINUTE, 60):
            return too_many()
        raise Http404
    # By feed and not by address: one server reads for all who use it.
    if too_often(f"feed:{feed.pk}", READS_PER_MINUTE, 60):
        return too_many()
    if feed.revoked_at:
        # « Gone »: programmes that see it stop asking.
        return plain(_("Cette adresse de calendrier a été révoquée."), 410)
    conventions = feeds.conventions_of(feed)
    if not conventions:
        raise Http404
    body = feeds.calendar_of(feed, conventions)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="ansanm.ics"'
    response.headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return unlisted(get_conditional_response(request, etag=response.headers["ETag"], response=response))


def too_many():
    response = plain(_("Trop de demandes\u00a0: réessayez dans une minute."), 429)
    response.headers["Retry-After"] = "60"
    return response


def plain(words, status):
    return unlisted(HttpResponse(words, status=status, content_type="text/plain; charset=utf-8"))


def unlisted(response):
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
