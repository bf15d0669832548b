"""Stages, signatures, versions: the agreement itself."""

from django.urls import path

from ansanm.conventions.agreement import row_views, version_views, views

urlpatterns = [
    path("", views.agreement, name="agreement"),
    path("etape/", views.move, name="agreement_move"),
    path("modele/", views.start, name="agreement_start"),
    path("modele/thematiques/", views.start_themes, name="agreement_start_themes"),
    path("modele/reprendre/<slug:previous>/", views.start_copy, name="agreement_copy"),
    path("texte/", version_views.draft, name="agreement_draft"),
    path("versions/<int:number>/", version_views.version, name="agreement_version"),
    path("versions/<int:number>/signer/", version_views.sign, name="agreement_sign"),
    path("versions/<int:number>/abandonner/", version_views.discard, name="agreement_discard"),
    path("versions/<int:number>/imprimer.<slug:format>", version_views.printed, name="agreement_print"),
    path("<slug:kind>/ajouter/", row_views.add, name="agreement_row_add"),
    path("<slug:kind>/<int:pk>/", row_views.edit, name="agreement_row_edit"),
    path("<slug:kind>/<int:pk>/retirer/", row_views.remove, name="agreement_row_remove"),
]
