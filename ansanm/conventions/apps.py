from django.apps import AppConfig


class ConventionsConfig(AppConfig):
    name = "ansanm.conventions"
    label = "conventions"

    def ready(self):
        from ansanm.accounts.permissions import role_sources
        from ansanm.accounts.trail import TELLERS
        from ansanm.conventions.history import tell_figures
        from ansanm.conventions.models import ConventionRole
        from ansanm.conventions.panels import conventions_of, declare_link, saved_views_of
        from ansanm.territories.panels import DECLARE_LINKS, EXPLORER_PANELS, PANELS

        role_sources.append(ConventionRole.objects.role_names_of)
        PANELS.append(conventions_of)
        TELLERS.append(tell_figures)
        DECLARE_LINKS.append(declare_link)
        EXPLORER_PANELS.append(saved_views_of)
