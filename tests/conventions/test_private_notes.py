"""A private note of a house: on no page, export or feed that the other house may open."""

import pytest
from django.test import Client

from ansanm.conventions.plan import news
from tests.endpoints import every_endpoint
from tests.examples import of_proposal
from tests.test_rights_matrix import text

SECRET = "Canari-prive-de-la-Caf"
# All that belongs to a convention, and what gathers several: portfolio, feeds, search, personal links.
ASKED = [
    one
    for one in every_endpoint()
    if "GET" in (one.methods or ())
    and ((one.rule and one.rule.find) or one.view.__module__.startswith("ansanm.conventions"))
]


@pytest.fixture
def note(cast):
    """A note of the Caf on the fiche, and another under a proposal."""
    from ansanm.conventions.models import Proposal

    proposal = Proposal.objects.get(pk=of_proposal(cast)["pk"])
    more = {"by": cast.caf_adviser, "action": proposal.action, "text": SECRET, "private": True}
    return [news.add_comment(**more), news.add_comment(proposal=proposal, **more)]


def test_every_page_of_a_convention_is_asked():
    assert len(ASKED) > 40
    assert {"action", "proposal", "convention_journal", "plan", "contribute"} <= {one.name for one in ASKED}


@pytest.mark.parametrize("person", ["city_officer", "association"])
def test_a_private_note_leaves_its_house_by_no_address(cast, note, own_observations, person):
    client = Client()
    client.force_login(getattr(cast, person))

    leaks = [one.name for one in ASKED if SECRET in text(client.get(one.url(cast)))]

    assert leaks == []


def test_its_own_house_reads_it(cast, note, own_observations):
    client = Client()
    client.force_login(cast.caf_adviser)

    read = {one.name for one in ASKED if SECRET in text(client.get(one.url(cast)))}

    assert {"action", "proposal"} <= read
