from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ConventionsConfig(AppConfig):
    name = "ansanm.conventions"
    label = "conventions"

    def ready(self):
        from ansanm.accounts.permissions import role_sources
        from ansanm.accounts.trail import TELLERS
        from ansanm.conventions import file_jobs, triggers
        from ansanm.conventions.concertation import contact_jobs
        from ansanm.conventions.finance import calendars
        from ansanm.conventions.finance import triggers as ledger_triggers
        from ansanm.conventions.governance import reminders
        from ansanm.conventions.history import tell
        from ansanm.conventions.models import ConventionRole
        from ansanm.conventions.panels import (
            consultations_of,
            consultations_version,
            conventions_of,
            declare_link,
            saved_views_of,
        )
        from ansanm.conventions.plan import bin_jobs, digests, import_jobs
        from ansanm.jobs.schedules import STANDING
        from ansanm.jobs.words import titles
        from ansanm.jobs.worker import REGULAR
        from ansanm.territories.panels import DECLARE_LINKS, EXPLORER_PANELS, PANELS, VERSIONS

        titles[bin_jobs.KIND] = _("Vider la corbeille des plans")
        STANDING["plan.bin"] = (bin_jobs.KIND, "daily")
        titles[file_jobs.KIND] = _("Supprimer les fichiers que plus rien ne nomme")
        STANDING["files.sweep"] = (file_jobs.KIND, "daily")
        titles[contact_jobs.KIND] = _("Effacer les coordonnées dont le jour est venu")
        STANDING["concertation.contacts"] = (contact_jobs.KIND, "daily")
        titles[reminders.KIND] = _("Rappeler les décisions à suivre")
        STANDING["decisions.remind"] = (reminders.KIND, "daily")
        titles[import_jobs.KIND] = _("Import d’un plan d’actions")
        titles[calendars.KIND] = _("Rappeler les échéances des COF")
        STANDING[calendars.KIND] = (calendars.KIND, "daily")
        role_sources.append(ConventionRole.objects.role_names_of)
        REGULAR.append(digests.regular)
        PANELS.append(conventions_of)
        PANELS.append(consultations_of)
        VERSIONS.append(consultations_version)
        TELLERS.append(tell)
        DECLARE_LINKS.append(declare_link)
        post_migrate.connect(triggers.install_after_migrate, sender=self)
        pre_migrate.connect(ledger_triggers.remove_before_migrate, sender=self)
        post_migrate.connect(ledger_triggers.install_after_migrate, sender=self)
        EXPLORER_PANELS.append(saved_views_of)
