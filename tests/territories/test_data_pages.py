"""Search and sources, as a person meets them."""

import pytest
from django.urls import reverse

from ansanm.jobs.models import Job
from ansanm.territories import observations


def test_search_shows_the_departement_of_each_result(client, territories):
    page = client.get(reverse("search"), {"q": "saint denis"}).content.decode()

    assert "La Réunion (974)" in page
    assert "Seine-Saint-Denis (93)" in page


def test_search_answers_htmx_with_the_results_alone(client, territories):
    page = client.get(reverse("search"), {"q": "97411"}, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in page
    assert "97411-saint-denis" in page


def test_a_search_without_result_says_what_to_try(client, territories):
    page = client.get(reverse("search"), {"q": "<b>zzzqq</b>"}).content.decode()

    assert "&lt;b&gt;zzzqq" in page
    assert "Essayez" in page


def test_the_list_of_sources_names_every_producer(client, db, observations_home):
    page = client.get(reverse("sources")).content.decode()

    for one in observations.datasets().values():
        assert one["producer"] in page.replace("&#x27;", "'")


def test_an_empty_store_is_said_with_the_command(client, db, own_observations):
    assert "ansanm setup-data" in client.get(reverse("sources")).content.decode()


@pytest.mark.parametrize("dataset", sorted(observations.datasets()))
def test_every_source_has_its_page(client, db, observations_home, dataset):
    assert client.get(reverse("source", args=[dataset])).status_code == 200


def test_an_unknown_source_is_not_found(client, db, observations_home):
    assert client.get(reverse("source", args=["nobody"])).status_code == 404


def test_only_an_administrator_reads_a_source_again(client, cast, own_observations, settings):
    # As in a demonstration: the second factor of staff has its own tests.
    settings.DEMO = True
    address = reverse("source_sync", args=["cnaf_coverage"])
    client.force_login(cast.city_officer)
    assert client.post(address).status_code == 403

    client.force_login(cast.administrator)
    answer = client.post(address)

    job = Job.objects.get()
    assert answer.url == job.get_absolute_url()
    assert job.arguments == {"source": "reunion_figures"}
