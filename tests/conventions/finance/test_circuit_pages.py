"""The circuits and the bonus of the territory on their pages: typed, taken, imported, said unknown."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import history
from ansanm.conventions.finance import circuits, sheets, territories
from ansanm.conventions.models import ConventionParty, Equipment, FundingSheet, PlanActor
from ansanm.territories.versions import StaleVersion

pytestmark = pytest.mark.django_db
CITY = "Ville de Saint-Denis"


def at(name, *arguments):
    return reverse(f"funding_{name}", args=["saint-denis", *arguments])


def text_of(response):
    return response.content.decode().replace("\xa0", " ").replace("\u202f", " ")


def creche(**more):
    return {
        "name": "Les Filaos", "operator": "Les Filaos", "city": CITY, "year": "2025", "places": "40",
        "psej_eur": "20 000", "subsidy_eur": "40 000 €", "bonus_eur": "32000",
    } | more  # fmt: skip


@pytest.fixture
def equipment(cast):
    party = cast.convention.parties.get(kind=ConventionParty.Kind.COMMUNE)
    club = PlanActor.objects.create(convention=cast.convention, name="Les Filaos")
    one = Equipment.objects.create
    one(
        convention=cast.convention,
        kind="creche",
        name="Crèche du Chaudron",
        operator_kind="public",
        supported_by=party,
        n_units_existing=60,
        in_qpv=True,
        n_units_new=10,
        opens_on="2025-09",
    )
    one(
        convention=cast.convention,
        kind="micro_creche",
        name="Les Filaos",
        operator=club,
        operator_kind="association",
        n_units_existing=40,
        in_qpv=False,
        in_frr=False,
    )
    one(
        convention=cast.convention,
        kind="rpe",
        name="Relais",
        supported_by=party,
        n_units_existing=Decimal("1.5"),
    )
    one(convention=cast.other_convention, kind="creche", name="Crèche d’à côté", n_units_existing=20)


def test_a_creche_typed_as_people_write_it_is_compared_and_remembered(client, cast):
    client.force_login(cast.city_officer)

    response = client.post(at("circuit_add"), creche(), follow=True)

    assert response.redirect_chain == [(at("circuit"), 302)]
    page = text_of(response)
    assert f"Avec le circuit court, {CITY} paie 0" not in page
    # 20 000 received and 40 000 paid before; nothing received and 20 000 paid after.
    assert f"Le circuit court ne change rien à ce que paie {CITY}." in page
    assert "+12 000 €" in page and "Psej" in page
    assert "Caf de la Somme" in page
    entry = AuditEntry.objects.order_by("-position").first()
    assert entry.verb == "sheet.save"
    assert "Circuit court" in history.told([entry])[0].deed
    row = FundingSheet.objects.get().content["rows"][0]
    assert (row["psej_eur"], row["subsidy_eur"], row["bonus_eur"]) == ("20000", "40000", "32000")


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"psej_eur": "-1"}, "nombre négatif"),
        ({"psej_eur": "beaucoup"}, "pas un nombre"),
        ({"psej_eur": "1,234"}, "deux façons"),
        ({"places": "0"}, "1"),
        ({"name": ""}, "obligatoire"),
        ({"operator": CITY.upper()}, "ne se verse pas de subvention"),
        ({"subsidy_eur": "2 000 000 000"}, "milliard"),
    ],
)
def test_what_cannot_be_names_its_field_and_keeps_nothing(client, cast, wrong, told):
    client.force_login(cast.city_officer)

    response = client.post(at("circuit_add"), creche(**wrong))

    assert response.status_code == 422
    assert told in text_of(response)
    assert not FundingSheet.objects.exists()


def test_the_creches_of_the_convention_are_taken_without_their_amounts(client, cast, equipment):
    client.force_login(cast.caf_adviser)

    page = text_of(client.post(at("circuit_take"), follow=True))

    rows = sheets.load(cast.convention, circuits.SPEC).content["rows"]
    assert [(one["name"], one["operator"], one["city"], one["places"]) for one in rows] == [
        ("Crèche du Chaudron", CITY, CITY, "60"),
        ("Les Filaos", "Les Filaos", CITY, "40"),
    ]
    # A municipal crèche has no subsidy to give; the other does.
    assert "2 lignes à compléter" in page
    assert "Psej, avant (€), Subvention, avant (€)" in page
    assert "2 équipements repris" in page
    assert "déjà reprise" in text_of(client.post(at("circuit_take"), follow=True))


def test_a_bonus_not_given_is_smoothed_or_asks_for_the_floor_and_who_publishes_it(client, cast):
    client.force_login(cast.city_officer)
    client.post(at("circuit_add"), creche(bonus_eur=""))
    own = creche(name="Crèche du Chaudron", operator=CITY, places="60", psej_eur="60000", subsidy_eur="")
    client.post(at("circuit_add"), own | {"bonus_eur": ""})

    page = text_of(client.get(at("circuit")))
    assert "Il manque une valeur" in page and "Cnaf" in page

    settings = circuits.SPEC.starting | {"floor": "0", "version": "2"}
    response = client.post(at("circuit_settings"), settings, follow=True)
    # 80 000 € for 100 places: 48 000 and 32 000.
    assert f"Avec le circuit court, {CITY} paie 12 000 € de plus." in text_of(response)
    assert "donnée absente" in text_of(response)

    sheet = sheets.load(cast.convention, circuits.SPEC)
    row = sheet.content["rows"][0] | {"psej_eur": ""}
    sheets.save(
        by=cast.city_officer,
        convention=cast.convention,
        spec=circuits.SPEC,
        base_version=sheet.version,
        rows=[row, sheet.content["rows"][1]],
    )
    assert "Il manque la Psej de Les Filaos" in text_of(client.get(at("circuit")))


def test_a_calendar_that_pays_more_or_less_than_everything_is_refused(client, cast):
    client.force_login(cast.city_officer)
    typed = circuits.SPEC.starting | {"version": "0"}

    for text, told in (
        ("35 % en mars", "et non 100"),
        ("100 % en brumaire", "pas un mois"),
        ("bientôt", "ne se lit pas"),
    ):
        response = client.post(at("circuit_settings"), typed | {"calendar_bonus": text})
        assert response.status_code == 422
        assert told in text_of(response)
    client.post(at("circuit_settings"), typed | {"calendar_bonus": "12,5 % en mars et 87,5 % en juin N+1"})
    assert sheets.load(cast.convention, circuits.SPEC).version == 1


def test_two_people_at_once_lose_nothing(client, cast):
    client.force_login(cast.city_officer)
    client.post(at("circuit_add"), creche())
    sheet = sheets.load(cast.convention, circuits.SPEC)
    key = sheet.content["rows"][0]["key"]
    page = client.get(at("circuit_row", key))
    seen = page.context["seen"]
    assert page.context["form"]["psej_eur"].value() == "20000"

    client.post(at("circuit_row", key), creche(psej_eur="25000", seen=seen))
    refused = client.post(at("circuit_row", key), creche(psej_eur="30000", seen=seen))

    assert refused.status_code == 409
    assert "25000" in text_of(refused) and "30000" in text_of(refused)
    with pytest.raises(StaleVersion):
        sheets.save(
            by=cast.caf_adviser, convention=cast.convention, spec=circuits.SPEC, base_version=1, rows=[]
        )
    client.post(at("circuit_remove", key))
    assert sheets.load(cast.convention, circuits.SPEC).content["rows"] == []


def sent(client, name, rows):
    target = io.StringIO()
    csv.writer(target, delimiter=";").writerows(rows)
    file = SimpleUploadedFile("amounts.csv", target.getvalue().encode())
    return client.post(at(name), {"file": file})


def test_a_file_is_taken_whole_or_not_at_all_and_comes_back_unchanged(client, cast, equipment):
    client.force_login(cast.city_officer)
    book = openpyxl.load_workbook(io.BytesIO(client.get(at("circuit_template")).content))
    header, *rows = [[cell or "" for cell in row] for row in book.worksheets[-1].values]
    assert [row[0] for row in rows] == ["Crèche du Chaudron", "Les Filaos"]
    rows[0][5:8] = ["60 000,50", "", "48000"]
    rows[1][5:8] = ["20 000 €", "40000", "beaucoup"]

    refused = sent(client, "circuit_import", [header, *rows])
    assert refused.status_code == 422
    assert "<strong>H3</strong>" in refused.content.decode()
    assert not FundingSheet.objects.exists()

    rows[1][7] = "32000"
    shown = sent(client, "circuit_import", [header, *rows])
    assert "2 nouvelles" in text_of(shown)
    done = client.post(at("circuit_keep"), {"ticket": shown.context["ticket"]}, follow=True)
    assert "2 lignes enregistrées" in text_of(done)
    assert "60 000,50 €" in text_of(done)

    out = openpyxl.load_workbook(io.BytesIO(client.get(at("circuit_export", "xlsx")).content))
    again = [[cell or "" for cell in row] for row in out.worksheets[-1].values]
    assert "2 inchangées" in text_of(sent(client, "circuit_import", again))
    late = client.post(at("circuit_keep"), {"ticket": shown.context["ticket"]})
    assert late.status_code == 409
    assert "expiré" in text_of(
        client.post(at("territory_keep"), {"ticket": shown.context["ticket"]}, follow=True)
    )
    assert client.get(at("circuit_export", "pdf")).content.startswith(b"%PDF")
    payments = client.get(at("circuit_export", "csv")).content.decode("utf-8-sig").splitlines()
    assert payments[0].startswith("Circuit;Crèche;Année de droit;De;À;Dispositif;Mois;Montant")
    bonus = [
        line.rsplit(";", 1)[1] for line in payments if "circuit court;Les Filaos" in line and ";Bonus" in line
    ]
    assert sum(Decimal(one.replace(",", ".")) for one in bonus) == 32_000


def test_a_cell_that_is_a_formula_stays_a_text(client, cast):
    client.force_login(cast.city_officer)
    client.post(at("circuit_add"), creche(name="=cmd()", operator="=cmd()"))

    csv_file = client.get(at("circuit_export", "csv")).content.decode("utf-8-sig")
    assert ";'=cmd();" in csv_file


def test_the_bonus_of_the_territory_says_what_it_knows_and_asks_for_the_rest(client, cast, equipment):
    cast.convention.starts_on, cast.convention.ends_on = "2025-01", "2026-12"
    cast.convention.save()
    client.force_login(cast.city_officer)
    client.post(at("territory_take"))
    rows = sheets.load(cast.convention, territories.SPEC).content["rows"]
    assert [(one["name"], one["units"], one["new_units"], one["priority"]) for one in rows] == [
        ("Crèche du Chaudron", "60", "10", "yes"),
        ("Les Filaos", "40", "", "no"),
        ("Relais", "1.5", "", ""),
    ]
    for row, eur in zip(rows, ("90000", "10000", "30000"), strict=True):
        typed = {"inherited_eur": eur, "opens": "septembre 2025" if row["opens"] else ""}
        seen = client.get(at("territory_row", row["key"])).context["seen"]
        assert client.post(at("territory_row", row["key"]), row | typed | {"seen": seen}).status_code == 302

    page = text_of(client.get(at("territory")))
    # The hub has no floor: 30 000 a year. New places of 2025: 4 months of 10 × 3 600. The floor is not known.
    assert "30 000 €" in page and "12 000 €" in page and "au moins 42 000 €" in page
    assert "montant plancher par place" in page and "publié par" in page

    settings = {
        "first_year": "2025", "last_year": "2026", "version": "4",
        "value_eaje_floor": "900", "value_eaje_new_max": "3 600",
    }  # fmt: skip
    page = text_of(client.post(at("territory_settings"), settings, follow=True))
    assert "Ce qu’il faut demander" not in page
    assert "1 000 €" in page and "hypothèse de cette simulation" in page
    # 100 000 smoothed, 30 000 of the hub, then 36 000 of a whole year of new places.
    assert "142 000 €" in page and "166 000 €" in page
    for format, start in (("xlsx", b"PK"), ("pdf", b"%PDF"), ("csv", b"\xef\xbb\xbf")):
        assert client.get(at("territory_export", format)).content.startswith(start)


def test_only_those_who_read_money_read_it_and_a_neighbour_finds_nothing(client, cast):
    client.force_login(cast.city_officer)
    client.post(at("circuit_add"), creche())
    key = sheets.load(cast.convention, circuits.SPEC).content["rows"][0]["key"]
    for person, status in ((cast.elected_official, 200), (cast.reader, 403), (cast.neighbour, 404)):
        client.force_login(person)
        assert client.get(at("circuit")).status_code == status
        assert client.get(at("circuit_row", key)).status_code == (404 if status == 404 else 403)
    theirs = reverse("funding_circuit_row", args=[cast.other_convention.slug, key])
    assert client.get(theirs).status_code == 404
