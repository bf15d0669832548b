"""Comments, follows, notices and calendar feeds."""

urlpatterns = []
