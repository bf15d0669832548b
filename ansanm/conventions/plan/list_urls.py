"""The plan seen whole: list, board, calendar, tree, map, table, bin, exports."""

from django.urls import path

from ansanm.conventions.plan import list_views

urlpatterns = [
    path("", list_views.plan, name="plan"),
]
