"""Bodies side by side: who sits where, what overlaps, the hours, and what merging two would change."""

import csv
import io
import re

import openpyxl
import pytest
from django.core import signing
from django.urls import reverse

from ansanm.conventions.governance import body_operations, members_import, overlap_sheets
from ansanm.conventions.governance.import_views import SALT
from ansanm.conventions.governance.overlap import Standing
from ansanm.conventions.models import Attendance, Body, Mandate, Meeting, Participant
from ansanm.territories.models import Territory
from ansanm.ui.documents.sheets import write_csv, write_xlsx
from tests.conventions.governance.territory import bodies_of


@pytest.fixture
def bodies(cast):
    return bodies_of(cast)


@pytest.fixture
def standing(cast, bodies):
    return Standing(cast.convention)


@pytest.fixture
def page(client, cast, bodies):
    client.force_login(cast.reader)
    return lambda name, **query: client.get(reverse(name, args=[cast.convention.slug]), query)


def text_of(response):
    # Ordinary spaces alone: a no-break space is part of what is said.
    return re.sub(r"[ \n\t]+", " ", response.content.decode())


# ---- what the page says ----


def test_two_bodies_that_share_two_of_three_members_are_told_first(standing):
    pairs = standing.pairs("people")

    assert [(str(one.first), str(one.second), one.words) for one in pairs] == [
        ("COPIL", "COTECH", "2 sur 3"),
        ("COPIL", "CLSPD plénier", "2 sur 3"),
        ("COTECH", "CLSPD plénier", "1 sur 3"),
    ]
    assert pairs[0].names == ["Anne Fontaine", "Paul Grondin"]


def test_a_body_that_names_no_place_is_of_the_whole_territory(cast, bodies):
    def quartier(name):
        code = f"QN974{len(name):02}A"
        return Territory.objects.create(level="qpv", code=code, name=name, slug=code.lower(), search_key=name,
                                        commune_code="97411")  # fmt: skip

    bodies["copil"].places.set([quartier("Vauban"), quartier("Le Chaudron")])
    bodies["clspd"].places.set([Territory.objects.get(level="qpv", name="Vauban")])
    pairs = {(str(one.first), str(one.second)): one for one in Standing(cast.convention).pairs("places")}

    assert pairs["COPIL", "CLSPD plénier"].words == "1 sur 1"
    assert pairs["COPIL", "CLSPD plénier"].names == ["Vauban"]
    # The COTECH follows both quartiers with all the rest.
    assert pairs["COPIL", "COTECH"].words == "2 sur 2"
    gap = Standing(cast.convention).gaps()[1]
    assert gap["names"] == [] and gap["total"] == 2
    assert gap["note"] == "1 instance est de tout le territoire, ceux-là compris."


def test_hours_are_counted_where_the_rhythm_is_known_and_said_unknown_elsewhere(standing):
    lines = {str(one["body"]): one for one in standing.hours("")}

    assert lines["COPIL"]["words"] == "12 h" and lines["COTECH"]["words"] == "24 h"
    assert lines["CLSPD plénier"]["words"] == "inconnu"
    assert lines["CLSPD plénier"]["unknown"] == "le nombre de réunions par an"
    assert lines["COTECH"]["n_vacant"] == 1
    assert (
        standing.total_words()
        == "36 h de réunion par an pour 2 instances\u202f; pour 1 autre, on ne sait pas."
    )
    sitting = {str(one["person"]): one for one in standing.sitting}
    assert sitting["Paul Grondin"]["hours"] == "10 h + 1 instance inconnue"
    assert sitting["Lise Boyer"]["hours"] == "inconnu"
    organisations = {str(one["actor"]): one["hours"] for one in standing.organisations}
    # Four hours of the COPIL and six of the COTECH, for two people each.
    assert organisations["Ville"] == "20 h + 1 instance inconnue"


def test_meetings_held_tell_the_hours_really_spent(bodies, cast):
    for n, (minutes, present) in enumerate([(90, 3), (None, 2), (60, 0)]):
        meeting = Meeting.objects.create(
            body=bodies["copil"], rank=n + 1, held_on=f"2024-1{n}", minutes_long=minutes, state="held",
            uid=f"essai-{n}",
        )  # fmt: skip
        for k in range(present):
            Attendance.objects.create(meeting=meeting, name=f"Présent {k}", state="present")
        Attendance.objects.create(meeting=meeting, name="Absente", state="represented")
    standing = Standing(cast.convention)

    assert standing.years == ["2024"]
    told = {str(one["body"]): one["held"] for one in standing.hours("2024")}
    assert told["COPIL"] == "3 réunions, 4,5 h de présence (2 sans durée ou sans présences)"
    assert told["COTECH"] == "aucune réunion tenue"
    assert told["CLSPD plénier"] == "ses réunions ne sont pas tenues ici"


def test_gaps_name_what_nobody_follows_and_who_is_nowhere(standing):
    gaps = {one["title"]: one for one in standing.gaps()}

    assert gaps["Thématiques sans instance"]["names"] == ["Logement"]
    assert gaps["Thématiques sans instance"]["total"] == 3
    assert gaps["Organismes du plan qui ne siègent nulle part"]["names"] == ["Les Filaos"]
    assert gaps["Instances qui ne se sont jamais réunies ici"]["names"] == ["COPIL", "COTECH"]
    many = gaps["Personnes qui siègent dans 3 instances ou plus"]
    assert many["names"] == ["Paul Grondin\u00a0: 3 instances, 10 h + 1 instance inconnue par an"]


def test_who_left_leaves_a_vacant_seat_and_an_ended_body_is_no_longer_compared(cast, bodies):
    body_operations.leave(by=cast.city_officer, participant=bodies["people"]["Jean Técher"], on="2020")
    body_operations.end_body(by=cast.city_officer, body=bodies["clspd"], on="2021")
    standing = Standing(cast.convention)

    assert [str(one) for one in standing.bodies] == ["COPIL", "COTECH"]
    assert "Jean Técher" not in [str(one["person"]) for one in standing.sitting]
    assert standing.hours("")[1]["n_vacant"] == 2


def test_merging_two_bodies_is_told_before_and_after(page, bodies):
    response = page("bodies_merge", **{"with": [bodies["copil"].pk, bodies["cotech"].pk]})
    rows = {row[0]: row[1:] for row in response.context["merger"].rows}

    assert rows["Sièges"] == ("8", "6", "5")
    assert rows["Quorum"] == ("2\u202f; 2", "4", "4")
    assert rows["Heures par an, toutes personnes réunies"] == ("36 h", "70 h", "32 h")
    said = text_of(response)
    assert "De 34 h de plus à 4 h de moins par an" in said
    assert "prendrait plus d’heures" in said
    assert "Ville choisirait 2 parmi\u00a0: Chloé Nativel, Paul Grondin, Élise Hoarau" in said
    assert "Anne Fontaine\u00a0: 2 de ces instances" in said
    assert "Petite enfance" in said and "Jeunesse" in said


def test_what_is_unknown_of_a_body_forbids_to_promise_hours(page, bodies):
    said = text_of(page("bodies_merge", **{"with": [bodies["copil"].pk, bodies["clspd"].pk]}))

    assert "On ne peut pas dire ce que la réunion de ces instances épargnerait." in said
    assert "CLSPD plénier\u00a0: le nombre de réunions par an" in said


def test_addresses_anybody_may_type_are_answered(page, bodies):
    assert page("bodies_overlap", measure="x", threshold="²", year="1066").status_code == 200
    strange = page("bodies_merge", **{"with": ["²", "-1", "99999999", bodies["copil"].pk]})
    assert strange.status_code == 200
    assert "Choisissez deux instances ou plus" in text_of(strange)
    assert "1 instance de l’adresse" in text_of(strange)


def test_a_body_of_another_convention_is_never_compared(page, cast, bodies):
    other = Body.objects.create(convention=cast.other_convention, kind="copil", name="Zanzibar-canari COPIL")
    said = text_of(page("bodies_merge", **{"with": [bodies["copil"].pk, other.pk]}))

    assert "Zanzibar" not in said


def test_a_territory_without_body_says_what_the_page_will_hold(client, cast):
    client.force_login(cast.city_officer)
    said = text_of(client.get(reverse("bodies_overlap", args=[cast.convention.slug])))

    assert "Aucune instance n’est encore décrite" in said
    assert "Importer les instances du territoire" in said


def test_the_page_reads_as_much_of_the_base_for_many_bodies(
    page, cast, bodies, django_assert_max_num_queries
):
    for n in range(8):
        body = body_operations.create_body(
            by=cast.city_officer, convention=cast.convention, kind="group", name=f"Groupe {n}"
        )
        for person in bodies["people"].values():
            body_operations.add_mandate(by=cast.city_officer, body=body, participant=person)
    with django_assert_max_num_queries(40):
        assert page("bodies_overlap").status_code == 200


# ---- what comes out comes back ----


HEADER = [str(title) for title in overlap_sheets.COLUMNS.values()]


def table(*lines, header=None):
    return [header or HEADER, *[[*line, *[""] * (len(HEADER) - len(line))] for line in lines]]


def line(name="CLS", kind="CLS", external="oui", themes="", places="", often="2", long="1 h 30", source="",
         actor="ARS", person="Rose Dijoux", function="", role="membre", vote="oui"):  # fmt: skip
    return [name, kind, external, themes, places, often, long, source, actor, person, function, role, vote]


@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_an_export_brought_back_changes_nothing(cast, bodies, format):
    standing = Standing(cast.convention)
    content = (
        write_xlsx(overlap_sheets.workbook(standing))
        if format == "xlsx"
        else write_csv(overlap_sheets.members_sheet(standing))
    )
    reading = members_import.understand(members_import.read_table(f"x.{format}", content), cast.convention)

    assert (reading.errors, reading.warnings, reading.n_to_save) == ([], [], 0)
    assert sum(len(one.members) for one in reading.bodies) == 11


def test_bodies_of_other_contracts_come_with_their_members(client, cast, bodies):
    client.force_login(cast.city_officer)
    target = io.StringIO()
    csv.writer(target, delimiter=";").writerows(
        table(
            line(themes="jeunesse; Petite enfance", actor="Caf", person="Anne Fontaine"),
            line(often="", long="", person="Rose Dijoux"),
            line(often="", long="", actor="Mission localle", person=""),
            line("COTECH", "", "", often="5", long="", actor="Préfecture", person="Lise Boyer"),
        )
    )
    file = io.BytesIO(target.getvalue().encode())
    file.name = "instances.csv"
    shown = client.post(reverse("bodies_import", args=[cast.convention.slug]), {"file": file})

    assert shown.status_code == 200
    said = text_of(shown)
    assert "<del>4</del> → <ins>5</ins>" in said
    assert not Body.objects.filter(name="CLS").exists()
    kept = client.post(
        reverse("bodies_import_keep", args=[cast.convention.slug]), {"ticket": shown.context["ticket"]}
    )
    assert kept.status_code == 302
    cls = Body.objects.get(name="CLS")
    assert (cls.is_external, cls.meetings_per_year, cls.usual_minutes) == (True, 2, 90)
    assert sorted(one.label for one in cls.themes.all()) == ["Jeunesse", "Petite enfance"]
    seats = {str(one.participant or "vacant"): str(one.actor) for one in cls.mandates.all()}
    assert seats == {"Anne Fontaine": "Caf", "Rose Dijoux": "ARS", "vacant": "Mission localle"}
    assert Participant.objects.filter(name="Anne Fontaine").count() == 1
    # She takes the seat that the prefecture had left vacant: a second one would be a seat too many.
    bodies["cotech"].refresh_from_db()
    assert bodies["cotech"].meetings_per_year == 5
    prefecture = Mandate.objects.get(body=bodies["cotech"], actor__name="Préfecture")
    assert str(prefecture.participant) == "Lise Boyer"


def test_what_the_sheet_gets_wrong_is_told_with_its_cell_and_value_and_nothing_is_saved(client, cast, bodies):
    reading = members_import.understand(
        table(
            line(kind="CLX"),
            line(name=""),
            line(themes="Licornes"),
            line(places="Nulle-part"),
            line(often="beaucoup"),
            line(long="25 h"),
            line(vote="peut-être"),
            line(role="grand chef"),
            line(person="rose  DIJOUX", vote="non"),
            line(often="7"),
            line("Sans type", "", actor="Caf"),
        ),
        cast.convention,
    )

    assert {(one.cell, one.text) for one in reading.errors} >= {
        ("B2", "CLX"), ("A3", ""), ("D4", "Licornes"), ("E5", "Nulle-part"), ("F6", "beaucoup"),
        ("G7", "25 h"), ("M8", "peut-être"), ("L9", "grand chef"), ("J10", "rose  DIJOUX"), ("F11", "7"),
        ("12", "Sans type"),
    }  # fmt: skip
    messages = {one.cell: one.message for one in reading.errors}
    assert messages["J10"].startswith("La ligne 2 la fait déjà siéger")
    assert messages["F11"].startswith("La ligne 2 dit autre chose")


def test_a_body_changed_since_the_preview_stops_the_import(client, cast, bodies):
    client.force_login(cast.city_officer)
    lines = table(line("COPIL", "", "", often="3", long="", actor="Caf", person="Jean Técher"))
    reading = members_import.understand(lines, cast.convention)
    body_operations.update_body(
        by=cast.caf_adviser, body=bodies["copil"], base_version=1, meetings_per_year=6
    )
    held = {"convention": cast.convention.pk, "user": cast.city_officer.pk}
    ticket = signing.dumps({"table": lines, "shown": reading.shown, **held}, salt=SALT)
    response = client.post(reverse("bodies_import_keep", args=[cast.convention.slug]), {"ticket": ticket})

    assert response.status_code == 409
    bodies["copil"].refresh_from_db()
    assert bodies["copil"].meetings_per_year == 6
    assert bodies["copil"].mandates.count() == 3


def test_the_template_is_read_by_the_import_once_filled(client, cast, bodies):
    client.force_login(cast.city_officer)
    answer = client.get(reverse("bodies_template", args=[cast.convention.slug]))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    book.worksheets[-1].append(line(themes="Jeunesse"))
    target = io.BytesIO()
    book.save(target)
    reading = members_import.understand(
        members_import.read_table("x.xlsx", target.getvalue()), cast.convention
    )

    assert reading.errors == []
    assert [one.outcome for one in reading.bodies] == ["new"]


@pytest.mark.parametrize(
    "hostile", ["=HYPERLINK(1)", "<script>alert(1)</script>", "‮abc", "💃" * 300, "a\x00b", "%s %(n)s {x}"]
)  # fmt: skip
def test_hostile_cells_are_refused_or_kept_as_text(client, cast, bodies, hostile):
    cells = ["name", "kind", "themes", "places", "often", "long", "actor", "person", "role", "vote", "source"]
    lines = table(*(line(**{cell: hostile}) for cell in cells))
    reading = members_import.understand(lines, cast.convention)

    for one in reading.errors:
        assert one.message


def test_a_file_that_is_no_list_of_bodies_is_refused_with_what_to_do(client, cast, bodies):
    client.force_login(cast.city_officer)
    file = io.BytesIO(b"a;b\n1;2\n")
    file.name = "x.csv"
    response = client.post(reverse("bodies_import", args=[cast.convention.slug]), {"file": file})

    assert response.status_code == 422
    assert "Il manque une colonne" in text_of(response)
