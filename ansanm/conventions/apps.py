from django.apps import AppConfig


class ConventionsConfig(AppConfig):
    name = "ansanm.conventions"
    label = "conventions"

    def ready(self):
        from ansanm.accounts.permissions import role_sources
        from ansanm.conventions.models import ConventionRole
        from ansanm.conventions.panels import conventions_of
        from ansanm.territories.panels import PANELS

        role_sources.append(ConventionRole.objects.role_names_of)
        PANELS.append(conventions_of)
