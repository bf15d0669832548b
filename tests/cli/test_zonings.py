"""`ansanm zoning`: a file checked, kept or refused with its lines."""

import pytest

from ansanm import cli
from ansanm.accounts.models import AuditEntry
from ansanm.territories.models import Territory, Zoning

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations", "cast")]

FACTS = ("--territory", "97411", "--name", "Quartiers", "--kind", "quartier")


@pytest.fixture
def run(capsys, monkeypatch, tmp_path, three_iris):
    monkeypatch.setenv("ANSANM_LANG", "fr")

    def call(text, *arguments):
        path = tmp_path / "quartiers.csv"
        path.write_text(text)
        code = cli.main(["zoning", "import", str(path), *arguments])
        written = capsys.readouterr()
        return code, written.out, written.err

    return call


def test_a_zoning_is_brought_in_and_listed(run, capsys):
    code, out, _err = run("zone;iris\nBas;974110100\nBas;974110101\nHauts;974110102\n", *FACTS)

    assert code == 0
    assert "2 zones en place" in out
    assert [one.population for one in Territory.objects.filter(level="zone").order_by("code")] == [2001, 1002]
    assert AuditEntry.objects.filter(verb="zoning.create", actor=None).count() == 1

    assert cli.main(["zoning", "list"]) == 0
    assert "Quartiers" in capsys.readouterr().out

    zone = Territory.objects.get(level="zone", name="Bas")
    assert cli.main(["diagnose", zone.code, "--format", "csv"]) == 0
    assert "Bas" in capsys.readouterr().out


def test_a_wrong_file_is_refused_with_its_lines(run):
    code, out, err = run("zone;iris\nBas;974110100\nHauts;930010101\n;974110101\n", *FACTS)

    assert code != 0
    assert out == ""
    assert "Ligne 3" in err and "930010101" in err and "Ligne 4" in err
    assert not Zoning.objects.exists()


def test_a_try_keeps_nothing(run):
    code, out, _err = run("zone;iris\nBas;974110100\n", *FACTS, "--dry-run")

    assert code == 0
    assert "rien n’est enregistré" in out
    assert not Zoning.objects.exists()


def test_a_name_too_long_for_the_base_is_refused(run):
    facts = ("--territory", "97411", "--name", "x" * 121)

    code, _out, err = run("zone;iris\nBas;974110100\n", *facts)

    assert code != 0
    assert "121" in err
    assert not Zoning.objects.exists()


def test_a_region_is_not_cut_up(run):
    Territory.objects.get_or_create(
        level="region", code="04", defaults={"name": "La Réunion", "slug": "r", "search_key": "r"}
    )

    code, _out, err = run("zone;iris\nBas;974110100\n", "--territory", "R04", "--name", "Q")

    assert code != 0
    assert "La Réunion" in err
