"""Deny by default, and the headers every answer carries."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.shortcuts import redirect
from django.urls import reverse

from ansanm.accounts import idle
from ansanm.accounts.second_factor import lacks_second_factor
from ansanm.accounts.third_party import rule_of

# What no page of ours uses, no page may use, injected script included. Passkeys need the two last.
PERMISSIONS_POLICY = (
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), "
    "encrypted-media=(), fullscreen=(self), geolocation=(), gyroscope=(), hid=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), serial=(), usb=(), "
    "xr-spatial-tracking=(), publickey-credentials-create=(self), publickey-credentials-get=(self)"
)


class SecurityHeadersMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        # The cookie and not request.user: that would cost two queries on pages that need none.
        cookie = settings.SESSION_COOKIE_NAME
        if cookie in request.COOKIES or cookie in response.cookies:
            # A shared computer in a community centre: « back » after signing out shows nothing.
            if not request.path_info.startswith(settings.STATIC_URL):
                response.headers["Cache-Control"] = "no-store, private"
        else:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class AccessMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        match = request.resolver_match
        rule = rule_of(view, match.url_name)
        if rule is None:
            raise ImproperlyConfigured(
                f"{match.route} ({match.view_name}) has no access rule: decorate its view with public, "
                "signed_in or requires from ansanm.accounts.access."
            )
        idle.end_if_idle(request)
        if rule.kind != "public" and lacks_second_factor(request):
            return redirect(reverse("mfa_index", query={"requis": 1}))
        return None
