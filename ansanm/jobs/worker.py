"""The process that does the jobs, one at a time.

A claim is one conditional UPDATE, atomic on SQLite and PostgreSQL alike: of two workers that see the
same waiting job, one changes the row and the other changes nothing. While a handler runs, a thread
writes a heartbeat; a job whose heartbeat stopped belonged to a killed worker.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.utils import timezone

from ansanm.jobs import outbox, schedules
from ansanm.jobs.models import Job, State
from ansanm.jobs.registry import Cancelled, handler_of

log = logging.getLogger("ansanm.jobs")

HEARTBEAT_SECONDS = 5
# Three missed beats: a machine that swaps is slow, not dead.
LOST_AFTER = timedelta(seconds=3 * HEARTBEAT_SECONDS)
PAUSE_SECONDS = 1
PROGRESS_SECONDS = 0.3
# What apps above ask of every turn of the worker, in their AppConfig.ready: cheap when nothing is due.
REGULAR: list[Callable[[], object]] = []


class Worker:
    def __init__(self):
        self.stopping = threading.Event()

    def run(self) -> None:
        """Do jobs until asked to stop."""
        is_scheduled = False
        while not self.stopping.is_set():
            try:
                close_old_connections()
                mark_lost()
                if not is_scheduled:
                    schedules.ensure_standing()
                    is_scheduled = True
                schedules.enqueue_due()
                for regular in REGULAR:
                    regular()
                outbox.send_due()
                if not self.run_one():
                    self.stopping.wait(PAUSE_SECONDS)
            except DatabaseError:
                # The database restarts or is being restored: the worker waits, it does not die.
                log.exception("The database does not answer; trying again in %s s.", PAUSE_SECONDS * 5)
                connection.close()
                self.stopping.wait(PAUSE_SECONDS * 5)

    def stop(self, *_) -> None:
        self.stopping.set()

    def listen_to_signals(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def run_one(self) -> bool:
        """Do the oldest waiting job; return whether there was one."""
        job = claim()
        if job is None:
            return False
        ended = threading.Event()
        beating = threading.Thread(target=beat, args=(job.pk, ended), daemon=True)
        beating.start()
        try:
            self._do(job)
        finally:
            ended.set()
            beating.join(HEARTBEAT_SECONDS)
        return True

    def _do(self, job: Job) -> None:
        progress = Progress(job, self.stopping)
        function = handler_of(job.kind)
        with Attempt() as attempt:
            if function is None:
                raise LookupError(f"No handler for jobs of kind {job.kind!r}: is this worker up to date?")
            attempt.report = function(progress, **job.arguments)
        error = attempt.error
        if error is None:
            end(job, State.DONE, progress, report=attempt.report)
        elif isinstance(error, Cancelled):
            # The worker stopping is no wish of the person who waits: the job can be run again.
            end(job, State.CANCELLED if progress.was_cancelled else State.INTERRUPTED, progress)
        else:
            log.error("Job %s failed.", job, exc_info=error)
            # Written for whoever asked, or for whoever mends the programme.
            told = getattr(error, "is_in_words", False)
            end(
                job,
                State.FAILED,
                progress,
                error=str(error) if told else f"{type(error).__name__}: {error}",
            )


class Attempt:
    """Runs a handler to its end: whatever it raises is kept for the job's page, never lost, and the
    worker goes on with the next job. KeyboardInterrupt and SystemExit still pass."""

    report = None
    error: Exception | None = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.error = error if isinstance(error, Exception) else None
        return self.error is not None


class Progress:
    """What a handler calls to say where it is; raises Cancelled when it must stop."""

    def __init__(self, job: Job, stopping: threading.Event):
        self.job = job
        self.stopping = stopping
        self.was_cancelled = False
        self.last = 0.0
        self.state = {"done": 0, "total": 0, "message": ""}

    def __call__(self, done: int, total: int, message: str = "") -> None:
        self.state = {"done": done, "total": total, "message": message[:300]}
        # A handler may report a thousand times a second; the page reads once a second.
        if time.monotonic() - self.last < PROGRESS_SECONDS and done < total:
            return
        self.last = time.monotonic()
        Job.objects.filter(pk=self.job.pk, state=State.RUNNING).update(**self.state)
        asked, state = Job.objects.values_list("cancel_requested_at", "state").get(pk=self.job.pk)
        self.was_cancelled = asked is not None
        if asked or self.stopping.is_set() or state != State.RUNNING:
            raise Cancelled


def claim() -> Job | None:
    while True:
        waiting = Job.objects.filter(state=State.QUEUED).order_by("created_at", "pk").first()
        if waiting is None:
            return None
        now = timezone.now()
        if Job.objects.filter(pk=waiting.pk, state=State.QUEUED).update(
            state=State.RUNNING, started_at=now, heartbeat_at=now
        ):
            waiting.refresh_from_db()
            return waiting


def beat(pk: int, ended: threading.Event) -> None:
    try:
        while not ended.wait(HEARTBEAT_SECONDS):
            try:
                Job.objects.filter(pk=pk, state=State.RUNNING).update(heartbeat_at=timezone.now())
            except DatabaseError:
                log.warning("A heartbeat of job %s could not be written.", pk)
    finally:
        connection.close()


def mark_lost() -> int:
    """Say of the jobs whose worker died that they were interrupted; return how many."""
    now = timezone.now()
    return Job.objects.filter(state=State.RUNNING, heartbeat_at__lt=now - LOST_AFTER).update(
        state=State.INTERRUPTED, ended_at=now
    )


def end(job: Job, state: State, progress: Progress, *, report=None, error: str = "") -> None:
    # Only if it still runs: one that was thought lost keeps the end it was given.
    Job.objects.filter(pk=job.pk, state=State.RUNNING).update(
        state=state, ended_at=timezone.now(), report=report, error=error[:4000], **progress.state
    )
