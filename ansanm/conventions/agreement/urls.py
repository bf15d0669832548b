"""Stages, signatures, versions: the agreement itself."""

urlpatterns = []
