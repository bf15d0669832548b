"""The diagnosis as a file to download: `?theme=` and `?indicateur=` narrow it as the pages do."""

from django.http import Http404
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import condition, require_safe

from ansanm import __version__
from ansanm.accounts.access import public
from ansanm.territories import definitions, documents
from ansanm.territories.caching import fingerprint
from ansanm.territories.diagnosis import diagnose
from ansanm.territories.views import at_its_address
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited


def version(request, territory, format):
    """Changes with the product and the day, which the files say, too.

    Public for everybody, signed in or not: no file holds anything of the reader.
    """
    return quote_etag(fingerprint(request, territory, __version__, timezone.localdate().isoformat()))


@public
@require_safe
@at_its_address
@condition(etag_func=version)
@limited
def export(request, territory, format):
    if format not in documents.FORMATS:
        raise Http404(f"No such format: {format}")
    theme = chosen(request, "theme", definitions.themes())
    indicator = chosen(request, "indicateur", definitions.definitions_of(territory.level))
    if theme and indicator:
        # One of the two says it all, and the file can be empty otherwise.
        theme = None
    content = documents.write(diagnose(territory), format, theme=theme, indicator=indicator)
    name = "-".join(["diagnostic", territory.code, territory.slug, *filter(None, [theme or indicator])])
    response = attached(content, f"{name}.{format}", documents.FORMATS[format].content_type)
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
    return response


def chosen(request, parameter, known):
    """The value of a parameter of the address, None when it is not there, 404 when it is unknown."""
    value = request.GET.get(parameter) or None
    if value is not None and value not in known:
        raise Http404(f"No such {parameter}: {value}")
    return value
