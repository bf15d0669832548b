import pytest
from django.utils.translation import override


@pytest.fixture(autouse=True)
def _in_french_without_second_factor(settings):
    """Officers sign in with a password alone: what forces a second factor is tested with accounts."""
    settings.DEMO = True
    # A page in English leaves its language behind in this thread.
    with override("fr"):
        yield
