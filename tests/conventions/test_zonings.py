"""Zonings of a convention: seen before they are kept, kept by its officers alone, back from the bin."""

import json

import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.territories import observations
from ansanm.territories.models import Territory, Zoning

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]

FACTS = {
    "name": "Quartiers",
    "kind": "quartier",
    "scope": "commune:97411",
    "source": "Ville",
    "vintage": "2026",
}
LIST = b"zone;iris\nBas;974110100\nBas;974110101\nHauts;974110102\n"


def at(name, *arguments, slug="saint-denis"):
    return reverse(name, args=[slug, *arguments])


@pytest.fixture
def iris(cast, three_iris):
    return cast


@pytest.fixture
def officer(client, iris):
    client.force_login(iris.city_officer)
    return client


def send(client, content=LIST, name="quartiers.csv", **facts):
    return client.post(at("zoning_import"), FACTS | facts | {"file": SimpleUploadedFile(name, content)})


def keep(client, preview):
    return client.post(at("zoning_keep"), {"ticket": preview.context["ticket"]}, follow=True)


def test_a_zoning_is_seen_before_it_is_kept(officer):
    preview = send(officer)

    text = preview.content.decode()
    assert "Enregistrer 2 zones" in text
    assert "974110100, 974110101" in text
    assert not Zoning.objects.exists()

    answer = keep(officer, preview)

    assert "est en place" in answer.content.decode()
    zoning = Zoning.objects.get()
    assert (zoning.name, zoning.source, zoning.vintage) == ("Quartiers", "Ville", "2026")
    low = Territory.objects.get(level="zone", name="Bas")
    assert observations.table([low.key], ["rp_population"]).values["rp_population", "2021"][0] == 2001


def test_a_refused_file_says_each_line_and_keeps_nothing(officer):
    answer = send(officer, b"zone;iris\nBas;930010101\nHauts;974110100\nAutre;974110100\n")

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Ligne 2" in text and "930010101" in text
    assert "2 erreurs" in text
    assert answer.context["ticket"] == ""


def test_a_reunion_drawn_near_europe_is_refused_on_the_page(officer):
    inset = {"type": "Feature", "properties": {"nom": "Bas"}}
    inset["geometry"] = json.loads(shapely.to_geojson(shapely.box(-2, 44, -1.9, 44.1)))

    answer = send(officer, json.dumps(inset).encode(), name="zones.geojson")

    assert answer.status_code == 422
    assert "près de l’Europe" in answer.content.decode()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"a;b\n1;2\n", b"{"])
def test_a_file_that_is_none_is_said_beside_its_field(officer, content):
    answer = send(officer, content)

    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]


def test_a_territory_of_another_convention_cannot_be_cut_up(officer):
    answer = send(officer, scope="commune:97418")

    assert answer.status_code == 422
    assert "scope" in answer.context["form"].errors


def test_the_page_of_somebody_else_keeps_nothing(officer, iris):
    ticket = send(officer).context["ticket"]
    officer.force_login(iris.caf_adviser)

    answer = officer.post(at("zoning_keep"), {"ticket": ticket}, follow=True)

    assert "a expiré" in answer.content.decode()
    assert not Zoning.objects.exists()


def test_sending_the_same_page_twice_makes_one_zoning(officer):
    preview = send(officer)
    keep(officer, preview)

    answer = keep(officer, preview)

    assert "porte déjà ce nom" in answer.content.decode()
    assert Zoning.objects.count() == 1


def test_an_iris_that_left_meanwhile_is_said_and_nothing_is_kept(officer):
    preview = send(officer)
    Territory.objects.filter(code="974110102").update(is_current=False)

    answer = keep(officer, preview)

    assert answer.status_code == 422
    assert "974110102" in answer.content.decode()
    assert not Zoning.objects.exists()


def test_a_zoning_is_composed_by_choosing(officer):
    assert "IRIS 2" in officer.get(at("zoning_compose")).content.decode()

    empty = officer.post(at("zoning_compose"), FACTS)
    assert empty.status_code == 422
    assert "Aucune zone" in empty.content.decode()

    unnamed = officer.post(at("zoning_compose"), FACTS | {"name": "", "zone-974110100": "Centre"})
    assert unnamed.status_code == 422
    assert 'value="Centre"' in unnamed.content.decode()

    preview = officer.post(
        at("zoning_compose"),
        FACTS | {"zone-974110100": "Centre", "zone-974110101": "centre", "zone-974110102": "Est"},
    )
    keep(officer, preview)

    sizes = {one.territory.name: one.members.count() for one in Zoning.objects.get().zones.all()}
    assert sizes == {"Centre": 2, "Est": 1}


def test_the_bin_and_back(officer):
    keep(officer, send(officer))
    zoning = Zoning.objects.get()

    answer = officer.post(at("zoning_delete", zoning.pk), follow=True).content.decode()
    assert "à la corbeille" in answer and "Remettre" in answer
    assert not Territory.objects.current().filter(level="zone").exists()

    answer = officer.post(at("zoning_restore", zoning.pk), follow=True).content.decode()
    assert "de nouveau en place" in answer
    assert Territory.objects.current().filter(level="zone").count() == 2


def test_each_deed_is_in_the_journal_in_words(officer, iris):
    keep(officer, send(officer))
    zoning = Zoning.objects.get()
    officer.post(at("zoning_delete", zoning.pk))
    officer.post(at("zoning_restore", zoning.pk))

    verbs = list(AuditEntry.objects.for_convention(iris.convention).values_list("verb", flat=True)[:3])
    assert verbs == ["zoning.restore", "zoning.delete", "zoning.create"]
    text = officer.get(at("convention_journal")).content.decode()
    assert "a apporté le zonage" in text and "a remis le zonage" in text


def test_a_reader_sees_zonings_without_changing_them(client, officer, iris):
    keep(officer, send(officer))
    client.force_login(iris.reader)

    text = client.get(at("convention_zonings")).content.decode()

    assert "Bas" in text
    assert "corbeille" not in text and "Importer" not in text
    assert client.post(at("zoning_delete", Zoning.objects.get().pk)).status_code == 403


def test_a_zoning_of_another_convention_is_not_found(client, officer, iris):
    keep(officer, send(officer))
    client.force_login(iris.neighbour)

    answer = client.post(at("zoning_delete", Zoning.objects.get().pk, slug="sainte-marie"))

    assert answer.status_code == 404
    assert Zoning.objects.get().deleted_at is None
