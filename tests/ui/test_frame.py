"""The frame's own pages and files, without a browser."""

import gzip
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import RequestFactory

from ansanm.ui import views

PAGE_BUDGET = 100_000  # bytes of gzip, everything a page without a script loads


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ({"language": "en", "next": "/ui/"}, "/en/ui/"),
        ({"language": "fr", "next": "/en/ui/"}, "/ui/"),
        ({"language": "en", "next": "/ui/?page=2"}, "/en/ui/?page=2"),
        ({"language": "xx", "next": "/ui/"}, "/ui/"),
        # A link of ours must not send a reader elsewhere.
        ({"language": "en", "next": "https://example.org/"}, "/en/"),
        ({"language": "en", "next": "//example.org/"}, "/en/"),
        ({"language": "en"}, "/en/"),
    ],
)
def test_the_other_language_is_the_same_page(query, target):
    response = views.set_language(RequestFactory().get("/langue/", query))

    assert response.status_code == 302
    assert response.url == target


def test_the_page_of_a_failure_needs_no_database():
    # Without the django_db mark, pytest-django refuses any query.
    response = views.server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "La panne vient de notre côté" in response.content.decode()


@pytest.mark.django_db
def test_an_ordinary_page_loads_less_than_its_budget(client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "ansanm.ui.storage.StaticStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    html = client.get("/ui/").content

    loaded = [len(gzip.compress(html))]
    for line in html.decode().splitlines():
        if "stylesheet" in line and "print" not in line:
            path = tmp_path / line.split('href="')[1].split('"')[0].removeprefix("/static/")
            assert path.with_name(path.name + ".gz").exists(), f"{path.name} is not compressed"
            loaded.append(path.with_name(path.name + ".gz").stat().st_size)
    assert len(loaded) > 2
    assert b"<script" not in html
    assert sum(loaded) < PAGE_BUDGET


def test_no_component_is_left_unused():
    folder = Path(views.__file__).parent / "templates" / "ui"
    everything = (
        "".join(file.read_text() for file in folder.rglob("*.html"))
        + (folder.parent.parent / "templatetags" / "ui.py").read_text()
    )

    for component in (folder / "components").glob("*.html"):
        assert f"ui/components/{component.name}" in everything, f"{component.name} is shown nowhere"
