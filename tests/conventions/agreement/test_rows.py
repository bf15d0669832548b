"""What stands around the agreement: signatures, délibérations, linked contracts, visas, posts."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.agreement.visas import USUAL
from ansanm.conventions.models import (
    Convention,
    CooperationPost,
    LegalVisa,
    LinkedContract,
    PartySignature,
    StoredFile,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]
PDF = b"%PDF-1.7\n%%EOF"
ROWS = {
    "visa": (LegalVisa, {"text": "le code général des collectivités territoriales"}, {"text": "la loi n° 1"}),
    "contrat": (
        LinkedContract,
        {"kind": "cls", "title": "Contrat local de santé", "starts_on": "2024", "ends_on": "juin 2028"},
        {"kind": "pedt", "title": "Projet éducatif"},
    ),
    "poste": (
        CooperationPost,
        {"holder": "Flora Vétiver", "employer": "Ville de Saint-Denis", "fte_share": "0,2"},
        {"holder": "Flora Vétiver", "employer": "CCAS", "fte_share": "0.50"},
    ),
    "signature": (
        PartySignature,
        {"name": "Ada Vacoa", "function": "adjointe"},
        {"name": "Ada Vacoa", "function": "première adjointe", "signed_on": "décembre 2026"},
    ),
}


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


def version():
    return Convention.objects.get(slug="saint-denis").version


def given(cast, kind, facts):
    party = {"party": cast.convention.parties.get(kind="commune").pk} if kind == "signature" else {}
    return facts | party | {"version": version()}


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_is_added_corrected_and_removed_and_the_journal_tells_it(client, cast, officer, kind):
    model, first, second = ROWS[kind]
    n_before = model.objects.count()

    assert client.post(at("agreement_row_add", kind), given(cast, kind, first)).status_code == 302
    row = model.objects.latest("pk")
    assert client.post(at("agreement_row_edit", kind, row.pk), given(cast, kind, second)).status_code == 302
    row.refresh_from_db()
    told = [value for name, value in second.items() if name in {"text", "title", "employer", "function"}]
    assert told[0] in client.get(at("agreement")).content.decode()
    assert client.get(at("agreement_row_remove", kind, row.pk)).status_code == 200
    client.post(at("agreement_row_remove", kind, row.pk), {"version": version()})

    assert model.objects.count() == n_before
    verbs = list(AuditEntry.objects.values_list("verb", flat=True)[:3])
    name = {"contrat": "contract", "poste": "post"}.get(kind, kind)
    assert verbs == [f"{name}.remove", f"{name}.update", f"{name}.add"]
    journal = client.get(at("convention_journal")).content.decode()
    assert f"{name}." not in journal
    for person in ("Vétiver", "Ada Vacoa"):
        assert person not in journal


@pytest.mark.parametrize("kind", ROWS)
def test_two_people_on_one_row_are_shown_both_and_nothing_is_lost(client, cast, officer, kind):
    model, first, second = ROWS[kind]
    client.post(at("agreement_row_add", kind), given(cast, kind, first))
    row = model.objects.latest("pk")
    stale = version() - 1

    added = client.post(at("agreement_row_add", kind), given(cast, kind, first) | {"version": stale})
    edited = client.post(
        at("agreement_row_edit", kind, row.pk), given(cast, kind, second) | {"version": stale}
    )
    removed = client.post(at("agreement_row_remove", kind, row.pk), {"version": stale}, follow=True)

    assert added.status_code == edited.status_code == 409
    assert "Votre version" in edited.content.decode()
    assert f'name="version" value="{version()}"' in edited.content.decode()
    assert "Rien n’a été retiré" in removed.content.decode()
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_of_another_convention_is_not_here(client, cast, officer, kind):
    other = cast.other_convention
    theirs = {
        "visa": lambda: other.visas.create(text="x"),
        "contrat": lambda: other.linked_contracts.create(kind="cls", title="x"),
        "poste": lambda: other.cooperation_posts.create(employer="x", fte_share="0.5"),
        "signature": lambda: PartySignature.objects.filter(party__convention=other).first(),
    }[kind]()

    for name in ("agreement_row_edit", "agreement_row_remove"):
        assert client.get(at(name, kind, theirs.pk)).status_code == 404
        assert client.post(at(name, kind, theirs.pk), {"version": version()}).status_code == 404


def test_a_signature_cannot_be_hung_on_a_party_of_another_convention(client, cast, officer):
    theirs = cast.other_convention.parties.get()

    answer = client.post(
        at("agreement_row_add", "signature"), {"party": theirs.pk, "function": "maire", "version": version()}
    )

    assert answer.status_code == 422
    assert theirs.signatures.count() == 1


def test_a_kind_of_row_that_does_not_exist_is_not_found(client, cast, officer):
    assert client.get(at("agreement_row_add", "loi")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "facts", "told"),
    [
        ("poste", {"employer": "Ville", "fte_share": "1,5"}, "inférieure ou égale à 1"),
        ("poste", {"employer": "Ville", "fte_share": "0"}, "nulle"),
        ("poste", {"employer": "Ville", "fte_share": "beaucoup"}, "nombre"),
        (
            "contrat",
            {"kind": "cls", "title": "CLS", "starts_on": "2026", "ends_on": "2024"},
            "avant le début",
        ),
        ("contrat", {"kind": "cls", "title": "CLS", "starts_on": "bientôt"}, "n’est pas une date"),
        ("contrat", {"kind": "cls", "title": "CLS", "url": "javascript:alert(1)"}, "URL"),
        ("contrat", {"kind": "traité", "title": "CLS"}, "traité"),
        ("visa", {"text": ""}, "obligatoire"),
        ("signature", {}, "au moins la fonction"),
    ],
)
def test_what_cannot_be_is_refused_with_the_words_to_mend_it(client, cast, officer, kind, facts, told):
    answer = client.post(at("agreement_row_add", kind), given(cast, kind, facts))

    assert answer.status_code == 422
    assert told in answer.content.decode()


def test_fractions_of_posts_add_up(client, cast, officer, convention):
    for share in ("0.20", "0.52", "1"):
        convention.cooperation_posts.create(employer="Ville", fte_share=share)

    page = client.get(at("agreement")).content.decode()

    assert "3 postes, 1,72 ETP ensemble." in page


def test_usual_visas_are_offered_with_where_they_come_from_and_none_is_written_in(
    client, cast, officer, convention
):
    page = client.get(at("agreement_row_add", "visa")).content.decode()
    assert "habituellement cité" in page
    assert "non vérifié" in page
    assert not convention.visas.exists()

    chosen = client.get(at("agreement_row_add", "visa") + "?usual=css-263")
    assert "L. 263-1" in chosen.context["form"].initial["text"]
    assert not convention.visas.exists()

    convention.visas.create(text=USUAL[0].text)
    page = client.get(at("agreement_row_add", "visa")).content.decode()
    assert "usual=css-263" not in page


def test_a_caf_owes_two_signatures_and_others_one(cast, convention):
    assert [one.function for one in convention.parties.get(kind="caf").signatures.all()] == [
        "président du conseil d’administration",
        "directeur",
    ]
    assert [one.function for one in convention.parties.get(kind="commune").signatures.all()] == ["maire"]


def test_the_deliberation_of_a_party_has_its_number_its_date_and_its_file(client, cast, officer, convention):
    party = convention.parties.get(kind="commune")
    facts = {"kind": "commune", "deliberation_number": "21/4-12", "deliberation_on": "12 novembre 2021"}

    client.post(
        at("party_edit", party.pk),
        facts | {"upload": SimpleUploadedFile("délibération.pdf", PDF), "version": version()},
    )

    party.refresh_from_db()
    assert party.deliberation_on == "2021-11-12"
    assert party.deliberation_file.name == "délibération.pdf"
    page = client.get(at("agreement")).content.decode()
    assert "21/4-12, 12 novembre 2021" in page
    assert at("convention_file", party.deliberation_file_id) in page

    first = party.deliberation_file_id
    client.post(
        at("party_edit", party.pk),
        facts | {"upload": SimpleUploadedFile("bonne.pdf", PDF + b"%%EOF"), "version": version()},
    )
    party.refresh_from_db()
    assert party.deliberation_file.name == "bonne.pdf"
    assert not StoredFile.objects.filter(pk=first).exists()

    client.post(at("party_edit", party.pk), facts | {"drop_file": "on", "version": version()})
    party.refresh_from_db()
    assert party.deliberation_file is None
    assert not StoredFile.objects.exists()


def test_a_file_that_is_refused_saves_nothing_of_the_party(client, cast, officer, convention):
    party = convention.parties.get(kind="commune")

    answer = client.post(
        at("party_edit", party.pk),
        {
            "kind": "commune",
            "deliberation_number": "21/4-12",
            "upload": SimpleUploadedFile("délibération.pdf", b"<script>"),
            "version": version(),
        },
    )

    party.refresh_from_db()
    assert answer.status_code == 422
    assert "ni un PDF" in answer.content.decode()
    assert "Choisissez de nouveau le fichier" in answer.content.decode()
    assert party.deliberation_number == ""
    assert "Choisissez de nouveau" not in client.get(at("party_edit", party.pk)).content.decode()


def test_a_party_may_join_midway_and_leave(client, cast, officer, convention):
    party = convention.parties.get(kind="commune")
    client.post(
        at("party_edit", party.pk),
        {"kind": "epci", "joined_on": "janvier 2023", "left_on": "2025", "version": version()},
    )

    page = client.get(at("agreement")).content.decode()

    assert "janvier 2023" in page
    assert "Intercommunalité" in page


def test_a_party_that_is_taken_off_takes_the_file_of_its_deliberation_with_it(
    client, cast, officer, convention
):
    party = convention.parties.get(kind="commune")
    client.post(
        at("party_edit", party.pk),
        {"kind": "commune", "upload": SimpleUploadedFile("délibération.pdf", PDF), "version": version()},
    )
    assert StoredFile.objects.count() == 1

    client.post(at("party_remove", party.pk), {"version": version()})

    assert not StoredFile.objects.exists()
    assert not PartySignature.objects.filter(party__convention=convention, function="maire").exists()
