"""The pages of a fiche over HTTP: read, written, joined, proposed, kept from the neighbour."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.models import House, PlanActor, Proposal, Status
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.fiche_forms import FicheForm, as_posted
from tests.cast import CANARY, PASSWORD
from tests.endpoints import seen_from_the_other_side
from tests.examples import EXAMPLES, of_fiche, of_proposal

pytestmark = pytest.mark.usefixtures("own_observations")
PAGES = ("action", "action_edit", "action_history", "action_compare", "proposals", "proposal", "contributors")


@pytest.fixture
def action(cast):
    return cast.convention.actions.get(pk=of_fiche(cast)["pk"])


def at(name, action, *more):
    return reverse(name, args=[action.convention.slug, action.pk, *more])


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def opened(client, action, part="") -> dict:
    """What a browser would send of the editor, as it was opened and untouched."""
    context = client.get(at("action_edit", action), {"partie": part} if part else {}).context
    return flat(as_posted(context["form"])) | {"author": context["author"]}


def flat(data) -> dict:
    """Lists stay lists; an empty one is not sent at all."""
    lists = {name: data.getlist(name) for name in data}
    return {name: held if len(held) > 1 else held[0] for name, held in lists.items() if held}


def send(client, action, data, **changes):
    return client.post(at("action_edit", action), data | changes)


def body(response) -> str:
    """The page, its no-break spaces made plain: what it says matters here, not where it breaks."""
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def reread(action):
    return type(action).objects.get(pk=action.pk)


# The page.


def test_what_nobody_wrote_is_said_and_never_made_up(cast):
    action = operations.create_action(by=cast.city_officer, convention=cast.convention, title="Épicerie")

    page = body(signed_in(cast.reader).get(action.get_absolute_url()))

    assert page.count("non renseigné") > 15
    assert "Rattachée à aucun enjeu ni objectif" in page
    operations.update_action(by=cast.city_officer, action=action, base_version=1, source_title="imazpress")
    page = body(signed_in(cast.reader).get(action.get_absolute_url()))
    assert "non publié" in page
    assert "non renseigné" not in page


def test_the_page_shows_thread_grid_measures_and_dates_in_words(cast, action):
    node = cast.convention.nodes.create(kind="stake", label="Grandir ensemble")
    operations.update_action(by=cast.city_officer, action=action, base_version=action.version, node=node.pk)

    page = body(signed_in(cast.reader).get(action.get_absolute_url()))

    assert "Grandir ensemble" in page
    assert "pas avant le second semestre 2026" in page
    assert "4 séances (2024)" in page
    assert "8 séances" in page
    assert "4 500 € la session" in page


def test_an_indicator_without_measure_says_who_holds_it(cast):
    ccas = PlanActor.objects.create(convention=cast.convention, name="CCAS de Saint-Denis")
    action = operations.create_action(
        by=cast.city_officer,
        convention=cast.convention,
        title="Épicerie",
        pilot=ccas.pk,
        indicators=[{"label": "Familles", "targets": []}],
    )

    page = body(signed_in(cast.reader).get(action.get_absolute_url()))

    assert "donnée absente" in page
    assert "Qui l’a : CCAS de Saint-Denis." in page
    operations.update_action(by=cast.city_officer, action=action, base_version=1, pilot=None)
    page = body(signed_in(cast.reader).get(action.get_absolute_url()))
    assert "Qui l’a : Collectivité." in page


def test_the_neighbour_finds_no_page_of_it_and_no_word(cast, action):
    neighbour = signed_in(cast.neighbour)
    for name in PAGES:
        response = neighbour.get(reverse(name, kwargs=EXAMPLES[name](cast)))
        assert response.status_code == 404
        assert "Ludothèque" not in body(response)


def test_a_fiche_of_another_convention_is_not_reached_by_its_number(cast, action):
    theirs = of_fiche(seen_from_the_other_side(cast))["pk"]

    response = signed_in(cast.city_officer).get(reverse("action", args=["saint-denis", theirs]))

    assert response.status_code == 404
    assert CANARY not in body(response)


# The editor.


@pytest.mark.parametrize("part", ["", "calendrier", "operations", "indicateurs", "moyens", "liens"])
def test_a_form_sent_untouched_changes_nothing(cast, action, part):
    client = signed_in(cast.city_officer)

    response = client.post(f"{at('action_edit', action)}?partie={part}", opened(client, action, part))

    assert response.status_code == 302
    assert reread(action).version == action.version


def test_texts_imported_with_their_spaces_do_not_count_as_changed(cast):
    action = operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Épicerie", context="  Deux  lignes\r\nici  "
    )
    client = signed_in(cast.city_officer)

    send(client, action, opened(client, action))

    assert reread(action).version == 1
    assert reread(action).context == "  Deux  lignes\r\nici  "


def test_every_kind_of_field_is_written(cast, action):
    client = signed_in(cast.city_officer)
    theme = cast.convention.themes.create(slug="early_childhood", label="Petite enfance")
    other = operations.create_action(by=cast.city_officer, convention=cast.convention, title="Épicerie")
    data = opened(client, action)

    response = send(
        client,
        action,
        data,
        **{
            "title": "Ludobus",
            "is_priority": "on",
            "themes": [theme.slug],
            "starts": "pas avant septembre 2026",
            "staff_fte": "0,5",
            "n_people_target": "1 200",
            "places": ["commune:97411"],
            "pilot": "CCAS de Saint-Denis",
            "partners-0-name": "Les Filaos",
            "operations-2-title": "Bilan",
            "operations-0-ORDER": "9",
            "milestones-0-done_on": "3 février 2026",
            "indicators-0-targets-1-value": "20",
            "indicators-0-targets-1-due": "fin 2027",
            "financing-0-funder": "ccas de saint denis",
            "financing-0-amount_eur": "345 000 €",
            "financing-0-precision": "about",
            "links-0-kind": "needs",
            "links-0-other": str(other.pk),
        },
    )
    assert response.status_code == 422, "« fin 2027 » is read nowhere else than after « au plus tard »"

    data = data | {
        "title": "Ludobus",
        "is_priority": "on",
        "themes": [theme.slug],
        "starts": "pas avant septembre 2026",
        "staff_fte": "0,5",
        "n_people_target": "1 200",
        "places": ["commune:97411"],
        "pilot": "CCAS de Saint-Denis",
        "partners-0-name": "Les Filaos",
        "operations-2-title": "Bilan",
        "operations-0-ORDER": "9",
        "milestones-0-done_on": "3 février 2026",
        "indicators-0-targets-1-value": "20",
        "indicators-0-targets-1-due": "2027",
        "financing-0-funder": "ccas de saint denis",
        "financing-0-amount_eur": "345 000 €",
        "financing-0-precision": "about",
        "links-0-kind": "needs",
        "links-0-other": str(other.pk),
    }
    assert send(client, action, data).status_code == 302

    content = operations.fresh(action)
    ccas = PlanActor.objects.get(name="CCAS de Saint-Denis")
    assert (content["title"], content["is_priority"], content["starts"]) == ("Ludobus", True, ">2026-09")
    assert (content["staff_fte"], content["n_people_target"]) == ("0.5", 1200)
    assert (content["themes"], content["places"]) == (["early_childhood"], ["commune:97411"])
    assert content["pilot"] == ccas.pk
    assert [row["title"] for row in content["operations"]] == ["Formation", "Tournée", "Bilan"]
    assert content["milestones"][0]["done_on"] == "2026-02-03"
    assert [one["value"] for one in content["indicators"][0]["targets"]] == ["12", "20"]
    assert content["financing"][0] | {"key": ""} == {
        "key": "",
        "funder": ccas.pk,
        "year": None,
        "amount_eur": "345000",
        "precision": "about",
        "scope": "",
        "source_title": "",
        "source_url": "",
    }
    assert (content["links"][0]["kind"], content["links"][0]["other"]) == ("needs", other.pk)
    assert AuditEntry.objects.filter(verb="actor.add").count() == 2


def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(cast, action):
    client = signed_in(cast.city_officer)

    response = send(
        client,
        action,
        opened(client, action),
        starts="bientôt",
        context="Ce que j’ai longuement écrit",
        **{"milestones-0-title": "", "milestones-0-due": "pas avant 2027"},
    )

    assert response.status_code == 422
    page = body(response)
    assert "« bientôt » n’est pas une date" in page
    assert 'href="#id_starts"' in page
    assert 'href="#id_milestones-0-title"' in page
    assert "Ce que j’ai longuement écrit" in page
    assert 'value="pas avant 2027"' in page
    assert reread(action).version == action.version


def test_a_row_is_added_without_a_script_and_nothing_is_saved_nor_lost(cast, action):
    client = signed_in(cast.city_officer)

    response = send(
        client, action, opened(client, action), add="milestones", context="Pas encore fini", title=""
    )

    assert response.status_code == 200
    assert response.context["form"].sets["milestones"].total_form_count() == 4
    assert "Pas encore fini" in body(response)
    assert "error-summary" not in body(response)
    assert reread(action).version == action.version


def test_a_ticked_row_goes(cast, action):
    client = signed_in(cast.city_officer)

    send(client, action, opened(client, action), **{"operations-0-DELETE": "on"})

    assert [row["title"] for row in operations.fresh(action)["operations"]] == ["Formation"]


def test_a_name_close_to_another_is_one_or_the_other_but_says_so(cast, action):
    PlanActor.objects.create(convention=cast.convention, name="Caf de La Réunion", aliases=["CAF 974"])
    client = signed_in(cast.city_officer)
    data = opened(client, action)

    refused = send(client, action, data, pilot="Caf Réunion")
    assert refused.status_code == 422
    assert "ressemble à « Caf de La Réunion »" in body(refused)
    assert "Ce sont d’autres organismes" in body(refused)

    assert send(client, action, data, pilot="caf 974").status_code == 302
    assert str(reread(action).pilot) == "Caf de La Réunion"

    data = opened(client, action)
    assert send(client, action, data, pilot="Caf Réunion", new_actors="on").status_code == 302
    assert str(reread(action).pilot) == "Caf Réunion"


def test_each_field_says_whose_it_is(cast, action):
    page = body(signed_in(cast.caf_adviser).get(at("action_edit", action), {"partie": "calendrier"}))

    assert page.count("Votre modification sera proposée à la collectivité.") == 5
    page = body(signed_in(cast.city_officer).get(at("action_edit", action), {"partie": "personnes"}))
    assert page.count("Votre modification sera proposée à la Caf.") == 1


def test_a_fiche_is_opened_with_its_name_and_its_place(cast):
    node = cast.convention.nodes.create(kind="stake", label="Grandir ensemble")
    client = signed_in(cast.caf_adviser)
    url = reverse("action_new", args=["saint-denis"])
    page = client.get(url, {"node": node.pk})

    data = flat(as_posted(page.context["form"])) | {"title": "Relais petite enfance"}
    response = client.post(url, data)

    action = cast.convention.actions.get()
    assert response.url == at("action_edit", action)
    assert (action.title, action.node, action.lead_house) == ("Relais petite enfance", node, House.CAF)
    assert client.post(url, data | {"title": ""}).status_code == 422


# The second to save.


def test_the_second_to_save_is_told_what_was_joined(cast, action):
    city, caf = signed_in(cast.city_officer), signed_in(cast.caf_adviser)
    first, second = opened(city, action), opened(caf, action)

    send(city, action, first, context="Constat de la ville")
    response = caf.post(at("action_edit", action), second | {"publics": "0-6 ans"}, follow=True)

    assert (reread(action).context, reread(action).publics) == ("Constat de la ville", "0-6 ans")
    assert "jointes aux vôtres : Constat." in body(response)


@pytest.fixture
def conflict(cast, action):
    """Both changed the observation; the second also changed the publics."""
    city, caf = signed_in(cast.city_officer), signed_in(cast.caf_adviser)
    first, second = opened(city, action), opened(caf, action)
    send(city, action, first, context="Constat de la ville")
    response = send(caf, action, second, context="Constat de la Caf", publics="0-6 ans")
    assert response.status_code == 409
    return caf, response


def answers(response, **choices) -> dict:
    context = response.context
    sent = flat(as_posted(context["form"]))
    return sent | {"meeting": context["sealed"], "author": context["author"]} | choices


def test_two_versions_of_a_field_stand_side_by_side(action, conflict):
    _caf, response = conflict

    page = body(response)
    assert "Peu de jeux au Chaudron" in page
    assert "Constat de la ville" in page
    assert "Constat de la Caf" in page
    assert reread(action).context == "Constat de la ville"
    assert reread(action).publics == ""


@pytest.mark.parametrize(
    ("choice", "typed", "kept"),
    [
        ("theirs", "Constat de la Caf", "Constat de la ville"),
        ("mine", "Constat de la Caf", "Constat de la Caf"),
        ("mine", "Constat de la ville et de la Caf", "Constat de la ville et de la Caf"),
    ],
)
def test_one_chooses_or_composes_and_the_rest_is_saved_with_it(action, conflict, choice, typed, kept):
    caf, response = conflict

    answer = answers(response, **{"choice-context": choice, "context": typed})
    assert caf.post(at("action_merge", action), answer).status_code == 302

    assert (reread(action).context, reread(action).publics) == (kept, "0-6 ans")


def test_a_choice_left_out_is_asked_again_and_nothing_typed_is_lost(action, conflict):
    caf, response = conflict

    again = caf.post(at("action_merge", action), answers(response, context="Ma troisième version"))

    assert again.status_code == 409
    assert "Choisissez une version pour : Constat." in body(again)
    assert "Ma troisième version" in body(again)
    assert reread(action).context == "Constat de la ville"


def test_a_third_who_saved_meanwhile_is_met_too(cast, action, conflict):
    caf, response = conflict
    city = signed_in(cast.city_officer)
    send(city, action, opened(city, action), context="Constat repris")

    again = caf.post(at("action_merge", action), answers(response, **{"choice-context": "mine"}))

    assert again.status_code == 409
    assert "Constat repris" in body(again)
    final = answers(again, **{"choice-context": "mine"})
    assert caf.post(at("action_merge", action), final).status_code == 302
    assert (reread(action).context, reread(action).publics) == ("Constat de la Caf", "0-6 ans")


def test_a_meeting_of_somebody_else_is_not_taken(cast, action, conflict):
    _caf, response = conflict

    stolen = signed_in(cast.city_officer).post(
        at("action_merge", action), answers(response, **{"choice-context": "mine"})
    )

    assert stolen.url == at("action_edit", action)
    assert reread(action).context == "Constat de la ville"


def test_rows_meet_row_by_row_and_the_others_are_joined(cast, action):
    city, caf = signed_in(cast.city_officer), signed_in(cast.caf_adviser)
    first, second = opened(city, action), opened(caf, action)
    key = first["operations-0-key"]
    send(
        city,
        action,
        first,
        **{"operations-0-description": "Deux fois par mois", "operations-2-title": "Bilan"},
    )
    response = send(caf, action, second, **{"operations-0-description": "Chaque semaine"})

    assert response.status_code == 409
    page = body(response)
    assert "Deux fois par mois" in page
    assert "Chaque semaine" in page
    caf.post(at("action_merge", action), answers(response, **{f"choice-operations-{key}": "mine"}))
    rows = operations.fresh(action)["operations"]
    assert [row["title"] for row in rows] == ["Tournée", "Formation", "Bilan"]
    assert rows[0]["description"] == "Chaque semaine"


@pytest.mark.parametrize(
    ("choice", "titles"), [("theirs", ["Tournée", "Formation"]), ("remove", ["Formation"])]
)
def test_a_row_removed_here_and_changed_there_is_asked_about(cast, action, choice, titles):
    city, caf = signed_in(cast.city_officer), signed_in(cast.caf_adviser)
    first, second = opened(city, action), opened(caf, action)
    key = first["operations-0-key"]
    send(city, action, first, **{"operations-0-description": "Deux fois par mois"})

    response = send(caf, action, second, **{"operations-0-DELETE": "on"})
    assert response.status_code == 409
    caf.post(at("action_merge", action), answers(response, **{f"choice-operations-{key}": choice}))

    assert [row["title"] for row in operations.fresh(action)["operations"]] == titles


def test_what_cannot_stand_together_goes_back_to_the_editor_whole(cast, action):
    city = signed_in(cast.city_officer)
    other = signed_in(cast.city_officer)
    first, second = opened(city, action), opened(other, action)
    send(city, action, first, starts="2027", context="Constat de l’un")
    response = send(other, action, second, ends="2026", context="Constat de l’autre")

    assert response.status_code == 409
    response = other.post(at("action_merge", action), answers(response, **{"choice-context": "mine"}))

    assert response.status_code == 422
    assert "La fin vient avant le début." in body(response)
    assert response.context["form"]["ends"].value() == "2026"
    assert response.context["form"]["context"].value() == "Constat de l’autre"


# A session that ended.


def test_what_was_typed_after_the_session_ended_comes_back_once_signed_in(cast, action):
    client = signed_in(cast.city_officer)
    data = opened(client, action) | {"context": "Une heure de travail"}
    client.logout()

    response = send(client, action, data)
    assert response.url.startswith(reverse("account_login"))
    client.post(response.url, {"login": cast.city_officer.email, "password": PASSWORD})
    page = client.get(at("action_edit", action))

    assert page.context["form"]["context"].value() == "Une heure de travail"
    assert "Votre session s’était fermée" in body(page)
    assert reread(action).version == action.version
    assert "Une heure de travail" not in body(client.get(at("action_edit", action)))


def test_it_comes_back_to_nobody_else(cast, action):
    client = signed_in(cast.city_officer)
    data = opened(client, action) | {"context": "Une heure de travail"}
    client.logout()

    response = send(client, action, data)
    client.post(response.url, {"login": cast.caf_adviser.email, "password": PASSWORD})

    page = client.get(at("action_edit", action))
    assert (page.status_code, page.context["user"]) == (200, cast.caf_adviser)
    assert "Une heure de travail" not in body(page)


def test_a_stranger_fills_no_session_with_forms_of_their_own(action):
    client = Client()

    client.post(at("action_edit", action), {"context": "x" * 1000, "author": "forged"})

    assert "typed" not in client.session


def test_a_token_that_changed_in_another_tab_loses_nothing(cast, action):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.city_officer)
    data = opened(client, action) | {"context": "Une heure de travail"}

    response = client.post(at("action_edit", action), data)

    assert response.url == at("action_edit", action)
    assert client.get(response.url).context["form"]["context"].value() == "Une heure de travail"
    assert reread(action).version == action.version


# Proposals.


def test_what_the_other_house_owns_is_proposed_with_a_word(cast, action):
    caf = signed_in(cast.caf_adviser)
    data = opened(caf, action) | {"status": "started", "message": "Le camion roule", "publics": "Familles"}
    response = caf.post(at("action_edit", action), data, follow=True)

    assert "Proposé à la collectivité, qui répondra : État." in body(response)
    proposal = Proposal.objects.get()
    assert (proposal.to_house, proposal.message) == (House.CITY, "Le camion roule")
    assert (reread(action).status, reread(action).publics) == (Status.PLANNED, "Familles")

    city = signed_in(cast.city_officer)
    assert "attend votre réponse" in body(city.get(action.get_absolute_url()))
    page = body(city.get(reverse("proposal", args=["saint-denis", proposal.pk])))
    assert "Le camion roule" in page
    assert "En cours" in page
    city.post(reverse("proposal_accept", args=["saint-denis", proposal.pk]), {"answer": "D’accord"})
    assert reread(action).status == Status.STARTED


@pytest.fixture
def proposal(cast):
    return Proposal.objects.get(pk=of_proposal(cast)["pk"])


def answer_to(proposal, deed, person, **data):
    url = reverse(f"proposal_{deed}", args=["saint-denis", proposal.pk])
    return signed_in(person).post(url, data)


def test_a_refusal_says_why(cast, proposal):
    refused = answer_to(proposal, "refuse", cast.caf_adviser)
    assert refused.status_code == 422
    assert "l’autre maison le lira" in body(refused)

    answer_to(proposal, "refuse", cast.caf_adviser, answer="Un autre pôle suit ce dossier")
    page = signed_in(cast.city_officer).get(reverse("proposal", args=["saint-denis", proposal.pk]))
    assert "Un autre pôle suit ce dossier" in body(page)


def test_only_the_other_house_answers_and_only_the_author_withdraws(cast, proposal):
    answer_to(proposal, "accept", cast.city_officer)
    answer_to(proposal, "withdraw", cast.caf_adviser)
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.OPEN

    answer_to(proposal, "withdraw", cast.city_officer)
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.WITHDRAWN


def test_a_fiche_that_moved_since_is_only_accepted_over_on_purpose(cast, proposal):
    action = proposal.action
    operations.update_action(
        by=cast.caf_adviser, action=action, base_version=action.version, caf_counterpart="Le pôle Est"
    )

    asked = answer_to(proposal, "accept", cast.caf_adviser)
    assert asked.status_code == 409
    assert "Le pôle Est" in body(asked)
    assert reread(action).caf_counterpart == "Le pôle Est"

    answer_to(proposal, "accept", cast.caf_adviser, over="1")
    assert reread(action).caf_counterpart == "Le pôle Nord"


def test_a_proposal_that_no_longer_holds_says_why(cast, action):
    saved = operations.update_action(
        by=cast.caf_adviser, action=action, base_version=action.version, ends="2027"
    )
    operations.update_action(by=cast.city_officer, action=action, base_version=action.version, starts="2028")

    response = answer_to(saved.proposals[0], "accept", cast.city_officer)

    assert response.status_code == 422
    assert "La fin vient avant le début." in body(response)


def test_the_list_keeps_its_filters_in_its_address(cast, proposal):
    url = reverse("proposals", args=["saint-denis"])
    caf, city = signed_in(cast.caf_adviser), signed_in(cast.city_officer)

    assert "1 proposition sur 1" in body(caf.get(url, {"pour": "caf"}))
    assert "attend votre réponse" in body(caf.get(url))
    assert re.search("0 propositions? sur 1", body(caf.get(url, {"de": "moi"})))
    assert "1 proposition sur 1" in body(city.get(url, {"de": "moi"}))
    answer_to(proposal, "accept", cast.caf_adviser)
    assert re.search("0 propositions? sur 1", body(caf.get(url)))
    assert "1 proposition sur 1" in body(caf.get(url, {"etat": "toutes"}))


# Private notes.


def test_a_private_note_is_read_by_its_house_and_by_nobody_else(cast, action, proposal):
    secret = "Canari-de-la-Caf"
    caf = signed_in(cast.caf_adviser)
    caf.post(at("action_comment", action), {"comment-text": secret, "comment-private": "on"})
    caf.post(
        reverse("proposal_discuss", args=["saint-denis", proposal.pk]),
        {"comment-text": secret, "comment-private": "on"},
    )

    assert secret in body(caf.get(action.get_absolute_url()))
    assert secret in body(caf.get(reverse("proposal", args=["saint-denis", proposal.pk])))
    for person in (cast.city_officer, cast.elected_official, cast.association, cast.reader):
        client = signed_in(person)
        for name in [*PAGES, "plan", "convention", "convention_journal", "action_comment"]:
            response = client.get(reverse(name, kwargs=EXAMPLES[name](cast)))
            assert secret not in body(response), f"{name} as {person}"
    link = Client().get(reverse("contribute", kwargs=EXAMPLES["contribute"](cast)))
    assert secret not in body(link)
    assert not AuditEntry.objects.filter(after_json__contains=secret).exists()
    assert not action.revisions.filter(content__icontains=secret).exists()


def test_who_is_of_no_house_has_no_private_note(cast, action):
    client = signed_in(cast.association)
    assert "Note privée" not in body(client.get(at("action_comment", action)))

    client.post(at("action_comment", action), {"comment-text": "Bonjour", "comment-private": "on"})

    assert action.comments.get(text="Bonjour").house == ""


# News, measures, documents.


def test_news_may_change_the_state_or_propose_it(cast, action):
    signed_in(cast.city_officer).post(
        at("action_progress", action), {"progress-text": "Ça roule", "progress-status": "started"}
    )
    assert reread(action).status == Status.STARTED
    signed_in(cast.caf_adviser).post(
        at("action_progress", action), {"progress-text": "Plus de chauffeur", "progress-status": "paused"}
    )

    assert reread(action).status == Status.STARTED
    proposal = Proposal.objects.get()
    assert proposal.after == {"status": "paused", "status_reason": "Plus de chauffeur"}
    page = body(signed_in(cast.reader).get(action.get_absolute_url()))
    assert "Ça roule" in page
    assert "Plus de chauffeur" in page


def test_an_association_gives_news_and_measures_but_changes_no_state(cast, action):
    client = signed_in(cast.association)
    client.post(at("action_progress", action), {"progress-text": "Complet", "progress-status": "done"})
    indicator = action.indicators.get()
    client.post(
        at("action_measure", action),
        {
            "measure-indicator": indicator.pk,
            "measure-measured_on": "octobre 2026",
            "measure-value": "11,5",
        },
    )

    assert reread(action).status == Status.PLANNED
    measure = indicator.measures.get(by=cast.association)
    assert (str(measure.value.normalize()), measure.measured_on) == ("11.5", "2026-10")
    assert reread(action).progressed_at is not None
    other = signed_in(cast.city_officer)
    other.post(at("action_measure_remove", action, measure.pk))
    assert indicator.measures.filter(pk=measure.pk).exists()
    client.post(at("action_measure_remove", action, measure.pk))
    assert not indicator.measures.filter(pk=measure.pk).exists()


def test_a_reader_gives_no_news(cast, action):
    response = signed_in(cast.reader).post(at("action_progress", action), {"progress-text": "Bonjour"})

    assert response.status_code == 403


def test_a_document_is_joined_and_taken_off(cast, action, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = signed_in(cast.city_officer)
    pdf = SimpleUploadedFile("Bilan.pdf", b"%PDF-1.4\nrien\n%%EOF\n")
    client.post(at("action_document", action), {"document-file": pdf, "document-title": "Bilan 2026"})

    document = action.documents.get()
    page = body(client.get(action.get_absolute_url()))
    assert "Bilan 2026" in page
    assert reverse("convention_file", args=["saint-denis", document.file.pk]) in page
    wrong = client.post(
        at("action_document", action), {"document-file": SimpleUploadedFile("a.pdf", b"<script>")}
    )
    assert wrong.status_code == 422
    client.post(at("action_document_remove", action, document.pk))
    assert not action.documents.exists()
    assert not cast.convention.files.exists()


# History.


def test_an_old_version_comes_back_in_two_clicks(cast, action):
    client = signed_in(cast.city_officer)
    version = action.version
    send(client, action, opened(client, action), title="Mauvais titre")

    page = client.get(at("action_history", action))
    link = f"{at('action_compare', action)}?de={version}&amp;a={version + 1}"
    assert link in body(page)
    compared = client.get(link.replace("&amp;", "&"))
    assert "Mauvais titre" in body(compared)
    client.post(at("action_restore", action), {"version": version, "base_version": version + 1})

    assert reread(action).title == "Ludothèque mobile"
    assert reread(action).version == version + 2
    assert "a repris une version d’avant" in body(client.get(at("action_history", action)))


def test_the_history_tells_who_what_before_and_after(cast, action):
    client = signed_in(cast.city_officer)
    send(client, action, opened(client, action), context="Beaucoup de jeux au Chaudron")

    page = body(signed_in(cast.reader).get(at("action_history", action)))

    assert "<del>Peu</del>" in page
    assert "<ins>Beaucoup</ins>" in page
    assert str(cast.city_officer) in page


def test_a_restored_field_of_the_other_house_is_proposed(cast, action):
    version = action.version
    operations.update_action(by=cast.city_officer, action=action, base_version=version, starts="2026")

    signed_in(cast.caf_adviser).post(
        at("action_restore", action), {"version": version, "base_version": version + 1}
    )

    assert reread(action).starts == "2026"
    assert Proposal.objects.get().after == {"starts": ""}


# What a form tells of itself.


def test_the_form_knows_what_a_browser_would_send(cast, action):
    content = operations.content_at(action, action.version)
    more = {"convention": cast.convention, "base": content, "version": action.version, "action": action}
    form = FicheForm(as_posted(FicheForm(**more)), **more)

    assert form.is_valid(), form.problems
    assert form.changes(by=cast.city_officer) == {}
