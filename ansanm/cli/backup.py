"""A copy of everything that cannot be downloaded again, and its way back.

The archive holds the database, the files people sent, the head of the audit trail and a manifest of
counts and hashes. It does not hold the secret key: whoever finds a backup must not be able to forge
a session. After a restore elsewhere, people sign in again.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from ansanm.accounts import audit
from ansanm.cli.output import Failure, say
from ansanm.ui.formats import labelled

FORMAT = 1
COPIES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}


def backup(options) -> int:
    target = Path(options.file)
    if target.exists() and not options.force:
        raise Failure(_("%(path)s existe déjà. Ajoutez --force pour le remplacer.") % {"path": target})
    if not target.parent.is_dir():
        raise Failure(_("Le dossier %(path)s n’existe pas.") % {"path": target.parent})
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".ansanm-") as name:
        folder = Path(name)
        copy_database(folder)
        if settings.MEDIA_ROOT.is_dir():
            shutil.copytree(settings.MEDIA_ROOT, folder / "media")
        if audit.head_file().exists():
            shutil.copy(audit.head_file(), folder / "audit_head")
        if options.with_observations and settings.OBSERVATIONS_DIR.is_dir():
            ignored = shutil.ignore_patterns(".*")
            shutil.copytree(settings.OBSERVATIONS_DIR, folder / "observations", ignore=ignored)
        manifest = {
            "format": FORMAT,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "database": connection.vendor,
            "counts": counts(),
            "files": hashes(folder),
        }
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
        beside = folder / "archive"
        with tarfile.open(beside, "w:gz", compresslevel=5) as archive:
            # First, so that it can be read without unpacking the rest.
            for path in ["manifest.json", *sorted(manifest["files"])]:
                archive.add(folder / path, arcname=path)
        # It holds what people entered: for its owner alone.
        beside.chmod(0o600)
        os.replace(beside, target)
    say(
        _("%(path)s : %(n)s fichiers, %(size)s Mo.")
        % {
            "path": target,
            "n": len(manifest["files"]),
            "size": round(target.stat().st_size / 1e6, 1),
        }
    )
    return 0


def copy_database(folder: Path) -> None:
    """Copy the database as it is at one instant, while others read and write it."""
    copy = folder / COPIES[connection.vendor]
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with sqlite3.connect(copy) as destination:
            connection.connection.backup(destination)
        destination.close()
        return
    postgresql("pg_dump", "--format=custom", "--no-owner", f"--file={copy}")


def postgresql(program: str, *arguments: str) -> None:
    given = connection.settings_dict
    environment = os.environ | {
        "PGHOST": given["HOST"] or "",
        "PGPORT": str(given["PORT"] or ""),
        "PGUSER": given["USER"] or "",
        "PGPASSWORD": given["PASSWORD"] or "",
        "PGDATABASE": given["NAME"],
    }
    environment = {name: value for name, value in environment.items() if value or not name.startswith("PG")}
    try:
        done = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise Failure(
            _("« %(program)s » est introuvable : installez les outils clients de PostgreSQL.")
            % {"program": program}
        ) from error
    if done.returncode:
        raise Failure(labelled(program, done.stderr.strip()))


def counts() -> dict[str, int]:
    """Return how many rows each table has, for a person to compare."""
    return {
        model._meta.label_lower: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
    }


def hashes(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                found[str(path.relative_to(folder))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def restore(options) -> int:
    source = Path(options.file)
    if not source.is_file():
        raise Failure(_("%(path)s n’existe pas.") % {"path": source})
    if not options.force and (there := what_is_there()):
        raise Failure(
            _(
                "Cette instance n’est pas vide (%(what)s). Arrêtez-la, puis ajoutez --force pour remplacer "
                "ses données, ou choisissez un dossier vide avec ANSANM_HOME."
            )
            % {"what": there}
        )
    settings.HOME.mkdir(parents=True, exist_ok=True)
    # In the same file system as the home: moving into place is then a rename.
    with tempfile.TemporaryDirectory(dir=settings.HOME, prefix=".restore-") as name:
        folder = Path(name)
        manifest = unpack(source, folder)
        if manifest["database"] != connection.vendor:
            raise Failure(
                _("Cette sauvegarde est celle d’une base %(theirs)s ; cette instance a une base %(ours)s.")
                % {"theirs": manifest["database"], "ours": connection.vendor}
            )
        put_database(folder)
        put_folder(folder / "media", settings.MEDIA_ROOT)
        put_folder(folder / "observations", settings.OBSERVATIONS_DIR)
        if (folder / "audit_head").exists():
            os.replace(folder / "audit_head", audit.head_file())
    check_counts(manifest["counts"])
    verified = audit.verify()
    if not verified.ok:
        raise Failure(
            _("Tout est en place, mais le journal n’est pas intact (%(reason)s).")
            % {"reason": verified.reason}
        )
    say(
        _("Sauvegarde du %(day)s remise en place : %(n)s lignes, journal intact.")
        % {"day": manifest["created_at"][:16].replace("T", " "), "n": sum(manifest["counts"].values())}
    )
    return 0


def what_is_there() -> str:
    """Return what a restore would replace, "" in an empty home."""
    tables = connection.introspection.table_names()
    if "accounts_user" in tables:
        from ansanm.accounts.models import User

        if User.objects.exists():
            return _("%(n)s comptes") % {"n": User.objects.count()}
    if settings.MEDIA_ROOT.is_dir() and any(settings.MEDIA_ROOT.iterdir()):
        return str(settings.MEDIA_ROOT)
    return ""


def unpack(source: Path, folder: Path) -> dict:
    """Unpack and check every file against the manifest; nothing of the instance is touched yet."""
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_text())
        listed, kind = manifest["files"], manifest["format"]
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError) as error:
        raise Failure(
            _("%(path)s n’est pas une sauvegarde entière d’Ansanm : %(error)s")
            % {"path": source, "error": error}
        ) from error
    if kind != FORMAT:
        raise Failure(_("Format de sauvegarde %(kind)s inconnu de cette version.") % {"kind": kind})
    found = hashes(folder)
    found.pop("manifest.json")
    if found != listed:
        wrong = sorted({path for path in found.keys() | listed.keys() if found.get(path) != listed.get(path)})
        raise Failure(
            _("%(path)s est abîmée : %(files)s ne correspondent pas au manifeste. Rien n’a été changé.")
            % {"path": source, "files": ", ".join(wrong[:5])}
        )
    return manifest


def put_database(folder: Path) -> None:
    copy = folder / COPIES[connection.vendor]
    if connection.vendor == "sqlite":
        database = Path(connection.settings_dict["NAME"])
        connection.close()
        for suffix in ("-wal", "-shm"):
            # The journal of the old database must not be replayed into the new one.
            Path(f"{database}{suffix}").unlink(missing_ok=True)
        os.replace(copy, database)
        return
    postgresql(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
        f"--dbname={connection.settings_dict['NAME']}", str(copy),
    )  # fmt: skip


def put_folder(copy: Path, target: Path) -> None:
    if not copy.is_dir():
        return
    if target.exists():
        old = target.with_name(f"{target.name}.before-restore")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(target, old)
    os.replace(copy, target)


def check_counts(expected: dict[str, int]) -> None:
    now = counts()
    if wrong := [label for label, n in expected.items() if now.get(label, n) != n]:
        raise Failure(_("Les nombres de lignes diffèrent dans : %(tables)s.") % {"tables": ", ".join(wrong)})
