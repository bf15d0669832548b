"""Pages that have not changed are neither made nor sent again.

Only for people who are not signed in: what a signed-in person sees differs, and carries a token.
"""

import hashlib
from functools import cache as once
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.http import HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag
from django.utils.translation import get_language

from ansanm.territories import contours, observations
from ansanm.territories.models import DeclaredFigure
from ansanm.territories.panels import panels_version

KEPT_SECONDS = 24 * 3600


def revalidated(view):
    """Answer « 304 Not Modified » while neither the data, nor the product, nor the address changed."""

    @wraps(view)
    def answered(request, territory, **kwargs):
        # A message is for one person: it must not be kept in a page for everybody.
        if request.user.is_authenticated or settings.DEBUG or len(get_messages(request)):
            return view(request, territory, **kwargs)
        version = fingerprint(
            request, territory, _build(), str(contours.stamp()), str(bool(request.htmx)), str(settings.DEMO)
        )
        etag = quote_etag(version)
        if request.headers.get("If-None-Match") == etag:
            response = HttpResponse(status=304)
        elif (kept := cache.get(f"page-{version}")) is not None:
            response = HttpResponse(kept)
        else:
            response = view(request, territory, **kwargs)
            if response.status_code == 200:
                cache.set(f"page-{version}", response.content, KEPT_SECONDS)
        response["ETag"] = etag
        patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response

    return answered


def fingerprint(request, territory, *also: str) -> str:
    """Return what changes with the data, the figures given by hand, the language, the address, and `also`."""
    parts = [
        observations.data_version(),
        DeclaredFigure.objects.of(territory).version(),
        panels_version(territory),
        get_language(),
        request.get_full_path(),
        *also,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@once
def _build() -> str:
    """What changes with the product: a page made by another version is another page."""
    files = sorted(Path(settings.BASE_DIR).glob("ansanm/**/*.html")) + sorted(
        Path(settings.BASE_DIR).glob("indicators/**/*.yaml")
    )
    return hashlib.sha256(b"".join(one.read_bytes() for one in files)).hexdigest()[:16]
