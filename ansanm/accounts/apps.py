from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "ansanm.accounts"
    label = "accounts"

    def ready(self):
        from ansanm.accounts import idle, security_events, triggers

        post_migrate.connect(triggers.install_after_migrate, sender=self)
        security_events.connect()
        idle.connect()
