"""An administrator opens a convention; its members then say who signed it."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ansanm.accounts.models import AuditEntry, Organisation
from ansanm.conventions import operations
from ansanm.conventions.creation import place_called
from ansanm.conventions.models import Convention, ConventionParty
from ansanm.territories.models import Territory
from tests.data_fixtures import empty_map

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]

CREATE = "/conventions/creer/"


@pytest.fixture(autouse=True)
def _a_small_country(db):
    """Without the real territories that another test of this run may have loaded."""
    empty_map()


@pytest.fixture
def typed(cast, client):
    client.force_login(cast.administrator)
    return {
        "name": "CTG de Sainte-Marie",
        "territories": "97418",
        "collectivite": Organisation.objects.get(kind="city", insee_code="97418").pk,
        "caf": Organisation.objects.get(kind="caf").pk,
        "start": "empty",
        "city_officer": "Stranger@example.org",
        "caf_adviser": "",
    }


def a_second_saint_denis():
    facts = {"slug": "saint-denis", "search_key": "saint denis", "departement_code": "93"}
    return Territory.objects.create(level="commune", code="93066", name="Saint-Denis", **facts)


def test_an_administrator_opens_a_convention_and_its_first_member_finds_it(client, cast, typed):
    answer = client.post(CREATE, typed, follow=True)

    convention = Convention.objects.get(name="CTG de Sainte-Marie")
    assert "est ouverte à Stranger Payet" in answer.content.decode()
    assert [one.code for one in convention.territories.all()] == ["97418"]
    assert {one.kind for one in convention.parties.all()} == {"commune", "caf"}
    assert convention.roles_of(cast.stranger) == {"city_officer"}
    assert list(AuditEntry.objects.for_convention(convention).values_list("verb", flat=True)) == [
        "role.set",
        "convention.create",
    ]
    # Opening it gave its author nothing.
    assert client.get(convention.get_absolute_url()).status_code == 404
    client.force_login(cast.stranger)
    assert client.get(convention.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"territories": "Atlantide"}, "« Atlantide » n’est le nom ni le code"),
        ({"territories": "97418\n00000"}, "« 00000 » n’est le nom ni le code"),
        ({"territories": ""}, "obligatoire"),
        ({"name": " ctg de  SAINT-DENIS "}, "Une convention s’appelle déjà"),
        ({"city_officer": "personne@example.org"}, "Aucun compte actif"),
        ({"city_officer": ""}, "Donnez au moins une personne"),
        ({"caf_adviser": "stranger@example.org"}, "Une personne n’a qu’un rôle"),
        ({"caf": ""}, "obligatoire"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_opens_nothing(client, typed, changes, told):
    n_before = Convention.objects.count()

    answer = client.post(CREATE, typed | changes)

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert Convention.objects.count() == n_before


def test_a_name_that_several_places_have_asks_for_the_code(cast):
    a_second_saint_denis()

    with pytest.raises(ValidationError) as refusal:
        place_called("Saint-Denis")

    assert "97411 (Saint-Denis" in str(refusal.value.messages)
    assert "93066 (Saint-Denis" in str(refusal.value.messages)
    assert place_called("commune:93066").code == "93066"
    assert place_called("97411").name == "Saint-Denis"
    assert place_called("sainte marie").code == "97418"


def test_a_code_of_two_levels_asks_which_one(cast):
    for level in ("departement", "region"):
        Territory.objects.create(level=level, code="04", name=f"Quatre {level}", slug="quatre")

    with pytest.raises(ValidationError, match="departement:04 .*region:04 "):
        place_called("04")
    assert place_called("region:04").name == "Quatre region"


def test_the_address_of_a_convention_is_its_own(cast):
    slugs = [
        operations.create_convention(by=cast.administrator, name=name, territories=[]).slug
        for name in ("Créer", "CTG d’Oz", "CTG d'Oz !", "???")
    ]

    assert slugs == ["creer-2", "ctg-doz", "ctg-doz-2", "convention"]


def test_nobody_else_opens_one_and_each_is_told_who_can(client, cast):
    client.force_login(cast.stranger)
    page = client.get(reverse("conventions")).content.decode()
    assert client.get(CREATE).status_code == 403
    assert "La personne qui administre la plateforme peut l’ouvrir" in page
    assert CREATE not in page

    client.force_login(cast.administrator)
    assert CREATE in client.get(reverse("conventions")).content.decode()


# ---- parties


@pytest.fixture
def officer(client, cast):
    client.force_login(cast.city_officer)
    return cast.city_officer


@pytest.fixture
def club(cast):
    return Organisation.objects.get(name="Les Filaos")


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


def test_a_signatory_is_added_corrected_and_removed(client, cast, officer, club):
    facts = {"kind": "other", "deliberation_number": "12-2021", "deliberation_on": "décembre 2021"}
    client.post(at("party_add"), facts | {"organisation": "les  FILAOS", "version": 1})
    party = ConventionParty.objects.get(organisation=club)
    assert (party.deliberation_number, party.deliberation_on) == ("12-2021", "2021-12")
    assert "Les Filaos" in client.get(at("convention")).content.decode()

    client.post(at("party_edit", party.pk), facts | {"deliberation_number": "21-44", "version": 2})
    party.refresh_from_db()
    assert party.deliberation_number == "21-44"

    client.post(at("party_remove", party.pk), {"version": 3})
    assert not ConventionParty.objects.filter(organisation=club).exists()

    journal = client.get(at("convention_journal")).content.decode()
    for words in ("a ajouté le signataire Les Filaos", "a corrigé le signataire", "a retiré le signataire"):
        assert words in journal
    assert "21-44" in journal
    assert Convention.objects.get(slug="saint-denis").version == 4


def test_two_corrections_at_once_are_shown_side_by_side(client, cast, officer):
    party = cast.convention.parties.first()
    facts = {"kind": "commune"}
    client.post(at("party_edit", party.pk), facts | {"deliberation_number": "21-43", "version": 1})

    answer = client.post(at("party_edit", party.pk), facts | {"deliberation_number": "21-44", "version": 1})

    page = answer.content.decode()
    assert answer.status_code == 409
    assert '<td data-label="Enregistré">21-43</td>' in page
    assert '<td data-label="Votre version">21-44</td>' in page
    assert 'name="version" value="2"' in page
    party.refresh_from_db()
    assert party.deliberation_number == "21-43"


def test_adding_on_a_list_that_changed_asks_to_read_it_again(client, cast, officer, club):
    operations.update_convention(by=officer, convention=cast.convention, version=1, signed_on="2021")

    answer = client.post(at("party_add"), {"organisation": "les  FILAOS", "kind": "other", "version": 1})

    assert answer.status_code == 409
    assert "Signataires déjà là" in answer.content.decode()
    again = {
        "organisation": "les  FILAOS",
        "kind": "other",
        "version": answer.context["form"]["version"].value(),
    }
    assert client.post(at("party_add"), again).status_code == 302


def test_an_organisation_signs_once_and_the_last_signatory_stays(client, cast, officer):
    city, caf = cast.convention.parties.all()
    facts = {"organisation": city.organisation.name, "kind": "other", "version": 1}
    assert client.post(at("party_add"), facts).status_code == 422

    client.post(at("party_remove", city.pk), {"version": 1})
    page = client.post(at("party_remove", caf.pk), {"version": 2}, follow=True).content.decode()
    assert "au moins un signataire" in page
    assert list(cast.convention.parties.all()) == [caf]


def test_removing_what_somebody_corrects_meanwhile_is_refused(client, cast, officer):
    party = cast.convention.parties.first()
    operations.update_party(by=officer, party=party, version=1, deliberation_number="21-44")

    page = client.post(at("party_remove", party.pk), {"version": 1}, follow=True).content.decode()

    assert "Rien n’a été retiré" in page
    assert cast.convention.parties.count() == 2


def test_saving_a_signatory_unchanged_leaves_no_trace(cast, officer):
    party = cast.convention.parties.first()
    n_before = AuditEntry.objects.count()

    operations.update_party(by=officer, party=party, version=1, kind=party.kind)

    assert AuditEntry.objects.count() == n_before
    assert Convention.objects.get(pk=cast.convention.pk).version == 1


def test_who_may_not_edit_sees_no_button(client, cast):
    client.force_login(cast.reader)

    assert "signataires/" not in client.get(at("convention")).content.decode()


def test_an_organisation_that_is_not_there_says_who_adds_it(client, cast, officer):
    answer = client.post(at("party_add"), {"organisation": "Les Vacoas", "kind": "other", "version": 1})

    assert answer.status_code == 422
    assert "Aucun organisme ne s’appelle « Les Vacoas »" in answer.content.decode()
    # Nor does the page list those of other conventions.
    assert "Ville de Zanzibar-canari" not in answer.content.decode()
