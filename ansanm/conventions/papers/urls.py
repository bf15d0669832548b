"""The documents of a convention: its text and annexes, délibérations, templates, signed sheets."""

from django.urls import path

from ansanm.conventions.papers import (
    deliberation_views,
    equipment_views,
    sheet_views,
    template_views,
    text_views,
)

urlpatterns = [
    path("", text_views.papers, name="papers"),
    path("commencer/", text_views.start, name="papers_start"),
    path("convention.<slug:format>", text_views.printed, name="papers_print"),
    path("en-tete/", text_views.letterhead, name="papers_letterhead"),
    path("texte/<slug:kind>/ajouter/", text_views.add, name="paper_row_add"),
    path("texte/<slug:kind>/<int:pk>/", text_views.edit, name="paper_row"),
    path("texte/<slug:kind>/<int:pk>/deplacer/", text_views.move, name="paper_row_move"),
    path("texte/<slug:kind>/<int:pk>/retirer/", text_views.remove, name="paper_row_remove"),
    path("deliberations/", deliberation_views.deliberations, name="deliberations"),
    path("deliberations/<int:pk>/", deliberation_views.deliberation, name="deliberation"),
    path("deliberations/<int:pk>/retirer/", deliberation_views.remove, name="deliberation_remove"),
    path(
        "deliberations/<int:pk>/imprimer.<slug:format>", deliberation_views.printed, name="deliberation_print"
    ),
    path("deliberations/partie/<int:party>/ecrire/", deliberation_views.start, name="deliberation_start"),
    path("deliberations/partie/<int:party>/vote/", deliberation_views.voted, name="deliberation_voted"),
    path("equipements/", equipment_views.equipment, name="equipment"),
    path("equipements/export.<slug:format>", equipment_views.export, name="equipment_export"),
    path("equipements/ajouter/", equipment_views.add, name="equipment_add"),
    path("equipements/importer/", equipment_views.read, name="equipment_import"),
    path("equipements/importer/enregistrer/", equipment_views.keep, name="equipment_import_keep"),
    path("equipements/<int:pk>/", equipment_views.edit, name="equipment_edit"),
    path("equipements/<int:pk>/corbeille/", equipment_views.delete, name="equipment_delete"),
    path("equipements/<int:pk>/remettre/", equipment_views.restore, name="equipment_restore"),
    path("signature/", sheet_views.signing, name="signature_sheets"),
    path("signature/versions/<int:number>/", sheet_views.prepare, name="signature_sheet_prepare"),
    path("signature/feuilles/<slug:code>.<slug:format>", sheet_views.printed, name="signature_sheet"),
    path("signature/deposer/", sheet_views.bring, name="signature_scan_bring"),
    path("signature/numerisations/<int:pk>/", sheet_views.place, name="signature_scan"),
    path("signature/numerisations/<int:pk>/retirer/", sheet_views.remove, name="signature_scan_remove"),
    path("modeles/", template_views.templates, name="paper_templates"),
    path("modeles/<slug:kind>/depart.<slug:format>", template_views.start, name="paper_template_start"),
    path("modeles/<slug:kind>/apporter/", template_views.bring, name="paper_template_bring"),
    path("modeles/<int:pk>/ecarter/", template_views.retire, name="paper_template_retire"),
]
