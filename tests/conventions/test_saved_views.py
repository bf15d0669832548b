"""Saved views of the explorer: their owner's to change, their convention's to read, nobody else's."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import view_operations
from ansanm.conventions.models import SavedView
from ansanm.conventions.operations import remove_role
from ansanm.ui.formats import quoted

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.database,
    pytest.mark.usefixtures("own_observations"),
]

# A place is said: without one the explorer adds France, which some databases of tests lack.
QUERY = "niveau=commune&t=commune:97411&i=coverage_rate&tri=nom"


def save(client, query=QUERY, **typed):
    return client.post(f"{reverse('saved_view_save')}?{query}", {"name": "Places"} | typed)


@pytest.fixture
def owner(client, cast):
    client.force_login(cast.city_officer)
    return client


@pytest.fixture
def shared(cast):
    return view_operations.save_view(
        by=cast.city_officer, name="Places", query=QUERY, convention=cast.convention
    )


def verbs():
    return list(
        AuditEntry.objects.filter(verb__startswith="view.")
        .order_by("position")
        .values_list("verb", flat=True)
    )


def test_a_view_is_kept_shown_and_opened(owner, cast):
    answer = save(owner)
    view = SavedView.objects.get()

    assert (view.owner, view.query, view.convention) == (cast.city_officer, QUERY, None)
    assert answer.url == f"{reverse('explorer')}?{QUERY}"
    for page in (reverse("saved_views"), reverse("explorer")):
        assert f'href="{reverse("explorer")}?{QUERY.replace("&", "&amp;")}">Places</a>' in (
            owner.get(page).content.decode()
        )
    assert verbs() == ["view.save"]


def test_the_explorer_offers_to_save_what_it_shows(owner, client):
    page = f"{reverse('explorer')}?{QUERY}"
    link = f"{reverse('saved_view_save')}?{QUERY.replace('&', '&amp;')}"

    assert link in owner.get(page).content.decode()
    client.logout()
    assert reverse("saved_view_save") not in client.get(page).content.decode()


@pytest.mark.parametrize(
    "hostile",
    [
        "https://example.com/",
        "//example.com/?niveau=commune",
        "niveau=commune&next=https://example.com/&dans=//example.com&q=javascript:alert(1)",
        "niveau=%22%3E%3Cscript%3E&tri=%0d%0aLocation:%20//example.com",
    ],
)
def test_of_a_hostile_address_only_a_question_is_kept(owner, hostile):
    answer = save(owner, hostile)

    view = SavedView.objects.get()
    assert answer.url == view.get_absolute_url()
    assert answer.url.startswith(f"{reverse('explorer')}?niveau=")
    assert "//" not in view.query
    assert "next" not in view.query
    assert owner.get(answer.url).status_code == 200


@pytest.mark.parametrize("query", ["", "https://example.com/", "niveau=commune#x", "niveau=//example.com"])
def test_the_base_itself_refuses_what_is_no_question(cast, query):
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(owner=cast.reader, name="Places", query=query)


def test_an_endless_question_is_refused(owner):
    answer = save(owner, f"niveau=commune&tri={'x' * 5000}")

    assert answer.status_code == 422
    assert "trop longue" in answer.content.decode()
    assert not SavedView.objects.exists()


def test_one_name_per_person(owner, cast, shared):
    for twin in ("Places", "  places "):
        answer = save(owner, name=twin)
        assert answer.status_code == 422
        assert "déjà une vue de ce nom" in answer.content.decode()
    other = view_operations.save_view(by=cast.city_officer, name="Autre", query=QUERY)
    answer = owner.post(reverse("saved_view_change", args=[other.pk]), {"name": "PLACES"})
    assert answer.status_code == 422
    # Somebody else may have the same.
    view_operations.save_view(by=cast.reader, name="Places", query=QUERY)

    assert SavedView.objects.count() == 3


def test_nobody_keeps_views_without_end(owner, cast, monkeypatch, shared):
    monkeypatch.setattr(view_operations, "MOST_VIEWS", 1)

    assert save(owner, name="Une de plus").status_code == 422
    assert SavedView.objects.count() == 1


def test_who_reads_a_shared_view(client, cast, shared):
    seen = set()
    for name, user in cast.people.items():
        if user is None:
            continue
        client.force_login(user)
        pages = [client.get(reverse(page)).content.decode() for page in ("saved_views", "explorer")]
        if all(">Places</a>" in page for page in pages):
            seen.add(name)
        else:
            assert not any(">Places</a>" in page for page in pages)

    assert seen == {
        "city_officer",
        "caf_adviser",
        "elected_official",
        "association",
        "childcare_manager",
        "reader",
    }


@pytest.mark.parametrize("name", ["caf_adviser", "neighbour", "stranger", "administrator"])
@pytest.mark.parametrize("address", ["saved_view_change", "saved_view_delete", "saved_view_restore"])
def test_only_its_owner_changes_it(client, cast, shared, name, address):
    client.force_login(getattr(cast, name))
    url = reverse(address, args=[shared.pk])

    assert client.post(url, {"name": "Pris"}).status_code == 404
    if address == "saved_view_change":
        assert client.get(url).status_code == 404
    shared.refresh_from_db()
    assert (shared.name, shared.deleted_at) == ("Places", None)


def test_the_deeds_refuse_others_too(cast, shared):
    for deed, more in (
        (view_operations.change_view, {"name": "Pris", "convention": None}),
        (view_operations.delete_view, {}),
        (view_operations.restore_view, {}),
    ):
        with pytest.raises(PermissionDenied):
            deed(by=cast.caf_adviser, view=shared, **more)
    with pytest.raises(PermissionDenied):
        view_operations.change_view(
            by=cast.city_officer, view=shared, name="Places", convention=cast.other_convention
        )
    with pytest.raises(PermissionDenied):
        view_operations.save_view(
            by=cast.city_officer, name="Autre", query=QUERY, convention=cast.other_convention
        )
    shared.refresh_from_db()
    assert (shared.name, shared.convention, shared.deleted_at) == ("Places", cast.convention, None)


def test_nothing_is_shared_where_one_has_no_role(owner, client, cast):
    assert save(owner, convention=cast.other_convention.pk).status_code == 422
    client.force_login(cast.stranger)
    # The choice is not even there: what is sent all the same is not heard.
    save(client, convention=cast.convention.pk)

    assert [one.convention for one in SavedView.objects.all()] == [None]


def test_rename_share_unshare_delete_restore(owner, cast):
    save(owner)
    view = SavedView.objects.get()
    change = reverse("saved_view_change", args=[view.pk])

    owner.post(change, {"name": "Petite enfance", "convention": cast.convention.pk})
    view.refresh_from_db()
    assert (view.name, view.convention) == ("Petite enfance", cast.convention)
    owner.post(change, {"name": "Secrète", "convention": ""})
    view.refresh_from_db()
    assert (view.name, view.convention) == ("Secrète", None)
    # Nothing changed: nothing is told.
    owner.post(change, {"name": "Secrète", "convention": ""})
    owner.post(reverse("saved_view_delete", args=[view.pk]))
    assert owner.get(change).status_code == 404
    owner.post(reverse("saved_view_restore", args=[view.pk]))
    assert owner.get(change).status_code == 200

    told = ["save", "rename", "share", "unshare", "rename", "delete", "restore"]
    assert verbs() == [f"view.{one}" for one in told]
    # The messages of success are said once, on the next page.
    owner.get(reverse("saved_views"))
    journal = owner.get(reverse("convention_journal", args=["saint-denis"])).content.decode()
    assert "a partagé la vue" in journal
    assert "ne partage plus la vue" in journal
    # Nor the name it had before, nor the one it took after.
    assert "a renommé la vue" not in journal
    assert "Places" not in journal
    assert "Secrète" not in journal
    assert not AuditEntry.objects.for_convention(cast.convention).filter(target_label="Secrète").exists()


def test_a_shared_view_in_the_bin_is_seen_by_its_owner_alone_and_comes_back_shared(client, cast, shared):
    link = ">Places</a>"
    client.force_login(cast.city_officer)
    client.post(reverse("saved_view_delete", args=[shared.pk]))
    mine = client.get(reverse("saved_views")).content.decode()
    assert "Corbeille" in mine
    assert reverse("saved_view_restore", args=[shared.pk]) in mine
    assert link not in client.get(reverse("explorer")).content.decode()
    client.force_login(cast.reader)
    assert "Places" not in client.get(reverse("saved_views")).content.decode()

    view_operations.restore_view(by=cast.city_officer, view=shared)

    assert link in client.get(reverse("saved_views")).content.decode()
    client.force_login(cast.city_officer)
    journal = client.get(reverse("convention_journal", args=["saint-denis"])).content.decode()
    assert f"a mis la vue {quoted('Places')} à la corbeille" in journal
    assert f"a remis la vue {quoted('Places')}" in journal


def test_a_name_is_free_while_its_view_is_in_the_bin(owner, cast, shared):
    view_operations.delete_view(by=cast.city_officer, view=shared)
    save(owner)
    assert SavedView.objects.shown().count() == 1

    answer = owner.post(reverse("saved_view_restore", args=[shared.pk]), follow=True)

    assert "déjà une vue de ce nom" in answer.content.decode()
    shared.refresh_from_db()
    assert shared.deleted_at is not None


def test_the_bin_keeps_the_last_ones(cast, monkeypatch):
    monkeypatch.setattr(view_operations, "MOST_IN_BIN", 2)
    views = [view_operations.save_view(by=cast.reader, name=name, query=QUERY) for name in "abcd"]
    for view in views[:3]:
        view_operations.delete_view(by=cast.reader, view=view)

    assert [one.name for one in cast.reader.saved_views.in_bin()] == ["c", "b"]
    assert [one.name for one in cast.reader.saved_views.shown()] == ["d"]


def test_who_leaves_a_convention_takes_their_views_away(client, cast, shared):
    binned = view_operations.save_view(
        by=cast.city_officer, name="À la corbeille", query=QUERY, convention=cast.convention
    )
    view_operations.delete_view(by=cast.city_officer, view=binned)
    remove_role(by=cast.caf_adviser, convention=cast.convention, user=cast.city_officer)

    view_operations.restore_view(by=cast.city_officer, view=binned)

    assert {one.convention for one in SavedView.objects.all()} == {None}
    client.force_login(cast.reader)
    assert ">Places</a>" not in client.get(reverse("saved_views")).content.decode()
