import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from ansanm.conventions.models import Convention, ConventionParty, ConventionRole, ConventionTerritory
from ansanm.territories.models import DeclaredFigure, Territory

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def refused(name, create):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        create()
    # SQLite names the columns of a unique constraint, PostgreSQL the constraint.
    assert name in str(refusal.value) or "UNIQUE" in str(refusal.value)


@pytest.mark.parametrize("text", ["2021", "2021-12", "2021-12-03", ""])
def test_a_date_is_kept_as_precisely_as_it_is_known(text):
    convention = Convention.objects.create(name="CTG", slug="ctg", signed_on=text)

    assert Convention.objects.get(pk=convention.pk).signed_on == text


@pytest.mark.parametrize("text", ["21", "2021-13", "2021-1", "déc. 2021", "2021-12-32", "2021-12-3"])
def test_the_database_refuses_what_is_not_a_date(text):
    refused(
        "convention_dates_are_a_year_a_month_or_a_day",
        lambda: Convention.objects.create(name="CTG", slug="ctg", starts_on=text),
    )


def test_the_database_refuses_an_end_before_the_start():
    refused(
        "convention_ends_in_or_after_its_first_year",
        lambda: Convention.objects.create(name="CTG", slug="ctg", starts_on="2021-12", ends_on="2020"),
    )


def test_a_month_does_not_contradict_its_own_year():
    Convention.objects.create(name="CTG", slug="ctg", starts_on="2021-12", ends_on="2021").clean()


def test_an_end_some_months_before_the_start_is_refused_in_words():
    with pytest.raises(ValidationError, match="La fin .septembre 2021. vient avant"):
        Convention(name="CTG", slug="ctg", starts_on="2021-12", ends_on="2021-09").clean()


@pytest.mark.parametrize("years", [1, 12, 30])
def test_no_length_that_a_convention_may_have_is_refused(years):
    Convention(name="CTG", slug="ctg", duration_years=years).full_clean()


@pytest.mark.parametrize("years", [0, 2021])
def test_the_database_refuses_a_slip_for_a_length(years):
    refused(
        "convention_lasts_some_years",
        lambda: Convention.objects.create(name="CTG", slug="ctg", duration_years=years),
    )


def test_a_convention_holds_each_territory_party_and_person_once(cast):
    convention = cast.convention
    territory = convention.territories.get()
    party = convention.parties.first()

    refused(
        "convention_has_each_territory_once",
        lambda: ConventionTerritory.objects.create(convention=convention, territory=territory),
    )
    refused(
        "convention_has_each_party_once",
        lambda: ConventionParty.objects.create(
            convention=convention, organisation=party.organisation, kind="other"
        ),
    )
    refused(
        "convention_gives_each_person_one_role",
        lambda: ConventionRole.objects.create(convention=convention, user=cast.reader, role="city_officer"),
    )
    refused(
        "convention_party_is_of_a_known_kind",
        lambda: ConventionParty.objects.create(
            convention=convention, organisation=cast.neighbour.organisation, kind="prefecture"
        ),
    )
    refused(
        "convention_role_is_named",
        lambda: ConventionRole.objects.create(convention=convention, user=cast.stranger, role=""),
    )


def test_the_end_is_computed_from_the_signature_only_when_none_is_published():
    signed = Convention(signed_on="2021-12", duration_years=5)

    assert signed.computed_end == "2026-12"
    assert Convention(signed_on="2021-12", duration_years=5, ends_on="2026").computed_end == ""
    assert Convention(signed_on="2021-12").computed_end == ""
    assert Convention(starts_on="2023", duration_years=4).computed_end == "2027"


def test_a_convention_shows_only_to_those_with_a_role_on_it(cast):
    seen_by = {name: list(Convention.objects.visible_to(one)) for name, one in cast.people.items() if one}

    assert seen_by["reader"] == [cast.convention]
    assert seen_by["neighbour"] == [cast.other_convention]
    assert seen_by["stranger"] == seen_by["administrator"] == []
    assert list(Convention.objects.visible_to(AnonymousUser())) == []
    assert cast.convention.roles_of(AnonymousUser()) == set()


def test_figures_are_those_of_its_places_and_of_no_other(cast):
    def declare(code):
        return DeclaredFigure.objects.create(
            level="commune",
            code=code,
            variable="eaje_places",
            period="2023",
            value=10,
            source_title="Rapport",
            source_on="2024-01-01",
            declared_by=cast.city_officer,
        )

    here, elsewhere = declare("97411"), declare("97418")

    assert list(cast.convention.figures()) == [here]
    assert list(cast.other_convention.figures()) == [elsewhere]
    assert list(Convention.objects.create(name="Vide", slug="vide").figures()) == []


def test_an_intercommunal_convention_reaches_its_communes():
    epci = Territory.objects.create(
        level="epci", code="249999999", name="CA du Lagon", slug="ca-du-lagon", search_key="ca du lagon"
    )
    commune = Territory.objects.create(
        level="commune",
        code="97499",
        name="Le Lagon",
        slug="le-lagon",
        search_key="le lagon",
        epci_code=epci.code,
    )
    convention = Convention.objects.create(name="CTG", slug="ctg")
    ConventionTerritory.objects.create(convention=convention, territory=epci)

    assert convention.places() == [epci, commune]
