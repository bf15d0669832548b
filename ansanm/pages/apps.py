from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "ansanm.pages"
    label = "pages"
