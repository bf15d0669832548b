"""Versions of an agreement: what is signed never changes, an amendment says what it does."""

import io
import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from docx import Document as WordFile

from ansanm.accounts.models import AuditEntry, Organisation
from ansanm.conventions import files
from ansanm.conventions import operations as convention_operations
from ansanm.conventions.agreement import documents, operations, snapshot
from ansanm.conventions.agreement.difference import compare
from ansanm.conventions.models import AgreementVersion, Convention, PartySignature, PlanActor, StoredFile
from ansanm.conventions.plan import operations as plan_operations
from tests.cast import CANARY
from tests.conventions.agreement.deeds import draft, signed
from tests.pdf_ua import assert_pdf_ua

pytestmark = pytest.mark.django_db


def words(content: bytes) -> str:
    file = WordFile(io.BytesIO(content))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in file.paragraphs), *cells])


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


def test_a_draft_holds_the_facts_the_parties_and_the_whole_plan(cast, plan):
    content = snapshot.read(draft(cast))

    assert [one["name"] for one in content["parties"]] == ["Ville de Saint-Denis", "Caf de La Réunion"]
    assert [one["function"] for one in content["parties"][1]["signatures"]] == [
        "président du conseil d’administration",
        "directeur",
    ]
    assert [one["title"] for one in content["actions"]] == ["Ludothèque mobile", "Épicerie solidaire"]
    assert content["actions"][0]["financing"][0]["amount_eur"] == "300000"
    assert content["nodes"][0]["label"] == "Accueillir tous les enfants"
    assert "pilot_user" not in content["actions"][0]


def test_the_same_agreement_is_always_the_same_text(cast, plan, convention):
    first = snapshot.written(snapshot.snapshot(convention))

    assert snapshot.written(snapshot.snapshot(Convention.objects.get(pk=convention.pk))) == first
    assert snapshot.written(json.loads(first)) == first


def test_what_is_in_the_bin_is_not_in_the_text(cast, plan, convention):
    first, second = plan
    plan_operations.update_action(
        by=cast.city_officer,
        action=first,
        base_version=1,
        links=[{"kind": "needs", "other": second.pk}],
    )
    plan_operations.delete_actions(by=cast.city_officer, convention=convention, actions=[second])

    content = snapshot.read(draft(cast))

    assert [one["title"] for one in content["actions"]] == ["Ludothèque mobile"]
    assert content["actions"][0]["links"] == []


def test_signing_freezes_the_text_its_pdf_and_who_signed(cast, plan, convention):
    version = signed(cast)

    content = snapshot.read(version)
    assert version.state == "signed"
    assert len(content["signing"]["signed_by"]) == 3
    assert content["signing"]["missing"] == []
    assert_pdf_ua(files.read_bytes(version.printed))
    assert operations.is_intact(version)
    convention.refresh_from_db()
    assert convention.signed_on == "2026-12-03"
    assert set(PartySignature.objects.filter(party__convention=convention).values_list("signed_on")) == {
        ("2026-12-03",)
    }
    assert AuditEntry.objects.filter(verb="version.sign").exists()


def test_a_signature_without_everybody_says_why_and_the_reason_is_printed(cast, plan):
    version = draft(cast)
    city = PartySignature.objects.get(party__convention=cast.convention, function="maire")

    with pytest.raises(ValidationError, match="dites pourquoi"):
        signed(cast, version, signed_by=[city.pk])
    with pytest.raises(ValidationError, match="au moins une"):
        signed(cast, version, signed_by=[], reason="Personne")

    version = signed(cast, version, signed_by=[city.pk], reason="Signatures de la Caf non publiées")
    content = snapshot.read(version)
    assert [one["function"] for one in content["signing"]["missing"]] == [
        "président du conseil d’administration",
        "directeur",
    ]
    assert "Signatures de la Caf non publiées" in words(documents.written(version, "docx"))


def test_the_signature_of_another_convention_is_none_here(cast, plan):
    theirs = PartySignature.objects.filter(party__convention=cast.other_convention).first()

    with pytest.raises(ValidationError):
        signed(cast, signed_by=[theirs.pk], reason="x")


def test_what_was_signed_is_what_was_read(cast, plan):
    version = draft(cast)
    token = operations.token_of(version)
    draft(cast, title="Un autre titre")

    with pytest.raises(operations.StaleDraft):
        operations.sign_version(
            by=cast.city_officer, version=version, token=token, signed_on="2026", signed_by=["1"]
        )
    assert not AgreementVersion.objects.filter(state="signed").exists()


def test_two_people_who_take_the_text_at_once_do_not_undo_each_other(cast, plan):
    version = draft(cast)
    token = operations.token_of(version)
    operations.take_draft(by=cast.caf_adviser, convention=cast.convention, token=token, title="Le sien")

    with pytest.raises(operations.StaleDraft):
        operations.take_draft(by=cast.city_officer, convention=cast.convention, token=token, title="Le mien")
    with pytest.raises(operations.StaleDraft):
        operations.take_draft(by=cast.city_officer, convention=cast.convention, title="Le mien")
    with pytest.raises(operations.StaleDraft):
        operations.discard_draft(by=cast.city_officer, version=version, token=token)
    assert operations.draft_of(cast.convention).title == "Le sien"


@pytest.mark.database
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE conventions_agreementversion SET content_json = '{}'",
        "UPDATE conventions_agreementversion SET title = 'Autre'",
        "UPDATE conventions_agreementversion SET state = 'draft', frozen_at = NULL",
        "UPDATE conventions_agreementversion SET printed_id = NULL",
        "UPDATE conventions_agreementversion SET signed_on = '2020'",
        "DELETE FROM conventions_agreementversion",
        "UPDATE conventions_storedfile SET sha256 = 'x'",
        "UPDATE conventions_storedfile SET n_bytes = 0",
    ],
)
def test_the_database_refuses_to_change_what_was_signed(cast, plan, statement):
    version = signed(cast)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    again = AgreementVersion.objects.get(pk=version.pk)
    assert (again.title, again.content_json) == (version.title, version.content_json)


@pytest.mark.database
def test_who_signed_can_be_erased_and_the_version_stays(cast, plan):
    version = signed(cast)

    cast.city_officer.delete()

    version.refresh_from_db()
    assert version.created_by is None
    with pytest.raises(ProtectedError):
        version.printed.delete()


@pytest.mark.database
def test_a_draft_can_be_taken_again_and_discarded(cast, plan):
    version = draft(cast, title="Deuxième essai")
    draft(cast, title="Troisième essai")
    version = operations.draft_of(cast.convention)
    operations.discard_draft(by=cast.city_officer, version=version, token=operations.token_of(version))

    assert not cast.convention.versions.exists()


def test_a_signed_version_prints_as_signed_when_the_plan_moved_on_and_years_later(
    client, cast, plan, officer, monkeypatch
):
    version = signed(cast)
    pdf = client.get(at("agreement_print", 1, "pdf")).content
    docx = words(client.get(at("agreement_print", 1, "docx")).content)
    first, second = plan

    plan_operations.update_action(
        by=cast.city_officer, action=first, base_version=1, title="Tout autre chose"
    )
    plan_operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[second])
    PlanActor.objects.filter(name="Caf de La Réunion").update(name="Caf 974")
    Organisation.objects.filter(kind="caf").update(name="Caisse fusionnée")
    Convention.objects.filter(pk=cast.convention.pk).update(name="Nom nouveau", ends_on="2040")
    later = timezone.now() + timedelta(days=365 * 9)
    monkeypatch.setattr(timezone, "now", lambda: later)
    client.force_login(cast.reader)

    with override("en"):
        assert client.get(at("agreement_print", 1, "pdf")).content == pdf
    assert pdf == files.read_bytes(version.printed)
    assert words(client.get(at("agreement_print", 1, "docx")).content) == docx
    for name in ("Ludothèque mobile", "Épicerie solidaire", "Caf de La Réunion", "Acheter le camion", "300"):
        assert name in docx
    for name in ("Tout autre chose", "Caisse fusionnée", "Nom nouveau"):
        assert name not in docx


def test_a_frozen_pdf_that_was_tampered_with_is_said_and_not_replaced_in_silence(client, cast, plan, officer):
    version = signed(cast)
    path = files.path_of(version.printed.sha256)
    path.write_bytes(b"%PDF-1.7 autre %%EOF")

    assert "n’est plus celui qui a été signé" in client.get(at("agreement_version", 1)).content.decode()
    path.unlink()
    assert client.get(at("agreement_print", 1, "pdf")).status_code == 404


def test_an_amendment_tells_field_by_field_what_it_changes(cast, plan, convention):
    signed(cast)
    first, second = plan
    club = Organisation.objects.get(name="Les Filaos")
    convention.refresh_from_db()
    convention_operations.add_party(
        by=cast.city_officer,
        convention=convention,
        version=convention.version,
        organisation=club,
        kind="commune",
        joined_on="2027-06",
    )
    convention.refresh_from_db()
    convention_operations.update_convention(
        by=cast.city_officer,
        convention=convention,
        version=convention.version,
        ends_on="2030",
        extended_to="2031",
    )
    caf = PlanActor.objects.get(convention=convention)
    row = {"key": "", "funder": caf.pk, "year": 2027, "amount_eur": "45000", "precision": "exact"}
    kept = snapshot.fiche(first)["financing"][0]
    plan_operations.update_action(
        by=cast.city_officer,
        action=first,
        base_version=1,
        publics="0-6 ans",
        financing=[kept, row | {"scope": "", "source_title": "", "source_url": ""}],
    )
    plan_operations.delete_actions(by=cast.city_officer, convention=convention, actions=[second])
    plan_operations.create_action(by=cast.city_officer, convention=convention, title="Relais petite enfance")

    amendment = draft(cast, title="Avenant n° 1", purpose="Une commune entre, un an de plus.")

    assert (amendment.number, amendment.kind) == (2, "amendment")
    sections = {one.title: one for one in compare(*two(convention))}
    facts = {
        one.name: (one.details[0].before, one.details[0].after)
        for one in sections["Ce que dit la convention"].changes
    }
    assert facts == {"Fin": ("", "2030"), "Prolongée jusqu’à": ("", "2031")}
    assert [(one.kind, one.name) for one in sections["Parties"].changes] == [("added", "Les Filaos")]
    actions = {(one.kind, one.name) for one in sections["Actions"].changes}
    assert actions == {
        ("removed", "2 Épicerie solidaire"),
        ("changed", "1 Ludothèque mobile"),
        ("added", "Relais petite enfance"),
    }
    changed = next(one for one in sections["Actions"].changes if one.kind == "changed")
    assert {one.label: one.after for one in changed.details} == {
        "Publics": "0-6 ans",
        "Financement": "Caf de La Réunion 2027\u00a0: 45\u202f000\u202f€",
    }
    (total,) = sections["Financement"].totals
    assert total.before.startswith("300\u202f000\u202f€ (1 ligne")
    assert total.after.startswith("345\u202f000\u202f€ (2 lignes")
    printed = words(documents.written(amendment, "docx"))
    assert "Ce que change cet avenant" in printed
    assert "Une commune entre, un an de plus." in printed
    assert "Relais petite enfance" in printed


def two(convention):
    before, after = convention.versions.order_by("number")
    return snapshot.read(before), snapshot.read(after)


def test_an_amendment_is_compared_with_the_version_it_amends_even_once_others_are_signed(cast, plan):
    signed(cast)
    first, _second = plan
    plan_operations.update_action(by=cast.city_officer, action=first, base_version=1, publics="Familles")
    amendment = signed(cast, draft(cast, title="Avenant n° 1"))
    before = words(documents.written(amendment, "docx"))
    plan_operations.update_action(by=cast.city_officer, action=first, base_version=2, publics="Tous")
    signed(cast, draft(cast, title="Avenant n° 2"))

    assert words(documents.written(amendment, "docx")) == before
    assert "Familles" in before


def test_nothing_changed_is_said_so(cast, plan):
    signed(cast)
    draft(cast, title="Avenant n° 1")

    assert compare(*two(cast.convention)) == []


def test_a_signed_fact_whose_kind_is_gone_from_the_program_still_reads(cast, plan):
    version = signed(cast)
    content = snapshot.read(version)
    content["parties"][0]["kind"] = "pays"
    other = AgreementVersion(
        convention=cast.convention,
        number=9,
        kind="initial",
        state="draft",
        title="D’un autre âge",
        content_json=snapshot.written(content),
        content_sha256="",
        created_at=timezone.now(),
    )

    assert "pays" in words(documents.written(other, "docx"))


def test_a_plan_of_sixty_fiches_and_empty_fields_prints_as_an_accessible_pdf(cast, plan):
    for number in range(60):
        plan_operations.create_action(
            by=cast.city_officer, convention=cast.convention, title=f"Action {number} <b>&</b> # $"
        )

    assert_pdf_ua(documents.written(draft(cast), "pdf"))


def test_the_pages_take_sign_and_print(client, cast, plan, officer):
    client.post(at("agreement_draft"), {"title": "CTG 2026-2030", "purpose": "Tenir parole", "token": ""})
    version = cast.convention.versions.get()
    page = client.get(at("agreement_version", 1)).content.decode()
    assert "Tenir parole" in page
    assert "2 fiches actions" in page

    form = client.get(at("agreement_sign", 1)).context["form"]
    # Nobody signs by leaving a form as it is.
    assert not form.initial.get("signed_by")
    given = {
        "signed_on": "3 décembre 2026",
        "signed_by": [key for key, _label in form.fields["signed_by"].choices],
        "token": form.initial["token"],
    }
    assert client.post(at("agreement_sign", 1), given | {"signed_on": ""}).status_code == 422
    assert client.post(at("agreement_sign", 1), given | {"token": "vieux"}).status_code == 409
    assert client.post(at("agreement_sign", 1), given).status_code == 302

    version.refresh_from_db()
    assert version.signed_on == "2026-12-03"
    page = client.get(at("agreement_version", 1)).content.decode()
    assert "Vérifiée à l’instant" in page
    for name in ("agreement_sign", "agreement_discard"):
        assert client.get(at(name, 1)).url == at("agreement_version", 1)
    journal = client.get(at("convention_journal")).content.decode()
    assert "a pris le texte du projet « CTG 2026-2030 »" in journal.replace("\u00a0", " ")
    assert "a enregistré la signature de" in journal


def test_a_draft_says_what_moved_since_it_was_taken(client, cast, plan, officer):
    draft(cast)
    assert "Depuis ce projet" not in client.get(at("agreement_version", 1)).content.decode()

    plan_operations.update_action(by=cast.city_officer, action=plan[0], base_version=1, publics="0-3 ans")

    page = client.get(at("agreement_version", 1)).content.decode()
    assert "Depuis ce projet, la convention a changé" in page
    assert "0-3 ans" in page


def test_the_neighbour_finds_no_version_and_no_byte_of_one(client, cast, plan):
    signed(cast)
    client.force_login(cast.neighbour)
    for name, arguments in (
        ("agreement", ()),
        ("agreement_version", (1,)),
        ("agreement_print", (1, "pdf")),
        ("agreement_print", (1, "docx")),
        ("agreement_sign", (1,)),
    ):
        answer = client.get(at(name, *arguments))
        assert answer.status_code == 404
        assert "Ludothèque" not in answer.content.decode(errors="ignore")
    client.force_login(cast.city_officer)
    page = client.get(at("agreement")).content.decode()
    assert CANARY not in page


def test_a_reader_reads_and_prints_and_is_offered_no_deed(client, cast, plan):
    draft(cast)
    client.force_login(cast.reader)

    page = (
        client.get(at("agreement")).content.decode() + client.get(at("agreement_version", 1)).content.decode()
    )

    assert client.get(at("agreement_print", 1, "pdf")).status_code == 200
    for name, arguments in (
        ("agreement_draft", ()),
        ("agreement_sign", (1,)),
        ("agreement_move", ()),
        ("agreement_start", ()),
        ("party_add", ()),
    ):
        assert at(name, *arguments) not in page
        assert client.get(at(name, *arguments)).status_code == 403


def test_a_file_frozen_with_a_version_is_not_swept(cast, plan):
    import os

    version = signed(cast)
    os.utime(files.path_of(version.printed.sha256), (0, 0))

    assert files.sweep() == 0
    assert StoredFile.objects.filter(pk=version.printed_id).exists()
