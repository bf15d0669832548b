"""What was published about the convention as a whole."""

from django.urls import path

from ansanm.conventions.plan import reported_views

urlpatterns = [
    path("publie/", reported_views.figures, name="reported_figures"),
    path("publie/ajouter/", reported_views.add, name="reported_add"),
    path("publie/<int:pk>/", reported_views.edit, name="reported_edit"),
    path("publie/<int:pk>/retirer/", reported_views.remove, name="reported_remove"),
]
