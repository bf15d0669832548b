from django.urls import path

from ansanm.conventions.governance import import_views, overlap_views, pack_views

urlpatterns = [
    path("rationaliser/", overlap_views.overlap, name="bodies_overlap"),
    path("rationaliser/reunir/", overlap_views.merge, name="bodies_merge"),
    path("rationaliser/export.<slug:format>", overlap_views.export, name="bodies_overlap_export"),
    path("rationaliser/importer/", import_views.read, name="bodies_import"),
    path("rationaliser/importer/enregistrer/", import_views.keep, name="bodies_import_keep"),
    path("rationaliser/modele.xlsx", import_views.template, name="bodies_template"),
    path("reunions/<int:pk>/dossier.<slug:format>", pack_views.meeting_pack, name="meeting_pack"),
    path("reunions/<int:pk>/compte-rendu.<slug:format>", pack_views.meeting_minutes, name="meeting_minutes"),
]
