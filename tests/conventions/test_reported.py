"""Figures published about the convention: each with its source, each rate with its denominator."""

from decimal import Decimal

import pytest
from django.urls import reverse

from ansanm.conventions.models import ReportedFigure
from tests.cast import CANARY
from tests.examples import of_reported

FACTS = {
    "kind": "progress",
    "label": "Actions réalisées",
    "period": "2022",
    "precision": "exact",
    "numerator": "10",
    "denominator": "20",
    "denominator_meaning": "actions prioritaires de 2022",
    "source_title": "Imaz Press",
    "source_on": "juin 2023",
}


def test_an_officer_enters_a_published_rate_and_everybody_reads_its_denominator(cast, client):
    client.force_login(cast.city_officer)
    client.post(reverse("reported_add", args=["saint-denis"]), FACTS)
    client.force_login(cast.reader)
    page = client.get(reverse("reported_figures", args=["saint-denis"])).content.decode()
    assert "10 sur 20 (actions prioritaires de 2022)" in page
    assert "juin 2023" in page


def test_a_rate_whose_denominator_nobody_explains_is_refused(cast, client):
    client.force_login(cast.city_officer)
    answer = client.post(reverse("reported_add", args=["saint-denis"]), FACTS | {"denominator_meaning": ""})
    assert answer.status_code == 422
    assert "ce que compte le dénominateur" in answer.content.decode()
    assert not ReportedFigure.objects.exists()


def test_who_corrects_what_changed_meanwhile_is_told_and_overwrites_nothing(cast, client):
    place = of_reported(cast)
    client.force_login(cast.city_officer)
    address = reverse("reported_edit", kwargs=place)
    seen = client.get(address).context["form"].initial["seen"]
    ReportedFigure.objects.update(value=345000)
    typed = {"kind": "money", "label": "Cofinancement", "value": "1", "precision": "exact", "unit": "€"}
    answer = client.post(address, typed | {"source_title": "Communiqué", "seen": seen})
    assert answer.status_code == 422
    assert ReportedFigure.objects.get().value == Decimal(345000)
    seen = client.get(address).context["form"].initial["seen"]
    client.post(address, typed | {"source_title": "Communiqué", "seen": seen})
    assert ReportedFigure.objects.get().value == 1


def test_a_figure_is_retired_and_the_journal_says_it(cast, client):
    place = of_reported(cast)
    client.force_login(cast.city_officer)
    client.post(reverse("reported_remove", kwargs=place))
    assert not ReportedFigure.objects.exists()
    assert (
        "a retiré le chiffre publié" in client.get(reverse("convention_journal", args=["saint-denis"])).text
    )


@pytest.mark.parametrize("name", ["reported_edit", "reported_remove"])
def test_the_neighbour_finds_nothing(cast, client, name):
    place = of_reported(cast)
    client.force_login(cast.neighbour)
    assert client.get(reverse(name, kwargs=place)).status_code == 404
    # Nor by way of their own convention.
    assert client.get(reverse(name, args=["sainte-marie", place["pk"]])).status_code == 404
    client.force_login(cast.reader)
    page = client.get(reverse("reported_figures", args=["saint-denis"])).content.decode()
    assert CANARY not in page
