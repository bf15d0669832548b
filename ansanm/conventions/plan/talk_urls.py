"""Comments corrected and taken back; a fiche followed or no longer."""

from django.urls import path

from ansanm.conventions.plan import talk_views

COMMENT = "commentaires/<int:pk>/"

urlpatterns = [
    path("fiches/<int:pk>/suivre/", talk_views.follow, name="action_follow"),
    path(f"{COMMENT}corriger/", talk_views.edit, name="comment_edit"),
    path(f"{COMMENT}retirer/", talk_views.remove, name="comment_remove"),
]
