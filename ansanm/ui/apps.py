from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "ansanm.ui"
    label = "ui"
