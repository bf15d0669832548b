"""The plan seen whole: list, board, calendar, tree, map, table, bin, exports."""

from django.urls import path

from ansanm.conventions.plan import (
    calendar_views,
    export_views,
    list_views,
    map_views,
    status_views,
    table_views,
    tree_views,
)

urlpatterns = [
    path("", list_views.plan, name="plan"),
    path("avancement/", list_views.progress, name="plan_progress"),
    path("pilotes/", list_views.pilots, name="plan_pilots"),
    path("etats/", status_views.board, name="plan_board"),
    path("etats/deplacer/", status_views.move, name="plan_move"),
    path("etats/<int:pk>/", status_views.status, name="plan_status"),
    path("calendrier/", calendar_views.calendar, name="plan_calendar"),
    path("frise/", calendar_views.timeline, name="plan_timeline"),
    path("carte/", map_views.plan_map, name="plan_map"),
    path("tableau/", table_views.table, name="plan_table"),
    path("tableau/modifier/", table_views.bulk, name="plan_bulk"),
    path("tableau/corbeille/", table_views.delete, name="plan_delete"),
    path("tableau/<int:pk>/<slug:field>/", table_views.cell, name="plan_cell"),
    path("tableau/<int:pk>/<slug:field>/garder/", table_views.cell_back, name="plan_cell_back"),
    path("annuler/<int:pk>/", table_views.undo, name="plan_undo"),
    path("corbeille/", table_views.bin, name="plan_bin"),
    path("corbeille/<int:pk>/remettre/", table_views.restore, name="plan_restore"),
    path("enjeux/", tree_views.tree, name="plan_tree"),
    path("enjeux/ajouter/", tree_views.node_new, name="plan_node_new"),
    path("enjeux/ordre/", tree_views.shift, name="plan_shift"),
    path("enjeux/<int:pk>/", tree_views.node_edit, name="plan_node"),
    path("enjeux/<int:pk>/retirer/", tree_views.node_delete, name="plan_node_delete"),
    path("thematiques/", tree_views.themes, name="plan_themes"),
    path("thematiques/<int:pk>/", tree_views.theme_edit, name="plan_theme"),
    path("thematiques/<int:pk>/retirer/", tree_views.theme_delete, name="plan_theme_delete"),
    path("organismes/", tree_views.actors, name="plan_actors"),
    path("organismes/<int:pk>/", tree_views.actor_edit, name="plan_actor"),
    path("organismes/<int:pk>/reunir/", tree_views.actor_merge, name="plan_actor_merge"),
    path("organismes/<int:pk>/retirer/", tree_views.actor_delete, name="plan_actor_delete"),
    path("export.<slug:format>", export_views.export, name="plan_export"),
    path("fiches/<int:pk>/fiche.<slug:format>", export_views.fiche, name="action_export"),
]
