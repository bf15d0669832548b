"""Services that answer page by page, over HTTP, with the ways they fail to make a whole."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from ansanm.territories import observations
from ansanm.territories.sources.connectors import connectors, fetching, ingesting, paging

ITEMS = [{"id": n} for n in range(10)]


@pytest.fixture
def pages(monkeypatch, settings, tmp_path):
    """A service of ten items, four a page; `answers[start]` replaces what it gives from there."""
    settings.HOME = tmp_path
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0,))

    class State:
        answers: dict = {}
        asked: list = []
        totals: list = [10]

    state = State()
    state.answers, state.asked, state.totals = {}, [], [10]

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            start = int(parse_qs(urlsplit(self.path).query)["start"][0])
            state.asked.append(start)
            given = state.answers.get(start)
            if isinstance(given, list) and given and isinstance(given[0], int):
                status = given.pop(0)
                if not given:
                    del state.answers[start]
                self.send_error(status)
                return
            total = state.totals.pop(0) if len(state.totals) > 1 else state.totals[0]
            body = given if given is not None else {"items": ITEMS[start : start + 4], "total": total}
            content = json.dumps(body).encode() if not isinstance(body, bytes) else body
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/?start="
    state.service = paging.Service(
        url=lambda start: f"{address}{start}",
        size=4,
        items=lambda answer: answer["items"],
        total=lambda answer: paging.announced(answer.get("total")),
        key=lambda one: one["id"],
    )
    state.fetch = lambda **more: paging.fetch(state.service, "ten", max_bytes=10_000, **more)
    yield state
    server.shutdown()
    server.server_close()


def test_pages_make_the_whole_once_and_leave_nothing_behind(pages, tmp_path):
    told = []

    assert pages.fetch(progress=lambda *what: told.append(what[:2])) == ITEMS
    assert pages.asked == [0, 4, 8]
    assert (10, 10) in told
    assert not (tmp_path / "downloads" / "ten.pages").exists()


def test_a_service_that_announces_no_total_ends_with_a_short_page(pages):
    pages.totals = ["unknown"]

    assert pages.fetch() == ITEMS


def test_a_service_may_give_fewer_than_it_is_asked(pages):
    pages.answers = {0: {"items": ITEMS[:3], "total": 10}, 3: {"items": ITEMS[3:7], "total": 10}}

    assert pages.fetch() == ITEMS
    assert pages.asked == [0, 3, 7]


@pytest.mark.parametrize("missing", [{"items": [], "total": 10}, {"items": ITEMS[4:6], "total": 10}])
def test_a_missing_page_is_told_and_the_next_time_reads_all_again(pages, missing):
    pages.answers = {4: missing, 6: {"items": [], "total": 10}}

    with pytest.raises(paging.PagingError, match=r"annonce 10 lignes et n’en donne que [46]"):
        pages.fetch()
    pages.answers.clear()
    assert pages.fetch() == ITEMS


def test_a_page_that_comes_twice_is_told(pages):
    pages.answers = {4: {"items": ITEMS[:4], "total": 10}}

    with pytest.raises(paging.PagingError, match="deux fois la même page"):
        pages.fetch()


def test_lines_that_move_from_a_page_to_another_are_not_counted_twice(pages):
    """One line was added before: the fourth comes again, and the last would be missed."""
    pages.answers = {4: {"items": ITEMS[3:7], "total": 10}, 8: {"items": ITEMS[7:9], "total": 10}}
    pages.answers[10] = {"items": [], "total": 10}

    with pytest.raises(paging.PagingError, match="n’en donne que 9"):
        pages.fetch()


def test_after_a_failure_in_the_middle_only_what_is_missing_is_asked(pages):
    pages.answers = {4: [503, 502]}
    with pytest.raises(fetching.FetchError, match="HTTP 502"):
        pages.fetch()
    assert pages.asked == [0, 4, 4]

    assert pages.fetch() == ITEMS
    assert pages.asked == [0, 4, 4, 4, 8]


def test_a_failure_that_passes_is_not_even_seen(pages):
    pages.answers = {8: [500]}

    assert pages.fetch() == ITEMS


def test_a_total_that_changes_starts_again_and_one_that_never_stops_is_told(pages):
    pages.totals = [9, 10]
    assert pages.fetch() == ITEMS
    assert pages.asked == [0, 4, 0, 4, 8]

    pages.totals = list(range(11, 40))
    with pytest.raises(paging.PagingError, match="change pendant la lecture"):
        pages.fetch()


def test_a_total_that_changed_since_the_failure_starts_again(pages):
    pages.answers = {4: [503, 503]}
    pages.totals = [12, 10]
    with pytest.raises(fetching.FetchError):
        pages.fetch()

    assert pages.fetch() == ITEMS
    assert pages.asked == [0, 4, 4, 4, 0, 4, 8]


def test_old_pages_are_not_resumed(pages, monkeypatch):
    pages.answers = {4: [503, 503]}
    with pytest.raises(fetching.FetchError):
        pages.fetch()
    monkeypatch.setattr(paging, "KEPT_SECONDS", -1)

    assert pages.fetch() == ITEMS
    assert pages.asked[3:] == [0, 4, 8]


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"items": 3}', b'{"other": []}'])
def test_a_page_that_is_none_is_told_and_asked_again_later(pages, content):
    pages.answers = {4: content}
    with pytest.raises(paging.PagingError):
        pages.fetch()

    pages.answers.clear()
    assert pages.fetch() == ITEMS


# ------------------------------------------------------------- Opendatasoft: when the export fails


@pytest.fixture
def caf(monkeypatch, settings, tmp_path, own_observations):
    """data.caf.fr, whose export fails and whose records answer, two a page."""
    from ansanm.territories.sources.connectors import cnaf

    settings.HOME = tmp_path / "home"
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0,))
    monkeypatch.setattr(cnaf, "RECORDS_PAGE", 2)
    held = [
        {"annee": "2023", "numcom": code, "nomcom": "X", "txcouv_com": rate, "txcouv_eaje_com": None}
        for code, rate in (("33063", 60.5), ("97411", 40.6), ("97415", 43.3))
    ]
    state = {"total": len(held), "asked": []}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            where, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            state["asked"].append(where.rpartition("/")[2])
            if not where.endswith("/records"):
                self.send_error(500)
                return
            state["order"] = query["order_by"][0]
            start, n = int(query["offset"][0]), int(query["limit"][0])
            answer = {"total_count": state["total"], "results": held[start : start + n]}
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("ANSANM_CAF_URL", f"http://127.0.0.1:{server.server_port}")
    yield state
    server.shutdown()
    server.server_close()


def test_where_the_export_fails_the_records_are_read_page_by_page(caf):
    report = ingesting.sync(connectors()["cnaf_txcouv_com"])

    found = {one.code: one.value for one in observations.read(None, ["coverage_rate"])}
    assert found["97411"] == 40.6
    assert report.n_read == 3
    assert caf["asked"] == ["csv", "csv", "records", "records"]
    assert caf["order"] == "annee,numcom"


def test_a_table_too_long_for_its_records_says_why_the_export_failed(caf):
    caf["total"] = 20_000

    with pytest.raises(fetching.FetchError, match="exports/csv.*HTTP 500"):
        ingesting.sync(connectors()["cnaf_txcouv_com"])
