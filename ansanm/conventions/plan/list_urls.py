"""The plan seen whole: list, board, calendar, tree, map, table, bin, exports."""

urlpatterns = []
