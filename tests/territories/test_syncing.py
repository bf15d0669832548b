"""Syncing as an operator and an administrator do it: command, job, upload, schedule."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from ansanm import cli
from ansanm.accounts.models import AuditEntry
from ansanm.jobs.models import Job, Schedule, State
from ansanm.jobs.operations import cancel, run_again
from ansanm.jobs.worker import Worker
from ansanm.territories import observations, syncing
from ansanm.territories.sources.connectors import fetching
from tests.territories.connector_server import producing

BENEFITS = """dtreffre;numcomdo;nomcom;indfoy_ndur;indnbp_ndur;indfoy_rsa
2024-12;33063;BORDEAUX;68500;141200;9260
2024-12;97411;SAINT-DENIS;52740;113885;14500
2024-12;XXXXX;;15;30;5
"""
DATASET = "cnaf_s_ben_com"


@pytest.fixture
def producer(monkeypatch, tmp_path, settings, own_observations):
    settings.HOME = tmp_path
    # As in a demonstration: the second factor of staff has its own tests.
    settings.DEMO = True
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0,))
    with producing() as one:
        monkeypatch.setenv("ANSANM_CAF_URL", one.url)
        one.content = BENEFITS.encode()
        yield one


@pytest.fixture
def administrator(client, cast):
    client.force_login(cast.administrator)
    return cast.administrator


@pytest.fixture
def ansanm(capsys, monkeypatch):
    def run(*arguments):
        monkeypatch.setenv("ANSANM_LANG", "fr")
        code = cli.main(list(arguments))
        written = capsys.readouterr()
        return code, written.out, written.err

    return run


def rsa(code):
    found = observations.read([("commune", code)], ["caf_rsa"])
    return found[0].value if found else None


def worked(job):
    assert Worker().run_one()
    job.refresh_from_db()
    return job


# -------------------------------------------------------------------------------------- command


def test_one_command_syncs_and_reports(db, producer, ansanm):
    code, out, err = ansanm("data", "sync", DATASET)

    assert (code, err) == (0, "")
    assert "3 lignes lues" in out
    assert "XXXXX" in out
    assert rsa("33063") == 9260

    assert "rien de nouveau" in ansanm("data", "sync", DATASET)[1]


def test_one_command_imports_a_file(db, producer, ansanm, tmp_path):
    path = tmp_path / "s_ben_com_f.csv"
    path.write_text(BENEFITS)

    assert ansanm("data", "import", DATASET, str(path))[0] == 0
    assert rsa("97411") == 14500


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import", DATASET, "nowhere.csv"), "n’est pas un fichier"),
        (("import", "cnaf", "nowhere.csv"), "est un groupe"),
        (("sync", "nobody"), "Aucun connecteur"),
    ],
)
def test_a_command_that_cannot_says_why(db, producer, ansanm, arguments, said):
    code, _, err = ansanm("data", *arguments)

    assert code == 1
    assert said in err


def test_a_wrong_file_is_refused_with_its_columns(db, producer, ansanm, tmp_path):
    path = tmp_path / "wrong.csv"
    path.write_text("a;b\n1;2\n")
    code, _, err = ansanm("data", "import", DATASET, str(path))

    assert code == 1
    assert "il manque dtreffre" in err


def test_of_a_group_one_that_fails_does_not_stop_the_others(db, producer, ansanm):
    """The same answer to every address: a table of communes, which the others refuse."""
    code, out, err = ansanm("data", "sync", "cnaf")

    assert code == 1
    assert "3 lignes lues" in out
    assert "il manque numepci" in err
    assert rsa("33063") == 9260


# ----------------------------------------------------------------------------------------- page


def test_an_administrator_syncs_from_the_page(client, administrator, producer):
    answer = client.post(reverse("source_sync", args=[DATASET]))
    job = worked(Job.objects.get())

    assert answer.url == job.get_absolute_url()
    assert (job.state, job.requested_by) == (State.DONE, administrator)
    assert rsa("33063") == 9260
    page = client.get(job.get_absolute_url()).content.decode()
    assert "2024-12;XXXXX;;15;30;5" in page
    source = client.get(reverse("source", args=[DATASET])).content.decode()
    assert job.get_absolute_url() in source
    assert "2024-12;XXXXX" in source


def test_the_public_sees_no_line_of_the_file(client, db, producer):
    syncing.sync_now(DATASET)

    page = client.get(reverse("source", args=[DATASET])).content.decode()

    assert "XXXXX" not in page
    assert "Synchroniser maintenant" not in page


def test_a_job_that_fails_says_so_in_words_and_runs_again(client, administrator, producer):
    producer.failures = [500, 500]
    job = worked(syncing.ask_sync(by=administrator, dataset=DATASET))

    assert job.state == State.FAILED
    assert "HTTP 500" in job.error
    assert not job.error.startswith("FetchError")
    assert worked(run_again(job, by=administrator)).state == State.DONE


def test_an_uploaded_file_is_read_then_thrown_away(client, administrator, producer):
    file = SimpleUploadedFile("caf.csv", BENEFITS.encode())
    client.post(reverse("source_import", args=[DATASET]), {"file": file})
    job = Job.objects.get()
    assert len(list(syncing.uploads().iterdir())) == 1

    assert worked(job).state == State.DONE
    assert rsa("97411") == 14500
    assert list(syncing.uploads().iterdir()) == []
    assert AuditEntry.objects.filter(verb="data.import").exists()


def test_an_uploaded_file_that_is_refused_is_thrown_away_and_told(client, administrator, producer):
    file = SimpleUploadedFile("caf.csv", b"a;b\n1;2\n")
    client.post(reverse("source_import", args=[DATASET]), {"file": file})
    job = worked(Job.objects.get())

    assert (job.state, "il manque" in job.error) == (State.FAILED, True)
    assert list(syncing.uploads().iterdir()) == []
    assert "envoyez-le de nouveau" in worked(run_again(job, by=administrator)).error


def test_no_file_is_told(client, administrator, producer):
    page = client.post(reverse("source_import", args=[DATASET]), {}, follow=True).content.decode()

    assert "Choisissez un fichier" in page
    assert not Job.objects.exists()


def test_a_file_is_named_by_us_alone(producer, administrator):
    """The name in a job is only ever that of a file in the folder of uploads."""
    job = syncing.enqueue(syncing.IMPORT, by=administrator, arguments={"source": DATASET, "file": "../x.csv"})
    (syncing.uploads().parent / "x.csv").write_text(BENEFITS)

    assert worked(job).state == State.FAILED
    assert rsa("97411") is None


def test_a_running_sync_can_be_cancelled(client, administrator, producer):
    job = syncing.ask_sync(by=administrator, dataset=DATASET)
    cancel(job, by=administrator)

    assert not Worker().run_one()
    assert observations.manifest()["files"] == {}


@pytest.mark.parametrize("name", ["source_import", "source_schedule"])
def test_what_is_embedded_is_neither_imported_nor_scheduled(client, administrator, producer, name):
    assert client.post(reverse(name, args=["etalab_decoupage"])).status_code == 404


def test_the_sources_page_says_what_is_to_be_synced(client, db, producer):
    page = client.get(reverse("sources")).content.decode()

    assert reverse("source", args=[DATASET]) in page
    assert "jamais" in page


# ------------------------------------------------------------------------------------- schedule


def test_a_schedule_is_set_followed_and_stopped(client, administrator, producer):
    address = reverse("source_schedule", args=[DATASET])
    page = client.post(address, {"frequency": "weekly"}, follow=True).content.decode()
    schedule = Schedule.objects.get()
    assert timezone.localtime(schedule.next_at).weekday() == 0
    assert schedule.next_at > timezone.now()
    assert "Prochaine synchronisation" in page

    client.post(address, {"frequency": "never"})
    assert not Schedule.objects.exists()
    assert AuditEntry.objects.filter(verb="data.schedule").count() == 2


def test_a_frequency_that_does_not_exist_is_refused(client, administrator, producer):
    client.post(reverse("source_schedule", args=[DATASET]), {"frequency": "hourly"})

    assert not Schedule.objects.exists()


def test_the_worker_does_what_is_due_once(administrator, producer):
    from ansanm.jobs import schedules

    syncing.set_schedule(by=administrator, dataset=DATASET, frequency="daily")
    assert schedules.enqueue_due() == []
    Schedule.objects.update(next_at=timezone.now() - timedelta(days=3))

    (job,) = schedules.enqueue_due()
    assert schedules.enqueue_due() == []
    assert job.requested_by is None
    assert Schedule.objects.get().next_at > timezone.now()
    assert worked(job).state == State.DONE
    assert rsa("33063") == 9260
