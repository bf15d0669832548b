from django.urls import include, path

from ansanm.territories import compare_views, explorer_views, export_views, similar_views, views, zoning_views

PLACE = "<slug:level>/<slug:slug>/"

urlpatterns = [
    path("", include("ansanm.territories.data_urls")),
    path("comparer/", compare_views.compare, name="compare"),
    path("api/", explorer_views.api_guide, name="api_guide"),
    path("explorer/", explorer_views.explorer, name="explorer"),
    path("explorer/donnees.<slug:format>", explorer_views.explorer_export, name="explorer_export"),
    path(PLACE, views.summary, name="territory"),
    path(f"{PLACE}theme/<slug:theme>/", views.theme, name="territory_theme"),
    path(f"{PLACE}indicateurs/", views.indicators, name="territory_indicators"),
    path(f"{PLACE}indicateurs/<slug:indicator>/", views.indicator, name="territory_indicator"),
    path(f"{PLACE}territoires/", views.members, name="territory_members"),
    path(f"{PLACE}similaires/", similar_views.similar_places, name="territory_similar"),
    path(f"{PLACE}zonages/", zoning_views.zonings, name="territory_zonings"),
    path(f"{PLACE}zonages/<slug:zoning>.<slug:format>", zoning_views.zoning_export, name="zoning_export"),
    path(f"{PLACE}diagnostic.<slug:format>", export_views.export, name="territory_export"),
]
