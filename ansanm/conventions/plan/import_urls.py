"""Plans brought in from elsewhere, and what is inconsistent in one."""

urlpatterns = []
