"""Two people take minutes at once: nothing that either wrote is lost."""

import re

import pytest
from django.urls import reverse

from ansanm.conventions.governance import meeting_operations as operations
from ansanm.conventions.governance import minutes
from ansanm.conventions.models import AgendaItem, MinutesRevision
from tests.cast import PASSWORD
from tests.conventions.governance.people import committee, meeting


@pytest.fixture
def item(cast):
    body, _people = committee(cast)
    return operations.add_item(by=cast.city_officer, meeting=meeting(cast, body), title="Budget")


def save(by, item, version, text):
    return minutes.save_minutes(by=by, item=item, base_version=version, text=text)


def test_lines_written_apart_are_joined_and_each_version_is_kept(cast, item):
    save(cast.city_officer, item, 0, "La Ville ouvre.\nLe budget est lu.\nFin à 11 h.")
    save(cast.caf_adviser, item, 1, "La Ville ouvre.\nLe budget est lu.\nFin à 11 h 30.")
    saved = save(cast.city_officer, item, 1, "La Ville ouvre à 9 h.\nLe budget est lu.\nFin à 11 h.")
    assert saved.was_joined and not saved.both_added
    assert saved.item.minutes == "La Ville ouvre à 9 h.\nLe budget est lu.\nFin à 11 h 30."
    assert list(item.revisions.values_list("version", flat=True)) == [3, 2, 1]
    assert not save(cast.city_officer, item, 3, saved.item.minutes + "\n").changed


def test_two_who_add_at_the_end_are_both_kept_and_told_to_read_again(cast, item, client):
    save(cast.caf_adviser, item, 0, "La Caf propose 300 k€.")
    client.force_login(cast.city_officer)
    url = reverse("minutes_edit", args=[cast.convention.slug, item.meeting_id, item.pk])
    answer = client.post(url, {"version": "0", "text": "La Ville propose 200 k€."}, follow=True)
    assert "Relisez leur ordre" in answer.content.decode()
    item.refresh_from_db()
    assert item.minutes == "La Caf propose 300 k€.\nLa Ville propose 200 k€."


def test_a_real_conflict_saves_nothing_and_shows_both_texts(cast, item, client):
    save(cast.city_officer, item, 0, "Montant : 300 k€")
    save(cast.caf_adviser, item, 1, "Montant : 320 k€")
    client.force_login(cast.city_officer)
    url = reverse("minutes_edit", args=[cast.convention.slug, item.meeting_id, item.pk])
    answer = client.post(url, {"version": "1", "text": "Montant : 310 k€"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Montant : 320 k€\nMontant : 310 k€</textarea>" in page
    item.refresh_from_db()
    assert item.minutes == "Montant : 320 k€"
    # What the page gave is saved over what it showed.
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert client.post(url, {"version": version, "text": "Montant : 315 k€"}).status_code == 302
    item.refresh_from_db()
    assert item.minutes == "Montant : 315 k€"
    history = client.get(reverse("minutes_history", args=[cast.convention.slug, item.meeting_id, item.pk]))
    said = history.content.decode()
    assert "320" in said and "300" in said
    again = client.get(url, {"version": "1"}).content.decode()
    assert "Montant : 300 k€</textarea>" in again


def test_what_was_typed_survives_a_session_that_ended(cast, item, client):
    client.force_login(cast.city_officer)
    url = reverse("minutes_edit", args=[cast.convention.slug, item.meeting_id, item.pk])
    author = re.search(r'name="author" value="([^"]+)"', client.get(url).content.decode())[1]
    client.logout()
    answer = client.post(url, {"version": "0", "text": "Une heure de débat", "author": author})
    assert answer.status_code == 302
    client.post(
        reverse("account_login"), {"login": cast.city_officer.email, "password": PASSWORD}, follow=True
    )
    page = client.get(url).content.decode()
    assert "Une heure de débat" in page and "Votre session" in page
    assert not MinutesRevision.objects.exists()


def test_approved_minutes_no_longer_change_until_the_approval_is_taken_back(cast, item, client):
    held = item.meeting
    operations.close_meeting(by=cast.city_officer, meeting=held, base_version=1)
    client.force_login(cast.city_officer)
    approve = reverse("minutes_approve", args=[cast.convention.slug, held.pk])
    client.post(approve, {"version": "2", "on": "3 avril 2027"})
    held.refresh_from_db()
    assert held.approved_on == "2027-04-03"
    with pytest.raises(minutes.Approved):
        save(cast.city_officer, item, 0, "Trop tard")
    url = reverse("minutes_edit", args=[cast.convention.slug, held.pk, item.pk])
    refused = client.post(url, {"version": "0", "text": "Trop tard"})
    assert refused.status_code == 422 and "Trop tard</textarea>" in refused.content.decode()
    client.post(approve, {"version": str(held.version), "withdraw": "1"})
    save(cast.city_officer, item, 0, "À temps")
    assert AgendaItem.objects.get(pk=item.pk).minutes == "À temps"


def test_hostile_minutes_are_text_and_nothing_else(cast, item, client):
    save(cast.city_officer, item, 0, "<script>alert(1)</script>\n👩‍👧 I fo nou koz ansanm {{ 7|add:1 }}")
    client.force_login(cast.reader)
    page = client.get(reverse("meeting", args=[cast.convention.slug, item.meeting_id])).content.decode()
    assert "<script>alert" not in page and "👩‍👧 I fo nou koz ansanm {{ 7|add:1 }}" in page
    client.force_login(cast.city_officer)
    url = reverse("minutes_edit", args=[cast.convention.slug, item.meeting_id, item.pk])
    assert client.post(url, {"version": "1", "text": "a" * 100_001}).status_code == 422
    assert client.post(url, {"version": "99", "text": "b"}).status_code == 422


def test_a_long_history_is_shown_by_pages_each_with_what_changed(cast, item, client):
    for n in range(25):
        save(cast.city_officer, item, n, f"Mot{n}")
    client.force_login(cast.reader)
    url = reverse("minutes_history", args=[cast.convention.slug, item.meeting_id, item.pk])
    first, second = client.get(url), client.get(url, {"page": 2})
    assert [one.version for one in first.context["revisions"]] == list(range(25, 5, -1))
    assert [one.version for one in second.context["revisions"]] == [5, 4, 3, 2, 1]
    # The oldest of a page is compared with the newest of the next.
    oldest = first.context["revisions"][-1].pieces
    assert [(one.kind, one.text) for one in oldest if one.kind == "gone"] == [("gone", "Mot4")]
    assert "page 1 sur 2" in first.content.decode()
