"""The addresses of the API. They carry our rule and methods; what they call is imported when called."""

from django.http import JsonResponse
from django.urls import path
from django.utils import translation
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public


def in_its_language(view):
    def answered(request, **kwargs):
        language = "en" if request.GET.get("langue") == "en" else "fr"
        with translation.override(language):
            response = view(request, **kwargs)
        response["Content-Language"] = language
        return response

    return answered


def operation(name):
    @public
    @require_safe
    @in_its_language
    def view(request, **kwargs):
        from ansanm.territories.api import VIEWS

        method = request.method
        # django-ninja answers GET alone; the server leaves the body out of the answer to HEAD.
        request.method = "GET"
        try:
            return VIEWS[name](request, **kwargs)
        finally:
            request.method = method

    return view


@public
@require_safe
@in_its_language
def openapi(request):
    from ansanm.territories.api import schema

    return JsonResponse(schema(), json_dumps_params={"ensure_ascii": False, "indent": 1})


urlpatterns = [
    path("", openapi, name="api_root"),
    path("openapi.json", openapi, name="api_schema"),
    path("territories", operation("territories"), name="api_territories"),
    path("territories/<str:level>/<str:code>", operation("territory"), name="api_territory"),
    path("territories/<str:level>/<str:code>/similar", operation("similar"), name="api_similar"),
    path("indicators", operation("indicators"), name="api_indicators"),
    path("values", operation("values"), name="api_values"),
]
