"""« Mon suivi »: of a person, across their conventions."""

from django.urls import path

from ansanm.conventions.plan import follow_views

urlpatterns = [
    path("", follow_views.follow_up, name="follow_up"),
    path("lu/", follow_views.read, name="notices_read"),
    path("courriels/", follow_views.rhythm, name="mail_rhythm"),
    path("courriels/renouveler/", follow_views.renew, name="mail_renew"),
    path("calendriers/", follow_views.feed_create, name="feed_create"),
    path("calendriers/<int:pk>/revoquer/", follow_views.feed_revoke, name="feed_revoke"),
]
