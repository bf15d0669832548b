import pytest
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.models import Convention, ConventionRole
from tests.cast import CANARY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]

FACTS = {"name": "CTG de Saint-Denis", "version": "1"}


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


def test_the_portfolio_holds_my_conventions_and_no_other(client, cast):
    client.force_login(cast.reader)

    page = client.get(reverse("conventions")).content.decode()

    assert "CTG de Saint-Denis" in page
    assert CANARY not in page


def test_a_portfolio_without_convention_says_what_to_do(client, cast):
    client.force_login(cast.stranger)

    page = client.get(reverse("conventions")).content.decode()

    assert "Aucune convention pour l’instant" in page
    assert cast.stranger.email in page


@pytest.mark.parametrize(
    "name",
    ["convention", "convention_edit", "convention_journal", "convention_members", "convention_figures"],
)
def test_neighbour_finds_nothing_and_stranger_signs_in(client, cast, name):
    assert client.get(at(name)).url.startswith(reverse("account_login"))

    for person in (cast.neighbour, cast.stranger, cast.administrator):
        client.force_login(person)
        assert client.get(at(name)).status_code == 404


def test_what_is_not_published_is_said_and_never_made_up(client, cast):
    Convention.objects.filter(pk=cast.convention.pk).update(signed_on="2021-12", duration_years=5)
    client.force_login(cast.reader)

    page = client.get(at("convention")).content.decode()

    assert "décembre 2021" in page
    assert page.count("non publié") >= 2
    assert "Calculée : décembre 2026" in page
    assert "1 décembre" not in page


def test_a_reader_sees_no_button_that_would_refuse(client, cast):
    client.force_login(cast.reader)

    page = (
        client.get(at("convention")).content.decode() + client.get(at("convention_figures")).content.decode()
    )

    for name in ("convention_edit", "convention_members", "convention_journal", "figure_declare"):
        assert at(name) not in page


def test_dates_are_typed_as_people_write_them(client, cast):
    client.force_login(cast.city_officer)

    response = client.post(
        at("convention_edit"), FACTS | {"signed_on": "Décembre 2021", "duration_years": "5"}
    )

    convention = Convention.objects.get(pk=cast.convention.pk)
    assert response.status_code == 302
    assert (convention.signed_on, convention.duration_years, convention.version) == ("2021-12", 5, 2)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"signed_on": "un jour"}, "« un jour » n’est pas une date"),
        ({"starts_on": "2023", "ends_on": "2021"}, "La fin (2021) vient avant le début (2023)"),
        ({"duration_years": "900"}, "inférieure ou égale à 99"),
        ({"name": ""}, "obligatoire"),
        ({"ends_on": "2026", "extended_to": "2025"}, "La prolongation (2025) vient avant la fin (2026)"),
        ({"source_url": "javascript:alert(1)"}, "URL"),
    ],
)
def test_facts_that_cannot_be_are_refused_and_nothing_is_saved(client, cast, changes, told):
    client.force_login(cast.city_officer)

    response = client.post(at("convention_edit"), FACTS | changes)

    assert response.status_code == 422
    assert told.lower() in response.content.decode().lower()
    assert Convention.objects.get(pk=cast.convention.pk).version == 1


def test_two_saves_at_once_are_shown_side_by_side_and_none_is_lost(client, cast):
    client.force_login(cast.city_officer)
    client.post(at("convention_edit"), FACTS | {"signed_on": "2021"})

    response = client.post(at("convention_edit"), FACTS | {"signed_on": "novembre 2021"})

    page = response.content.decode()
    assert response.status_code == 409
    assert "Quelqu’un a enregistré pendant que vous écriviez" in page
    assert '<td data-label="Enregistré">2021</td>' in page
    assert '<td data-label="Votre version">novembre 2021</td>' in page
    assert 'name="version" value="2"' in page
    assert Convention.objects.get(pk=cast.convention.pk).signed_on == "2021"


def test_a_member_is_added_by_e_mail_changed_and_removed(client, cast):
    client.force_login(cast.city_officer)

    client.post(at("convention_members"), {"email": " Stranger@Example.org ", "role": "reader"})
    member = ConventionRole.objects.get(user=cast.stranger)
    assert member.role == "reader"

    client.post(at("convention_member_change", member.pk), {"role": "association"})
    member.refresh_from_db()
    assert member.role == "association"

    client.post(at("convention_member_remove", member.pk))
    assert not ConventionRole.objects.filter(user=cast.stranger).exists()
    assert list(AuditEntry.objects.values_list("verb", flat=True)[:3]) == [
        "role.remove",
        "role.set",
        "role.set",
    ]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            {"email": "personne@example.org", "role": "reader"},
            "Aucun compte n’a l’adresse « personne@example.org »",
        ),
        ({"email": "reader@example.org", "role": "association"}, "est déjà membre"),
        ({"email": "stranger@example.org", "role": "administrator"}, "administrator"),
        ({"email": "<script>", "role": "reader"}, "adresse"),
    ],
)
def test_a_member_who_cannot_be_added_is_told_why(client, cast, typed, told):
    client.force_login(cast.city_officer)
    n_before = ConventionRole.objects.count()

    response = client.post(at("convention_members"), typed)

    assert response.status_code == 422
    assert told in response.content.decode()
    assert ConventionRole.objects.count() == n_before


def test_the_last_manager_is_kept_and_told(client, cast):
    client.force_login(cast.city_officer)
    client.post(at("convention_member_remove", cast.convention.roles.get(user=cast.caf_adviser).pk))
    me = cast.convention.roles.get(user=cast.city_officer)

    page = client.post(at("convention_member_remove", me.pk), follow=True).content.decode()

    assert "est la seule personne qui gère les membres" in page
    assert cast.convention.roles_of(cast.city_officer) == {"city_officer"}


def test_a_role_that_is_not_theirs_to_give_is_refused_in_words(client, cast):
    client.force_login(cast.city_officer)
    me = cast.convention.roles.get(user=cast.city_officer)

    added = client.post(at("convention_members"), {"email": "stranger@example.org", "role": "caf_adviser"})
    changed = client.post(at("convention_member_change", me.pk), {"role": "caf_adviser"}, follow=True)

    assert added.status_code == 422
    for page in (added, changed):
        assert "Seul qui valide pour la Caf peut donner ce rôle." in page.content.decode()
    assert not cast.convention.roles_of(cast.stranger)
    assert cast.convention.roles_of(cast.city_officer) == {"city_officer"}


def test_a_role_made_up_in_the_browser_is_refused(client, cast):
    client.force_login(cast.city_officer)
    member = cast.convention.roles.get(user=cast.reader)

    page = client.post(at("convention_member_change", member.pk), {"role": "king"}, follow=True)

    assert "Ce rôle n’existe pas" in page.content.decode()
    member.refresh_from_db()
    assert member.role == "reader"


def test_the_journal_tells_who_did_what_in_words(client, cast):
    client.force_login(cast.city_officer)
    client.post(at("convention_edit"), FACTS | {"signed_on": "décembre 2021"})

    page = client.get(at("convention_journal")).content.decode()

    assert "City officer Payet</strong> a modifié la convention" in page
    assert "a fait entrer Reader Payet dans la convention" in page
    assert "décembre 2021" in page


def test_the_journal_survives_those_who_left(client, cast):
    client.force_login(cast.city_officer)
    cast.reader.delete()

    page = client.get(at("convention_journal")).content.decode()

    assert "une personne dont le compte est supprimé" in page
    assert "Reader Payet" not in page


def test_pages_of_a_convention_cost_few_queries(client, cast, django_assert_max_num_queries):
    client.force_login(cast.city_officer)
    # Fifteen of ours; who is signed in, and the session's last activity, take the rest.
    client.get(reverse("help"))
    for name in ("convention", "convention_figures", "convention_journal", "convention_members"):
        with django_assert_max_num_queries(15 + 7):
            client.get(at(name))
