"""A need is written from what was said and from figures, and keeps both; nobody's words are lost."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import history
from ansanm.conventions.concertation import deeds, figures, need_operations, thread
from ansanm.conventions.models import Moderation, Need, NeedIndicator, PlanTheme
from ansanm.conventions.plan import operations as plan_operations
from ansanm.engines.indicators import Status
from ansanm.territories.diagnosis import Value
from ansanm.territories.versions import StaleVersion
from tests.cast import CANARY
from tests.conventions.concertation.written import decide, need, said, session

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client, cast):
    client.force_login(cast.city_officer)
    return client


def address(name, cast, *args):
    return reverse(name, args=[cast.convention.slug, *args])


def test_a_need_is_written_from_what_moderation_kept_and_from_nothing_else(cast):
    kept = said(cast.convention, "Pas de bus le soir", reference="AAA-222")
    hidden = said(cast.convention, "Vendu !", reference="AAA-333", moderation=Moderation.HIDDEN)
    unread = said(cast.convention, "À lire", reference="AAA-444", moderation=Moderation.TO_READ)
    elsewhere = said(cast.other_convention, "Ailleurs", reference="AAA-555")

    made = need(cast, "Se déplacer le soir", contributions=[kept, hidden, unread, elsewhere])

    assert list(made.contributions.all()) == [kept]
    (entry,) = AuditEntry.objects.filter(verb="need.add")
    assert entry.after["n_contributions"] == 1
    (change,) = history.told([entry])
    assert "Se déplacer le soir" in change.deed


def test_the_list_of_contributions_opens_a_form_that_nobody_filled_yet(cast, officer):
    theme = PlanTheme.objects.create(convention=cast.convention, slug="youth", label="Jeunesse")
    one = said(cast.convention, "Pas de bus le soir", reference="AAA-222")
    one.themes.add(theme)

    response = officer.post(address("need_new", cast), {"row": one.pk, "start": "1"})

    assert response.status_code == 200 and not response.context["form"].is_bound
    assert response.context["form"].initial["themes"] == ["youth"]
    assert "Pas de bus le soir" in response.content.decode() and not Need.objects.exists()


def test_a_contribution_put_aside_since_is_no_longer_shown_under_its_need(cast, officer):
    one = said(cast.convention, "Des mots qui blessent", reference="AAA-222")
    made = need(cast, "Un besoin", contributions=[one])
    one.moderation = Moderation.HIDDEN
    one.save()

    page = officer.get(address("need", cast, made.pk)).content.decode()

    assert "Des mots qui blessent" not in page
    assert "1 contribution liée a depuis été écartée" in page
    assert thread.standing_needs(cast.convention).get().n_contributions == 0


def test_two_people_on_one_text_are_both_read(cast, officer):
    made = need(cast, "Se déplacer")
    need_operations.update_need(by=cast.caf_adviser, need=made, base_version=1, statement="De la Caf")

    response = officer.post(
        address("need_edit", cast, made.pk),
        {"kind": "need", "title": "Se déplacer", "statement": "De la Ville", "version": 1},
    )

    assert response.status_code == 409
    page = response.content.decode()
    assert "De la Caf" in page and "De la Ville" in page
    made.refresh_from_db()
    assert (made.statement, made.version) == ("De la Caf", 2)
    with pytest.raises(StaleVersion):
        need_operations.decide_need(
            by=cast.city_officer, need=made, base_version=1, state="kept", public_answer=""
        )


def test_what_is_put_off_or_refused_says_why(cast):
    made = need(cast, "Une piscine")

    for state in (Need.State.LATER, Need.State.SET_ASIDE):
        with pytest.raises(ValidationError) as refused:
            decide(cast, made, state, answer="  ")
        assert "public_answer" in refused.value.error_dict
    decide(cast, made, Need.State.KEPT, answer="")

    made.refresh_from_db()
    assert (made.state, made.public_answer) == ("kept", "")


def test_a_link_that_others_tied_meanwhile_stays(cast, officer):
    first, second, third = (
        said(cast.convention, text, reference=f"AAA-{n}22") for n, text in enumerate(["un", "deux", "trois"])
    )
    made = need(cast, "Un besoin", contributions=[first])
    page = officer.get(address("need_sources", cast, made.pk)).content.decode()
    assert f'name="seen" value="{first.pk}"' in page
    need_operations.link_need(by=cast.caf_adviser, need=made, add={"contributions": [third.pk]}, remove={})

    officer.post(address("need_sources", cast, made.pk), {"seen": first.pk, "contributions": second.pk})

    assert set(made.contributions.all()) == {second, third}


def test_nothing_of_another_convention_is_tied(cast):
    made = need(cast, "Un besoin")
    theirs = plan_operations.create_action(
        by=cast.neighbour, convention=cast.other_convention, title=f"Fiche {CANARY}"
    )
    other = need_operations.add_need(
        by=cast.neighbour, convention=cast.other_convention, kind="need", title=CANARY
    )

    need_operations.link_need(
        by=cast.city_officer, need=made, add={"actions": [theirs.pk], "nodes": [10**9]}, remove={}
    )
    with pytest.raises(ValidationError):
        need_operations.merge_needs(by=cast.city_officer, need=made, into=other)

    assert not made.actions.exists()


def test_a_figure_keeps_what_it_said_that_day(cast, officer, monkeypatch):
    today = {"value": 38.46, "period": "2021"}
    monkeypatch.setattr(
        figures, "reading_of", lambda _place, _name: Value(today["value"], Status.PUBLISHED, today["period"])
    )
    made = need(cast, "Un besoin")
    place = cast.convention.territories.get()
    row = need_operations.cite_figure(
        by=cast.city_officer, need=made, indicator="poverty_rate", territory=place, note="Haut"
    )

    assert (row.value, row.period, row.read_on) == (38.46, "2021", date.today())
    assert not figures.cited(row).has_changed
    # To a reader the same text is the same figure.
    today["value"] = 38.4602
    assert not figures.cited(row).has_changed
    today |= {"value": 35.0, "period": "2023"}
    told = figures.cited(NeedIndicator.objects.get())
    assert told.has_changed
    assert "38,5" in told.then and "2021" in told.then and "35,0" in told.now and "2023" in told.now
    page = officer.get(address("need", cast, made.pk)).content.decode()
    assert "a changé depuis" in page
    with pytest.raises(ValidationError):
        need_operations.cite_figure(
            by=cast.city_officer, need=made, indicator="poverty_rate", territory=place
        )


def test_a_figure_nobody_has_is_cited_as_absent_with_who_holds_it(cast, officer, observations_home):
    """The waiting list is only known once somebody declares it."""
    made = need(cast, "Une place en crèche")
    place = cast.convention.territories.get()

    response = officer.post(
        address("need_cite", cast, made.pk),
        {"indicator": "childcare_waiting_list", "territory": f"commune:{place.code}"},
    )
    if response.status_code == 422:
        pytest.fail(response.content.decode()[:500])

    told = figures.cited(made.indicators.get())
    assert told.then == told.now == "donnée absente"
    assert told.holder


def test_two_needs_become_one_that_holds_what_both_held(cast, officer):
    theme = PlanTheme.objects.create(convention=cast.convention, slug="youth", label="Jeunesse")
    one, two = (said(cast.convention, text, reference=f"BBB-{n}22") for n, text in enumerate(["un", "deux"]))
    kept = need(cast, "Un lieu pour les jeunes", contributions=[one], statement="Rien après 18 h.")
    gone = need(cast, "Une maison des ados", contributions=[two], statement="Demandée.", themes=["youth"])
    action = plan_operations.create_action(by=cast.city_officer, convention=cast.convention, title="Ouvrir")
    need_operations.link_need(by=cast.city_officer, need=gone, add={"actions": [action.pk]}, remove={})

    shown = officer.post(address("need_merge", cast, gone.pk), {"into": kept.pk})
    assert shown.status_code == 200 and kept.contributions.count() == 1
    officer.post(address("need_merge", cast, gone.pk), {"into": kept.pk, "step": "write"})

    kept.refresh_from_db()
    assert set(kept.contributions.all()) == {one, two}
    # Out of the bin, the other would come back bare.
    assert not gone.contributions.exists() and not gone.actions.exists()
    assert list(kept.actions.all()) == [action] and list(kept.themes.all()) == [theme]
    assert "Rien après 18 h." in kept.statement and "Demandée." in kept.statement
    # The old address leads to it.
    assert officer.get(address("need", cast, gone.pk)).url == address("need", cast, kept.pk)


def test_what_is_voted_on_is_not_merged_away(cast):
    kept, gone = need(cast, "Un"), need(cast, "Deux")
    session(cast, [gone, kept])

    with pytest.raises(ValidationError, match="soumis au vote"):
        need_operations.merge_needs(by=cast.city_officer, need=gone, into=kept)


def test_the_bin_gives_back(cast, officer):
    made = need(cast, "Un besoin")

    officer.post(address("need_delete", cast, made.pk))
    assert officer.get(address("need", cast, made.pk)).status_code == 404
    assert "Un besoin" in officer.get(address("needs_bin", cast)).content.decode()
    officer.post(address("need_restore", cast, made.pk))

    assert officer.get(address("need", cast, made.pk)).status_code == 200


def test_the_list_filters_by_its_address_and_counts_out_of_all(cast, officer):
    one = said(cast.convention, "un", reference="CCC-222")
    need(cast, "Garder les enfants la nuit", contributions=[one])
    need(cast, "Des associations vivantes", kind="asset")
    decide(cast, need(cast, "Une piscine"), Need.State.SET_ASIDE, "Trop cher pour une commune seule.")

    def found(query):
        page = officer.get(address("needs", cast) + query).content.decode()
        titles = ("Garder les enfants la nuit", "Des associations vivantes", "Une piscine")
        return [title for title in titles if f">{title}</a>" in page], page

    assert found("?q=enfants+nuit")[0] == ["Garder les enfants la nuit"]
    assert found("?kind=asset")[0] == ["Des associations vivantes"]
    names, page = found("?state=set_aside")
    assert names == ["Une piscine"] and "sur 3 besoins et atouts" in page
    assert found("?unheard=1")[0] == ["Des associations vivantes", "Une piscine"]
    assert found("?unlinked=1&sort=title")[0] and len(found("?unlinked=1")[0]) == 3
    # A filter that makes no sense is left out.
    assert len(found("?state=nonsense")[0]) == 3

    book = openpyxl.load_workbook(
        io.BytesIO(officer.get(address("needs_export", cast, "xlsx") + "?kind=need").content)
    )
    assert [row[1].value for row in book.worksheets[1].iter_rows(min_row=2)] == [
        "Garder les enfants la nuit",
        "Une piscine",
    ]
    assert book["Contributions"]["B2"].value == "un"


def test_hostile_words_stay_words(cast, officer):
    text = "<script>alert(1)</script> =HYPERLINK() Mi domann ankor 👶🏽 \u202e"
    one = said(cast.convention, text, reference="DDD-222", language="rcf")
    response = officer.post(
        address("need_new", cast) + f"?contribution={one.pk}",
        {"kind": "need", "title": text, "statement": text, "contribution": one.pk},
    )
    made = Need.objects.get()

    page = officer.get(response.url).content.decode()

    assert list(made.contributions.all()) == [one]
    assert "<script>alert(1)" not in page and "👶🏽" in page
    assert officer.get(address("needs_export", cast, "csv")).status_code == 200


def test_every_deed_on_needs_and_priorities_has_its_words():
    told = {entry for entry in deeds.DEEDS if entry.split(".")[0] in {"need", "priority", "consultation"}}

    assert told <= history.verbs()


def test_a_reader_reads_and_writes_nothing(cast, client):
    made = need(cast, "Un besoin")
    client.force_login(cast.reader)

    assert client.get(address("need", cast, made.pk)).status_code == 200
    assert client.post(address("need_delete", cast, made.pk)).status_code == 403
    assert client.get(address("need_new", cast)).status_code == 403
    client.force_login(cast.neighbour)
    assert client.get(address("need", cast, made.pk)).status_code == 404
    # By its number alone, a need of another convention does not exist either.
    assert client.get(reverse("need", args=[cast.other_convention.slug, made.pk])).status_code == 404
