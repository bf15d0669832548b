"""How allauth behaves here: no open registration, our wording of subjects."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        # An account is created by an administrator: people here act for an organisation.
        return False

    def format_email_subject(self, subject):
        return f"Ansanm : {subject}"
