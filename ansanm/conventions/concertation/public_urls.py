"""What anybody may read and answer, without an account."""

from django.urls import path

from ansanm.conventions.concertation import answer_views as views
from ansanm.conventions.concertation import consultation_views

# The words « enquete » and « suivre » come first: a convention's address stands beside them.
urlpatterns = [
    path("enquete/<slug:slug>/", views.survey_answer, name="survey_answer"),
    path("enquete/<slug:slug>/merci/", views.survey_thanks, name="survey_thanks"),
    path("enquete/<slug:slug>/coordonnees/", views.survey_contact, name="survey_contact"),
    path("enquete/<slug:slug>/resultats/", views.survey_public_results, name="survey_public_results"),
    path("suivre/", consultation_views.contribution_follow, name="contribution_follow"),
    path("suivre/<slug:reference>/", consultation_views.contribution_followed, name="contribution_followed"),
    path("<slug:slug>/", consultation_views.consultation_page, name="consultation"),
    path("<slug:slug>/contribuer/", views.contribute_freely, name="contribute_freely"),
    path(
        "<slug:slug>/contribuer/merci/<slug:reference>/",
        views.contribute_freely_thanks,
        name="contribute_freely_thanks",
    ),
]
