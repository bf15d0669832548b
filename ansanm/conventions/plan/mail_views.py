"""The page behind the « stop » link of each mail, and its one click."""

from allauth.account.adapter import get_adapter
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ansanm.accounts.access import public
from ansanm.conventions.plan import preferences
from ansanm.conventions.plan.contributor_views import too_many, too_often, unlisted

CALLS_PER_MINUTE = 60


# Without CSRF token: the mail programme of the reader posts here by itself (RFC 8058), with no page and
# no cookie before. The address is the credential: who does not know it can forge nothing, and who does
# can only change the rhythm of one person's mails.
@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def mail_stop(request, token):
    """GET shows, and changes nothing: mail filters follow every link. POST stops, or sets a rhythm."""
    if too_often(f"mail:{get_adapter().get_client_ip(request)}", CALLS_PER_MINUTE, 60):
        return too_many(request)
    preference = preferences.preference_by(token)
    is_done = preference is not None and request.method == "POST"
    if is_done:
        asked = request.POST.get("rhythm", "")
        rhythm = asked if asked in preferences.Rhythm.values else preferences.Rhythm.NEVER
        preferences.set_rhythm(by=preference.user, rhythm=rhythm)
        preference.refresh_from_db()
    return unlisted(
        render(
            request,
            "conventions/plan/mail_stop.html",
            {"preference": preference, "is_done": is_done, "rhythms": preferences.Rhythm.choices},
            status=200 if preference else 404,
        )
    )
