from django.urls import path

from ansanm.conventions.governance import (
    body_views,
    contact_views,
    decision_views,
    invitation_views,
    meeting_views,
    minutes_views,
)

urlpatterns = [
    path("", body_views.bodies, name="bodies"),
    path("ajouter/", body_views.body_new, name="body_new"),
    path("corbeille/", body_views.bodies_bin, name="bodies_bin"),
    path("<int:pk>/", body_views.body, name="body"),
    path("<int:pk>/modifier/", body_views.body_edit, name="body_edit"),
    path("<int:pk>/terminer/", body_views.body_end, name="body_end"),
    path("<int:pk>/corbeille/", body_views.body_delete, name="body_delete"),
    path("<int:pk>/remettre/", body_views.body_restore, name="body_restore"),
    path("<int:pk>/calendrier/", body_views.body_feed, name="body_feed"),
    path("<int:pk>/sieges/ajouter/", body_views.mandate_add, name="mandate_add"),
    path("<int:pk>/sieges/<int:mandate>/", body_views.mandate_edit, name="mandate_edit"),
    path("<int:pk>/sieges/<int:mandate>/retirer/", body_views.mandate_remove, name="mandate_remove"),
    path("contacts/", contact_views.participants, name="participants"),
    path("contacts/ajouter/", contact_views.participant_add, name="participant_add"),
    path("contacts/<int:pk>/", contact_views.participant, name="participant"),
    path("contacts/<int:pk>/depart/", contact_views.participant_leave, name="participant_leave"),
    path("contacts/<int:pk>/confier/", contact_views.participant_hand_over, name="participant_hand_over"),
    path("contacts/<int:pk>/effacer/", contact_views.participant_erase, name="participant_erase"),
    path("reunions/", meeting_views.meetings, name="meetings"),
    path("reunions/calendrier/", meeting_views.meetings_calendar, name="meetings_calendar"),
    path("reunions/ajouter/", meeting_views.meeting_new, name="meeting_new"),
    path("reunions/<int:pk>/", meeting_views.meeting, name="meeting"),
    path("reunions/<int:pk>/modifier/", meeting_views.meeting_edit, name="meeting_edit"),
    path("reunions/<int:pk>/annuler/", meeting_views.meeting_cancel, name="meeting_cancel"),
    path("reunions/<int:pk>/rouvrir/", meeting_views.meeting_replan, name="meeting_replan"),
    path("reunions/<int:pk>/clore/", meeting_views.meeting_close, name="meeting_close"),
    path("reunions/<int:pk>/corbeille/", meeting_views.meeting_delete, name="meeting_delete"),
    path("reunions/<int:pk>/remettre/", meeting_views.meeting_restore, name="meeting_restore"),
    path("reunions/<int:pk>/convocations/", invitation_views.meeting_invitations, name="meeting_invitations"),
    path(
        "reunions/<int:pk>/convocations/<int:participant>/",
        invitation_views.invitation_answer,
        name="invitation_answer",
    ),
    path("reunions/<int:pk>/presences/", meeting_views.attendance, name="meeting_attendance"),
    path(
        "reunions/<int:pk>/emargement.<slug:format>", meeting_views.attendance_sheet, name="attendance_sheet"
    ),
    path("reunions/<int:pk>/points/ajouter/", meeting_views.item_add, name="item_add"),
    path("reunions/<int:pk>/points/habituels/", meeting_views.items_usual, name="items_usual"),
    path("reunions/<int:pk>/points/<int:item>/", meeting_views.item_edit, name="item_edit"),
    path("reunions/<int:pk>/points/<int:item>/retirer/", meeting_views.item_remove, name="item_remove"),
    path("reunions/<int:pk>/points/<int:item>/deplacer/", meeting_views.item_shift, name="item_shift"),
    path(
        "reunions/<int:pk>/points/<int:item>/compte-rendu/", minutes_views.minutes_edit, name="minutes_edit"
    ),
    path(
        "reunions/<int:pk>/points/<int:item>/versions/", minutes_views.minutes_history, name="minutes_history"
    ),
    path("reunions/<int:pk>/ouverture/", minutes_views.meeting_opening, name="meeting_opening"),
    path("reunions/<int:pk>/approuver/", minutes_views.minutes_approve, name="minutes_approve"),
    path("reunions/<int:pk>/documents/", meeting_views.paper_add, name="paper_add"),
    path("reunions/<int:pk>/documents/<int:paper>/retirer/", meeting_views.paper_remove, name="paper_remove"),
    path("decisions/", decision_views.decisions, name="decisions"),
    path("decisions/ajouter/", decision_views.decision_new, name="decision_new"),
    path("decisions/export.<slug:format>", decision_views.decisions_export, name="decisions_export"),
    path("decisions/<int:pk>/", decision_views.decision, name="decision"),
    path("decisions/<int:pk>/modifier/", decision_views.decision_edit, name="decision_edit"),
    path("decisions/<int:pk>/suite/", decision_views.decision_news, name="decision_news"),
]
