"""Bringing in what producers publish: now or on a schedule, from their site or from a file by hand."""

import shutil
import uuid
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.jobs import schedules
from ansanm.jobs.models import Job, Schedule
from ansanm.jobs.operations import enqueue
from ansanm.jobs.registry import handler
from ansanm.territories import secrecy, zonings
from ansanm.territories.observations import Report, StoreError, datasets
from ansanm.territories.sources.connectors import Connector, called, connectors, fetching
from ansanm.territories.sources.connectors.ingesting import import_file, sync
from ansanm.ui.formats import labelled

SYNC, IMPORT = "data.sync", "data.import"


def sync_now(name: str, *, since: str = "", force: bool = False, progress=fetching.nothing) -> dict:
    """Sync a connector, or each one of a group; return the report.

    Of a group, one that fails does not stop the others: the report says which and why.
    """
    more = {"since": since, "force": force, "progress": progress, "before_swap": secrecy.decide}
    return bring(called(name), lambda one: sync(one, **more))


def import_now(
    name: str, path: Path, *, vintage: str = "", force: bool = False, progress=fetching.nothing
) -> dict:
    """Bring in a file downloaded by hand; return the report."""
    found = called(name)
    if len(found) != 1:
        raise StoreError(
            _("« %(name)s » est un groupe ; dites lequel ce fichier est : %(known)s.")
            % {"name": name, "known": ", ".join(one.dataset for one in found)}
        )
    if not path.is_file():
        raise StoreError(_("%(path)s n’est pas un fichier.") % {"path": path})
    more = {"vintage": vintage, "force": force, "progress": progress, "before_swap": secrecy.decide}
    return bring(found, lambda one: import_file(one, path, **more))


def bring(found: list[Connector], bring_one: Callable[[Connector], Report]) -> dict:
    reports: dict[str, Report] = {}
    refused: dict[str, str] = {}
    for one in found:
        try:
            reports[one.dataset] = bring_one(one)
        except StoreError as error:
            if len(found) == 1:
                raise
            refused[one.dataset] = str(error)
    if not reports:
        raise StoreError("\n".join(labelled(name, why) for name, why in refused.items()))
    if any(one.changed for one in reports.values()):
        # What was derived from these figures must not stand a moment longer than they do.
        zonings.refresh()
    return {
        "n_read": sum(one.n_read for one in reports.values()),
        "n_kept": sum(one.n_kept for one in reports.values()),
        "n_derived": sum(one.n_derived for one in reports.values()),
        "n_rejected": sum(one.n_rejected for one in reports.values()),
        "changed": any(one.changed for one in reports.values()),
        "datasets": [{"dataset": name} | asdict(one) for name, one in reports.items()],
        "refused": refused,
    }


# ---------------------------------------------------------------------------------------- deeds


def connector_of(dataset: str) -> Connector | None:
    return connectors().get(dataset)


@transaction.atomic
def ask_sync(*, by, dataset: str) -> Job:
    """Ask for a sync; return the job that will."""
    (one,) = called(dataset)
    job = enqueue(SYNC, by=by, arguments={"source": one.dataset})
    record("data.sync", by=by, target=job, after={"source": one.dataset})
    return job


def ask_import(*, by, dataset: str, file, force: bool = False) -> Job:
    """Keep an uploaded file until the worker has read it; return the job that will."""
    (one,) = called(dataset)
    if file.size > one.max_bytes:
        raise StoreError(_("Ce fichier est trop gros."))
    path = uploads() / uuid.uuid4().hex
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as kept:
        shutil.copyfileobj(file, kept)
    try:
        with transaction.atomic():
            arguments = {"source": one.dataset, "file": path.name, "force": force}
            job = enqueue(IMPORT, by=by, arguments=arguments)
            record("data.import", by=by, target=job, after={"source": one.dataset, "n_bytes": file.size})
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return job


@transaction.atomic
def set_schedule(*, by, dataset: str, frequency: str) -> Schedule | None:
    """Sync every day, week or month from now on; "" stops. Return the schedule that stands."""
    (one,) = called(dataset)
    there = schedule_of(dataset)
    before = there.frequency if there else ""
    found = schedules.set_schedule(
        schedule_key(dataset), SYNC, by=by, arguments={"source": one.dataset}, frequency=frequency
    )
    if before != frequency:
        record(
            "data.schedule",
            by=by,
            target=found or there,
            before={"source": dataset, "frequency": before},
            after={"source": dataset, "frequency": frequency},
        )
    return found


def schedule_of(dataset: str) -> Schedule | None:
    return Schedule.objects.filter(key=schedule_key(dataset)).first()


def schedule_key(dataset: str) -> str:
    return f"{SYNC} {dataset}"


def last_jobs(dataset: str, n: int = 5) -> list[Job]:
    return list(Job.objects.filter(kind__in=[SYNC, IMPORT], arguments__source=dataset)[:n])


def uploads() -> Path:
    return settings.HOME / "uploads"


# ----------------------------------------------------------------------------------------- jobs


@handler(SYNC)
def sync_job(progress, *, source: str, since: str = "") -> dict:
    return sync_now(source, since=since, progress=named(progress, source))


@handler(IMPORT)
def import_job(progress, *, source: str, file: str, force: bool = False) -> dict:
    path = uploads() / Path(file).name
    if not path.exists():
        raise StoreError(_("Le fichier envoyé n’est plus là : envoyez-le de nouveau."))
    try:
        report = import_now(source, path, force=force, progress=named(progress, source))
    except StoreError:
        # Refused once, it would be again. A job cancelled or interrupted keeps its file to run again.
        path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)
    return report


def named(progress, source: str):
    """Report progress under the name of the dataset."""
    title = datasets()[source]["title"]["fr"] if source in datasets() else source

    def say(done: int, total: int, message: str) -> None:
        # A table counts its columns in 32 bits; bytes of a large file would not fit.
        progress(done // 1024, total // 1024, labelled(title, message))

    return say
