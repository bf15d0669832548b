"""Notices in words: one line for what one person did on one fiche, the same on the page and in a mail."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.conventions.models import Action, Convention, Decision, Notice, Proposal
from ansanm.conventions.plan import wording
from ansanm.conventions.plan.notices import fields_changed
from ansanm.ui.formats import format_vague, labelled, quoted

Kind = Notice.Kind
# What is read of a comment outside of its page.
QUOTED = 200
# Fields named in one line: beyond, their number says enough.
NAMED = 4
# Whatever a mail programme would make a link of.
# « @Marie » is a name and no address.
ADDRESS = re.compile(r"\S*(?:://|\bwww\.)\S*|\S+@\S+|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\b\S*")


@dataclass(frozen=True)
class Line:
    # What it is about: a fiche, or a decision.
    action: Action | Decision
    convention: Convention
    kind: str
    who: str
    words: str
    quote: str
    url: str
    at: datetime

    @property
    def title(self) -> str:
        if isinstance(self.action, Decision):
            return _("Décision n° %(number)s") % {"number": self.action.number}
        return self.action.title

    @property
    def sentence(self) -> str:
        """What the person did, and the words they wrote: « a commenté : « Quel budget ? » »."""
        return labelled(self.words, quoted(self.quote)) if self.quote else self.words


def told(notices) -> list[Line]:
    """`notices` (with their relations) as lines, newest first; what one person did twice is one line."""
    groups: dict[tuple, list] = {}
    for one in notices:
        about = (one.proposal_id, one.decision_id)
        groups.setdefault((one.action_id, one.kind, about, author_of(one)), []).append(one)
    # The answer to a proposal says that the fiche was changed by it.
    answered = {(action, who) for action, kind, _about, who in groups if kind == Kind.ANSWER}
    lines = [
        line_of(group)
        for (action, kind, _about, who), group in groups.items()
        if not (kind == Kind.CHANGE and (action, who) in answered)
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def with_relations(notices):
    return notices.select_related(
        "action", "convention", "by", "comment", "proposal__decided_by", "progress", "measure", "decision"
    )


def author_of(notice) -> str:
    by_name = (notice.progress and notice.progress.by_name) or (notice.measure and notice.measure.by_name)
    if notice.kind == Kind.DECISION:
        return _("Un rappel")
    if notice.by is None:
        return by_name or _("Une personne sans compte")
    return str(notice.by)


def line_of(group) -> Line:
    last = max(group, key=lambda one: (one.at, one.pk))
    # The convention is at hand: without it, the address of each fiche would be a query.
    about = last.decision if last.kind == Kind.DECISION else last.action
    about.convention = last.convention
    return Line(
        action=about,
        convention=last.convention,
        kind=last.kind,
        who=author_of(last),
        words=words_of(last, group),
        quote=quote_of(last) if len(group) == 1 else "",
        url=url_of(last),
        at=last.at,
    )


def quote_of(notice) -> str:
    if notice.kind == Kind.DECISION:
        return excerpt(notice.decision.text)
    return excerpt(notice.comment.text) if notice.comment else ""


def url_of(notice) -> str:
    if notice.kind == Kind.DECISION:
        return reverse("decision", args=[notice.convention.slug, notice.decision_id])
    if notice.comment_id:
        return page_of(notice.comment, notice.convention)
    if notice.proposal_id:
        return reverse("proposal", args=[notice.convention.slug, notice.proposal_id])
    return reverse("action", args=[notice.convention.slug, notice.action_id])


def page_of(comment, convention) -> str:
    """Where a comment is read: under its proposal, or on its fiche."""
    if comment.proposal_id:
        page = reverse("proposal", args=[convention.slug, comment.proposal_id])
    else:
        page = reverse("action", args=[convention.slug, comment.action_id])
    return f"{page}#comment-{comment.pk}"


def words_of(last, group) -> str:
    match last.kind:
        case Kind.MENTION:
            return _("vous a cité")
        case Kind.COMMENT:
            return ngettext("a commenté", "a écrit %(n)s commentaires", len(group)) % {"n": len(group)}
        case Kind.PROPOSAL:
            if last.proposal.state == Proposal.State.OPEN:
                return _("propose une modification, à laquelle votre maison répond")
            return _("proposait une modification, qui a sa réponse")
        case Kind.ANSWER if last.proposal.state == Proposal.State.ACCEPTED:
            return _("a accepté votre proposition")
        case Kind.ANSWER:
            return _("a refusé votre proposition")
        case Kind.CHANGE:
            return changed_words(group)
        case Kind.DECISION if last.decision.due:
            due = format_vague(last.decision.due)
            return _("attend une suite, échéance\u00a0: %(due)s") % {"due": due}
        case Kind.DECISION:
            return _("attend une suite")
    return _("a donné des nouvelles")


def changed_words(group) -> str:
    since, until = min(one.since_version for one in group), max(one.until_version for one in group)
    names = fields_changed(group[0].action_id, since, until, by=group[0].by)
    if not names:
        return _("a modifié la fiche")
    listed = ", ".join(wording.label_of(name) for name in names[:NAMED])
    if len(names) > NAMED:
        more = len(names) - NAMED
        return ngettext(
            "a modifié %(listed)s et %(n)s autre champ", "a modifié %(listed)s et %(n)s autres champs", more
        ) % {"listed": listed, "n": more}
    return _("a modifié\u00a0: %(listed)s") % {"listed": listed}


def excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= QUOTED else flat[: QUOTED - 1].rstrip() + "…"


def harmless(text: str) -> str:
    """What somebody typed, as a mail may hold it: one line, nothing hidden, no address to click on.

    A comment that says « votre session a expiré : https://… » must not become a link sent in our name,
    nor a line break forge a line of ours.
    """
    shown = "".join(
        " " if unicodedata.category(one)[0] in "CZ" and one not in "\u00a0\u202f" else one for one in text
    )
    flat = re.sub(r" {2,}", " ", shown).strip(" ")
    return ADDRESS.sub(lambda found: re.sub(r"([.@]|://)", r" \1 ", found[0]).replace("://", ": //"), flat)
