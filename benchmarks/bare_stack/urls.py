from django.urls import path

from benchmarks.bare_stack import views

urlpatterns = [
    path("", views.page),
    path("actions/<int:pk>/", views.page, name="action"),
    path("actions/<int:pk>/modifier/", views.page, name="action_edit"),
]
