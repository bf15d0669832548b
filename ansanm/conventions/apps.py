from django.apps import AppConfig


class ConventionsConfig(AppConfig):
    name = "ansanm.conventions"
    label = "conventions"

    def ready(self):
        from ansanm.accounts.permissions import role_sources
        from ansanm.conventions.models import ConventionRole

        role_sources.append(ConventionRole.objects.role_names_of)
