from django.urls import include, path

from ansanm.funding import circuit_views, entry_views, views

urlpatterns = [
    path("", include("ansanm.funding.simulator_urls")),
    path("tarif-creche/", views.family_tariff, name="family_tariff"),
    path("circuit-court/", circuit_views.circuit_example, name="circuit_example"),
    path("circuit-court.<str:format>", circuit_views.circuit_example_export, name="circuit_example_export"),
    path("baremes/", views.parameters, name="funding_parameters"),
    path("baremes/saisies/", entry_views.entered_values, name="entered_values"),
    path("baremes/saisies.<str:format>", entry_views.entered_values_export, name="entered_values_export"),
    path("baremes/saisies/histoire/", entry_views.entered_values_history, name="entered_values_history"),
    path("baremes/saisies/import/", entry_views.entered_values_import, name="entered_values_import"),
    path("baremes/saisies/import/garder/", entry_views.entered_values_keep, name="entered_values_keep"),
    path("baremes/saisies/<str:parameter>/", entry_views.entered_value, name="entered_value"),
    path(
        "baremes/saisies/<str:parameter>/<int:pk>/corriger/",
        entry_views.entered_value_correct,
        name="entered_value_correct",
    ),
    path(
        "baremes/saisies/<str:parameter>/<int:pk>/retirer/",
        entry_views.entered_value_withdraw,
        name="entered_value_withdraw",
    ),
    path("baremes.<str:format>", views.parameters_export, name="funding_parameters_export"),
]
