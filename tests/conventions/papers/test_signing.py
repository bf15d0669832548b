"""A sheet signed in ink comes home by its code, and nothing that was scanned is lost."""

import io
from datetime import UTC, datetime

import pypdf
import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image, ImageFilter

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.agreement import operations as agreement
from ansanm.conventions.models import ConventionParty, PartySignature, SignatureSheet
from ansanm.conventions.papers import operations, scans, sheet_operations, sheet_views, sheets
from tests.conventions.agreement.deeds import draft, signed
from tests.pdf_ua import assert_pdf_ua

pytestmark = pytest.mark.django_db


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


@pytest.fixture
def version(cast, convention):
    """Enough signatories for a second page."""
    party = ConventionParty.objects.get(convention=convention, kind="commune")
    for rank in range(7):
        PartySignature.objects.create(party=party, function=f"adjoint {rank}", position=rank + 2)
    return draft(cast)


@pytest.fixture
def sheet(cast, version):
    return sheet_operations.sheet_of(by=cast.city_officer, version=version)


def printed(sheet) -> list[Image.Image]:
    content = sheets.written(sheet.agreement_version, sheet.code)
    return [page.render(scale=150 / 72).to_pil() for page in pypdfium2.PdfDocument(content)]


def grey(image):
    return image.convert("L").point(lambda value: 60 + value * 0.55).filter(ImageFilter.GaussianBlur(0.8))


def skewed(image):
    return image.rotate(4, expand=True, fillcolor="white")


def upside_down(image):
    return image.rotate(180)


def scanned(*images, name="scan.pdf", kind="PDF"):
    target = io.BytesIO()
    first, *rest = images
    more = {"save_all": True, "append_images": rest, "resolution": 150} if kind == "PDF" else {}
    first.save(target, kind, **more)
    return SimpleUploadedFile(name, target.getvalue())


def bring(cast, upload):
    return sheet_operations.bring_scan(by=cast.city_officer, convention=cast.convention, upload=upload)


def test_each_page_carries_a_code_that_names_nobody(cast, sheet):
    pages = printed(sheet)

    assert sheet.n_pages == len(pages) >= 2
    for number, image in enumerate(pages, start=1):
        assert scans.codes_of(image) == {scans.Code(sheet.code, number, sheet.content_sha256[:8])}
    assert_pdf_ua(sheets.written(sheet.agreement_version, sheet.code))


def test_the_same_text_printed_twice_has_one_sheet(cast, sheet, version):
    assert sheet_operations.sheet_of(by=cast.caf_adviser, version=version) == sheet


@pytest.mark.parametrize("worn", [grey, skewed, upside_down, lambda image: grey(skewed(upside_down(image)))])
def test_a_worn_scan_goes_to_its_version(cast, sheet, worn):
    scan, verdict = bring(cast, scanned(*(worn(one) for one in printed(sheet))))

    assert verdict == "complete"
    assert (scan.sheet, scan.placed) == (sheet, "read")
    assert scan.pages == list(range(1, sheet.n_pages + 1))
    assert sheet.agreement_version.state == "draft", "a scan signs nothing"


def test_a_photograph_of_each_page_waits_for_the_last(cast, sheet):
    pages = printed(sheet)
    for number, image in enumerate(pages[:-1], start=1):
        scan, verdict = bring(cast, scanned(image, name=f"{number}.jpg", kind="JPEG"))
        assert (verdict, scan.placed, scan.pages) == ("partial", "", [number])
    assert sheets.missing_pages(sheet) == [len(pages)]
    _scan, verdict = bring(cast, scanned(pages[-1], name="last.png", kind="PNG"))

    assert verdict == "complete"
    assert {one.placed for one in sheet.scans.all()} == {"read"}


def test_the_same_file_twice_is_told_and_other_pages_twice_wait(cast, sheet):
    pages = printed(sheet)
    upload = scanned(*pages)
    first, _verdict = bring(cast, upload)
    upload.seek(0)
    with pytest.raises(sheet_operations.AlreadyBrought) as twin:
        bring(cast, upload)
    assert twin.value.scan == first

    again, verdict = bring(cast, scanned(*(grey(one) for one in pages)))
    assert (verdict, again.placed, again.sheet) == ("duplicate", "", sheet)


def test_a_sheet_of_an_older_text_waits_and_says_so(cast, convention, sheet, version):
    pages = printed(sheet)
    operations.start_text(by=cast.city_officer, convention=convention)
    agreement.take_draft(
        by=cast.city_officer, convention=convention, token=agreement.token_of(version), title=version.title
    )
    scan, verdict = bring(cast, scanned(*pages))

    assert (verdict, scan.placed) == ("older", "")
    assert "plus ancien" in sheets.why_waiting(scan)


def test_a_sheet_still_belongs_to_its_version_once_it_is_signed(cast, sheet, version):
    agreement.sign_version(
        by=cast.city_officer,
        version=version,
        token=agreement.token_of(version),
        signed_on="2026-03-12",
        signed_by=list(
            PartySignature.objects.filter(party__convention=cast.convention).values_list("pk", flat=True)
        ),
        reason="",
    )
    assert sheets.is_current(SignatureSheet.objects.get(pk=sheet.pk))


def test_the_scan_of_a_signed_version_stays_with_it(cast, client, sheet, version):
    scan, _verdict = bring(cast, scanned(*printed(sheet)))
    client.force_login(cast.city_officer)
    assert "Retirer ce fichier" in client.get(at("signature_scan", scan.pk)).content.decode()
    signed(cast, version)
    assert "Retirer ce fichier" not in client.get(at("signature_scan", scan.pk)).content.decode()
    answer = client.post(at("signature_scan_remove", scan.pk), follow=True)

    assert "sa numérisation reste avec elle" in answer.content.decode()
    assert cast.convention.signature_scans.get() == scan


def test_a_discarded_draft_leaves_its_scans_waiting_and_its_votes_in_the_trail(cast, client, sheet, version):
    bring(cast, scanned(*printed(sheet)))
    party = cast.convention.parties.first()
    operations.start_deliberation(by=cast.city_officer, party=party, agreement_version=version)
    client.force_login(cast.city_officer)
    assert "attendent d’être placées" in client.get(at("agreement_discard", version.number)).content.decode()
    agreement.discard_draft(by=cast.city_officer, version=version, token=agreement.token_of(version))

    html = client.get(at("signature_sheets")).content.decode()
    assert "scan.pdf" in html and "a été abandonné" in html
    kept = AuditEntry.objects.get(verb="deliberation.remove")
    assert "Approuve" in kept.before["text"]


def test_what_two_people_take_off_at_once_is_not_found(cast, client, version, monkeypatch):
    scan, _verdict = bring(cast, scanned(Image.new("L", (60, 80), 255), name="a.jpg", kind="JPEG"))
    find = sheet_views.find_scan

    def found_then_removed(request, pk):
        held = find(request, pk)
        sheet_operations.remove_scan(by=cast.caf_adviser, scan=held)
        return held

    monkeypatch.setattr(sheet_views, "find_scan", found_then_removed)
    client.force_login(cast.city_officer)
    assert client.post(at("signature_scan_remove", scan.pk)).status_code == 404
    scan, _verdict = bring(cast, scanned(Image.new("L", (60, 80), 255), name="a.jpg", kind="JPEG"))
    answer = client.post(at("signature_scan", scan.pk), {"version": version.number})
    assert answer.status_code == 404


def test_so_many_files_a_minute(cast, client, settings):
    settings.DOCUMENTS_PER_MINUTE = 1
    client.force_login(cast.city_officer)
    url = at("signature_scan_bring")
    assert client.post(url).status_code == 422
    assert client.post(url).status_code == 429
    assert client.post(at("paper_template_bring", "deliberation")).status_code == 429


def test_a_sheet_is_dated_of_the_day_on_the_island(cast, sheet, version):
    version.created_at = datetime(2026, 3, 11, 21, 30, tzinfo=UTC)
    words = " ".join(
        pypdf.PdfReader(io.BytesIO(sheets.written(version, sheet.code))).pages[0].extract_text().split()
    )

    assert "pris le 12 mars 2026" in words


def test_another_convention_is_never_named(cast, sheet):
    """The scan of Saint-Denis, put by mistake in Sainte-Marie."""
    upload = scanned(*printed(sheet))
    scan, verdict = sheet_operations.bring_scan(
        by=cast.neighbour, convention=cast.other_convention, upload=upload
    )

    assert (verdict, scan.sheet, scan.placed) == ("unknown", None, "")
    assert "Saint-Denis" not in sheets.why_waiting(scan)


def test_a_made_up_code_places_nothing(cast, sheet, convention):
    forged = {scans.Code(sheet.code, 1, "00000000"), scans.Code(sheet.code, 99, sheet.content_sha256[:8])}

    assert sheets.judged(convention, forged) == ("unknown", None, [])


def test_what_cannot_be_read_is_kept_and_placed_by_hand(cast, client, version):
    client.force_login(cast.city_officer)
    blank = scanned(Image.new("L", (600, 800), 255), name="photo.jpg", kind="JPEG")
    answer = client.post(at("signature_scan_bring"), {"upload": blank}, follow=True)
    html = answer.content.decode()
    assert "Aucun code ne se lit" in html and "photo.jpg" in html
    scan = cast.convention.signature_scans.get()

    client.post(at("signature_scan", scan.pk), {"version": version.number})
    scan.refresh_from_db()
    assert (scan.placed, scan.sheet.agreement_version) == ("by_hand", version)
    assert client.post(at("signature_scan_remove", scan.pk)).status_code == 302
    assert not cast.convention.signature_scans.exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"%PDF-1.4 nothing %%EOF", "ne s’ouvre pas"),
        ("a.docx", b"PK\x03\x04 nothing", "abîmé"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00\x01\x86\xa0" * 2 + b"\0" * 20, "points"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 40, "abîmée"),
        ("a.pdf", b"", "vide"),
    ],
)
def test_a_hostile_file_is_refused_in_words(client, cast, version, name, content, words):
    client.force_login(cast.city_officer)
    answer = client.post(at("signature_scan_bring"), {"upload": SimpleUploadedFile(name, content)})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not cast.convention.signature_scans.exists()


def test_a_scan_has_sixty_pages_at_most(cast, version):
    page = Image.new("1", (30, 40), 1)

    with pytest.raises(Exception, match="61 pages"):
        bring(cast, scanned(*[page] * 61))


def test_the_page_prints_the_sheet_and_its_neighbour_finds_nothing(client, cast, version):
    client.force_login(cast.city_officer)
    answer = client.post(at("signature_sheet_prepare", version.number), follow=True)
    assert answer["Content-Type"] == "application/pdf"
    sheet = version.signature_sheets.get()
    assert sheet.code in client.get(at("signature_sheets")).content.decode()

    client.force_login(cast.neighbour)
    url = reverse("signature_sheet", args=["sainte-marie", sheet.code, "pdf"])
    assert client.get(url).status_code == 404
