"""Plans brought in from elsewhere, and what is inconsistent in one."""

from django.urls import path

from ansanm.conventions.plan import import_views

urlpatterns = [
    path("importer/", import_views.read, name="plan_import"),
    path("importer/relire/", import_views.again, name="plan_import_again"),
    path("importer/enregistrer/", import_views.keep, name="plan_import_keep"),
    path("importer/a-corriger/", import_views.marked, name="plan_import_marked"),
    path("importer/modele.xlsx", import_views.template, name="plan_import_template"),
    path("importer/<int:pk>/", import_views.done, name="plan_import_done"),
    path("coherence/", import_views.coherence, name="plan_consistency"),
    path("coherence/export.<slug:format>", import_views.coherence_export, name="plan_consistency_export"),
]
