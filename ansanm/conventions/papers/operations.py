"""The deeds on the papers of a convention: its articles, its annexes, what every document carries."""

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions import files
from ansanm.conventions.models import Annex, Article, Convention, ConventionParty, Deliberation
from ansanm.conventions.models.documents import DocumentSettings
from ansanm.conventions.papers import deliberations, starting
from ansanm.conventions.papers.brought import check_annex, check_logo, n_pages_of
from ansanm.territories.versions import StaleVersion

ARTICLE_FACTS = ("heading", "text")
ANNEX_FACTS = ("kind", "title", "text", "is_included")
SETTING_FACTS = ("logo_text", "header", "footer")
DELIBERATION_FACTS = ("title", "rapporteur", "session_on", "text")
# A text of thousands of pages would stop every print after it.
MAX_ARTICLES = 60
MAX_ANNEXES = 30
MAX_BROUGHT_PAGES = 600


def locked(rows, pk, base_version: int):
    """That row, locked, if nobody saved it since `base_version`."""
    current = rows.select_for_update().get(pk=pk)
    if current.version != base_version:
        raise StaleVersion(current)
    return current


def kept(row, facts) -> dict:
    """What the trail keeps: a rapporteur is a person, and the trail outlives people."""
    told = {name: getattr(row, name) for name in facts}
    return told | ({"rapporteur": "…"} if told.get("rapporteur") else {})


def changed_by(row, facts: dict) -> list[str]:
    changed = sorted(name for name, value in facts.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, facts[name])
    return changed


@transaction.atomic
def start_text(*, by, convention) -> int:
    """Write the standard articles and annexes where there are none yet; return how many were written."""
    convention = Convention.objects.select_for_update().get(pk=convention.pk)
    made = 0
    if not convention.articles.exists():
        for position, one in enumerate(starting.standard_articles(convention)):
            Article.objects.create(convention=convention, position=position, **one)
            made += 1
    if not convention.annexes.exists():
        for position, one in enumerate(starting.standard_annexes(convention)):
            Annex.objects.create(convention=convention, position=position, **one)
            made += 1
    if made:
        record("papers.start", by=by, target=convention, convention=convention, after={"n_made": made})
    return made


def last_position(rows) -> int:
    last = rows.order_by("-position").values_list("position", flat=True).first()
    return 0 if last is None else last + 1


@transaction.atomic
def add_article(*, by, convention, heading, text="") -> Article:
    convention = Convention.objects.select_for_update().get(pk=convention.pk)
    if convention.articles.count() >= MAX_ARTICLES:
        raise ValidationError(_("Une convention compte %(n)s articles au plus.") % {"n": MAX_ARTICLES})
    article = Article(
        convention=convention, heading=heading, text=text, position=last_position(convention.articles)
    )
    article.full_clean()
    article.save()
    record("article.add", by=by, target=article, convention=convention, after=kept(article, ARTICLE_FACTS))
    return article


@transaction.atomic
def update_article(*, by, article, base_version: int, **facts) -> Article:
    """Save what was written over version `base_version`; StaleVersion when somebody saved since."""
    current = locked(Article.objects, article.pk, base_version)
    before = kept(current, ARTICLE_FACTS)
    if not changed_by(current, facts):
        return current
    current.version += 1
    current.full_clean()
    current.save()
    record(
        "article.update",
        by=by,
        target=current,
        convention=current.convention,
        before=before,
        after=kept(current, ARTICLE_FACTS),
    )
    return current


@transaction.atomic
def add_annex(*, by, convention, kind, title="", text="", is_included=True, upload=None) -> Annex:
    convention = Convention.objects.select_for_update().get(pk=convention.pk)
    if convention.annexes.count() >= MAX_ANNEXES:
        raise ValidationError(_("Une convention compte %(n)s annexes au plus.") % {"n": MAX_ANNEXES})
    annex = Annex(
        convention=convention,
        kind=kind,
        title=title,
        text=text,
        is_included=is_included,
        position=last_position(convention.annexes),
    )
    annex.full_clean()
    if upload:
        annex.file = keep_upload(by, convention, upload, check_brought(convention.annexes.all()))
    annex.save()
    record("annex.add", by=by, target=annex, convention=convention, after=kept(annex, ANNEX_FACTS))
    return annex


@transaction.atomic
def update_annex(*, by, annex, base_version: int, upload=None, drop_file=False, **facts) -> Annex:
    current = locked(Annex.objects, annex.pk, base_version)
    before, old = kept(current, ANNEX_FACTS), current.file
    changed = changed_by(current, facts)
    if not changed and not upload and not (drop_file and old):
        return current
    if upload:
        others = current.convention.annexes.exclude(pk=current.pk)
        current.file = keep_upload(by, current.convention, upload, check_brought(others))
    elif drop_file:
        current.file = None
    current.version += 1
    current.full_clean()
    current.save()
    if old and old != current.file:
        files.remove(by=by, stored=old)
    record(
        "annex.update",
        by=by,
        target=current,
        convention=current.convention,
        before=before,
        after=kept(current, ANNEX_FACTS),
    )
    return current


def check_brought(others):
    """The check of a PDF whose pages come with those that the `others` brought: each print draws them all."""

    def check(content):
        check_annex(content)
        n_pages = n_pages_of(content)
        for one in others.filter(file__isnull=False).select_related("file"):
            with suppress(FileNotFoundError, ValidationError):
                n_pages += n_pages_of(files.read_bytes(one.file))
        if n_pages > MAX_BROUGHT_PAGES:
            raise ValidationError(
                _("Les annexes apportées feraient %(n)s pages en tout\u00a0: %(most)s au plus."),
                params={"n": n_pages, "most": MAX_BROUGHT_PAGES},
            )

    return check


def keep_upload(by, convention, upload, check):
    content = files.read_upload(upload)
    check(content)
    return files.keep(by=by, convention=convention, name=upload.name, content=content)


@transaction.atomic
def move(*, by, row, up: bool) -> None:
    """Exchange an article or an annex with its neighbour; nothing at the ends."""
    Convention.objects.select_for_update().get(pk=row.convention_id)
    rows = list(type(row).objects.filter(convention=row.convention_id))
    here = next((index for index, one in enumerate(rows) if one.pk == row.pk), None)
    there = None if here is None else here + (-1 if up else 1)
    if there is None or not 0 <= there < len(rows):
        return
    rows[here], rows[there] = rows[there], rows[here]
    for position, one in enumerate(rows):
        if one.position != position:
            type(row).objects.filter(pk=one.pk).update(position=position)
    record(f"{type(row).__name__.lower()}.move", by=by, target=row, convention=row.convention)


@transaction.atomic
def remove(*, by, row, base_version: int) -> None:
    """Take an article or an annex off; the trail keeps its text."""
    current = locked(type(row).objects, row.pk, base_version)
    is_article = isinstance(current, Article)
    record(
        "article.remove" if is_article else "annex.remove",
        by=by,
        target=current,
        convention=current.convention,
        before=kept(current, ARTICLE_FACTS if is_article else ANNEX_FACTS),
    )
    file = None if is_article else current.file
    current.delete()
    if file:
        files.remove(by=by, stored=file)


@transaction.atomic
def update_settings(*, by, convention, base_version: int, upload=None, drop_logo=False, **facts):
    """What every document carries; a logo has words for who does not see it."""
    convention = Convention.objects.select_for_update().get(pk=convention.pk)
    current, _made = DocumentSettings.objects.get_or_create(convention=convention)
    if current.version != base_version:
        raise StaleVersion(current)
    before, old = kept(current, SETTING_FACTS), current.logo
    changed_by(current, facts)
    if upload:
        current.logo = keep_upload(by, convention, upload, check_logo)
    elif drop_logo:
        current.logo = None
    if current.logo and not current.logo_text.strip():
        raise ValidationError(
            {"logo_text": _("Dites ce que montre le logo\u00a0: un lecteur d’écran le lira.")}
        )
    current.version += 1
    current.full_clean()
    current.save()
    if old and old != current.logo:
        files.remove(by=by, stored=old)
    record(
        "papers.settings",
        by=by,
        target=convention,
        convention=convention,
        before=before,
        after=kept(current, SETTING_FACTS),
    )
    return current


@transaction.atomic
def start_deliberation(*, by, party: ConventionParty, agreement_version=None) -> Deliberation:
    """Write the text an assembly will vote, or give back the one already written for it."""
    convention = Convention.objects.select_for_update().get(pk=party.convention_id)
    found = party.deliberations.filter(agreement_version=agreement_version).first()
    if found:
        return found
    row = Deliberation.objects.create(
        party=party,
        agreement_version=agreement_version,
        **deliberations.first_text(convention, party, agreement_version),
    )
    record(
        "deliberation.add",
        by=by,
        target=row,
        convention=convention,
        after={"title": row.title, "organisation": party.organisation.name},
    )
    return row


@transaction.atomic
def update_deliberation(*, by, deliberation, base_version: int, **facts) -> Deliberation:
    current = locked(Deliberation.objects, deliberation.pk, base_version)
    before = kept(current, DELIBERATION_FACTS)
    if not changed_by(current, facts):
        return current
    current.version += 1
    current.full_clean(exclude=["agreement_version"])
    current.save()
    organisation = {"organisation": current.party.organisation.name}
    record(
        "deliberation.update",
        by=by,
        target=current,
        convention=current.party.convention,
        before=before | organisation,
        after=kept(current, DELIBERATION_FACTS) | organisation,
    )
    return current


@transaction.atomic
def remove_deliberation(*, by, deliberation, base_version: int) -> None:
    current = locked(Deliberation.objects, deliberation.pk, base_version)
    record(
        "deliberation.remove",
        by=by,
        target=current,
        convention=current.party.convention,
        before=kept(current, DELIBERATION_FACTS) | {"organisation": current.party.organisation.name},
    )
    current.delete()
