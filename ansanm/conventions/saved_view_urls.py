from django.urls import path

from ansanm.conventions import saved_view_views

urlpatterns = [
    path("", saved_view_views.saved_views, name="saved_views"),
    path("enregistrer/", saved_view_views.save, name="saved_view_save"),
    path("<int:pk>/", saved_view_views.change, name="saved_view_change"),
    path("<int:pk>/corbeille/", saved_view_views.delete, name="saved_view_delete"),
    path("<int:pk>/remettre/", saved_view_views.restore, name="saved_view_restore"),
]
