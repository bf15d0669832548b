"""One fiche: read, write, merge, propose, go back."""

urlpatterns = []
