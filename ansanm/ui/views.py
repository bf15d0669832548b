"""The frame's own pages: gallery of components, language switch, errors."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import translate_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language_from_path, override
from django.views.decorators.http import require_safe

from ansanm.ui import samples
from ansanm.ui.formats import format_number
from ansanm.ui.rules import public


@public
@require_safe
def gallery(request):
    return render(request, "ui/gallery.html", samples.context())


@public
@require_safe
def set_language(request):
    """Go to the same page in the other language: `?language=en&next=/territoires/…`.

    The address alone says the language, so nothing is stored; and the address of the other
    language is worked out here, on demand, rather than on every page for a link few follow.
    """
    language = request.GET.get("language", settings.LANGUAGE_CODE)
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    page = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts=None):
        page = "/"
    # translate_url resolves in the active language: the one of the page we come from.
    with override(get_language_from_path(page) or settings.LANGUAGE_CODE):
        return HttpResponseRedirect(translate_url(page, language))


@public
def bad_request(request, exception=None):
    context = {
        "is_too_large": isinstance(exception, RequestDataTooBig),
        "most": format_number(settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1024**2, decimals=1),
    }
    return render(request, "ui/errors/400.html", context, status=400)


@public
def forbidden(request, exception=None):
    return render(request, "ui/errors/403.html", {"reason": str(exception or "")}, status=403)


@public
def not_found(request, exception=None):
    return render(request, "ui/errors/404.html", status=404)


@public
def too_many_requests(request, exception=None, *, wait_seconds=0, per_minute=0):
    context = {"wait_seconds": wait_seconds, "per_minute": per_minute}
    response = render(request, "ui/errors/429.html", context, status=429)
    response["Cache-Control"] = "no-store"
    if wait_seconds:
        response["Retry-After"] = str(wait_seconds)
    return response


@public
def csrf_failure(request, reason=""):
    return render(request, "ui/errors/csrf.html", status=403)


@public
def server_error(request):
    # No request in the context: neither the session, nor the user, nor the database is touched.
    return HttpResponse(render_to_string("ui/errors/500.html"), status=500)
