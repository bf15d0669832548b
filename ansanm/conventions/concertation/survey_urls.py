from django.urls import path

from ansanm.conventions.concertation import contribution_views as said
from ansanm.conventions.concertation import survey_views as views

ONE = "enquetes/<int:pk>/"

urlpatterns = [
    path("", said.concertation, name="concertation"),
    path("enquetes/nouvelle/", views.survey_new, name="survey_new"),
    path(ONE, views.survey, name="survey"),
    path(f"{ONE}modifier/", views.survey_edit, name="survey_edit"),
    path(f"{ONE}questions/ajouter/", views.question_new, name="survey_question_new"),
    path(f"{ONE}questions/<int:question>/", views.question_edit, name="survey_question"),
    path(f"{ONE}questions/<int:question>/retirer/", views.question_remove, name="survey_question_remove"),
    path(f"{ONE}ordre/", views.survey_shift, name="survey_shift"),
    path(f"{ONE}etat/", views.survey_state, name="survey_state"),
    path(f"{ONE}copier/", views.survey_copy, name="survey_copy"),
    path(f"{ONE}retirer/", views.survey_delete, name="survey_delete"),
    path(f"{ONE}remettre/", views.survey_restore, name="survey_restore"),
    path(f"{ONE}apercu/", views.survey_preview, name="survey_preview"),
    path(f"{ONE}affiches/", views.survey_poster, name="survey_poster"),
    path(f"{ONE}imprimer/<slug:kind>.<slug:format>", views.survey_print, name="survey_print"),
    path(f"{ONE}saisir/", views.survey_enter, name="survey_enter"),
    path(f"{ONE}importer/", views.survey_import_page, name="survey_import"),
    path(f"{ONE}modele.<slug:format>", views.survey_model, name="survey_model"),
    path(f"{ONE}resultats/", views.survey_results, name="survey_results"),
    path(f"{ONE}resultats/publier/", views.survey_publish, name="survey_publish"),
    path(f"{ONE}resultats/limites/", views.bias_note_add, name="survey_bias_note"),
    path(
        f"{ONE}resultats/limites/<int:note>/retirer/",
        views.bias_note_remove,
        name="survey_bias_note_remove",
    ),
    path(f"{ONE}reponses.<slug:format>", views.survey_export, name="survey_export"),
    path(f"{ONE}reponses/", views.survey_answers, name="survey_answers"),
    path(f"{ONE}reponses/lire/", views.survey_answers_moderate, name="survey_answers_moderate"),
    path(
        f"{ONE}reponses/<int:answer>/<int:question>/retenir/",
        views.answer_to_contribution,
        name="answer_to_contribution",
    ),
    path(f"{ONE}coordonnees/", views.survey_contacts, name="survey_contacts"),
    path(f"{ONE}coordonnees/exporter/", views.survey_contacts_export, name="survey_contacts_export"),
    path(f"{ONE}coordonnees/effacer/", views.survey_contacts_delete, name="survey_contacts_delete"),
    path("contributions/", said.contributions, name="contributions"),
    path("contributions/saisir/", said.contribution_new, name="contribution_new"),
    path("contributions/lire/", said.contributions_moderate, name="contributions_moderate"),
    path("contributions/export.<slug:format>", said.contributions_export, name="contributions_export"),
    path("contributions/<int:pk>/", said.contribution, name="contribution"),
    path("contributions/<int:pk>/classer/", said.contribution_edit, name="contribution_edit"),
    path("ateliers/ajouter/", said.workshop_new, name="workshop_new"),
    path("ateliers/<int:pk>/", said.workshop, name="workshop"),
    path("ateliers/<int:pk>/modifier/", said.workshop_edit, name="workshop_edit"),
    path("ateliers/<int:pk>/decouper/", said.workshop_cut, name="workshop_cut"),
    path("ateliers/<int:pk>/retirer/", said.workshop_delete, name="workshop_delete"),
    path("ateliers/<int:pk>/remettre/", said.workshop_restore, name="workshop_restore"),
]
