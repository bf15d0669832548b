"""The made-up city whose circuits anyone may compare: real counts, invented amounts, said everywhere."""

import io
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pypdfium2
import pytest
from django.urls import reverse
from django.utils.translation import override

from ansanm.engines.funding.circuit import MONTHLY, check_calendar
from ansanm.engines.funding.errors import BadInput
from ansanm.funding import calendars
from ansanm.funding.circuit import SAINT_DENIS, example

pytestmark = pytest.mark.django_db


def plain(text):
    return " ".join(text.replace("\xa0", " ").replace("\u202f", " ").split())


def test_six_municipal_and_twenty_seven_private_creches_always_the_same():
    creches = example()

    assert sum(one.is_municipal for one in creches) == 6 and len(creches) == 33
    assert SAINT_DENIS["municipal"] + SAINT_DENIS["private"] + SAINT_DENIS["micro"] == SAINT_DENIS["eaje"]
    assert creches == example()
    assert all("fictive" in one.name for one in creches)


def test_anyone_compares_the_two_circuits_and_reads_that_it_is_fictitious(client):
    page = plain(client.get(reverse("circuit_example")).content.decode())

    assert "Montants fictifs" in page and "tous les montants sont inventés" in page
    assert "6 municipales et 27 privées" in page and "1 895 places" in page
    assert "Psej" in page and "Trésorerie cumulée de Ville (exemple)" in page
    other = client.get(reverse("circuit_example"), {"tresorerie": "operator:Gestionnaire fictif 3"})
    assert "Trésorerie cumulée de Gestionnaire fictif 3" in plain(other.content.decode())
    assert client.get(reverse("circuit_example"), {"tresorerie": "<script>"}).status_code == 200


def test_its_files_say_so_too_and_lose_no_cent(client):
    def file(format):
        return client.get(reverse("circuit_example_export", args=[format])).content

    book = openpyxl.load_workbook(io.BytesIO(file("xlsx")))
    assert any("fictifs" in str(cell.value) for row in book.worksheets[0].rows for cell in row)
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(file("pdf")))
    assert "fictifs" in text
    header, *rows = [line.split(";") for line in file("csv").decode("utf-8-sig").splitlines()]
    bonus = sum(Decimal(row[-1].replace(",", ".")) for row in rows if row[5] == "Bonus territoire")
    assert bonus == sum(one.bonus_eur for one in example())
    assert client.get(reverse("circuit_example_export", args=["docx"])).status_code == 404


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_calendar_is_read_as_it_is_written(language):
    with override(language):
        for calendar in (
            MONTHLY,
            ((3, Fraction(35)), (10, Fraction(35)), (18, Fraction(30))),
            ((1, Fraction("12.5")), (24, Fraction("87.5"))),
            ((3, Fraction("33.333")), (6, Fraction("33.333")), (9, Fraction("33.334"))),
        ):
            check_calendar(calendar)
            assert tuple(calendars.read(calendars.written(calendar))) == tuple(calendar)
    for text in ("", "35 %", "35 % en mars 65 % en juin", "mars", "100 % en mars N+2"):
        with pytest.raises(BadInput):
            calendars.read(text)
