from django.urls import path

from ansanm.conventions.finance import scenario_views

urlpatterns = [
    path("simulations/fiche/<int:pk>/joindre/", scenario_views.attach, name="action_scenario_attach"),
    path("simulations/<int:pk>/", scenario_views.action_scenario, name="action_scenario"),
    path(
        "simulations/<int:pk>/retirer/", scenario_views.action_scenario_remove, name="action_scenario_remove"
    ),
]
