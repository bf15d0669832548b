"""The text of a convention and its annexes: written, versioned, printed whole and signed with it."""

import io
import os

import pypdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document as WordFile
from PIL import Image

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import files, history
from ansanm.conventions.agreement import documents, snapshot
from ansanm.conventions.agreement import operations as agreement
from ansanm.conventions.models import Annex
from ansanm.conventions.papers import checking, document, operations, printing
from ansanm.territories.versions import StaleVersion
from tests.cast import CANARY
from tests.conventions.agreement.deeds import draft, signed
from tests.pdf_ua import assert_pdf_ua

pytestmark = pytest.mark.django_db


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


@pytest.fixture
def text(cast, convention, plan):
    operations.start_text(by=cast.city_officer, convention=convention)
    return convention


def brought_pdf(*, n_pages=3, words="Diagnostic apporté"):
    """A PDF as another office writes it, without any tag."""
    pages = [Image.new("RGB", (620, 877), (255, 255, 255)) for _page in range(n_pages)]
    target = io.BytesIO()
    pages[0].save(target, "PDF", save_all=True, append_images=pages[1:], title=words)
    return SimpleUploadedFile("diagnostic.pdf", target.getvalue(), "application/pdf")


def pages_of(content):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def test_the_first_text_says_what_is_known_and_marks_what_is_not(text):
    articles = {one.key: one.text for one in text.articles.all()}

    assert [one.heading for one in text.articles.all()][:3] == [
        "Préambule",
        "Objet de la convention",
        "Champs d’intervention de la Caf",
    ]
    assert len(articles) == 15
    assert "Ville de Saint-Denis et Caf de La Réunion" in articles["purpose"]
    assert "Accueillir tous les enfants" in articles["objectives"]
    assert "à compléter : la date de fin" in articles["duration"].replace("\u00a0", " ")
    left = [one.what for one in checking.left_to_write(text)]
    assert any("la date de fin" in words for words in left)
    assert any("tribunal" in words for words in left)


def test_starting_twice_changes_nothing(cast, text):
    article = text.articles.first()
    operations.update_article(by=cast.city_officer, article=article, base_version=1, text="Le nôtre.")

    assert operations.start_text(by=cast.city_officer, convention=text) == 0
    assert text.articles.first().text == "Le nôtre."


def test_annexes_come_in_the_order_of_real_conventions_and_may_change_places(cast, text):
    assert [one.kind for one in text.annexes.all()] == [
        "means", "diagnosis", "equipment", "governance", "actions", "evaluation", "deliberations",
        "data_exchange", "other_plan",
    ]  # fmt: skip
    operations.move(by=cast.city_officer, row=text.annexes.get(kind="actions"), up=True)
    operations.move(by=cast.city_officer, row=text.annexes.get(kind="means"), up=True)
    assert [one.kind for one in text.annexes.all()][:5] == [
        "means", "diagnosis", "equipment", "actions", "governance",
    ]  # fmt: skip


def test_two_people_on_one_article_lose_nothing(cast, client, text):
    article = text.articles.get(key="purpose")
    operations.update_article(by=cast.caf_adviser, article=article, base_version=1, text="De la Caf.")
    with pytest.raises(StaleVersion):
        operations.update_article(by=cast.city_officer, article=article, base_version=1, text="De la Ville.")

    client.force_login(cast.city_officer)
    url = at("paper_row", "article", article.pk)
    typed = {"heading": article.heading, "text": "De la Ville.", "version": 1}
    shown = client.post(url, typed)
    assert shown.status_code == 409
    assert {"De la Caf.", "De la Ville."} <= set(
        [cell for one in shown.context["stale"] for cell in (one.before, one.after)]
    )
    assert client.post(url, typed | {"version": 2}).status_code == 302
    article.refresh_from_db()
    assert article.text == "De la Ville."
    told = history.told(AuditEntry.objects.filter(verb="article.update"))
    assert {detail.before for one in told for detail in one.details} >= {"De la Caf."}
    assert all("l’article" in one.deed for one in told)


def test_pages_are_numbered_across_annexes_and_brought_pages(cast, text):
    annex = text.annexes.get(kind="data_exchange")
    operations.update_annex(
        by=cast.city_officer, annex=annex, base_version=1, is_included=True, upload=brought_pdf()
    )
    content = printing.convention_of_today(text, "pdf")

    pages = pages_of(content)
    total = len(pages)
    for number, words in enumerate(pages, start=1):
        assert f"Page {number} / {total}" in " ".join(words.split())
    assert any("diagnostic.pdf" in words for words in pages)
    contents = pages[0]
    for heading in ("Article 1 – Objet de la convention", "Annexe 8 – Conventions d’échange de données"):
        assert heading in contents.replace("\u00a0", " ")
    assert_pdf_ua(content)


def test_the_word_file_holds_articles_annexes_and_brought_pages(cast, text):
    annex = text.annexes.get(kind="data_exchange")
    operations.update_annex(
        by=cast.city_officer, annex=annex, base_version=1, is_included=True, upload=brought_pdf(n_pages=1)
    )
    file = WordFile(io.BytesIO(printing.convention_of_today(text, "docx")))

    headings = [one.text for one in file.paragraphs if one.style.name == "Heading 1"]
    assert "Préambule" in headings and "Annexe 5 – Fiches actions" in headings
    assert len(file.inline_shapes) == 1


def test_an_annex_left_out_is_not_printed_and_its_rank_goes_to_the_next(cast, text):
    operations.update_annex(
        by=cast.city_officer, annex=text.annexes.get(kind="means"), base_version=1, is_included=False
    )
    first = "".join(pages_of(printing.convention_of_today(text, "pdf"))[:1])

    assert "Annexe 1 – Diagnostic partagé" in first.replace("\u00a0", " ")
    assert "Moyens mobilisés" not in first


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"%PDF-1.7 nothing %%EOF", "ne s’ouvre pas"),
        ("a.pdf", b"%PDF-1.7 cut short", "n’est pas entier"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "abîmée"),
        ("a.exe", b"MZ\x90\0", "ni un PDF"),
    ],
)
def test_what_is_no_readable_pdf_is_refused_in_words(client, cast, text, name, content, words):
    client.force_login(cast.city_officer)
    annex = text.annexes.first()
    answer = client.post(
        at("paper_row", "annexe", annex.pk),
        {"kind": annex.kind, "version": 1, "is_included": "on", "upload": SimpleUploadedFile(name, content)},
    )

    assert answer.status_code == 422
    assert words in answer.content.decode()
    annex.refresh_from_db()
    assert annex.file is None


def test_what_was_signed_keeps_its_articles_and_an_amendment_tells_them_apart(cast, text):
    first = signed(cast)
    article = text.articles.get(key="purpose")
    operations.update_article(by=cast.city_officer, article=article, base_version=1, text="Un autre objet.")
    operations.remove(by=cast.city_officer, row=text.articles.get(key="appeal"), base_version=1)

    assert "Un autre objet." not in first.content_json
    amendment = draft(cast)
    content = documents.written(amendment, "pdf")
    words = " ".join("".join(pages_of(content)).split())
    assert "Ce que change cet avenant" in words and "Un autre objet." in words
    assert "Recours retiré" in words.replace("Retiré", "retiré")
    assert_pdf_ua(content)
    assert agreement.is_intact(first)


def test_a_version_from_before_there_were_articles_reads_as_it_did(cast, plan, convention):
    version = draft(cast)
    operations.start_text(by=cast.city_officer, convention=convention)

    assert "papers" not in snapshot.read(version)
    words = " ".join("".join(pages_of(documents.written(version, "pdf"))).split())
    assert "Ludothèque mobile" in words
    assert "Article 1 – Objet" not in words.replace("\u00a0", " ")


def test_a_draft_keeps_the_pages_of_an_annex_replaced_since(cast, text):
    annex = operations.update_annex(
        by=cast.city_officer, annex=text.annexes.get(kind="data_exchange"), base_version=1,
        is_included=True, upload=brought_pdf(n_pages=1),
    )  # fmt: skip
    first = files.path_of(annex.file.sha256)
    version = draft(cast)
    annex = operations.update_annex(
        by=cast.city_officer, annex=annex, base_version=2, upload=brought_pdf(n_pages=2)
    )
    os.utime(first, (0, 0))

    assert files.sweep() == 0
    words = "".join(pages_of(documents.written(version, "pdf")))
    assert "diagnostic.pdf" in words and "n’est plus sur cette machine" not in words
    agreement.discard_draft(by=cast.city_officer, version=version, token=agreement.token_of(version))
    assert files.sweep() == 1 and not first.exists()


def test_what_is_brought_is_limited_in_all(cast, text, monkeypatch):
    monkeypatch.setattr(operations, "MAX_BROUGHT_PAGES", 4)
    one, two = text.annexes.get(kind="data_exchange"), text.annexes.get(kind="other_plan")
    one = operations.update_annex(by=cast.city_officer, annex=one, base_version=1, upload=brought_pdf())
    with pytest.raises(ValidationError, match="6 pages en tout"):
        operations.update_annex(by=cast.city_officer, annex=two, base_version=1, upload=brought_pdf())
    with pytest.raises(ValidationError, match="6 pages en tout"):
        operations.add_annex(
            by=cast.city_officer, convention=text, kind="free", title="Charte", upload=brought_pdf()
        )
    # Its own pages make room for those that take their place.
    operations.update_annex(by=cast.city_officer, annex=one, base_version=2, upload=brought_pdf(n_pages=4))


def test_a_file_too_long_to_be_printed_says_so(cast, text, monkeypatch):
    stored = files.keep(by=None, convention=text, name="vote.pdf", content=brought_pdf().read())
    monkeypatch.setattr(document.pages, "MAX_PAGES", 2)
    (told,) = document.brought({"name": stored.name, "sha256": stored.sha256})

    assert told.kind == "warning" and "compte 3 pages" in told.text


def test_what_is_left_is_looked_for_in_votes_and_live_annexes(cast, text):
    row = operations.start_deliberation(by=cast.city_officer, party=text.parties.first())
    left = checking.left_to_write(text)

    assert any(one.url == at("deliberation", row.pk) and "en attend" in one.what for one in left)
    empty = at("paper_row", "annexe", text.annexes.get(kind="governance").pk)
    assert [one.what for one in left if one.url == empty] == [
        "Aucune instance n’est enregistrée dans la convention."
    ]


def test_a_logo_asks_for_its_words(cast, client, text):
    client.force_login(cast.city_officer)
    target = io.BytesIO()
    Image.new("RGB", (200, 80), (10, 110, 117)).save(target, "PNG")
    logo = SimpleUploadedFile("logo.png", target.getvalue(), "image/png")
    url = at("papers_letterhead")
    assert client.post(url, {"upload": logo, "version": 1}).status_code == 422
    logo.seek(0)
    answer = client.post(
        url, {"upload": logo, "version": 1, "logo_text": "Logo de la Ville", "header": "Ville"}
    )
    assert answer.status_code == 302

    jpeg = io.BytesIO()
    Image.new("RGB", (200, 80)).save(jpeg, "JPEG")
    # Without its JFIF segment: a browser shows it, the writer of Word files does not know it.
    bare = jpeg.getvalue()[:2] + jpeg.getvalue()[20:]
    refused = client.post(
        url, {"upload": SimpleUploadedFile("logo.jpg", bare), "version": 2, "logo_text": "Logo"}
    )
    assert refused.status_code == 422 and "abîmée" in refused.content.decode()

    content = printing.convention_of_today(text, "pdf")
    assert "Ville" in pages_of(content)[0]
    assert_pdf_ua(content)


def test_the_page_starts_moves_and_prints(client, cast, convention, plan):
    client.force_login(cast.city_officer)
    assert "Commencer le texte" in client.get(at("papers")).content.decode()
    client.post(at("papers_start"))
    html = client.get(at("papers")).content.decode()
    assert "Article 1 – Objet" in html and CANARY not in html
    first, second = convention.articles.all()[:2]
    client.post(at("paper_row_move", "article", second.pk), {"direction": "up"})
    assert convention.articles.first() == second
    assert client.get(at("papers_print", "pdf")).content.startswith(b"%PDF-")
    added = client.post(
        at("paper_row_add", "annexe"),
        {
            "kind": Annex.Kind.FREE,
            "title": "Charte",
            "version": 1,
            "is_included": "on",
            "text": "- Un\n- Deux",
        },
    )
    assert added.status_code == 302
    assert convention.annexes.last().title == "Charte"


def test_the_neighbour_finds_nothing(client, cast, text):
    client.force_login(cast.neighbour)
    article = text.articles.first()
    assert client.get(at("papers")).status_code == 404
    url = reverse("paper_row", args=["sainte-marie", "article", article.pk])
    assert client.get(url).status_code == 404
