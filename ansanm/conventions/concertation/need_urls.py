from django.urls import path

from ansanm.conventions.concertation import consultation_views, need_views, priority_views

urlpatterns: list = [
    path("besoins/", need_views.needs, name="needs"),
    path("besoins/export.<slug:format>", need_views.export, name="needs_export"),
    path("besoins/ecrire/", need_views.need_new, name="need_new"),
    path("besoins/corbeille/", need_views.needs_bin, name="needs_bin"),
    path("besoins/<int:pk>/", need_views.need, name="need"),
    path("besoins/<int:pk>/modifier/", need_views.need_edit, name="need_edit"),
    path("besoins/<int:pk>/suite/", need_views.need_decide, name="need_decide"),
    path("besoins/<int:pk>/contributions/", need_views.need_sources, name="need_sources"),
    path("besoins/<int:pk>/chiffres/", need_views.need_cite, name="need_cite"),
    path("besoins/<int:pk>/chiffres/<int:row>/retirer/", need_views.need_uncite, name="need_uncite"),
    path("besoins/<int:pk>/plan/", need_views.need_link, name="need_link"),
    path("besoins/<int:pk>/objectif/", need_views.need_to_level, name="need_to_level"),
    path("besoins/<int:pk>/action/", need_views.need_to_action, name="need_to_action"),
    path("besoins/<int:pk>/reunir/", need_views.need_merge, name="need_merge"),
    path("besoins/<int:pk>/jeter/", need_views.need_delete, name="need_delete"),
    path("besoins/<int:pk>/remettre/", need_views.need_restore, name="need_restore"),
    path("priorites/", priority_views.priorities, name="priorities"),
    path("priorites/preparer/", priority_views.priority_new, name="priority_new"),
    path("priorites/<int:pk>/", priority_views.priority, name="priority"),
    path("priorites/<int:pk>/modifier/", priority_views.priority_edit, name="priority_edit"),
    path("priorites/<int:pk>/ouvrir/", priority_views.priority_open, name="priority_open"),
    path("priorites/<int:pk>/reprendre/", priority_views.priority_prepare, name="priority_prepare"),
    path("priorites/<int:pk>/bulletin/<int:voter>/", priority_views.priority_vote, name="priority_vote"),
    path("priorites/<int:pk>/bulletins/", priority_views.priority_ballot, name="priority_ballot"),
    path("priorites/<int:pk>/clore/", priority_views.priority_close, name="priority_close"),
    path("priorites/<int:pk>/rouvrir/", priority_views.priority_reopen, name="priority_reopen"),
    path("priorites/<int:pk>/appliquer/", priority_views.priority_apply, name="priority_apply"),
    path(
        "priorites/<int:pk>/resultat.<slug:format>", priority_views.priority_export, name="priority_export"
    ),
    path("priorites/<int:pk>/jeter/", priority_views.priority_delete, name="priority_delete"),
    path("priorites/<int:pk>/remettre/", priority_views.priority_restore, name="priority_restore"),
    path("page-publique/", consultation_views.consultation_edit, name="consultation_edit"),
    path("page-publique/apercu/", consultation_views.consultation_preview, name="consultation_preview"),
    path("page-publique/publier/", consultation_views.consultation_publish, name="consultation_publish"),
]
