from django.urls import path

from ansanm.funding import scenario_views, simulator_views

urlpatterns = [
    path("creche/ouvrir/", simulator_views.creche_open, name="creche_open"),
    path("creche/changer/", simulator_views.creche_change, name="creche_change"),
    path("simulations/", scenario_views.scenarios, name="scenarios"),
    path("simulations/comparer/", scenario_views.scenarios_compare, name="scenarios_compare"),
    path("simulations/partage/<str:token>/", scenario_views.shared_scenario, name="shared_scenario"),
    path("simulations/<int:pk>/", scenario_views.scenario, name="scenario"),
    path("simulations/<int:pk>.<str:format>", scenario_views.scenario_export, name="scenario_export"),
    path("simulations/<int:pk>/modifier/", scenario_views.scenario_edit, name="scenario_edit"),
    path("simulations/<int:pk>/partager/", scenario_views.scenario_share, name="scenario_share"),
    path("simulations/<int:pk>/revoquer/", scenario_views.scenario_unshare, name="scenario_unshare"),
    path("simulations/<int:pk>/corbeille/", scenario_views.scenario_delete, name="scenario_delete"),
    path("simulations/<int:pk>/remettre/", scenario_views.scenario_restore, name="scenario_restore"),
]
