"""Deny by default, and what a guarded view answers to whom."""

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import path

from ansanm.accounts.access import public, requires, signed_in
from ansanm.accounts.permissions import Permission

urlpatterns = [path("forgotten/", lambda request: HttpResponse("secret"), name="forgotten")]


def call(view, user, rf, **kwargs):
    request = rf.get("/somewhere/?page=2")
    request.user = user
    return view(request, **kwargs)


@pytest.mark.urls("tests.accounts.test_access")
def test_a_view_without_a_rule_is_refused(client):
    with pytest.raises(ImproperlyConfigured, match="no access rule"):
        client.get("/forgotten/")


def test_each_rule_is_readable_on_the_view():
    def find(request):
        return None

    def view(request):
        return HttpResponse()

    assert public(view).access.kind == "public"
    assert signed_in(view).access.kind == "signed_in"
    rule = requires(Permission.AUDIT_READ, on=find)(view).access
    assert (rule.kind, rule.permission, rule.find) == ("permission", Permission.AUDIT_READ, find)


def test_nobody_is_sent_to_sign_in_and_back(rf):
    from django.contrib.auth.models import AnonymousUser

    for guard in (signed_in, requires(Permission.USER_ADD)):
        response = call(guard(lambda request: HttpResponse()), AnonymousUser(), rf)

        assert response.status_code == 302
        assert response.url == "/compte/connexion/?next=/somewhere/%3Fpage%3D2"


def test_a_convention_does_not_exist_for_those_without_a_role_on_it(cast, rf):
    @requires(Permission.CONVENTION_EDIT, on=lambda request, slug: cast.convention)
    def edit(request, slug):
        return HttpResponse(str(request.convention))

    assert call(edit, cast.city_officer, rf, slug="saint-denis").content.decode() == str(cast.convention)
    with pytest.raises(PermissionDenied):
        call(edit, cast.reader, rf, slug="saint-denis")
    for person in (cast.neighbour, cast.administrator, cast.stranger):
        with pytest.raises(Http404):
            call(edit, person, rf, slug="saint-denis")
