from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    name = "ansanm.territories"

    def ready(self):
        # Registers the handlers of its jobs.
        from ansanm.territories import operations  # noqa: F401  (imported for what it registers)
