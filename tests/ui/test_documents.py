"""Sheets no spreadsheet can run, PDF a screen reader can read, Word files a city can edit."""

import csv
import io
import zipfile
from collections import Counter
from datetime import date

import openpyxl
import pypdf
import pytest
from docx import Document as WordFile
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE

from ansanm.ui.documents import pdf, slides, word
from ansanm.ui.documents.blocks import Document, Heading, Item, Listing, Paragraph, Picture, Table
from ansanm.ui.documents.sheets import Column, Sheet, Workbook, read_csv, sheet_name, write_csv, write_xlsx
from tests.pdf_ua import assert_pdf_ua, broken_rules

HOSTILE = [
    '=HYPERLINK("http://evil.example","Cliquez")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "'=already",
    "http://evil.example",
    "mailto:someone@example.org",
    "12",
    'a;b"c\nd',
    "bell \x07 and \x00 null",
]
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"><rect width="40" height="20"/></svg>'


def one_column(texts):
    return Sheet("Noms", [Column("=titre")], [[text] for text in texts])


def book(*sheets):
    return Workbook(
        "=Titre", "Sujet", "Ansanm", date(2026, 3, 1), "Lisez-moi", [("@quoi", "=comment")], sheets
    )


def test_no_text_of_a_workbook_becomes_a_formula_or_a_link():
    content = write_xlsx(book(one_column(HOSTILE)))

    files = zipfile.ZipFile(io.BytesIO(content))
    pages = [files.read(name).decode() for name in files.namelist() if "worksheets/sheet" in name]
    assert pages
    assert not any("<f>" in page or "<hyperlink" in page for page in pages)
    cells = [
        cell.value for (cell,) in openpyxl.load_workbook(io.BytesIO(content))["Noms"].iter_rows(min_row=2)
    ]
    assert cells[:4] == HOSTILE[:4]
    assert cells[10] == "12"  # a code stays a text: 01001 must keep its zero


def test_numbers_and_dates_of_a_workbook_are_exact():
    sheet = Sheet(
        "Valeurs",
        [Column("part", number_format='#,##0.0" %"'), Column("jour")],
        [[35.046712345, date(2021, 12, 3)], [None, None], [0, None]],
    )
    page = openpyxl.load_workbook(io.BytesIO(write_xlsx(book(sheet))))["Valeurs"]

    assert page["A2"].value == 35.046712345
    assert page["A2"].number_format == '#,##0.0" %"'
    assert page["B2"].value.date() == date(2021, 12, 3)
    assert page["A3"].value is None
    assert page["A4"].value == 0
    assert page.freeze_panes == "A2"
    assert page["A1"].font.bold


def test_a_workbook_opens_on_its_readme():
    opened = openpyxl.load_workbook(io.BytesIO(write_xlsx(book(one_column(["a"])))))

    assert opened.sheetnames == ["Lisez-moi", "Noms"]
    assert opened["Lisez-moi"]["B3"].value == "=comment"
    assert opened.properties.title == "=Titre"


@pytest.mark.parametrize("name", ["a/b:c?d*e[f]\\g", "x" * 40, "'entre'", "", "\x00"])
def test_sheet_names_are_what_excel_accepts(name):
    assert openpyxl.load_workbook(io.BytesIO(write_xlsx(book(Sheet(name, [Column("a")], []))))).sheetnames
    assert 1 <= len(sheet_name(name)) <= 31


def test_a_csv_is_what_a_french_spreadsheet_opens():
    content = write_csv(
        Sheet("a", [Column("nom"), Column("part")], [["Épargne", 0.1], ["=1+1", -3.5], ["", None]])
    )

    assert content == "\ufeffnom;part\r\nÉpargne;0,1\r\n'=1+1;-3,5\r\n;\r\n".encode()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(HOSTILE), min_size=1))
def test_a_csv_reads_back_as_it_was_and_nothing_in_it_runs(texts):
    content = write_csv(one_column(texts))

    assert [line[0] if line else "" for line in read_csv(content)[1:]] == texts
    assert not any(
        line[0].startswith(("=", "+", "-", "@", "\t", "\r"))
        for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
        if line
    )


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_of_a_csv_reads_back_exactly(value):
    (_, (cell,)) = read_csv(write_csv(Sheet("a", [Column("x")], [[value]])))

    assert float(cell.replace(",", ".")) == value


def document(**more):
    blocks = [
        Heading(1, "Démographie"),
        Paragraph("155 634 habitants.", "lead"),
        Table("Les indicateurs", ["Territoire", "Valeur"],
              [["Saint-Denis", "155 634"], ["#strong[x]", "$x$"]], numeric=frozenset({1})),
        Picture("Population", "La population monte de 1954 à 2023.", lambda: SVG),
        Heading(2, "Sources"),
        Paragraph("#panic(1)", "source", "Source"),
        Listing([Item("Insee", "https://www.insee.fr/")]),
    ]  # fmt: skip
    given = {"title": "Saint-Denis – « diagnostic »", "subtitle": "Commune", "language": "fr"} | more
    return Document(
        **given, author="Ansanm", produced_on=date(2026, 3, 1), foot="Pied",
        page_label="Page {n} sur {total}", blocks=blocks,
    )  # fmt: skip


def structure(node, found=None):
    """The kinds of every element of the structure tree of a PDF."""
    found = [] if found is None else found
    node = node.get_object()
    if isinstance(node, list):
        for one in node:
            structure(one, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.append((node["/S"], node.get("/Alt")))
        if "/K" in node:
            structure(node["/K"], found)
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_pdf_is_tagged_for_screen_readers(language):
    content = pdf.write(document(language=language))
    assert_pdf_ua(content)
    reader = pypdf.PdfReader(io.BytesIO(content))
    root = reader.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "Saint-Denis – « diagnostic »"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    elements = structure(root["/StructTreeRoot"]["/K"])
    kinds = {kind for kind, _alt in elements}
    assert {"/H1", "/H2", "/P", "/Table", "/TH", "/TD", "/Figure", "/L", "/Link"} <= kinds
    alts = [alt for kind, alt in elements if kind == "/Figure"]
    assert alts
    assert all(alt == "La population monte de 1954 à 2023." for alt in alts)


@pytest.mark.parametrize("text", ["\uf0b7 une puce de Word", "\uf8ff", "💃 fête", "中文", "\u202eabc"])
def test_what_no_font_of_ours_draws_is_a_box_and_not_an_error(text):
    assert_pdf_ua(pdf.write(document(title=text)))


def test_a_pdf_that_lost_its_tags_is_told_so():
    bare = pypdf.PdfWriter(clone_from=io.BytesIO(pdf.write(document())))
    for name in ("/StructTreeRoot", "/MarkInfo", "/Lang"):
        del bare.root_object[name]
    for one in bare.pages:
        # The pages as most software prints them: text, and nothing that says what it is.
        one.pop("/StructParents", None)
    target = io.BytesIO()
    bare.write(target)

    told = " ".join(broken_rules(target.getvalue()))
    assert "TAGGED-DOCUMENT" in told
    with pytest.raises(AssertionError, match="PDFUA1-"):
        assert_pdf_ua(target.getvalue())


def test_a_pdf_takes_texts_for_texts_and_numbers_its_pages():
    text = pypdf.PdfReader(io.BytesIO(pdf.write(document()))).pages[0].extract_text()

    assert "#panic(1)" in text
    assert "#strong[x]" in text
    assert "Page 1 sur 1" in text


def test_a_pdf_carries_its_fonts():
    fonts = pypdf.PdfReader(io.BytesIO(pdf.write(document()))).pages[0]["/Resources"]["/Font"].values()
    names = {font.get_object()["/BaseFont"] for font in fonts}

    assert names
    assert all("+Libertinus" in name or "+DejaVuSansMono" in name for name in names)


def test_a_word_file_has_styles_alt_texts_and_header_rows():
    file = WordFile(io.BytesIO(word.write(document())))

    styles = {paragraph.text: paragraph.style.name for paragraph in file.paragraphs}
    assert styles["Saint-Denis – « diagnostic »"] == "Title"
    assert styles["Démographie"] == "Heading 1"
    assert styles["Sources"] == "Heading 2"
    assert [shape._inline.docPr.get("descr") for shape in file.inline_shapes] == [
        "La population monte de 1954 à 2023."
    ]
    (table,) = file.tables
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert [cell.text for cell in table.rows[1].cells] == ["Saint-Denis", "155 634"]
    assert file.core_properties.language == "fr-FR"
    assert file.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}").get(qn("w:val")) == "fr-FR"


def test_the_order_of_the_properties_of_a_word_table_is_that_of_its_schema():
    (table,) = WordFile(io.BytesIO(word.write(document()))).tables
    order = ["tblStyle", "tblW", "jc", "tblBorders", "tblLayout", "tblLook", "tblCaption"]
    names = [child.tag.rpartition("}")[2] for child in table._tbl.tblPr]

    assert names == [name for name in order if name in names]


def test_a_character_no_file_can_hold_is_left_out():
    content = word.write(document(title="Saint\x0b-Denis\x00"))

    assert WordFile(io.BytesIO(content)).core_properties.title == "Saint-Denis"
    assert pdf.write(document(title="Saint\x0b-Denis\x00")).startswith(b"%PDF")


def slide_texts(slide):
    """What is on a slide in the order it is read."""
    told = []
    for shape in slide.shapes:
        if shape.has_text_frame:
            told.append(shape.text_frame.text)
        elif shape.has_table:
            told += [cell.text for row in shape.table.rows for cell in row.cells]
    return told


def test_slides_have_titles_of_their_own_alt_texts_notes_and_a_language():
    deck = Presentation(io.BytesIO(slides.write(document())))

    titles = [one.shapes.title.text for one in deck.slides]
    assert titles[0] == "Saint-Denis – « diagnostic »"
    assert all(titles)
    assert len(set(titles)) == len(titles)
    assert all(one.shapes[0] == one.shapes.title for one in deck.slides)
    described = [
        shape._element.xpath(".//p:cNvPr")[0].get("descr")
        for one in deck.slides
        for shape in one.shapes
        if shape.shape_type == MSO_SHAPE_TYPE.PICTURE or shape.has_table
    ]
    assert "La population monte de 1954 à 2023." in described
    assert all(described)
    assert any(one.has_notes_slide for one in deck.slides)
    assert deck.core_properties.language == "fr-FR"
    runs = [run for one in deck.slides for run in one._element.iter(f"{{{A}}}r", f"{{{A}}}fld")]
    assert runs
    assert {run.find(f"{{{A}}}rPr").get("lang") for run in runs} == {"fr-FR"}
    # PowerPoint mends, in front of everybody, a slide where two shapes have one number.
    for one in deck.slides:
        numbers = one.shapes._spTree.xpath(".//p:cNvPr/@id")
        assert len(set(numbers)) == len(numbers)


@given(
    st.lists(
        st.sampled_from(
            [
                Heading(2, "Partie"),
                Paragraph("mot " * 700),
                Paragraph("Une phrase.", "lead"),
                Table("Tableau", ["a", "b"], [[f"ligne {n}", "mot " * (n % 40)] for n in range(30)]),
                Table("Longue cellule", ["a", "b"], [["x", "long " * 900], ["y", "z" * 500]]),
                Listing([Item(f"point {n}", "https://example.org") for n in range(25)]),
            ]
        ),
        max_size=5,
    )
)
@settings(max_examples=6, deadline=None)
def test_no_slide_overflows_and_no_word_is_left_out(blocks):
    whole = Document(
        **{**vars(document()), "blocks": [Heading(1, "Tout"), *blocks]},
    )
    deck = Presentation(io.BytesIO(slides.write(whole)))

    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.top + shape.height <= deck.slide_height
    said = " ".join(text for slide in deck.slides for text in slide_texts(slide))
    counted = Counter(said.split())
    for block in blocks:
        if isinstance(block, Table):
            assert all(counted[word] >= 1 for row in block.rows for cell in row for word in cell.split())
    assert counted["mot"] == sum(
        text.split().count("mot")
        for block in blocks
        for text in ([block.text] if isinstance(block, Paragraph) else
                     [cell for row in block.rows for cell in row] if isinstance(block, Table) else [])
    )  # fmt: skip


def test_a_word_without_end_is_cut_and_never_measured_whole():
    word = "".join(chr(ord("a") + n % 26) for n in range(20_000))
    lines = slides.wrapped(f"Voir {word} ici", 18, 400)
    assert "".join(text for text, _end in lines) == f"Voir{word} ici"
    assert all(slides.text_width(text, 18) < 1.1 * 400 for text, _end in lines[:-1])
    assert slides._word_width.cache_info().maxsize == 20_000
