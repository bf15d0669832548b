"""Pages that have not changed are not sent again.

Only for people who are not signed in: what a signed-in person sees differs, and carries a token.
"""

import hashlib
from functools import wraps

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag
from django.utils.translation import get_language

from ansanm import __version__
from ansanm.territories import observations
from ansanm.territories.models import DeclaredFigure


def revalidated(view):
    """Answer « 304 Not Modified » while neither the data, nor the product, nor the address changed."""

    @wraps(view)
    def answered(request, territory, **kwargs):
        if request.user.is_authenticated or settings.DEBUG:
            return view(request, territory, **kwargs)
        etag = quote_etag(_version(request, territory))
        if request.headers.get("If-None-Match") == etag and not len(get_messages(request)):
            response = HttpResponse(status=304)
        else:
            response = view(request, territory, **kwargs)
        response["ETag"] = etag
        patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response

    return answered


def _version(request, territory):
    parts = [
        __version__,
        settings.SECRET_KEY[:8],
        observations.data_version(),
        DeclaredFigure.objects.of(territory).version(),
        get_language(),
        request.get_full_path(),
        str(bool(request.htmx)),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
