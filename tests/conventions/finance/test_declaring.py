"""A year of a crèche of forty places, from its forecast to its balance, every line explained."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ansanm.conventions.finance import ledger, operations, payments
from ansanm.conventions.finance.cof_views import told_declaration
from ansanm.conventions.finance.overview import Overview
from ansanm.conventions.models import (
    Account,
    Device,
    FundingAgreement,
    FundingDeclaration,
    LedgerEntry,
    PlannedPayment,
)
from ansanm.territories.versions import StaleVersion
from tests.conventions.finance.conftest import YEAR_OF_FORTY_PLACES

pytestmark = pytest.mark.django_db

# By hand, from the values in the fixtures. Billing rate 77 000 / 70 000 = 110 %; ceiling of the price
# 10.05 − 1.05 × 3 / 13 = 9.8077; cost 760 000 / 77 000 = 9.8701; 66 % × 9.8077 × 77 000 = 498 427.314,
# − 92 400 = 406 027.314; + 66 % × 9.8077 × 400 = 2 589.2328 of preparation.
PSU = Decimal("408616.55")
# 92 400 / 77 000 = 1.20 an hour: 300 a place. 2 children of 60 are 3.33 %: 15 % of 19 000 × that share,
# 95.00 a place. 160 a month passes 150: 970 a place. 1 500 a place of the territory, 40 places.
BONUSES = {
    "social_mix": Decimal("12000.00"),
    "inclusion": Decimal("3800.00"),
    "attractiveness": Decimal("38800.00"),
    "territory": Decimal("60000.00"),
}
ENTITLED = PSU + sum(BONUSES.values())


def saved(cast, cof, phase="forecast", base_version=0, send=True, **changes):
    return operations.save_declaration(
        by=cast.childcare_manager,
        agreement=cof,
        phase=phase,
        content={k: v for k, v in (YEAR_OF_FORTY_PLACES | changes).items() if v is not None},
        base_version=base_version,
        send=send,
    )


def validated(cast, cof, phase="forecast", **changes):
    sent = saved(cast, cof, phase, **changes)
    return operations.validate_declaration(by=cast.caf_adviser, declaration=sent, base_version=sent.version)


def paid(cast, convention, *rows):
    table = [["Date de paiement", "Montant en euros", "Bénéficiaire", "Référence"], *rows]
    reading = payments.understand("liste.csv", table, convention=convention)
    return payments.save(reading, by=cast.caf_adviser, convention=convention)


def test_what_the_caf_of_a_convention_gives_wherever_it_works_holds_there(cast, ceilings):
    caf = cast.caf_adviser.organisation
    caf.insee_code = "75"  # not the département of the convention
    caf.save()
    cast.convention.parties.get_or_create(organisation=caf, kind="caf")

    value = operations.parameters_of(cast.convention).at("psu.ceiling_both_low", date(2025, 6, 1))
    assert (value.number, value.entered_by) == (Decimal("10.05"), caf.name)


def test_the_year_gives_the_psu_and_each_bonus_to_the_cent_with_its_lines(cast, cof, ceilings):
    declaration = validated(cast, cof)
    amounts = {one["key"]: Decimal(one["amount"]["eur"]) for one in declaration.computed}

    assert amounts == {"psu": PSU, **BONUSES}
    assert declaration.total_eur == ENTITLED
    for part in told_declaration(declaration)["components"]:
        assert part["lines"], part["label"]
    psu = told_declaration(declaration)["components"][0]
    ceiling = next(line for line in psu["lines"] if line["key"] == "ceiling_price")
    assert {one["source"].title for one in ceiling["parameters"]} >= {"Barème d’essai, inventé"}
    assert {one["status_words"] for one in ceiling["parameters"]} >= {"saisi par la Caf"}


def test_no_amount_that_rests_on_a_hypothesis_looks_confirmed(cast, cof, ceilings, as_person):
    declaration = validated(cast, cof)
    doubts = {one["label"]: one["doubt"] for one in told_declaration(declaration)["components"]}

    # No source gives the formulas of the first and the third; the others were read or notified.
    assert [name for name, doubt in doubts.items() if doubt] == ["PSU", "Bonus inclusion handicap"]
    page = as_person(cast.childcare_manager).get(
        reverse("finance_mine_agreement", args=["saint-denis", cof.pk])
    )
    # The percentages of the advances are those of another Caf until this one enters its own.
    assert page.content.decode().count("à confirmer par la Caf") >= 2


def test_advances_are_shares_of_the_forecast_on_the_days_of_the_caf(cast, cof, ceilings):
    validated(cast, cof)

    first, second = cof.planned_payments.order_by("due_on")
    assert (first.due_on, second.due_on) == (date(2025, 3, 1), date(2025, 10, 2))
    assert first.amount_cents == second.amount_cents == round(ENTITLED * 35)
    assert ledger.balance(Account.COMMITTED, agreement=cof) == round(ENTITLED * 100)


def test_the_balance_is_what_the_actual_year_gives_less_what_was_paid(cast, cof, ceilings):
    validated(cast, cof)
    first, second = cof.planned_payments.order_by("due_on")
    for one in (first, second):
        eur = f"{one.amount_cents / 100:.2f}".replace(".", ",")
        paid(cast, cof.convention, [f"{one.due_on:%d/%m/%Y}", eur, "Association Les Filaos", "COF-2025-001"])
    assert ledger.balance(Account.ADVANCES, agreement=cof) == first.amount_cents * 2

    validated(cast, cof, "actual")

    cof.refresh_from_db()
    left = round(ENTITLED * 100) - 2 * first.amount_cents
    assert cof.is_settled
    assert cof.planned_payments.get(kind=PlannedPayment.Kind.BALANCE).amount_cents == left
    assert ledger.balance(Account.ADVANCES, agreement=cof) == 0
    assert ledger.balance(Account.DUE, agreement=cof) == -left
    assert ledger.balance(Account.COMMITTED, agreement=cof) == 0


def test_paid_beyond_the_entitlement_is_an_overpayment_until_it_is_given_back(cast, cof, ceilings):
    validated(cast, cof)
    paid(cast, cof.convention, ["03/03/2025", "600 000", "Association Les Filaos", "COF-2025-001"])
    validated(cast, cof, "actual")
    over = 60_000_000 - round(ENTITLED * 100)
    assert ledger.balance(Account.OVERPAID, agreement=cof) == over

    back = f"-{over / 100:.2f}"
    paid(cast, cof.convention, ["03/06/2026", back, "Association Les Filaos", "COF-2025-001"])

    assert ledger.balance(Account.OVERPAID, agreement=cof) == 0
    assert ledger.balance(Account.DUE, agreement=cof) == 0


def test_on_31_december_the_unpaid_part_is_accrued_then_reversed_when_the_year_is_settled(
    cast, cof, ceilings
):
    validated(cast, cof)
    paid(cast, cof.convention, ["03/03/2025", "100 000,00", "Association Les Filaos", "COF-2025-001"])
    # Paid after the day: not taken off what was due on it.
    paid(cast, cof.convention, ["15/02/2026", "7", "Association Les Filaos", "COF-2025-001"])

    assert operations.accrue(by=cast.caf_adviser, convention=cof.convention, year=2025) == 1
    assert operations.accrue(by=cast.caf_adviser, convention=cof.convention, year=2025) == 0
    assert -ledger.balance(Account.ACCRUED, agreement=cof) == round(ENTITLED * 100) - 10_000_000
    assert LedgerEntry.objects.get(kind="accrue").booked_on == date(2025, 12, 31)

    validated(cast, cof, "actual")
    assert ledger.balance(Account.ACCRUED, agreement=cof) == 0


def test_a_value_that_nobody_gave_leaves_the_total_unknown_and_the_caf_cannot_validate(cast, cof):
    sent = saved(cast, cof)

    assert sent.total_cents is None
    (missing,) = [one["missing"] for one in told_declaration(sent)["components"] if one["missing"]]
    assert "Prix plafond PSU" in missing and "publiée par" in missing
    with pytest.raises(ValidationError, match="Prix plafond PSU"):
        operations.validate_declaration(by=cast.caf_adviser, declaration=sent, base_version=sent.version)
    sent.refresh_from_db()
    assert (sent.state, sent.version) == ("sent", 1)
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"billed_hours": "69999"}, "billed_hours"),
        ({"attended_hours": "-1"}, "attended_hours"),
        ({"attended_hours": "9999999", "billed_hours": "9999999"}, "billed_hours"),
        ({"places": "41"}, "places"),
        ({"open_hours": "9000"}, "open_hours"),
        ({"children": "1"}, "disabled_children"),
        ({"children": None}, "children"),
        ({"expenses_eur": None}, "expenses_eur"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_beside_its_field_and_nothing_is_kept(
    cast, cof, ceilings, changes, field
):
    with pytest.raises(ValidationError) as refusal:
        saved(cast, cof, **changes)

    assert list(refusal.value.message_dict) == [field]
    assert not FundingDeclaration.objects.exists()


OTHERS = {
    "alsh": ({"hours": "10000", "wednesday_hours": "2000", "expenses_eur": "60000"}, "Accueils de loisirs"),
    "laep": ({"open_hours": "400", "expenses_eur": "30000"}, "Lieux d’accueil"),
    "rpe": ({"full_time_posts": "1.5", "has_missions": "yes", "expenses_eur": "90000"}, "Relais"),
    "ludotheque": ({"open_hours": "900", "expenses_eur": "40000"}, "Ludothèques"),
    "centre_social": ({"expenses_eur": "200000", "families_expenses_eur": "40000"}, "Centre social"),
    "evs": ({"expenses_eur": "60000"}, "Espace de vie"),
    "clas": ({"groups": "3", "expenses_eur": "12000"}, None),
    "pars": ({"meals": "10000", "expenses_eur": "60000"}, None),
    "cooperation": ({"full_time_posts": "0.5", "expenses_eur": "30000"}, "coopération"),
}


def test_every_device_is_computed_or_says_which_value_the_caf_must_give(cast, managed):
    assert {*OTHERS, "eaje"} == set(Device.values)
    for device, (content, missing) in OTHERS.items():
        agreement = operations.open_agreement(
            by=cast.caf_adviser, convention=cast.convention, equipment=managed, device=device, year=2025
        )
        saved = operations.save_declaration(
            by=cast.childcare_manager, agreement=agreement, phase="forecast", content=content, base_version=0
        )
        (part,) = told_declaration(saved)["components"]
        if missing is None:
            assert saved.total_cents > 0 and part["lines"], device
        else:
            assert saved.total_cents is None, device
            assert missing.lower() in part["missing"].lower()


def test_one_cof_for_an_equipment_a_device_and_a_year(cast, cof):
    def again(**changes):
        operations.open_agreement(
            by=cast.caf_adviser,
            convention=cof.convention,
            **({"equipment": cof.equipment, "device": Device.EAJE, "year": 2025} | changes),
        )

    with pytest.raises(ValidationError) as refusal:
        again()
    assert list(refusal.value.message_dict) == ["device"]
    # No calendar is known before the first that a Caf published.
    with pytest.raises(ValidationError, match="commence le") as refusal:
        again(year=2012)
    assert list(refusal.value.message_dict) == ["year"]
    again(year=2026)
    assert FundingAgreement.objects.count() == 2


def test_after_the_year_is_closed_nothing_is_declared_until_the_caf_reopens_it(cast, cof, ceilings):
    validated(cast, cof)
    actual = validated(cast, cof, "actual")
    with pytest.raises(ValidationError, match="close"):
        saved(cast, cof, "actual", base_version=actual.version)

    cof.refresh_from_db()
    operations.reopen(
        by=cast.caf_adviser, agreement=cof, base_version=cof.version, reason="Heures mal comptées"
    )

    actual.refresh_from_db()
    assert (actual.state, actual.reason) == ("returned", "Heures mal comptées")
    assert ledger.balance(Account.ENTITLED, agreement=cof) == 0
    assert ledger.balance(Account.COMMITTED, agreement=cof) == round(ENTITLED * 100)
    again = saved(cast, cof, "actual", base_version=actual.version, expenses_eur="700000")
    operations.validate_declaration(by=cast.caf_adviser, declaration=again, base_version=again.version)
    again.refresh_from_db()
    assert ledger.balance(Account.ENTITLED, agreement=cof) == again.total_cents


def test_of_two_who_save_at_once_the_second_sees_both(cast, cof, ceilings, as_person):
    saved(cast, cof, send=False)
    url = reverse("finance_declare", args=["saint-denis", cof.pk, "forecast"])

    with pytest.raises(StaleVersion):
        saved(cast, cof, send=False, expenses_eur="700000")
    page = as_person(cast.childcare_manager).post(
        url, YEAR_OF_FORTY_PLACES | {"expenses_eur": "700 000", "version": "0", "deed": "save"}
    )

    assert page.status_code == 409
    text = page.content.decode()
    assert "760000" in text and "700000" in text
    assert FundingDeclaration.objects.get().content["expenses_eur"] == "760000"


def test_the_caf_returns_a_declaration_with_why_and_each_version_is_kept(cast, cof, ceilings):
    sent = saved(cast, cof)
    with pytest.raises(ValidationError):
        operations.return_declaration(
            by=cast.caf_adviser, declaration=sent, base_version=sent.version, reason=" "
        )
    back = operations.return_declaration(
        by=cast.caf_adviser, declaration=sent, base_version=sent.version, reason="Le taux est trop haut"
    )
    saved(cast, cof, base_version=back.version, billed_hours="75000")

    assert [(one.version, one.state) for one in sent.revisions.all()] == [
        (3, "sent"),
        (2, "returned"),
        (1, "sent"),
    ]
    assert sent.revisions.get(version=1).content["billed_hours"] == "77000"


def test_what_is_kept_reads_the_same_when_the_values_change(cast, cof, ceilings):
    from ansanm.funding.models import EnteredValue

    declaration = validated(cast, cof)
    before = told_declaration(declaration)["components"]
    EnteredValue.objects.all().delete()

    assert told_declaration(FundingDeclaration.objects.get(pk=declaration.pk))["components"] == before


def test_the_journey_of_a_year_from_the_manager_to_the_caf_and_back(cast, managed, ceilings, as_person):
    """Without a browser: the pages alone lead from the opening of a COF to its balance."""
    slug = "saint-denis"
    caf = as_person(cast.caf_adviser)
    opened = caf.post(
        reverse("finance_agreement_open", args=[slug]),
        {
            "equipment": managed.pk,
            "device": "eaje",
            "year": "2025",
            "reference": "COF-2025-001",
            "beneficiary": "Association Les Filaos",
            "authorised_places": "40",
            "employer": "private",
            "general_scheme_percent": "100",
            "territory_units": "40",
            "territory_per_unit_eur": "1 500,00",
            "is_fictitious": "on",
        },
    )
    cof = FundingAgreement.objects.get()
    assert opened.url == reverse("finance_managers", args=[slug, cof.pk])
    caf.post(opened.url, {"users": [cast.childcare_manager.pk]})

    manager = as_person(cast.childcare_manager)
    mine = manager.get(reverse("finance_mine", args=[slug])).content.decode()
    assert "Crèche Les Filaos" in mine and "Ce qui est en retard" in mine
    url = reverse("finance_declare", args=[slug, cof.pk, "forecast"])
    typed = YEAR_OF_FORTY_PLACES | {"expenses_eur": "760 000,00", "version": "0"}
    wrong = manager.post(url, typed | {"billed_hours": "60000", "deed": "send"})
    assert wrong.status_code == 422
    assert "moins que les heures réalisées" in wrong.content.decode()
    assert manager.post(url, typed | {"deed": "save"}).url == url
    page = manager.get(url).content.decode()
    for words in (
        "408\u202f616,55", "Bonus mixité sociale", "12\u202f000,00", "Bonus attractivité", "38\u202f800,00",
        "Bonus territoire", "60\u202f000,00", "Prix plafond PSU", "saisi par la Caf",
        "prix de revient horaire",
    ):  # fmt: skip
        assert words.lower() in page.lower(), words
    manager.post(url, YEAR_OF_FORTY_PLACES | {"version": "1", "deed": "send"})

    caf = as_person(cast.caf_adviser)
    decide = reverse("finance_declaration_decide", args=[slug, cof.pk, "forecast"])
    assert caf.post(decide, {"decision": "validate", "version": "1"}).status_code == 409
    assert caf.post(decide, {"decision": "validate", "version": "2"}).status_code == 302

    manager = as_person(cast.childcare_manager)
    page = manager.get(reverse("finance_mine_agreement", args=[slug, cof.pk])).content.decode()
    assert (
        "Premier acompte" in page and "183\u202f125,79" in page and "1 mars 2025" in page.replace("1er", "1")
    )

    row = Overview(cast.convention).rows[0]
    for one in row.planned:
        eur = f"{one.amount_cents / 100:.2f}"
        paid(cast, cof.convention, [f"{one.due_on:%d/%m/%Y}", eur, "Association Les Filaos", "COF-2025-001"])
    actual = reverse("finance_declare", args=[slug, cof.pk, "actual"])
    manager = as_person(cast.childcare_manager)
    # The figures of the declaration before are proposed.
    assert "760\u202f000" in manager.get(actual).content.decode()
    manager.post(actual, YEAR_OF_FORTY_PLACES | {"version": "0", "deed": "send"})
    caf = as_person(cast.caf_adviser)
    decide = reverse("finance_declaration_decide", args=[slug, cof.pk, "actual"])
    caf.post(decide, {"decision": "validate", "version": "1"})

    manager = as_person(cast.childcare_manager)
    page = manager.get(reverse("finance_mine_agreement", args=[slug, cof.pk])).content.decode()
    assert "Année close" in page and "156\u202f964,97" in page and "Solde" in page
    assert ENTITLED - 2 * Decimal("183125.79") == Decimal("156964.97")
    assert 'name="deed"' not in manager.get(actual).content.decode()
    # The same lines on paper.
    pdf = manager.get(reverse("finance_mine_declaration_export", args=[slug, cof.pk, "actual", "pdf"]))
    assert pdf.content[:5] == b"%PDF-"


def test_who_declares_for_an_equipment_does_not_validate_it(cast, cof, ceilings, as_person):
    operations.set_managers(by=cast.caf_adviser, equipment=cof.equipment, users=[cast.caf_adviser])
    sent = saved(cast, cof)
    decide = reverse("finance_declaration_decide", args=["saint-denis", cof.pk, "forecast"])

    answer = as_person(cast.caf_adviser).post(decide, {"decision": "validate", "version": sent.version})

    assert answer.status_code == 422
    assert "une autre personne de la Caf valide" in answer.content.decode()
    sent.refresh_from_db()
    assert sent.state == "sent" and not LedgerEntry.objects.exists()


def test_a_reason_too_long_to_keep_is_refused_beside_its_field(cast, cof, ceilings, as_person):
    sent = saved(cast, cof)
    decide = reverse("finance_declaration_decide", args=["saint-denis", cof.pk, "forecast"])
    caf = as_person(cast.caf_adviser)

    for reason in ("", "x" * 2001):
        answer = caf.post(decide, {"decision": "return", "version": sent.version, "reason": reason})
        assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    sent.refresh_from_db()
    assert (sent.state, sent.version) == ("sent", 1)
    assert caf.post(decide, {"decision": "return", "version": 1, "reason": "À revoir"}).status_code == 302


def test_an_estimate_returned_after_the_year_is_closed_commits_nothing_again(cast, cof, ceilings):
    validated(cast, cof)
    late = saved(cast, cof, "update_1")
    validated(cast, cof, "actual")
    operations.return_declaration(
        by=cast.caf_adviser, declaration=late, base_version=late.version, reason="L’année est close"
    )
    assert ledger.balance(Account.COMMITTED, agreement=cof) == 0


def test_an_estimate_given_back_takes_its_accrual_away_on_the_same_day(cast, cof, ceilings):
    done = validated(cast, cof)
    assert operations.accrue(by=cast.caf_adviser, convention=cof.convention, year=2025) == 1
    operations.return_declaration(
        by=cast.caf_adviser, declaration=done, base_version=done.version, reason="Erreur"
    )

    assert operations.accrue(by=cast.caf_adviser, convention=cof.convention, year=2025) == 1
    assert operations.accrue(by=cast.caf_adviser, convention=cof.convention, year=2025) == 0

    assert ledger.balance(Account.ACCRUED, agreement=cof) == 0
    back = LedgerEntry.objects.get(kind="reverse", reverses__kind="accrue")
    assert back.booked_on == date(2025, 12, 31)


def test_once_the_year_is_closed_what_was_planned_is_what_was_due(cast, cof, ceilings):
    first = validated(cast, cof).agreement.planned_payments.first()
    paid(
        cast,
        cof.convention,
        ["03/03/2025", f"{first.amount_cents / 100:.2f}", "Association Les Filaos", "COF-2025-001"],
    )
    validated(cast, cof, "actual", expenses_eur="700000")

    (row,) = Overview(cof.convention).rows
    assert row.planned_cents == row.planned_today_cents == row.entitled_cents
    assert row.left_cents == row.due_cents == row.entitled_cents - first.amount_cents
