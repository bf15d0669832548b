"""The financing plan on its page: sums that match, never mixed, each leading to its lines."""

import io
import re
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from ansanm.conventions.finance.plan import CUTS, FinancingPlan
from ansanm.conventions.models import FinancingLine, PlanActor, PlanNode
from ansanm.conventions.plan.operations import create_action, delete_actions, update_action
from ansanm.conventions.plan.reading import source
from ansanm.engines.funding.plan import joined

pytestmark = pytest.mark.django_db


def plain(text):
    return text.replace("\xa0", " ").replace("\u202f", " ")


@pytest.fixture
def funders(cast):
    return [
        PlanActor.objects.create(convention=cast.convention, name=name)
        for name in ("Caf de La Réunion", "Ville de Saint-Denis")
    ]


@pytest.fixture
def fiche(cast, funders):
    """A fiche whose lines say all that a line may say."""
    caf, city = (one.pk for one in funders)
    themes = list(cast.convention.themes.order_by("slug")[:2])
    stake = PlanNode.objects.create(convention=cast.convention, kind="stake", label="Grandir à Saint-Denis")
    return create_action(
        by=cast.city_officer,
        convention=cast.convention,
        number="7",
        title="Ouvrir la crèche du Chaudron",
        node=stake.pk,
        themes=[one.slug for one in themes],
        operations=[{"key": "travaux", "title": "Les travaux"}],
        financing=[
            {
                "funder": caf, "year": 2025, "amount_eur": "300000", "precision": "exact", "scope": "",
                "source_title": "", "source_url": "", "operation": "travaux", "device": "Plan crèche",
                "nature": "investment", "tax": "ht", "common_law": "beyond", "asked_eur": "400000",
                "promised_eur": "300000", "paid_eur": "120000.50", "place": "commune:97411",
            },
            {
                "funder": city, "year": 2025, "amount_eur": "2000000", "precision": "more_than", "scope": "",
                "source_title": "COPIL 2024", "source_url": "", "common_law": "within",
            },
            {
                "funder": city, "year": None, "amount_eur": None, "precision": "to_define", "scope": "",
                "source_title": "", "source_url": "",
            },
            {
                "funder": city, "year": 2026, "amount_eur": "24000", "precision": "about", "scope": "",
                "source_title": "", "source_url": "", "in_kind_fte": "0.5",
            },
        ],
    )  # fmt: skip


def at(**query):
    return reverse("financing_plan", args=["saint-denis"], query=query)


def lines_behind(client, href):
    page = client.get(f"{at()}{href}")
    return [one["line"].pk for one in page.context["lines"]]


def test_what_a_line_says_comes_back_in_the_fiche_and_only_what_was_told_is_kept(cast, fiche):
    from ansanm.conventions.plan.operations import fresh

    rows = fresh(fiche)["financing"]
    first = next(one for one in rows if one.get("device"))
    second = next(one for one in rows if one["precision"] == "more_than")
    assert first["operation"] == "travaux"
    assert first["paid_eur"] == "120000.5" and first["place"] == "commune:97411"
    assert "device" not in second and "paid_eur" not in second
    # The line of an operation that goes away is one of the whole action.
    update_action(by=cast.city_officer, action=fiche, base_version=1, operations=[])
    assert not any("operation" in one for one in fresh(fiche)["financing"])


@pytest.mark.parametrize(
    "wrong", [{"nature": "gift"}, {"tax": "tva"}, {"paid_eur": "-1"}, {"place": "commune:99999"}]
)
def test_what_no_line_may_say_is_refused(cast, fiche, wrong):
    from django.core.exceptions import ValidationError

    from ansanm.conventions.plan.operations import fresh

    rows = fresh(fiche)["financing"]
    with pytest.raises(ValidationError) as refused:
        update_action(
            by=cast.city_officer, action=fiche, base_version=1, financing=[rows[0] | wrong, *rows[1:]]
        )
    assert "financing" in refused.value.message_dict


def test_each_sum_leads_to_its_lines_and_nothing_is_mixed(client, cast, fiche):
    client.force_login(cast.reader)
    response = client.get(at())
    page = plain(response.content.decode())

    assert "300 000 €" in page and "120 000,50 €" in page and "1 sans montant" in page
    # 300 000 beyond the ordinary funding and « plus de » 2 000 000 within it make no sum anywhere.
    assert "2 300 000" not in page and "2 324 000" not in page
    assert response.context["found"].scope_words(response.context["found"].whole[0].scope)
    for row in (*response.context["rows"], *response.context["whole"]):
        for cell in row["cells"]:
            if not cell["query"]:
                continue
            behind = lines_behind(client, f"?{cell['query']}")
            lines = FinancingLine.objects.filter(pk__in=behind)
            if cell["title"] == "Lignes":
                assert len(behind) == int(cell["text"])
            elif cell["title"] == "À définir":
                assert all(one.amount_eur is None for one in lines) and behind
            else:
                name = {"Demandé": "asked_eur", "Promis": "promised_eur", "Payé": "paid_eur"}.get(
                    cell["title"], "amount_eur"
                )
                total = sum(getattr(one, name) for one in lines)
                shown = plain(cell["text"]).partition(" €")[0].replace(" ", "").replace(",", ".")
                assert total == Decimal(shown)


def test_several_millions_are_traced_to_their_line_and_source(client, cast, fiche):
    client.force_login(cast.elected_official)

    page = client.get(at(par="annee", exactitude="more_than"))
    text = plain(strip_tags(page.content.decode()))
    assert "plus de 2 000 000 €" in text and "COPIL 2024" in text
    assert "1 ligne sur 4" in " ".join(text.split())
    assert f'href="{reverse("action", args=["saint-denis", fiche.pk])}#money"' in page.content.decode()


def test_the_sums_match_whatever_the_plan_is_cut_by(cast, fiche, funders):
    FinancingLine.objects.create(convention=cast.convention, funder=funders[0], amount_eur=5, year=2024)
    other = create_action(
        by=cast.city_officer,
        convention=cast.convention,
        title="Une autre",
        financing=[
            {"funder": funders[1].pk, "year": 2024, "amount_eur": "10.10", "precision": "exact", "scope": "",
             "source_title": "", "source_url": ""},
        ],
    )  # fmt: skip
    wholes = []
    for cut in CUTS:
        found = FinancingPlan(cast.convention, {"par": cut.name})
        assert sum(one.n_lines for one in found.totals) == len(found.lines) == 6
        wholes.append(
            {
                (one.scope, name): (cell.cents, cell.n_lines)
                for one in joined(found.totals)
                for name, cell in (*one.by_precision.items(), *one.road.items())
            }
        )
    assert all(one == wholes[0] for one in wholes)
    # What is in the bin is in no total.
    delete_actions(by=cast.city_officer, convention=cast.convention, actions=[other])
    assert len(FinancingPlan(cast.convention, {}).lines) == 5


def test_filters_that_make_no_sense_find_nothing_and_break_nothing(client, cast, fiche):
    client.force_login(cast.reader)
    for query in (
        {"par": "x"},
        {"financeur": "abc"},
        {"financeur": "²"},
        {"enjeu": "²", "action": "²"},
        {"enjeu": "9" * 200},
        {"etape": "x"},
        {"action": "-1"},
    ):
        assert client.get(at(**query)).status_code == 200
    assert "Aucune ligne ne répond" in client.get(at(financeur="abc")).content.decode()


def test_files_carry_the_same_lines_and_the_workbook_of_the_plan_comes_back_unchanged(client, cast, fiche):
    client.force_login(cast.city_officer)
    out = client.get(reverse("financing_plan_export", args=["saint-denis", "xlsx"], query={"annee": "2025"}))
    totals, lines = openpyxl.load_workbook(io.BytesIO(out.content)).worksheets[1:]
    assert lines.max_row == 3 and totals["A2"].value == "Caf de La Réunion"
    for format, start in (("csv", b"\xef\xbb\xbf"), ("pdf", b"%PDF")):
        address = reverse("financing_plan_export", args=["saint-denis", format])
        assert client.get(address).content.startswith(start)

    book = client.get(reverse("plan_export", args=["saint-denis", "xlsx"])).content
    money = next(
        one for one in openpyxl.load_workbook(io.BytesIO(book)).worksheets if one.title == "Financements"
    )
    header, *rows = money.values
    row = next(one for one in (dict(zip(header, cells, strict=True)) for cells in rows) if one["Dispositif"])
    assert (row["Opération"], row["Dispositif"], row["Nature"]) == (
        "Les travaux",
        "Plan crèche",
        "investissement",
    )
    assert (row["Droit commun"], row["Payé (€)"]) == ("hors droit commun", 120000.5)
    assert "97411" in row["Lieu"]
    file = io.BytesIO(book)
    file.name = "plan.xlsx"
    page = client.post(reverse("plan_import", args=["saint-denis"]), {"file": file})
    assert page.context["n_unchanged"] == 1 and page.context["n_changed"] == 0, page.context["errors"]


def test_a_link_of_a_sum_keeps_the_cut_and_the_filters(client, cast, fiche):
    client.force_login(cast.reader)
    page = unescape(client.get(at(par="enjeu", annee="2025")).content.decode())

    links = [parse_qs(urlsplit(one).query) for one in re.findall(r'href="(\?[^"#]+)#lignes"', page)]
    assert links and all(one["par"] == ["enjeu"] and one["annee"] == ["2025"] for one in links)


def test_the_editor_types_the_road_of_a_line_and_saving_untouched_changes_nothing(client, cast, fiche):
    from ansanm.conventions.plan.fiche_forms import as_posted
    from ansanm.conventions.plan.operations import fresh

    client.force_login(cast.city_officer)
    address = reverse("action_edit", args=["saint-denis", fiche.pk], query={"partie": "moyens"})
    page = client.get(address)
    data = {name: values[-1] for name, values in as_posted(page.context["form"]).lists() if values}
    data["author"] = page.context["author"]
    assert "Les travaux" in page.content.decode()

    client.post(address, data)
    fiche.refresh_from_db()
    assert fiche.version == 1

    place = next(name.split("-")[1] for name, text in data.items() if text == "Plan crèche")
    refused = client.post(address, data | {f"financing-{place}-paid_eur": "-5"})
    assert refused.status_code == 422
    typed = {f"financing-{place}-paid_eur": "200 000 €", f"financing-{place}-tax": ""}
    saved = client.post(address, data | typed)
    assert saved.status_code == 302, saved.context["form"].problems
    line = next(one for one in fresh(fiche)["financing"] if one.get("device"))
    assert line["paid_eur"] == "200000" and "tax" not in line
    history = plain(client.get(reverse("action_history", args=["saint-denis", fiche.pk])).content.decode())
    assert "Montant payé" in history and "200 000 €" in history
    assert "payé : 200 000 €" in plain(
        client.get(reverse("action", args=["saint-denis", fiche.pk])).content.decode()
    )


def test_a_workbook_kept_since_before_the_road_of_money_still_gives_its_money(client, cast, fiche):
    client.force_login(cast.city_officer)
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(reverse("plan_export", args=["saint-denis", "xlsx"])).content)
    )
    money = book["Financements"]
    kept = [
        "Fiche", "Financeur", "Année", "Montant (€)", "Exactitude", "Périmètre", "Source",
        "Adresse de la source",
    ]  # fmt: skip
    for index in range(money.max_column, 0, -1):
        if money.cell(1, index).value not in kept:
            money.delete_cols(index)
    assert [cell.value for cell in money[1]] == kept
    content = io.BytesIO()
    book.save(content)

    found = source.read("plan.xlsx", content.getvalue())
    lines = [one for one in found.children if one.sheet.key == "financing"]
    assert len(lines) == money.max_row - 1 > 0
    assert all(one.cells["funder"].text for one in lines)
