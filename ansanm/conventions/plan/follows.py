"""Who follows which fiche: those who open, pilot or comment it, and whoever asks.

Kept out of the audit trail: it changes nothing that others see, and would tell who watches whom.
"""

from ansanm.accounts.models import User
from ansanm.conventions.models import Action, ActionFollow


def follow(*, by, action) -> None:
    ActionFollow.objects.get_or_create(action=action, user=by)


def unfollow(*, by, action) -> None:
    ActionFollow.objects.filter(action=action, user=by).delete()


def opened(action, *, by, origin, pilot) -> None:
    """Who opens a fiche follows it, and its pilot; not who brings in a plan of sixty."""
    if by is not None and origin == "create":
        follow(by=by, action=action)
    piloted(action, pilot)


def piloted(action, pilot: int | None) -> None:
    """The person given the fiche to pilot (a key) follows it, until they say otherwise."""
    if pilot and (person := User.objects.filter(pk=pilot).first()):
        follow(by=person, action=action)


def followed_by(user):
    """The fiches `user` follows in the conventions where they still have a role."""
    return (
        Action.objects.standing()
        .filter(follows__user=user, convention__roles__user=user)
        .select_related("convention")
        .order_by("convention__name", "position", "pk")
    )
