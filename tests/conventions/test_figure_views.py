from datetime import date

import pytest
from django.urls import reverse
from django.utils.translation import override

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import history
from ansanm.territories import declared
from ansanm.territories.models import DeclaredFigure

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]

TYPED = {
    "territory": "commune:97411",
    "variable": "Allocataires à bas revenus ou précaires",
    "period": "2021",
    "value": "20 500",
    "source_title": "Zinfos974",
    "source_url": "https://www.zinfos974.com/article",
    "source_on": "3 décembre 2021",
    "note": "Chiffre de presse",
}


@pytest.fixture
def figure(cast):
    return declared.declare_figure(
        by=cast.city_officer,
        territory=cast.convention.territories.get(),
        variable="eaje_places",
        period="2023-06",
        value=1895,
        source_title="Zinfos974",
        source_on=date(2023, 6, 2),
        convention=cast.convention,
    )


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


def test_a_figure_typed_as_people_write_it_is_declared(client, cast):
    client.force_login(cast.caf_adviser)

    response = client.post(at("figure_declare"), TYPED, follow=True)

    figure = DeclaredFigure.objects.get()
    assert response.redirect_chain == [(at("figure", figure.pk), 302)]
    assert (figure.level, figure.code, figure.variable) == (
        "commune",
        "97411",
        "low_income_caf_households",
    )
    assert (figure.period, figure.value, str(figure.source_on)) == ("2021", 20_500, "2021-12-03")
    assert figure.organisation == cast.caf_adviser.organisation
    entry = AuditEntry.objects.order_by("-position").first()
    assert (entry.verb, entry.actor, entry.after["value"]) == ("figure.declare", cast.caf_adviser, 20_500)
    assert "20\u202f500" in response.content.decode()


def test_millions_of_euros_are_euros(client, cast):
    client.force_login(cast.caf_adviser)

    client.post(at("figure_declare"), TYPED | {"variable": "caf_benefits_eur", "value": "430 M€"})

    assert DeclaredFigure.objects.get().value == 430_000_000


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("value", "beaucoup", "« beaucoup » n’est pas un nombre"),
        ("value", "20.500", "« 20.500 » se lit de deux façons"),
        ("value", "-3", "la valeur ne peut pas être négative"),
        ("value", "20,5", "se compte en nombres entiers"),
        ("value", "12 %", "ne se compte pas en %"),
        ("value", "", "obligatoire"),
        ("variable", "Allocataires à bas revenu ou precaire", "Vouliez-vous dire «\u00a0Allocataires à bas"),
        ("variable", "zzzz", "choisissez une des données proposées"),
        ("period", "bientôt", "« bientôt » n’est pas une date"),
        ("period", "2098", "« 2098 » est dans l’avenir"),
        ("period", "30 février 2021", "n’existe pas dans le calendrier"),
        ("source_on", "décembre 2021", "il manque le jour"),
        ("source_on", "1er janvier 2098", "est dans l’avenir"),
        ("source_title", "", "obligatoire"),
        ("source_url", "javascript:alert(1)", "URL"),
        ("territory", "commune:97418", "territoire de cette convention"),
        ("value", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt; »"),
        ("note", "x" * 2001, "2000"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_value_and_what_to_do(client, cast, field, text, told):
    client.force_login(cast.city_officer)

    response = client.post(at("figure_declare"), TYPED | {field: text})

    page = response.content.decode()
    assert response.status_code == 422
    assert told in page
    assert "<title>Erreur :" in page
    assert "<script>alert" not in page
    assert not DeclaredFigure.objects.exists()


def test_the_same_figure_twice_is_a_correction(client, cast):
    client.force_login(cast.city_officer)
    client.post(at("figure_declare"), TYPED)

    response = client.post(at("figure_declare"), TYPED | {"value": "20 600"})

    assert response.status_code == 422
    assert "a déjà déclaré 20\u202f500 pour cette période" in response.content.decode()
    assert DeclaredFigure.objects.count() == 1


def test_city_and_caf_may_each_declare_the_same_figure(client, cast):
    for person in (cast.city_officer, cast.caf_adviser):
        client.force_login(person)
        client.post(at("figure_declare"), TYPED)

    assert DeclaredFigure.objects.count() == 2


def correction(figure, **changes):
    return {
        "period": "juin 2023",
        "value": "1 933",
        "source_title": "Imaz Press",
        "source_on": "2 novembre 2023",
        "version": figure.version,
    } | changes


def test_a_correction_keeps_the_old_value_in_the_history(client, cast, figure):
    client.force_login(cast.city_officer)

    page = client.post(at("figure_correct", figure.pk), correction(figure), follow=True).content.decode()

    figure.refresh_from_db()
    assert (figure.value, figure.version) == (1933, 2)
    assert "1\u202f895" in page
    assert "1\u202f933" in page


def test_opening_and_saving_a_figure_changes_nothing(client, cast, figure):
    client.force_login(cast.city_officer)
    n_before = AuditEntry.objects.count()
    form = client.get(at("figure_correct", figure.pk)).context["form"]

    client.post(at("figure_correct", figure.pk), form.initial)

    figure.refresh_from_db()
    assert (figure.value, figure.version) == (1895, 1)
    assert AuditEntry.objects.count() == n_before


def test_two_corrections_at_once_are_shown_side_by_side_and_none_is_lost(client, cast, figure):
    client.force_login(cast.city_officer)
    first, second = correction(figure), correction(figure, value="1 940")
    client.post(at("figure_correct", figure.pk), first)

    response = client.post(at("figure_correct", figure.pk), second)

    page = response.content.decode()
    assert response.status_code == 409
    assert "1\u202f933" in page  # what is saved
    assert "1\u202f940" in page  # what was typed, compared
    assert 'value="1 940"' in page  # and still in the form
    figure.refresh_from_db()
    assert figure.value == 1933

    again = {name: response.context["form"][name].value() or "" for name in response.context["form"].fields}
    client.post(at("figure_correct", figure.pk), again)

    figure.refresh_from_db()
    assert (figure.value, figure.version) == (1940, 3)


def test_another_organisation_cannot_correct_nor_withdraw(client, cast, figure):
    client.force_login(cast.caf_adviser)

    for name in ("figure_correct", "figure_withdraw"):
        response = client.post(at(name, figure.pk), correction(figure), follow=True)
        assert "déclaré par Ville de Saint-Denis : demandez-lui" in response.content.decode()

    figure.refresh_from_db()
    assert (figure.value, figure.version, figure.withdrawn_at) == (1895, 1, None)


def test_a_withdrawn_figure_leaves_the_list_and_stays_in_the_journal(client, cast, figure):
    client.force_login(cast.city_officer)

    page = client.post(at("figure_withdraw", figure.pk), {"version": 1}, follow=True).content.decode()

    assert "Aucun chiffre déclaré" in page
    assert client.get(at("figure", figure.pk)).status_code == 404
    assert client.post(at("figure_correct", figure.pk), correction(figure)).status_code == 404
    assert "a retiré le chiffre" in client.get(at("convention_journal")).content.decode()


@pytest.mark.parametrize("version", ["", "2", "x", "١", "9" * 30])
def test_withdrawing_what_one_did_not_read_is_refused(client, cast, figure, version):
    client.force_login(cast.city_officer)

    client.post(at("figure_withdraw", figure.pk), {"version": version})

    figure.refresh_from_db()
    assert figure.withdrawn_at is None


def test_a_small_count_is_kept_and_shown_to_nobody(client, cast):
    small = declared.declare_figure(
        by=cast.caf_adviser,
        territory=cast.convention.territories.get(),
        variable="low_income_caf_households",
        period="2021",
        value=4,
        source_title="Fichier de la Caf",
        source_on=date(2022, 1, 1),
        convention=cast.convention,
    )
    client.force_login(cast.city_officer)

    for url in (at("convention_figures"), at("figure", small.pk)):
        page = client.get(url).content.decode()
        assert "secret" in page
        assert '<span class="num">4</span>' not in page
    assert client.get(at("figures_export", "csv")).content.decode().count("\n") == 1
    assert "Fichier de la Caf" in client.get(at("convention_journal")).content.decode()
    assert ">4<" not in client.get(at("convention_journal")).content.decode()


@pytest.mark.parametrize("name", ["figure", "figure_correct", "figure_withdraw"])
def test_neighbour_finds_nothing_and_stranger_signs_in(client, cast, figure, name):
    url = at(name, figure.pk)
    assert client.get(url).url.startswith(reverse("account_login"))

    for person in (cast.neighbour, cast.stranger, cast.administrator):
        client.force_login(person)
        assert client.get(url).status_code == 404
    # Nor by the address of their own convention.
    client.force_login(cast.neighbour)
    assert client.get(reverse(name, args=["sainte-marie", figure.pk])).status_code == 404


def test_a_link_of_the_diagnosis_opens_the_form_on_the_missing_figure(client, cast):
    client.force_login(cast.city_officer)

    page = client.get(at("figure_declare") + "?variable=eaje_places&period=2024").content.decode()

    assert 'value="Places en établissement d’accueil du jeune enfant"' in page
    assert 'value="2024"' in page


def test_a_corrected_source_keeps_its_label_in_the_history(client, cast, figure):
    """A convention has a source too, and calls it « source de ces informations »."""
    client.force_login(cast.city_officer)

    client.post(at("figure_correct", figure.pk), correction(figure, source_title="Rapport 2024"))

    for page in (at("figure", figure.pk), at("convention_journal")):
        text = client.get(page).content.decode()
        assert "Rapport 2024" in text
        assert "Source de ces informations" not in text.partition("Rapport 2024")[0].rpartition("<li")[2]
    labels = [one.label for one in history.told(AuditEntry.objects.filter(verb="figure.correct"))[0].details]
    assert "Source" in labels


@pytest.mark.parametrize(
    ("typed", "kept"), [("20,500", 20500), ("1,234,567", 1234567), ("20 500", 20500), ("21", 21)]
)
def test_a_number_is_read_in_the_language_of_the_page(client, cast, typed, kept):
    client.force_login(cast.city_officer)

    answer = client.post("/en" + at("figure_declare"), TYPED | {"value": typed})

    assert answer.status_code == 302
    assert DeclaredFigure.objects.get().value == kept
    # The answer in English left its language behind in this thread.
    with override("fr"):
        address = "/en" + at("figure_correct", DeclaredFigure.objects.get().pk)
    form = client.get(address).context["form"]
    assert form.initial["value"] == f"{kept:,}"


@pytest.mark.parametrize(("language", "typed"), [("", "20,500"), ("", "20.500"), ("/en", "20.500")])
def test_what_has_two_readings_is_refused_in_both_languages(client, cast, language, typed):
    client.force_login(cast.city_officer)

    answer = client.post(language + at("figure_declare"), TYPED | {"value": typed})

    assert answer.status_code == 422
    assert typed in answer.context["form"].errors["value"][0]
    assert not DeclaredFigure.objects.exists()
