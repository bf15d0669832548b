"""Outside of the conventions: who holds a personal link has no other page to go to."""

from django.urls import path

from ansanm.conventions.plan import contributor_views

urlpatterns = [path("<str:token>/", contributor_views.contribute, name="contribute")]
