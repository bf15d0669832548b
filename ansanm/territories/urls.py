from django.urls import include, path

from ansanm.territories import compare_views, export_views, similar_views, views

PLACE = "<slug:level>/<slug:slug>/"

urlpatterns = [
    path("", include("ansanm.territories.data_urls")),
    path("comparer/", compare_views.compare, name="compare"),
    path(PLACE, views.summary, name="territory"),
    path(f"{PLACE}theme/<slug:theme>/", views.theme, name="territory_theme"),
    path(f"{PLACE}indicateurs/", views.indicators, name="territory_indicators"),
    path(f"{PLACE}indicateurs/<slug:indicator>/", views.indicator, name="territory_indicator"),
    path(f"{PLACE}territoires/", views.members, name="territory_members"),
    path(f"{PLACE}similaires/", similar_views.similar_places, name="territory_similar"),
    path(f"{PLACE}diagnostic.<slug:format>", export_views.export, name="territory_export"),
]
