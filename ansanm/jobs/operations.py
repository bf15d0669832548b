"""What one may do with a job: ask for it, stop it, ask again."""

from django.db import transaction
from django.utils import timezone

from ansanm.accounts.audit import record
from ansanm.jobs.models import Job, State
from ansanm.jobs.registry import is_known


class CannotDo(Exception):
    """The job is not in a state where this makes sense."""


@transaction.atomic
def enqueue(kind: str, *, by, arguments: dict | None = None) -> Job:
    """Queue a job for the worker; `by` None is the system itself."""
    if not is_known(kind):
        raise ValueError(f"No handler for jobs of kind {kind!r}.")
    job = Job.objects.create(kind=kind, arguments=arguments or {}, requested_by=by)
    record("job.enqueue", by=by, target=job, after={"kind": kind, "arguments": job.arguments})
    return job


@transaction.atomic
def cancel(job: Job, *, by) -> Job:
    """Stop a job: at once if it waits, at its next report of progress if it runs."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.has_ended:
        raise CannotDo(f"{job} ended already ({job.state}).")
    now = timezone.now()
    if job.state == State.QUEUED:
        job.state, job.ended_at = State.CANCELLED, now
    job.cancel_requested_at = now
    job.save(update_fields=["state", "ended_at", "cancel_requested_at"])
    record("job.cancel", by=by, target=job)
    return job


@transaction.atomic
def run_again(job: Job, *, by) -> Job:
    """Queue a new job with the arguments of one that failed, was cancelled or interrupted."""
    if not job.can_run_again:
        raise CannotDo(f"{job} is {job.state}: nothing to run again.")
    return enqueue(job.kind, by=by, arguments=job.arguments)
