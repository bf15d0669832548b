"""How allauth behaves here: no open registration, our wording of subjects, a mail server that is down."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.utils.translation import gettext as _

from ansanm.ui.formats import labelled

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        # An account is opened by an administrator: people here act for an organisation.
        return False

    def format_email_subject(self, subject):
        return labelled("Ansanm", subject)

    def send_mail(self, template_prefix, email, context):
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            # smtplib's errors are OSErrors. Known and unknown addresses both send, so that this
            # message tells nothing about which accounts exist.
            log.exception("The message %s could not be sent", template_prefix)
            messages.error(
                self.request,
                _(
                    "Le message n’a pas pu partir\u00a0: le serveur de courrier ne répond pas. "
                    "Réessayez plus tard."
                ),
            )
