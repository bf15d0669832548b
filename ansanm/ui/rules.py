"""Who may call a view: the rule each view carries as `.access`.

The rule lives here, below accounts, because the pages of this app (gallery, errors) carry one too;
`ansanm.accounts.access` re-exports it with the rules that need an account, and its middleware
refuses a view that has none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Access:
    kind: Literal["public", "signed_in", "permission"]
    permission: Any = None
    # Finds the convention the permission is asked on; None: the permission is the platform's.
    find: Callable | None = None


def public(view):
    """Let everybody call the view, signed in or not."""
    view.access = Access("public")
    return view
