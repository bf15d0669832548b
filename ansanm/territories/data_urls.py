from django.urls import path

from ansanm.territories import data_views as views

urlpatterns = [
    path("recherche/", views.search, name="search"),
    path("sources/", views.sources, name="sources"),
    path("sources/<slug:dataset>/", views.source, name="source"),
    path("sources/<slug:dataset>/relire/", views.source_sync, name="source_sync"),
    path("sources/<slug:dataset>/importer/", views.source_import, name="source_import"),
    path("sources/<slug:dataset>/calendrier/", views.source_schedule, name="source_schedule"),
]
