"""A Word template the city changed: tried when it is brought, never trusted, never in the way."""

import io
import shutil
import subprocess
import zipfile
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document as WordFile
from docx.oxml.ns import qn
from PIL import Image

from ansanm.conventions import files
from ansanm.conventions.models import DocumentTemplate
from ansanm.conventions.papers import operations, printing
from ansanm.conventions.papers.template_operations import bring_template, retire_template
from ansanm.conventions.papers.word_checking import BrokenTemplate, check
from ansanm.conventions.papers.word_fields import FIELDS, KINDS
from ansanm.conventions.papers.word_filling import filled, sample, starting_template
from tests.conventions.agreement.deeds import draft, signed
from tests.hangs import ends

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


def template(*paragraphs, header=""):
    file = WordFile()
    for one in paragraphs:
        file.add_paragraph(one)
    if header:
        file.sections[0].header.paragraphs[0].text = header
    target = io.BytesIO()
    file.save(target)
    return target.getvalue()


def words(content: bytes) -> str:
    file = WordFile(io.BytesIO(content))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    heads = [one.text for one in file.sections[0].header.paragraphs]
    return "\n".join([*(one.text for one in file.paragraphs), *cells, *heads])


def problems(content, kind="convention") -> str:
    with pytest.raises(BrokenTemplate) as broken:
        check(content, kind)
        filled(content, sample(FIELDS[kind]))
    return (
        "\n".join(f"{one.where} · {one.message}" for one in broken.value.problems)
        .replace("\u00a0", " ")
        .replace("\u202f", " ")
    )


def uploaded(content, name="modele.docx"):
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize("kind", KINDS)
def test_the_template_everybody_starts_from_works_as_it_is(kind):
    content = starting_template(kind, TODAY)
    check(content, kind)

    assert "mode d’emploi" in words(content)
    made = words(filled(content, sample(FIELDS[kind])))
    assert "mode d’emploi" not in made and "{" not in made
    assert "Texte" in made


def test_the_city_writes_its_convention_in_its_own_words(cast, convention, plan):
    operations.start_text(by=cast.city_officer, convention=convention)
    target = io.BytesIO()
    Image.new("RGB", (200, 80), (10, 110, 117)).save(target, "PNG")
    operations.update_settings(
        by=cast.city_officer, convention=convention, base_version=1, logo_text="Logo de la Ville",
        upload=SimpleUploadedFile("logo.png", target.getvalue()),
    )  # fmt: skip
    content = template(
        "Notre convention : {{ convention|upper }}",
        "{%p for article in articles %}",
        "{{ article.titre }}",
        "{{p article.contenu }}",
        "{%p endfor %}",
        "{%p for annexe in annexes %}",
        "{{ loop.index }}. {{ annexe.titre }}",
        "{{p annexe.contenu }}",
        "{%p endfor %}",
        header="{{ logo }}",
    )
    bring_template(by=cast.city_officer, convention=convention, kind="convention", upload=uploaded(content))
    made = printing.convention_of_today(convention, "docx")

    told = words(made)
    assert "Notre convention : CTG DE SAINT-DENIS" in told
    assert "Article 1 – Objet de la convention" in told
    assert "Ville de Saint-Denis et Caf de La Réunion" in told
    assert "Ludothèque mobile" in told
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert 'descr="Logo de la Ville"' in archive.read("word/header1.xml").decode()


def test_text_of_a_stranger_is_written_and_never_run(cast, convention):
    operations.add_article(
        by=cast.city_officer, convention=convention, heading="{{ 7*7 }} & <w:p>", text="{% raw %}\x07 {{x}}"
    )
    bring_template(
        by=cast.city_officer, convention=convention, kind="convention",
        upload=uploaded(starting_template("convention", TODAY)),
    )  # fmt: skip
    told = words(printing.convention_of_today(convention, "docx"))

    assert "{{ 7*7 }} & <w:p>" in told and "{% raw %} {{x}}" in told


@pytest.mark.parametrize(
    ("paragraphs", "told"),
    [
        (["Un", "{{ titr }}"], "Texte, paragraphe 2 (« {{ titr }} ») · le champ « titr » n’existe pas"),
        (["{%p for article in articles %}", "{{ article.nom }}", "{%p endfor %}"], "champ « article.nom »"),
        (["{{ article.titre }}"], "le champ « article.titre » n’existe pas"),
        (["{%p for a in articles %}", "{{ a.titre }}"], "n’a pas de fin : ajoutez « endfor »"),
        (["{%p endif %}"], "ne ferme rien"),
        (["{%p if titre %}", "{%p endfor %}", "{%p endif %}"], "« {%p endfor %} » ne ferme rien"),
        (["{{ titre", "}}"], "n’est pas fermée"),
        (["{{ titre }"], "n’est pas fermée"),
        (["{{ titre | }}"], "ne se lit pas"),
        (["{{ articles }}"], "est une liste"),
        (["{{ signatures }}"], "seul dans son paragraphe"),
        (["{{p titre }}"], "sans lettre après les accolades"),
        (["{%p for t in titre %}", "{%p endfor %}"], "n’est pas une liste"),
        (["{% set x = 1 %}"], "n’est pas permis"),
        (["{% include 'secret' %}"], "n’est pas permis"),
        (["{{ titre.__class__.__mro__ }}"], "n’existe pas"),
        (["{{ ''.__class__ }}"], "n’est pas permis"),
        (["{{ range(999999999) }}"], "n’est pas permis"),
        (["{{ titre|attr('x') }}"], "n’est pas permis"),
        (["{{ 'a' * 999999999 }}"], "n’est pas permis"),
        (["{{ lipsum() }}"], "n’est pas permis"),
        (["{{ loop.cycle }}"], "n’est pas permis"),
        (["{{ 'aaaaaaaaaa'|join('aaaaaaaaaa')|join('aaaaaaaaaa') }}"], "n’est pas permis"),
        (["{{ titre|default(*articles) }}"], "n’est pas permis"),
        (["{{ " * 100_000], "n’est pas fermée"),
    ],
)
def test_a_broken_tag_is_named_where_it_stands(paragraphs, told):
    with ends():
        assert told in problems(template(*paragraphs))


def test_a_broken_header_says_it_is_the_header():
    assert problems(template("Bon", header="{{ inconnu }}")).startswith("En-tête, paragraphe 1")


def test_a_loop_that_cuts_a_table_is_told():
    file = WordFile()
    table = file.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "{% for article in articles %}"
    table.cell(0, 1).text = "{% endfor %}{{ article.titre }}"
    target = io.BytesIO()
    file.save(target)

    assert problems(target.getvalue())


def with_part(content, name, body):
    """The same document, one part added or changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as made:
        for one in source.namelist():
            if one != name:
                made.writestr(one, source.read(one))
        made.writestr(name, body)
    return target.getvalue()


RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
)
ATTACHED = (
    '<Relationship Id="r9" TargetMode="External" Target="http://example.org/a.dotm" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/>'
)


def part_of(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def in_part(content, name, old, new):
    """The same document, its part `name` saying `new` for `old`."""
    held = part_of(content, name)
    assert old in held
    return with_part(content, name, held.replace(old, new, 1))


def without_part(content, name):
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as made:
        for one in source.namelist():
            if one != name:
                made.writestr(one, source.read(one))
    return target.getvalue()


# Where the check does not look, but where tags are filled in all the same.
HUNGRY = "{{ 'a' * 9 }}"
LOOPS = "{% for a in parties %}" * 3 + "{% endfor %}" * 3


def renamed_header():
    """Word finds a header by its relationship: its name is anybody's."""
    content = template("x", header=HUNGRY)
    header = part_of(content, "word/header1.xml")
    content = with_part(without_part(content, "word/header1.xml"), "word/top.xml", header)
    for name in ("[Content_Types].xml", "word/_rels/document.xml.rels"):
        content = in_part(content, name, "header1.xml", "top.xml")
    return content


def bomb():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", b" " * 60_000_000)
    return target.getvalue()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: b"", "ni un PDF"),
        (lambda: b"%PDF-1.7 %%EOF", "document Word"),
        (lambda: b"PK\x03\x04" + b"\0" * 100, "abîmé"),
        (lambda: b"PK" + b"\0" * (5 * 1024 * 1024), "5 Mo"),
        (lambda: with_part(template("x"), "word/vbaProject.bin", b"macro"), "macros"),
        (lambda: with_part(template("x"), "[Content_Types].xml", "<Types>macroEnabled</Types>"), "docm"),
        (lambda: with_part(template("x"), "word/embeddings/o.bin", b"ole"), "objet incorporé"),
        (lambda: with_part(template("x"), "word/_rels/settings.xml.rels", RELS % ATTACHED), "example.org"),
        (lambda: with_part(template("x"), "word/document.xml", "<w:document>"), "abîmé"),
        (
            lambda: with_part(template("x"), "word/document.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
            "démesurée",
        ),
        (bomb, "démesurée"),
        (lambda: in_part(template("x"), "[Content_Types].xml", "document.main", "template.main"), ".dotx"),
        (lambda: without_part(template("x"), "word/styles.xml"), "Fichier"),
        (
            lambda: in_part(template("x"), "word/document.xml", "<w:p>", f'<w:p w:rsidR="{HUNGRY}">'),
            "hors du texte",
        ),
        (
            lambda: in_part(
                template("x", "y"), "word/document.xml", "x</w:t>", "{</w:t><w:t>{ 'a' * 9 }}</w:t>"
            ),
            "permis",
        ),
        (
            lambda: in_part(template("x"), "docProps/core.xml", "</dc:creator>", f"{HUNGRY}</dc:creator>"),
            "hors du texte",
        ),
        (renamed_header, "hors du texte"),
        (
            lambda: in_part(template("x"), "word/document.xml", "<w:p>", f'<w:p w:rsidR="{LOOPS}">'),
            "hors du texte",
        ),
    ],
)
def test_a_hostile_file_is_refused_in_words(make, told):
    with ends():
        assert told in problems(make())


def test_the_last_good_one_stays_in_use(cast, client, convention):
    client.force_login(cast.city_officer)
    url = at("paper_template_bring", "deliberation")
    good = template("Version un", "{{p contenu }}")
    assert client.post(url, {"file": uploaded(good)}).status_code == 302
    answer = client.post(url, {"file": uploaded(template("Version deux", "{{ inconnu }}"))})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "inconnu" in html and "paragraphe 2" in html

    party = convention.parties.first()
    row = operations.start_deliberation(by=cast.city_officer, party=party)
    assert "Version un" in words(printing.deliberation(row, "docx"))
    assert client.post(url, {"file": uploaded(template("Version trois"))}).status_code == 302
    assert "Version trois" in words(printing.deliberation(row, "docx"))
    retire_template(by=cast.city_officer, template=printing.template_in_use(convention, "deliberation"))
    assert "Version un" in words(printing.deliberation(row, "docx"))
    assert DocumentTemplate.objects.count() == 2


def test_a_template_that_no_longer_works_is_told_and_the_document_comes_out_all_the_same(
    cast, client, convention
):
    template_row = bring_template(
        by=cast.city_officer, convention=convention, kind="convention",
        upload=uploaded(template("{{ titre }}")),
    )  # fmt: skip
    files.path_of(template_row.file.sha256).write_bytes(template("{{ disparu }}"))
    client.force_login(cast.city_officer)

    assert "disparu" in client.get(at("paper_templates")).content.decode()
    client.force_login(cast.reader)
    assert "disparu" not in client.get(at("paper_templates")).content.decode()
    assert "Projet" in words(printing.convention_of_today(convention, "docx"))


def test_an_amendment_has_a_template_with_its_differences(cast, convention, plan):
    operations.start_text(by=cast.city_officer, convention=convention)
    first = signed(cast)
    operations.update_article(
        by=cast.city_officer, article=convention.articles.get(key="purpose"), base_version=1, text="Autre."
    )
    bring_template(
        by=cast.city_officer, convention=convention, kind="amendment",
        upload=uploaded(template("Modifie {{ version_modifiee }}", "{{p changements }}")),
    )  # fmt: skip
    told = words(printing.agreement(draft(cast), "docx"))

    assert f"Modifie {first.title}" in told and "Autre." in told


def test_fiches_one_or_all_take_the_template(cast, client, convention, plan):
    client.force_login(cast.city_officer)
    bring_template(
        by=cast.city_officer, convention=convention, kind="fiche",
        upload=uploaded(
            template("{%p for f in fiches %}", "Fiche {{ f.titre }}", "{{p f.contenu }}", "{%p endfor %}")
        ),
    )  # fmt: skip
    first, second = plan
    told = words(client.get(at("action_export", first.pk, "docx")).content)
    assert "Fiche Ludothèque mobile" in told and "Épicerie" not in told
    told = words(client.get(at("plan_export", "docx")).content)
    assert "Fiche Ludothèque mobile" in told and "Fiche Épicerie solidaire" in told


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_what_comes_out(cast, convention, plan, tmp_path):
    operations.start_text(by=cast.city_officer, convention=convention)
    ours = printing.convention_of_today(convention, "docx")
    bring_template(
        by=cast.city_officer, convention=convention, kind="convention",
        upload=uploaded(starting_template("convention", TODAY)),
    )  # fmt: skip
    row = operations.start_deliberation(by=cast.city_officer, party=convention.parties.first())
    for name, content in {
        "ours": ours,
        "theirs": printing.convention_of_today(convention, "docx"),
        "vote": printing.deliberation(row, "docx"),
    }.items():
        (tmp_path / f"{name}.docx").write_bytes(content)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
         "--outdir", tmp_path, *sorted(tmp_path.glob("*.docx"))],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip

    assert sorted(one.stem for one in tmp_path.glob("*.pdf")) == ["ours", "theirs", "vote"]


def test_tables_keep_their_header_row_in_a_template(cast, convention):
    """A screen reader reads a header with each cell, in the city's file as in ours."""
    operations.start_text(by=cast.city_officer, convention=convention)
    bring_template(
        by=cast.city_officer, convention=convention, kind="convention",
        upload=uploaded(template("{{p signatures }}")),
    )  # fmt: skip
    file = WordFile(io.BytesIO(printing.convention_of_today(convention, "docx")))

    assert file.tables and all(
        one.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None for one in file.tables
    )
