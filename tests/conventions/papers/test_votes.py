"""What each party's assembly is asked to vote, and what comes back once it has."""

import io

import pypdf
import pytest
from django.urls import reverse

from ansanm.accounts.models import Organisation
from ansanm.conventions.models import ConventionParty, Deliberation
from ansanm.conventions.papers import operations, printing
from ansanm.territories.versions import StaleVersion
from tests.conventions.agreement.deeds import draft, signed
from tests.pdf_ua import assert_pdf_ua

pytestmark = pytest.mark.django_db


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


def text_for(cast, kind, **more):
    party = cast.convention.parties.filter(kind=kind).first()
    if party is None:
        organisation = Organisation.objects.create(name=f"Organisme {kind}", kind="other")
        party = ConventionParty.objects.create(
            convention=cast.convention, organisation=organisation, kind=kind
        )
    return operations.start_deliberation(by=cast.city_officer, party=party, **more)


@pytest.mark.parametrize(
    ("kind", "assembly", "signs"),
    [
        ("commune", "le conseil municipal", "le maire"),
        ("epci", "le conseil communautaire", "le président"),
        ("departement", "l’assemblée départementale", "le président"),
        ("caf", "le conseil d’administration", "le directeur"),
        ("msa", "à compléter", "à compléter"),
    ],
)
def test_each_party_votes_in_its_own_name(cast, plan, kind, assembly, signs):
    text = text_for(cast, kind).text.replace("\u00a0", " ").replace("\u202f", " ")

    assert assembly in text and signs in text
    assert "Article 1. – Approuve la convention territoriale globale" in text
    assert ("le code général des collectivités territoriales" in text) is (
        kind in ("commune", "epci", "departement")
    )


def test_an_amendment_has_its_own_text_beside_that_of_the_convention(cast, plan):
    first = text_for(cast, "commune")
    signed(cast)
    amendment = draft(cast, title="Avenant 1", purpose="Entrée de Sainte-Marie.")
    second = text_for(cast, "commune", agreement_version=amendment)

    assert second != first
    assert "Vu le projet d’avenant «\u00a0Avenant 1\u00a0»" in second.text
    assert "Entrée de Sainte-Marie." in second.text and "Autorise le maire à le signer" in second.text
    assert text_for(cast, "commune", agreement_version=amendment) == second


def test_a_text_rewritten_by_two_people_loses_nothing(cast, client, plan):
    row = text_for(cast, "commune")
    operations.update_deliberation(
        by=cast.caf_adviser, deliberation=row, base_version=1, rapporteur="Une élue"
    )
    with pytest.raises(StaleVersion):
        operations.update_deliberation(by=cast.city_officer, deliberation=row, base_version=1, text="Autre.")
    client.force_login(cast.city_officer)
    answer = client.post(
        at("deliberation", row.pk),
        {"title": row.title, "text": row.text, "rapporteur": "Un élu", "version": 1},
    )
    assert answer.status_code == 409
    assert "Une élue" in answer.content.decode()


def test_the_paper_is_readable_aloud_with_its_votes_left_blank(cast, plan):
    row = text_for(cast, "commune")
    content = printing.deliberation(row, "pdf")
    words = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)

    assert "Le conseil municipal" in words and "Abstentions" in words and "Page 1 /" in words
    assert_pdf_ua(content)


def test_number_and_date_come_back_to_the_party_and_to_the_annex(cast, client, convention, plan):
    client.force_login(cast.city_officer)
    operations.start_text(by=cast.city_officer, convention=convention)
    party = convention.parties.get(kind="commune")
    url = at("deliberation_voted", party.pk)
    form = {"deliberation_number": "2026/041", "deliberation_on": "12 mars 2026"}
    assert client.post(url, form | {"version": convention.version + 40}).status_code == 409
    convention.refresh_from_db()
    assert client.post(url, form | {"version": convention.version}).status_code == 302

    party.refresh_from_db()
    assert (party.deliberation_number, party.deliberation_on) == ("2026/041", "2026-03-12")
    content = printing.convention_of_today(convention, "pdf")
    words = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert "2026/041, 12 mars 2026" in words.replace("\u00a0", " ")


def test_the_page_writes_prints_and_removes(cast, client, plan):
    client.force_login(cast.city_officer)
    party = cast.convention.parties.first()
    answer = client.post(at("deliberation_start", party.pk), follow=True)
    row = Deliberation.objects.get()
    assert "Texte à voter" in answer.content.decode()
    assert client.post(at("deliberation_start", party.pk), {"version": "7"}).status_code == 404
    assert client.get(at("deliberation_print", row.pk, "docx")).content.startswith(b"PK")
    client.post(at("deliberation_remove", row.pk), {"version": row.version})
    assert not Deliberation.objects.exists()

    other = text_for(cast, "commune")
    client.force_login(cast.neighbour)
    assert client.get(reverse("deliberation", args=["sainte-marie", other.pk])).status_code == 404
