"""What every test shares: the cast, the observations, and no way out to the network."""

import socket

import pytest

pytest_plugins = ["tests.cast", "tests.data_fixtures"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    # The browser first, whatever the random order: the longest group, begun last, would leave the other
    # core idle. Here and last, since xdist reads the groups before.
    items.sort(key=lambda item: "tests/browser" not in item.nodeid)


LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0"}


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    """A test that reaches beyond this machine is a test that fails elsewhere."""
    connect = socket.socket.connect

    def only_here(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOOPBACK:
            raise AssertionError(f"A test tried to reach {address}.")
        return connect(self, address)

    socket.socket.connect = only_here
    yield
    socket.socket.connect = connect


@pytest.fixture(autouse=True)
def _clean_slate():
    """A page in English, or one kept in the cache, must not be found by the next test."""
    from django.core.cache import cache
    from django.utils import translation

    yield
    translation.activate("fr")
    cache.clear()


@pytest.fixture(autouse=True)
def _files_elsewhere(settings, tmp_path):
    """What a test brings is not found by the next, nor by the instance on this machine."""
    settings.MEDIA_ROOT = tmp_path / "media"
