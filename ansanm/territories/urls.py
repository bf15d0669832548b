from django.urls import include, path

from ansanm.territories import export_views, views

urlpatterns = [
    path("", include("ansanm.territories.data_urls")),
    path("<slug:level>/<slug:slug>/", views.summary, name="territory"),
    path("<slug:level>/<slug:slug>/theme/<slug:theme>/", views.theme, name="territory_theme"),
    path("<slug:level>/<slug:slug>/indicateurs/", views.indicators, name="territory_indicators"),
    path(
        "<slug:level>/<slug:slug>/indicateurs/<slug:indicator>/", views.indicator, name="territory_indicator"
    ),
    path("<slug:level>/<slug:slug>/territoires/", views.members, name="territory_members"),
    path("<slug:level>/<slug:slug>/diagnostic.<slug:format>", export_views.export, name="territory_export"),
]
