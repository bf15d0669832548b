"""What somebody typed while their session ended: kept aside, and given back once they signed in again."""

from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import QueryDict
from django.shortcuts import redirect

from ansanm.ui import views as frame

SALT = "conventions.fiche.author"
KEY = "typed"
ONE_DAY = 24 * 3600
MOST_BYTES = 300_000


def author_of(request) -> str:
    """A seal for the form: who opened it, so that it is given back to nobody else."""
    return signing.dumps(request.user.pk, salt=SALT)


def writer(data) -> int | None:
    """Whose form `data` comes from; None when the seal is not ours, or is older than a day."""
    try:
        return signing.loads(data.get("author", ""), salt=SALT, max_age=ONE_DAY)
    except signing.BadSignature:
        return None


def keep(request) -> bool:
    """Put aside what was sent, if one of our pages sent it: others could fill the table of sessions."""
    sent = request.POST.urlencode()
    if writer(request.POST) is None or len(sent) > MOST_BYTES:
        return False
    request.session[KEY] = {"path": request.get_full_path(), "data": sent}
    return True


def take(request) -> QueryDict | None:
    """What this person had typed on this page, once."""
    kept = request.session.get(KEY)
    if not kept or kept["path"] != request.get_full_path():
        return None
    del request.session[KEY]
    data = QueryDict(kept["data"])
    return data if writer(data) == request.user.pk else None


def keeps_what_was_typed(view):
    """Around an editor: a form sent after the session ended is opened again as it was, once signed in."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if request.method == "POST" and not request.user.is_authenticated and keep(request):
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return guarded


# No list of methods: whatever was sent was refused already, and this says it with its 403.
def csrf_failure(request, reason=""):
    """The token changed because they signed in again in another tab: nothing is saved, nothing is lost."""
    if request.method == "POST" and keep(request):
        return redirect(request.get_full_path())
    return frame.csrf_failure(request, reason)
