"""Who may call a view. Each view wears one of `public`, `signed_in`, `requires`; one that wears none
is refused by AccessMiddleware."""

from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404

from ansanm.accounts.permissions import Permission, has_permission
from ansanm.ui.rules import Access, public

__all__ = ["Access", "public", "requires", "signed_in"]


def signed_in(view):
    """Let any signed-in person call the view; send others to the sign-in page."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return sign_in_first(request)
        return view(request, *args, **kwargs)

    guarded.access = Access("signed_in")
    return guarded


def requires(permission: Permission, on=None):
    """Ask for a permission, on the platform or on the convention that `on(request, **kwargs)` finds.

    That convention is then `request.convention`. To a person without any role on it, it does not
    exist (404): a 403 would tell that it does.
    """

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return sign_in_first(request)
            convention = None
            if on is not None:
                convention = request.convention = on(request, **kwargs)
                held = convention.roles_of(request.user)
                if not held:
                    raise Http404
                # The rights of a request are those it began with: asked once, not by each part of a page.
                convention.roles_held = {request.user.pk: held}
            if not has_permission(request.user, permission, convention):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = Access("permission", permission, on)
        return guarded

    return decorate


def sign_in_first(request):
    # After signing in, a form that was being sent is opened again rather than sent.
    return redirect_to_login(request.get_full_path() if request.method in {"GET", "HEAD"} else request.path)
