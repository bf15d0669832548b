"""What allauth does to the safety of an account is a deed too: it goes to the audit trail."""

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.db import transaction

from ansanm.accounts.audit import record

VERBS = {
    account.password_changed: "password.change",
    account.password_set: "password.set",
    account.password_reset: "password.reset",
    mfa.authenticator_added: "second_factor.add",
    mfa.authenticator_removed: "second_factor.remove",
    mfa.authenticator_reset: "second_factor.renew",
}


def connect():
    for signal in VERBS:
        signal.connect(write_down, dispatch_uid="ansanm.accounts.security_events")


def write_down(signal, user, authenticator=None, **kwargs):
    # allauth has already saved: it offers no transaction of its own to join.
    with transaction.atomic():
        after = {"kind": authenticator.type} if authenticator else None
        record(VERBS[signal], by=user, target=user, after=after)
