"""The command line: words, exit codes, and a backup that comes back."""

import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request

import pytest
from django.conf import settings as django_settings

from ansanm import cli
from ansanm.accounts import audit
from ansanm.accounts.models import User
from ansanm.accounts.operations import add_user
from ansanm.cli import serve
from ansanm.cli.output import Failure


@pytest.fixture
def ansanm(capsys, monkeypatch):
    """Run the command in this process; return its exit code, output and messages."""

    def run(*arguments, language="fr"):
        monkeypatch.setenv("ANSANM_LANG", language)
        try:
            code = cli.main(list(arguments))
        except SystemExit as error:
            code = error.code
        written = capsys.readouterr()
        return code, written.out, written.err

    return run


@pytest.fixture
def elsewhere(tmp_path):
    """Run the command in a process of its own, with a home of its own."""

    def run(*arguments, home="home"):
        return subprocess.run(
            [sys.executable, "-m", "ansanm.cli", *arguments],
            cwd=django_settings.BASE_DIR,
            env=environment(tmp_path / home),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def environment(home) -> dict:
    # The real settings: those of the tests have one home for all.
    ours = {"ANSANM_HOME": str(home), "ANSANM_LANG": "fr", "DJANGO_SETTINGS_MODULE": "config.settings"}
    return {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | ours


def migrate(tmp_path, home="home"):
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=django_settings.BASE_DIR,
        env=environment(tmp_path / home),
        check=True,
    )


def test_help_is_in_french_argparse_included(ansanm):
    code, out, _ = ansanm("--help")

    assert code == 0
    assert out.startswith("usage : ansanm")
    assert "affiche cette aide" in out
    assert "show this help" not in out


def test_help_is_in_english_when_asked(ansanm):
    code, out, _ = ansanm("--help", language="en")

    assert code == 0
    assert out.startswith("usage: ansanm")
    assert "show this help" in out


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "fr"),
        ({"LANG": "C.UTF-8"}, "fr"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "ANSANM_LANG": "fr"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_GB"}, "en"),
    ],
)
def test_the_language_is_that_of_the_terminal_and_french_by_default(monkeypatch, environment, expected):
    for name in ("ANSANM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert cli.language() == expected


@pytest.mark.parametrize("arguments", [[], ["unheard"], ["diagnose"], ["serve", "--port", "x"]])
def test_what_is_not_understood_ends_with_2(ansanm, arguments):
    code, _, err = ansanm(*arguments)

    assert code == 2
    assert "erreur" in err


def test_status_lists_what_is_loaded(ansanm, db, observations_home):
    code, out, _ = ansanm("data", "status")

    assert code == 0
    assert "etalab_decoupage" in out and "2026" in out


def test_status_of_an_empty_store_says_what_to_run(ansanm, db, own_observations):
    code, _, err = ansanm("data", "status")

    assert code == 1
    assert "ansanm setup-data" in err


def test_list_gives_producer_and_licence(ansanm, db, own_observations):
    code, out, _ = ansanm("data", "list")

    assert code == 0
    assert "Cnaf" in out and "Licence Ouverte 2.0" in out


def test_an_unknown_code_ends_with_1_and_a_suggestion(ansanm, territories):
    code, _, err = ansanm("diagnose", "97499")

    assert code == 1
    assert "97499" in err


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("97411", "commune"),
        ("75101", "arm"),
        ("249740119", "epci"),
        ("974110706", "iris"),
        ("974", "departement"),
        ("2a", "departement"),
        ("R04", "region"),
        ("fr", "france"),
    ],
)
def test_the_form_of_a_code_says_its_level(territories, code, level):
    from ansanm.cli.data import territory_of

    assert territory_of(code).level == level


def test_adding_a_person_prints_a_link_that_works(ansanm, client, db):
    code, out, _ = ansanm(
        "user",
        "add",
        "Marie@Example.org",
        "--first-name",
        "Marie",
        "--last-name",
        "Hoarau",
        "--administrator",
    )

    assert code == 0
    user = User.objects.get(email="marie@example.org")
    assert user.platform_role == "administrator"
    path = out.strip().splitlines()[-1].removeprefix("http://127.0.0.1:8000")
    assert client.get(path, follow=True).status_code == 200


def test_the_same_person_twice_is_refused(ansanm, db):
    arguments = ("user", "add", "marie@example.org", "--first-name", "Marie", "--last-name", "Hoarau")
    assert ansanm(*arguments)[0] == 0

    code, _, err = ansanm(*arguments)

    assert code == 1
    assert "marie@example.org" in err


@pytest.mark.parametrize("email", ["no address", "", "a@b"])
def test_a_bad_address_is_refused(ansanm, db, email):
    assert ansanm("user", "add", email, "--first-name", "A", "--last-name", "B")[0] == 1
    assert not User.objects.exists()


def test_an_unknown_organisation_is_refused_before_the_account_is_made(ansanm, db):
    code, _, err = ansanm(
        "user", "add", "a@example.org", "--first-name", "A", "--last-name", "B", "--organisation", "Personne"
    )

    assert code == 1
    assert "Personne" in err
    assert not User.objects.exists()


def test_the_audit_trail_is_verified(ansanm, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        add_user(by=None, email="marie@example.org", first_name="Marie", last_name="Hoarau")

    code, out, _ = ansanm("audit", "verify")
    assert code == 0
    assert "intact" in out

    audit.head_file().unlink()
    code, _, err = ansanm("audit", "verify")
    assert code == 1
    assert "absent" in err


def test_a_busy_port_is_said_with_another_to_try():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(Failure, match="--port"):
            serve.check_port("127.0.0.1", port)


def test_a_backup_comes_back_whole_in_an_empty_home(elsewhere, tmp_path):
    migrate(tmp_path)
    person = ("user", "add", "marie@example.org", "--first-name", "Marie", "--last-name", "Hoarau")
    assert elsewhere(*person).returncode == 0
    (tmp_path / "home" / "media").mkdir()
    (tmp_path / "home" / "media" / "convention.pdf").write_bytes(b"%PDF signed")
    archive = tmp_path / "backup.tar.gz"

    saved = elsewhere("backup", str(archive))
    restored = elsewhere("restore", str(archive), home="other")

    assert (saved.returncode, restored.returncode) == (0, 0), saved.stderr + restored.stderr
    assert archive.stat().st_mode & 0o077 == 0
    with tarfile.open(archive) as file:
        names = file.getnames()
        manifest = json.load(file.extractfile("manifest.json"))
    assert manifest["counts"]["accounts.user"] == 1
    assert not any("secret" in name for name in names)
    assert "marie@example.org" in elsewhere("user", "list", home="other").stdout
    assert (tmp_path / "other" / "media" / "convention.pdf").read_bytes() == b"%PDF signed"
    assert elsewhere("audit", "verify", home="other").returncode == 0
    # Neither an archive nor an instance is replaced unasked.
    assert elsewhere("backup", str(archive)).returncode == 1
    refused = elsewhere("restore", str(archive), home="other")
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert elsewhere("restore", str(archive), "--force", home="other").returncode == 0


@pytest.fixture(scope="module")
def sound_backup(tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("backup")
    migrate(folder)
    subprocess.run(
        [sys.executable, "-m", "ansanm.cli", "backup", str(folder / "backup.tar.gz")],
        cwd=django_settings.BASE_DIR,
        env=environment(folder / "home"),
        check=True,
    )
    return (folder / "backup.tar.gz").read_bytes()


def repacked(content: bytes, change) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content)) as file:
        members = {one.name: file.extractfile(one).read() for one in file.getmembers()}
    change(members)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as file:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return made.getvalue()


DAMAGES = {
    "cut": lambda content: content[: len(content) // 2],
    "not an archive": lambda content: b"hello",
    "altered": lambda content: repacked(
        content, lambda members: members.update({"database.sqlite3": members["database.sqlite3"] + b"x"})
    ),
    "smuggled": lambda content: repacked(
        content, lambda members: members.update({"media/page.html": b"<script>"})
    ),
    "without manifest": lambda content: repacked(content, lambda members: members.pop("manifest.json")),
    "out of its folder": lambda content: repacked(
        content, lambda members: members.update({"../../escaped": b"x"})
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_changes_nothing(elsewhere, tmp_path, sound_backup, damage):
    archive = tmp_path / "backup.tar.gz"
    archive.write_bytes(DAMAGES[damage](sound_backup))

    done = elsewhere("restore", str(archive), home="other")

    assert done.returncode == 1
    assert "backup.tar.gz" in done.stderr
    with sqlite3.connect(tmp_path / "other" / "ansanm.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    database.close()
    assert not (tmp_path / "other" / "media").exists()
    assert not list(tmp_path.rglob("escaped"))


def test_serving_needs_an_up_to_date_database_and_says_how(elsewhere):
    done = elsewhere("serve", "--port", "18999")

    assert done.returncode == 1
    assert "make setup" in done.stderr


def test_serve_answers_then_stops_with_its_worker(tmp_path):
    migrate(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = subprocess.Popen(
        [sys.executable, "-m", "ansanm.cli", "serve", "--port", str(port), "--workers", "1"],
        cwd=django_settings.BASE_DIR,
        env=environment(tmp_path / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert f"127.0.0.1:{port}" in served.stdout.readline()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/langue/", method="GET")
        try:
            status = urllib.request.urlopen(request, timeout=20).status
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        assert status < 500
    finally:
        served.send_signal(signal.SIGTERM)
        code = served.wait(30)
        served.stdout.close()

    assert code == 0
    time.sleep(0.2)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.django_db
def test_every_commune_is_computed_by_one_command(ansanm, observations_home, territories, tmp_path):
    code, out, _ = ansanm("country", "-o", str(tmp_path / "pays"))

    assert code == 0
    assert re.match(r"3\d{4} communes calculées en \d+(,\d)? s", out)
    assert {one.name for one in (tmp_path / "pays").iterdir()} == {"figures.parquet", "similar.parquet"}

    (tmp_path / "file").write_text("")
    code, out, err = ansanm("country", "-o", str(tmp_path / "file"))
    assert (code, out) == (1, "")
    assert "ne peut pas être écrit" in err


def test_the_command_says_its_help_before_any_setting_is_read():
    """A message translated while modules are imported would need the settings, and stop every command."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-c", "from ansanm.cli import main; main(['--help'])"]

    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    assert answer.returncode == 0, answer.stderr
