"""Who must have a second factor, and still has none."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings

from ansanm.accounts.permissions import holds_staff_role

# What stays open without one: the way to set it, and the way out.
OPEN = {"account_logout", "account_reauthenticate", "account_change_password", "account_set_password"}


def lacks_second_factor(request) -> bool:
    """Whether this person must set a second factor before going on; never in a demonstration."""
    if settings.DEMO or not request.user.is_authenticated:
        return False
    name = request.resolver_match.url_name or ""
    if name in OPEN or name.startswith("mfa_"):
        return False
    return holds_staff_role(request.user) and not is_mfa_enabled(request.user)
