"""Files brought to a convention: what is kept, what is refused, who gets it back."""

import hashlib
import io
import os
import struct
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import file_jobs, files
from ansanm.conventions.models import StoredFile
from ansanm.jobs import schedules
from ansanm.jobs.models import Job, Schedule
from ansanm.jobs.worker import Worker
from tests.cast import CANARY
from tests.hangs import ends

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


def png(width=2, height=2):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + b"\0\0\0\0"


def jpeg(width=640, height=480):
    app = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return (
        b"\xff\xd8" + app + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + b"\0" * 20
    )


def archive(parts, compression=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return target.getvalue()


def docx(**more):
    return archive({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>"} | more)


def xlsx(sheet="<worksheet/>"):
    return archive(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": "<workbook/>",
            "xl/worksheets/sheet1.xml": sheet,
        }
    )


ODT = archive(
    {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}, zipfile.ZIP_STORED
)


def store(cast, name, content):
    return files.store(
        by=cast.city_officer, convention=cast.convention, upload=SimpleUploadedFile(name, content)
    )


@pytest.mark.parametrize(
    ("name", "content", "kept_as"),
    [
        ("délibération.pdf", PDF, "délibération.pdf"),
        ("sans extension", PDF, "sans extension.pdf"),
        ("photo.JPEG", jpeg(), "photo.jpg"),
        ("plan.png", png(), "plan.png"),
        ("bilan.docx", docx(), "bilan.docx"),
        ("budget.xlsx", xlsx(), "budget.xlsx"),
        ("note.odt", ODT, "note.odt"),
        ("C:\\Users\\moi\\acte.pdf", PDF, "acte.pdf"),
        ("../../etc/passwd.pdf", PDF, "passwd.pdf"),
        ("acte\u202efdp.pdf", PDF, "actefdp.pdf"),
    ],
)
def test_a_file_is_kept_under_the_name_of_what_it_is(cast, name, content, kept_as):
    stored = store(cast, name, content)

    assert stored.name == kept_as
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert files.read_bytes(stored) == content
    assert AuditEntry.objects.filter(
        verb="file.store", convention_key__endswith=f":{cast.convention.pk}"
    ).exists()


def test_the_extension_is_not_believed(cast):
    assert store(cast, "photo.pdf", png()).content_type == "image/png"
    with pytest.raises(ValidationError, match="ni un PDF"):
        store(cast, "page.pdf", b"<html><script>alert(1)</script></html>")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "vide"),
        (b"MZ\x90\x00", "ni un PDF"),
        (b"%PDF-1.7\nrien", "sa fin manque"),
        (png(100_000, 100_000), "réduisez-la"),
        (png(0, 5), "abîmée"),
        (jpeg(65_535, 65_535), "réduisez-la"),
        (b"\xff\xd8\xff\xe0\x00\x02", "abîmée"),
        (archive({"notes.txt": "bonjour"}), "une archive"),
        (docx(**{"word/vbaProject.bin": "x"}), "macros"),
        (docx(**{"word/settings.xml": '<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'}), "démesurée"),
        (xlsx('<worksheet><dimension ref="A1:XFD1048576"/></worksheet>'), "démesurée"),
        (archive({f"{n}.xml": "" for n in range(5001)}), "démesurée"),
        (docx()[:200], "abîmé"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_and_nothing_is_kept(cast, settings, content, told):
    with pytest.raises(ValidationError, match=told):
        store(cast, "fichier.pdf", content)

    assert not StoredFile.objects.exists()
    assert not list(settings.MEDIA_ROOT.rglob("*"))


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(cast, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 10)

    with pytest.raises(ValidationError, match="au plus"):
        store(cast, "gros.pdf", PDF)


def test_a_zip_bomb_is_refused_unopened(cast):
    bomb = docx(**{"word/media/image.png": b"\0" * (files.MAX_UNPACKED_BYTES + 1)})

    with ends(), pytest.raises(ValidationError, match="démesurée"):
        store(cast, "bombe.docx", bomb)


def test_a_zip_that_lies_about_its_sizes_is_refused(cast):
    honest = docx(**{"word/media/image.png": b"\0" * 5_000_000})
    true, false = struct.pack("<I", 5_000_000), struct.pack("<I", 12)
    assert honest.count(true) == 2

    with pytest.raises(ValidationError):
        store(cast, "menteur.docx", honest.replace(true, false))


def test_the_same_bytes_are_kept_once_and_outlive_one_of_their_two_names(cast, settings):
    first, second = store(cast, "a.pdf", PDF), store(cast, "b.pdf", PDF)
    (path,) = [one for one in settings.MEDIA_ROOT.rglob("*") if one.is_file()]
    files.remove(by=cast.city_officer, stored=first)
    os.utime(path, (0, 0))

    assert files.sweep() == 0
    assert files.read_bytes(second) == PDF

    files.remove(by=cast.city_officer, stored=second)
    assert files.sweep() == 1
    assert not path.exists()


def test_bytes_that_a_save_under_way_just_wrote_are_not_swept(cast):
    stored = store(cast, "a.pdf", PDF)
    files.remove(by=cast.city_officer, stored=stored)

    assert files.sweep() == 0


def test_a_file_is_given_back_as_an_attachment_that_no_browser_runs(client, cast):
    stored = store(cast, "délibération « 2021 ».pdf", PDF)
    client.force_login(cast.reader)

    answer = client.get(reverse("convention_file", args=["saint-denis", stored.pk]))

    assert answer.content == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_kind_that_nobody_should_have_kept_is_given_back_as_bytes(client, cast):
    stored = store(cast, "a.pdf", PDF)
    StoredFile.objects.filter(pk=stored.pk).update(content_type="text/html")
    client.force_login(cast.reader)

    answer = client.get(reverse("convention_file", args=["saint-denis", stored.pk]))

    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_the_neighbour_gets_not_one_byte_by_any_address(client, cast):
    theirs = files.keep(
        by=cast.neighbour,
        convention=cast.other_convention,
        name=f"{CANARY}.pdf",
        content=PDF + CANARY.encode() + b"%%EOF",
    )
    for person, slug in ((cast.city_officer, "saint-denis"), (cast.city_officer, "sainte-marie")):
        client.force_login(person)
        answer = client.get(reverse("convention_file", args=[slug, theirs.pk]))
        assert answer.status_code == 404
        assert CANARY not in answer.content.decode()


def test_a_file_whose_bytes_are_gone_is_not_found(client, cast):
    stored = store(cast, "a.pdf", PDF)
    files.path_of(stored.sha256).unlink()
    client.force_login(cast.reader)

    assert client.get(reverse("convention_file", args=["saint-denis", stored.pk])).status_code == 404


def test_the_header_of_a_jpeg_is_found_beyond_its_other_segments():
    with_comment = jpeg()[:20] + b"\xff\xfe\x00\x06abcd" + jpeg()[20:]

    assert files.jpeg_size(with_comment) == (640, 480)


def test_the_worker_sweeps_every_night(cast):
    stored = store(cast, "a.pdf", PDF)
    path = files.path_of(stored.sha256)
    files.remove(by=cast.city_officer, stored=stored)
    os.utime(path, (0, 0))
    schedules.ensure_standing()
    Schedule.objects.filter(kind=file_jobs.KIND).update(next_at=timezone.now())

    schedules.enqueue_due()
    assert Worker().run_one()

    assert Job.objects.get(kind=file_jobs.KIND).report == {"n_deleted": 1}
    assert not path.exists()
