"""The order of the rooms, where import-linter cannot see it: foreign keys, and what the repository holds."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import get_resolver

ROOT = Path(__file__).resolve().parent.parent
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0][
    "layers"
]


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: the repository cannot be listed")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_foreign_keys_point_down():
    room = {
        config.label: config.name.split(".")[1]
        for config in apps.get_app_configs()
        if config.name.startswith("ansanm.")
    }
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in room
        for field in model._meta.get_fields()
        if field.concrete
        and field.is_relation
        and field.related_model is not None
        and field.related_model._meta.app_label in room
        and LAYERS.index(room[field.related_model._meta.app_label])
        < LAYERS.index(room[model._meta.app_label])
    ]

    assert wrong == []


def test_every_dependency_says_why():
    text = (ROOT / "pyproject.toml").read_text()
    block = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    lines = [line.strip() for line in block.splitlines()]
    unexplained = [
        line
        for before, line in zip(lines, lines[1:], strict=False)
        if line.startswith('"') and not (before.startswith(("#", '"')))
    ]

    assert unexplained == []


def test_locks_hold_hashes_and_no_address():
    lock = (ROOT / "requirements/lock.txt").read_text()
    npm = (ROOT / "package-lock.json").read_text()

    assert "://" not in lock
    assert '"resolved"' not in npm
    assert all("--hash=" in block for block in re.split(r"\n(?=[a-z])", lock, flags=re.I))


def test_no_registry_and_no_path_of_a_machine_is_named():
    hosts = [
        "py" + "pi.org",
        "python" + "hosted",
        "registry" + ".npm" + "js",
        "deb." + "debian.org",
        "/wo" + "rk/",
        "bash" + "_jobs",
    ]
    named = {
        f"{path.relative_to(ROOT)}: {host}"
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".yaml", ".html", ".css", ".js", ""}
        for host in hosts
        if host in path.read_text(errors="ignore")
    }

    assert named == set()


def test_every_template_is_used():
    sources = "\n".join(
        path.read_text()
        for path in tracked()
        if path.suffix in {".py", ".html"} and "tests" not in path.parts
    )
    ours = [
        path.relative_to(path.parents[[parent.name for parent in path.parents].index("templates")])
        for path in tracked()
        if path.suffix == ".html" and "ansanm" in path.parts
    ]

    def is_named(name):
        # Whole, or by a view that gives its last word to the one function that shows a folder's pages.
        in_folder = f'f"{name.parent.as_posix()}/{{' in sources and (
            f'"{name.stem}"' in sources or f'"{name.name}"' in sources
        )
        return name.as_posix() in sources or in_folder

    # allauth finds its own by name.
    found_by_allauth = {"account", "mfa", "usersessions", "allauth"}
    unused = [str(name) for name in ours if name.parts[0] not in found_by_allauth and not is_named(name)]

    assert unused == []


def test_every_address_has_a_name():
    def walk(patterns):
        for one in patterns:
            if hasattr(one, "url_patterns"):
                yield from walk(one.url_patterns)
            elif not one.name:
                yield str(one.pattern)

    assert list(walk(get_resolver().url_patterns)) == []
