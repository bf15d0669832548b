"""Files that must not be opened: refused in under a second, with words that say what to do."""

import io
import struct
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.conventions.plan import marking
from ansanm.conventions.plan.reading import drafts, matching, source
from ansanm.conventions.plan.reading.guards import MAX_BYTES, OLE, UnreadablePlan
from tests.conventions import plan_samples as samples
from tests.hangs import ends

PLAN = samples.workbook(samples.rows(3))
WORD = samples.word([["Action", "Pilote"], ["Guichet", "CCAS"]])


def changed(content: bytes, **parts) -> bytes:
    """The Office file with parts added or replaced (« xl__workbook.xml » for xl/workbook.xml)."""
    target = io.BytesIO()
    new = {name.replace("__", "/").replace("_DOT_", "."): part for name, part in parts.items()}
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for name in old.namelist():
            if name not in new:
                out.writestr(name, old.read(name))
        for name, part in new.items():
            out.writestr(name, part)
    return target.getvalue()


def sheet(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("xl/workbook.xml", "<workbook/>")
        out.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    return target.getvalue()


def lying_bomb() -> bytes:
    """A part that says in the directory that it is small."""
    content = bytearray(bomb())
    size = struct.pack("<L", 200_000_000)
    return bytes(content.replace(size, struct.pack("<L", 1000)))


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><worksheet>
<sheetData><row><c t="str"><v>&c;</v></c></row></sheetData></worksheet>"""
OUTSIDE = ENTITIES.replace(b'<!ENTITY a "lol">', b'<!ENTITY a SYSTEM "file:///etc/passwd">')
HIDDEN = ENTITIES.decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")
MANY = b"<worksheet><sheetData><row>" + b'<c r="A1"/>' * 200_000 + b"</row></sheetData></worksheet>"

HOSTILE = {
    "empty.xlsx": (b"", "est vide"),
    "blank.csv": (b"  \n", "est vide"),
    "huge.csv": (b"a;b\n" * (MAX_BYTES // 4 + 1), "10 Mo"),
    "old.xls": (OLE + b"\0" * 4000, "ancien format"),
    "locked.xlsx": (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "mot de passe"),
    "scan.pdf": (b"%PDF-1.7 ...", "PDF"),
    "photo.png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "ni un classeur"),
    "photo.xlsx": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "ni un classeur"),
    "words.xlsx": (b"Action;Pilote\nGuichet;CCAS\n", "Renommez"),
    "book.csv": (PLAN, "Renommez"),
    "bomb.xlsx": (bomb(), "trop volumineux"),
    "lying.xlsx": (lying_bomb(), "abîmé"),
    "cut.xlsx": (PLAN[: len(PLAN) // 2], "abîmé"),
    "cut.docx": (WORD[:200], "abîmé"),
    "other.xlsx": (changed(b"PK\x05\x06" + b"\0" * 18, **{"readme.txt": b"x"}), "ni un classeur"),
    "calc.ods": (changed(b"PK\x05\x06" + b"\0" * 18, **{"content.xml": b"<x/>"}), ".ods"),
    "macros.xlsm": (changed(PLAN, xl__vbaProject_DOT_bin=b"x"), "macros"),
    "laughs.xlsx": (changed(PLAN, xl__worksheets__sheet1_DOT_xml=ENTITIES), "déclarations"),
    "outside.xlsx": (changed(PLAN, xl__worksheets__sheet1_DOT_xml=OUTSIDE), "déclarations"),
    "hidden.xlsx": (changed(PLAN, xl__worksheets__sheet1_DOT_xml=HIDDEN), "déclarations"),
    "outside.docx": (changed(WORD, word__document_DOT_xml=OUTSIDE), "déclarations"),
    "strings.xlsx": (changed(PLAN, xl__sharedStrings_DOT_xml=b"<si>" * 70_000), "bien plus"),
    "styles.xlsx": (changed(PLAN, xl__styles_DOT_xml=b" " * 4_000_000), "trop volumineux"),
    "cells.xlsx": (changed(PLAN, xl__worksheets__sheet1_DOT_xml=MANY), "bien plus"),
    "broken.xlsx": (changed(PLAN, xl__worksheets__sheet1_DOT_xml=b"<worksheet><sheetD"), "abîmé"),
    "broken.docx": (changed(WORD, word__document_DOT_xml=b"<w:document"), "abîmé"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_must_not_be_opened_is_refused(name):
    content, words = HOSTILE[name]
    with ends(), pytest.raises(UnreadablePlan, match=words):
        source.read(name, content)


def test_false_dimensions_cost_nothing():
    vast = sheet(PLAN).replace(b'<dimension ref="A1:N6"/>', b'<dimension ref="A1:XFD1048576"/>')
    assert b"XFD1048576" in vast
    far = vast.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    with ends():
        found = source.read("vast.xlsx", changed(PLAN, xl__worksheets__sheet1_DOT_xml=far))
    assert [record.address for record in found.records] == ["A4", "A5", "A6"]


def with_tail(tail: bytes) -> bytes:
    part = sheet(PLAN).replace(b"</sheetData>", b"</sheetData>" + tail)
    return changed(PLAN, xl__worksheets__sheet1_DOT_xml=part)


def test_a_merged_range_as_large_as_a_sheet_is_refused():
    vast = with_tail(b'<mergeCells count="1"><mergeCell ref="A6:XFD1048576"/></mergeCells>')
    with ends(), pytest.raises(UnreadablePlan, match="bien plus"):
        source.read("merged.xlsx", vast)


def test_a_whole_row_that_is_merged_is_read():
    wide = with_tail(b'<mergeCells count="1"><mergeCell ref="A1:XFD1"/></mergeCells>')
    assert len(source.read("wide.xlsx", wide).records) == 3


@pytest.mark.parametrize(
    "tail",
    [
        b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>',
        b'<tableParts count="1"><tablePart r:id="rId9"/></tableParts>',
        b'<legacyDrawing r:id="rId8"/><drawing r:id="rId7"/>',
        b'<conditionalFormatting sqref="A1:XFD1048576"><cfRule type="x"/></conditionalFormatting>',
    ],
)
def test_what_hangs_on_a_sheet_does_not_keep_its_file_from_going_back_marked(tail):
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    space = b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    part = sheet(PLAN).replace(b"</sheetData>", far + tail.replace(b" r:id", b" " + space + b" r:id"))
    content = changed(PLAN, xl__worksheets__sheet1_DOT_xml=part)
    found = source.read("plan.xlsx", content)
    plan = drafts.understand(found, ["", *["title"] * 13])
    plan.drafts[0].refuse(found.headings[0], "Essai")
    with ends():
        back = openpyxl.load_workbook(io.BytesIO(marking.marked(plan, content)), read_only=True)
    assert back["Plan"]["O3"].value == "À corriger"


def test_a_part_that_hides_behind_another_name_is_not_opened():
    hidden = changed(PLAN, xl__worksheets__sheet1_DOT_xml=OUTSIDE)
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(hidden)) as old, zipfile.ZipFile(target, "w") as out:
        for name in old.namelist():
            part = old.read(name).replace(b"sheet1.xml", b"sheet1.dat")
            out.writestr(name.replace("sheet1.xml", "sheet1.dat"), part)
    with pytest.raises(UnreadablePlan, match="abîmé|Aucun plan"):
        source.read("plan.xlsx", target.getvalue())


def test_the_comments_of_a_person_go_back_with_the_file():
    book = openpyxl.load_workbook(io.BytesIO(PLAN))
    book["Plan"]["D5"].comment = openpyxl.comments.Comment("À revoir avec la Caf", "Flora")
    target = io.BytesIO()
    book.save(target)
    found = source.read("plan.xlsx", target.getvalue())
    plan = drafts.understand(found, matching.propose([one.text for one in found.headings], []))
    plan.drafts[0].refuse(found.records[0].cells[3][0], "Essai")
    back = openpyxl.load_workbook(io.BytesIO(marking.marked(plan, target.getvalue())))["Plan"]
    assert (back["D5"].comment.text, back["D4"].comment.text) == ("À revoir avec la Caf", "Essai")


def test_a_formula_gives_its_value_and_says_so():
    book = openpyxl.Workbook()
    book.active.append(["Action", "Pilote"])
    book.active.append(["Guichet", '=HYPERLINK("http://x";"CCAS")'])
    target = io.BytesIO()
    book.save(target)
    found = source.read("plan.xlsx", target.getvalue())
    plan = drafts.understand(found, ["title", "pilot"])
    assert plan.drafts[0].pilot == ""
    ((address, message),) = [(one.address, one.message) for one in plan.warnings]
    assert address == "B2" and "sans valeur" in message


def test_a_name_with_a_path_is_only_a_name():
    assert source.read("../../etc/plan.csv", b"Action;Pilote\nGuichet;CCAS\n").name == "plan.csv"


@given(st.integers(0, len(PLAN) - 1), st.binary(min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_a_damaged_workbook_is_read_or_refused_and_never_breaks(place, noise):
    content = PLAN[:place] + noise + PLAN[place + len(noise) :]
    try:
        found = source.read("plan.xlsx", content)
    except UnreadablePlan:
        return
    drafts.understand(found, matching.propose([one.text for one in found.headings], found.samples()))


@given(
    st.integers(0, 3000), st.sampled_from([b"<", b">", b'"', b"r=", b"<c ", b"</row>", b"&#0;", b"9" * 30])
)
@settings(max_examples=150, deadline=None)
def test_a_sheet_of_nonsense_is_read_or_refused_and_never_breaks(place, noise):
    part = sheet(PLAN)
    place %= len(part)
    content = changed(PLAN, xl__worksheets__sheet1_DOT_xml=part[:place] + noise + part[place:])
    try:
        found = source.read("plan.xlsx", content)
    except UnreadablePlan:
        return
    drafts.understand(found, matching.propose([one.text for one in found.headings], found.samples()))


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(content):
    for name in ("plan.csv", "plan.xlsx", "plan.docx"):
        try:
            found = source.read(name, content)
        except UnreadablePlan:
            continue
        drafts.understand(found, matching.propose([one.text for one in found.headings], found.samples()))
