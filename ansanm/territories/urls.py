from importlib.util import find_spec

from django.urls import include, path

from ansanm.territories import views

urlpatterns = [
    path("", include("ansanm.territories.data_urls")),
    path("<slug:level>/<slug:slug>/", views.summary, name="territory"),
    path("<slug:level>/<slug:slug>/theme/<slug:theme>/", views.theme, name="territory_theme"),
    path("<slug:level>/<slug:slug>/indicateurs/", views.indicators, name="territory_indicators"),
    path(
        "<slug:level>/<slug:slug>/indicateurs/<slug:indicator>/", views.indicator, name="territory_indicator"
    ),
    path("<slug:level>/<slug:slug>/territoires/", views.members, name="territory_members"),
]
if find_spec("ansanm.territories.export_views"):
    from ansanm.territories import export_views

    urlpatterns.append(
        path("<slug:level>/<slug:slug>/diagnostic.<slug:format>", export_views.export, name="territory_export")
    )
else:
    urlpatterns.append(
        path("<slug:level>/<slug:slug>/diagnostic.<slug:format>", views.summary, name="territory_export")
    )
