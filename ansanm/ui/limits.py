"""So many costly answers a minute for one caller; one more is told how long to wait.

What was spent is in the cache, so in each process: a server of four gives up to four times as much.
"""

import time
from functools import wraps

from django.conf import settings
from django.core.cache import cache

from ansanm.ui.views import too_many_requests

WINDOW_SECONDS = 60
# A PDF or a Word file of a whole diagnosis is seconds of work; a list of values is not.
DOCUMENTS = {"docx", "pdf", "pptx", "xlsx", "zip"}


def caller(request) -> str:
    """Who asks: the account, or the network address (ANSANM_PROXIES says which one to believe)."""
    if request.user.is_authenticated:
        return f"user-{request.user.pk}"
    return f"address-{address_of(request)}"


def address_of(request) -> str:
    address = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For")
    n_proxies = settings.NINJA_NUM_PROXIES
    if forwarded and n_proxies:
        # Each proxy of ours wrote one at the end; whatever stands before, anybody may have written.
        addresses = forwarded.split(",")
        address = addresses[-min(n_proxies, len(addresses))].strip()
    return address


def spend(name: str, who: str, per_minute: int) -> int:
    """Note one more call; return 0, or the seconds to wait where there were too many this minute."""
    key, now = f"limit-{name}-{who}", time.time()
    times = [one for one in cache.get(key, []) if one > now - WINDOW_SECONDS]
    if len(times) >= per_minute:
        return max(1, round(times[-per_minute] + WINDOW_SECONDS - now))
    # What is refused costs nothing and is not counted: whoever waits gets an answer.
    cache.set(key, [*times, now], WINDOW_SECONDS)
    return 0


def limited(view):
    """Limit a view that writes a file of the `format` of its address."""

    @wraps(view)
    def answered(request, *args, format, **kwargs):
        if format in DOCUMENTS:
            name, per_minute = "documents", settings.DOCUMENTS_PER_MINUTE
        else:
            name, per_minute = "files", settings.FILES_PER_MINUTE
        if wait := spend(name, caller(request), per_minute):
            return too_many_requests(request, wait_seconds=wait, per_minute=per_minute)
        return view(request, *args, format=format, **kwargs)

    return answered
