"""Long work: claimed once, stopped when asked, its end always said."""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from ansanm.accounts.models import AuditEntry, User
from ansanm.jobs import registry, worker
from ansanm.jobs.models import Job, State
from ansanm.jobs.operations import CannotDo, cancel, enqueue, run_again
from ansanm.jobs.worker import Worker, claim, mark_lost

pytestmark = pytest.mark.database


@pytest.fixture
def kinds(monkeypatch):
    monkeypatch.setattr(registry, "_handlers", {})
    return registry.handler


@pytest.fixture
def no_second_factor(settings):
    # As in a demonstration: the second factor of staff has its own tests.
    settings.DEMO = True


@pytest.fixture
def person(db):
    return User.objects.create_user("marie@example.org", first_name="Marie", last_name="Hoarau")


def test_a_job_is_done_and_keeps_its_report(kinds, person):
    @kinds("count")
    def count(progress, *, up_to):
        for i in range(up_to):
            progress(i + 1, up_to, f"{i + 1}")
        return {"counted": up_to}

    job = enqueue("count", by=person, arguments={"up_to": 3})
    assert Worker().run_one()

    job.refresh_from_db()
    assert (job.state, job.report, job.done, job.total) == (State.DONE, {"counted": 3}, 3, 3)
    assert job.started_at <= job.ended_at


def test_nobody_queues_what_nobody_can_do(kinds, person):
    with pytest.raises(ValueError, match="unheard"):
        enqueue("unheard", by=person)


def test_a_failure_is_said_and_the_worker_goes_on(kinds, person):
    @kinds("fail")
    def fail(progress):
        raise OSError("disk full")

    job = enqueue("fail", by=person)
    one = Worker()
    assert one.run_one()
    assert not one.run_one()

    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "disk full" in job.error


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(kinds, person):
    kinds("never")(lambda progress: pytest.fail("it ran"))
    job = enqueue("never", by=person)

    cancel(job, by=person)

    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert not Worker().run_one()


def test_a_running_job_stops_at_its_next_report(kinds, person, monkeypatch):
    monkeypatch.setattr(worker, "PROGRESS_SECONDS", 0)
    steps = []

    @kinds("long")
    def long(progress):
        for i in range(10):
            progress(i, 10, "")
            steps.append(i)
            if i == 2:
                cancel(Job.objects.get(), by=person)

    job = enqueue("long", by=person)
    Worker().run_one()

    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert steps == [0, 1, 2]


def test_an_ended_job_cannot_be_cancelled(kinds, person):
    kinds("quick")(lambda progress: {})
    job = enqueue("quick", by=person)
    Worker().run_one()

    with pytest.raises(CannotDo):
        cancel(job, by=person)


def test_a_job_whose_worker_died_is_interrupted_and_can_be_run_again(kinds, person):
    kinds("quick")(lambda progress: {})
    job = enqueue("quick", by=person)
    claim()
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1))

    assert mark_lost() == 1

    job.refresh_from_db()
    assert job.state == State.INTERRUPTED
    again = run_again(job, by=person)
    assert (again.kind, again.state) == (job.kind, State.QUEUED)


def test_a_job_whose_worker_lives_is_left_alone(kinds, person):
    kinds("quick")(lambda progress: {})
    enqueue("quick", by=person)
    claim()

    assert mark_lost() == 0


def test_a_stopping_worker_interrupts_its_job_rather_than_cancelling_it(kinds, person, monkeypatch):
    monkeypatch.setattr(worker, "PROGRESS_SECONDS", 0)
    one = Worker()

    @kinds("long")
    def long(progress):
        one.stop()
        progress(1, 2, "")

    job = enqueue("long", by=person)
    one.run_one()

    job.refresh_from_db()
    assert job.state == State.INTERRUPTED


def test_a_done_job_is_not_run_again(kinds, person):
    kinds("quick")(lambda progress: {})
    job = enqueue("quick", by=person)
    Worker().run_one()
    job.refresh_from_db()

    with pytest.raises(CannotDo):
        run_again(job, by=person)


def test_each_deed_leaves_its_trace(kinds, person):
    kinds("quick")(lambda progress: {})

    cancel(enqueue("quick", by=person), by=person)

    assert [one.verb for one in AuditEntry.objects.order_by("position")] == ["job.enqueue", "job.cancel"]


def test_the_database_refuses_an_end_without_its_date(kinds, person):
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="x", state=State.DONE)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_takes_the_job(kinds):
    kinds("quick")(lambda progress: {})
    n_jobs = 5
    for _ in range(n_jobs):
        enqueue("quick", by=None)
    taken, barrier = [], threading.Barrier(4)

    def take():
        barrier.wait()
        try:
            while job := claim():
                taken.append(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == n_jobs


def test_a_killed_worker_leaves_its_job_to_be_found(tmp_path, settings):
    """A real process, a real SIGKILL: the next worker says the job was interrupted."""
    script = tmp_path / "kill.py"
    script.write_text(
        textwrap.dedent(
            """
            import os, sys, time
            os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
            import django
            django.setup()
            from django.core.management import call_command
            from ansanm.jobs import worker
            from ansanm.jobs.models import Job
            from ansanm.jobs.operations import enqueue
            from ansanm.jobs.registry import handler
            from datetime import timedelta

            @handler("sleep")
            def sleep(progress):
                print("running", flush=True)
                time.sleep(60)

            if sys.argv[1] == "first":
                call_command("migrate", verbosity=0)
                enqueue("sleep", by=None)
                worker.Worker().run_one()
            else:
                worker.LOST_AFTER = timedelta(0)
                worker.mark_lost()
                print(Job.objects.get().state)
            """
        )
    )
    environment = {
        "ANSANM_HOME": str(tmp_path / "home"),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(settings.BASE_DIR),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, str(script)]
    first = subprocess.Popen([*command, "first"], env=environment, stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline().strip() == "running"
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    time.sleep(0.1)

    second = subprocess.run([*command, "second"], env=environment, capture_output=True, text=True, check=True)

    assert second.stdout.strip() == "interrupted"


def test_a_person_sees_their_jobs_and_not_those_of_others(kinds, client, cast, no_second_factor):
    kinds("quick")(lambda progress: {})
    job = enqueue("quick", by=cast.city_officer)
    address = reverse("job", args=[job.pk])

    for who, expected in ((cast.city_officer, 200), (cast.administrator, 200), (cast.caf_adviser, 404)):
        client.force_login(who)
        assert client.get(address).status_code == expected
    client.logout()
    assert client.get(address).status_code == 302


def test_the_page_of_a_job_goes_on_by_itself_until_its_end(kinds, client, cast, no_second_factor):
    kinds("quick")(lambda progress: {})
    job = enqueue("quick", by=cast.administrator)
    client.force_login(cast.administrator)
    assert 'hx-trigger="every 1s"' in client.get(job.get_absolute_url()).content.decode()

    Worker().run_one()

    assert "every 1s" not in client.get(job.get_absolute_url()).content.decode()


def test_stopping_and_running_again_from_the_page(kinds, client, cast, no_second_factor):
    kinds("quick")(lambda progress: {})
    job = enqueue("quick", by=cast.administrator)
    client.force_login(cast.administrator)

    client.post(reverse("job_cancel", args=[job.pk]))
    client.post(reverse("job_cancel", args=[job.pk]))
    client.post(reverse("job_again", args=[job.pk]))

    assert [one.state for one in Job.objects.order_by("pk")] == [State.CANCELLED, State.QUEUED]


def test_the_list_of_jobs_is_for_who_runs_the_platform(client, cast, no_second_factor):
    client.force_login(cast.city_officer)
    assert client.get(reverse("jobs")).status_code == 403

    client.force_login(cast.administrator)
    assert client.get(reverse("jobs")).status_code == 200
