"""Ansanm: the open platform that runs a Convention territoriale globale."""

__version__ = "0.1.0"
