"""Bordeaux gets its income panel from the file of Insee by one command, as anybody would do it."""

import os
import shutil
from pathlib import Path

import pytest

from ansanm import cli
from tests.territories.connectors.insee_files import FILOSOFI

SHARED = Path(os.environ.get("ANSANM_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
REAL = SHARED / "national" / "cc_filosofi_2021_COM.csv"
INCOMES = "/territoires/commune/33063-bordeaux/theme/revenus/"

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["a few lines", "the whole file"])
def file(request, tmp_path):
    path = tmp_path / REAL.name
    if request.param == "a few lines":
        path.write_text(FILOSOFI)
    elif REAL.exists():
        shutil.copy(REAL, path)
    else:
        pytest.skip("the real file is not here")
    return path


@pytest.fixture
def own_store(built_observations, own_observations):
    """The embedded figures, in a place where more may be written."""
    shutil.copytree(built_observations, own_observations)


@pytest.mark.usefixtures("territories", "own_store")
def test_bordeaux_has_its_incomes_after_one_command(client, capsys, file):
    before = client.get(INCOMES).content.decode()
    assert "24 870" not in before.replace("\u202f", " ")

    code = cli.main(["data", "import", "insee_filosofi_communes", str(file)])

    assert code == 0, capsys.readouterr().err
    assert "0 rejetées" in capsys.readouterr().out
    after = client.get(INCOMES).content.decode().replace("\u202f", " ")
    # Median income, poverty rate, interdecile ratio: as the line of Bordeaux in the file.
    for words in ("24 870 €", "17,0 %", "4,5"):
        assert words in after
    page = client.get("/territoires/commune/33063-bordeaux/indicateurs/median_income/").content.decode()
    assert "24 870 €" in page.replace("\u202f", " ")
    assert "2021" in page
    assert "Filosofi" in page
