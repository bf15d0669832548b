"""Outside of the conventions: who is invited answers from one page, without account."""

from django.urls import path

from ansanm.conventions.governance import invitation_views

urlpatterns = [path("<str:token>/", invitation_views.meeting_answer, name="meeting_answer")]
