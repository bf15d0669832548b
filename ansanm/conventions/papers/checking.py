"""What is left to write before a convention is printed to be signed."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from ansanm.conventions.models import Annex, Convention, Deliberation
from ansanm.conventions.papers.annexes import live_blocks
from ansanm.conventions.papers.equipment import missing, rows_of
from ansanm.conventions.plan.reading.values import placeholder
from ansanm.ui.documents.blocks import Paragraph
from ansanm.ui.formats import format_period


@dataclass(frozen=True)
class Left:
    where: str
    what: str
    url: str


def left_to_write(convention: Convention) -> list[Left]:
    """Placeholders of the texts, facts that the articles do not repeat, votes and services not told."""
    found = []
    articles = list(convention.articles.all())
    for one in articles:
        url = reverse("paper_row", args=[convention.slug, "article", one.pk])
        found += [Left(one.heading, words, url) for words in around(f"{one.heading}\n{one.text}")]
    for one in convention.annexes.filter(is_included=True):
        url = reverse("paper_row", args=[convention.slug, "annexe", one.pk])
        found += [Left(str(one), words, url) for words in around(f"{one.title}\n{one.text}")]
        found += [Left(str(one), words, url) for words in lacking(one)]
    for one in Deliberation.objects.filter(
        party__convention=convention, party__left_on="", agreement_version=None
    ).select_related("party__organisation"):
        url = reverse("deliberation", args=[convention.slug, one.pk])
        found += [
            Left(one.party.organisation.name, words, url) for words in around(f"{one.title}\n{one.text}")
        ]
    if articles:
        found += list(dates_not_said(convention, "\n".join(one.text for one in articles)))
    for party in convention.parties.filter(left_on="").select_related("organisation"):
        if party.votes and not (party.deliberation_number and party.deliberation_on):
            found.append(
                Left(
                    party.organisation.name,
                    _("le numéro ou la date de sa délibération"),
                    reverse("deliberations", args=[convention.slug]),
                )
            )
    n_lacking = sum(bool(missing(one)) for one in rows_of(convention))
    if n_lacking:
        found.append(
            Left(
                _("Équipements et services soutenus"),
                _("ce que demande le bonus territoire, pour %(n)s équipements") % {"n": n_lacking}
                if n_lacking > 1
                else _("ce que demande le bonus territoire, pour un équipement"),
                reverse("equipment", args=[convention.slug]) + "?manque=1",
            )
        )
    return found


def around(text: str) -> list[str]:
    """Each placeholder of `text` with the sentence it waits in."""
    return [line.strip()[:220] for line in text.splitlines() if placeholder(line)]


def lacking(annex: Annex) -> list[str]:
    """What an annex written from live data says it has not. A diagnosis warns of its figures, not of us."""
    if annex.kind == Annex.Kind.DIAGNOSIS:
        return []
    told = (one.text for one in live_blocks(annex) if isinstance(one, Paragraph) and one.kind == "warning")
    # Several bodies, or parties, may lack the same.
    return list(dict.fromkeys(told))


def dates_not_said(convention: Convention, text: str):
    """A date corrected in the convention once the articles were written."""
    url = reverse("papers", args=[convention.slug]) + "#articles"
    for label, day in ((_("Début"), convention.starts_on), (_("Fin"), convention.end)):
        if day and format_period(day, "fr") not in text:
            yield Left(
                label, _("aucun article ne dit «\u00a0%(day)s\u00a0»") % {"day": format_period(day)}, url
            )
