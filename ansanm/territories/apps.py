from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TerritoriesConfig(AppConfig):
    name = "ansanm.territories"

    def ready(self):
        # Registers the handlers of its jobs.
        from ansanm.jobs.words import titles
        from ansanm.territories import operations, syncing  # noqa: F401  (imported for what they register)

        titles["data.ingest"] = _("Relire une source de données")
        titles["data.sync"] = _("Synchroniser une source de données")
        titles["data.import"] = _("Importer un fichier de données")
