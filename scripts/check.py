"""One command that says yes or no, the same on a laptop and in CI."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv/bin"
CHECKS = {
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "lint": [BIN / "ruff", "check", "--quiet", "."],
    "import order between apps": [BIN / "lint-imports"],
    "types of the engines": [BIN / "mypy"],
    "migrations up to date": [BIN / "python", "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment settings": [BIN / "python", "manage.py", "check", "--fail-level", "WARNING"],
    "translations complete": [BIN / "python", "scripts/messages.py", "check"],
}


def main():
    failed = []
    for name, command in CHECKS.items():
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}", flush=True)
        if done.returncode:
            print(done.stdout + done.stderr)
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
