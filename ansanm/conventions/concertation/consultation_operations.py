"""The deeds on the public page of the concertation: write it, publish it, take it back."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.models import ConsultationPage, Convention
from ansanm.territories.versions import StaleVersion


def page_of(convention) -> ConsultationPage:
    """The page, or an empty one that is not kept yet: reading writes nothing."""
    page = ConsultationPage.objects.filter(convention=convention).first()
    page = page or ConsultationPage(convention=convention)
    page.convention = convention
    return page


def locked(convention) -> ConsultationPage:
    # The convention first: of two people who open the page at once, one makes the row.
    Convention.objects.select_for_update().get(pk=convention.pk)
    ConsultationPage.objects.get_or_create(convention=convention)
    return (
        ConsultationPage.objects.select_for_update(of=("self",))
        .select_related("convention")
        .get(convention=convention)
    )


def facts_of(page) -> dict:
    return {
        "introduction": page.introduction,
        "takes_contributions": page.takes_contributions,
        "n_quotes": page.quotes.count(),
    }


@transaction.atomic
def update_page(
    *, by, convention, base_version: int, introduction: str, takes_contributions: bool, quotes
) -> ConsultationPage:
    """Write it over version `base_version`. Of `quotes`, only what moderation kept is quoted."""
    page = locked(convention)
    if page.version != base_version:
        raise StaleVersion(page)
    before = facts_of(page)
    page.introduction, page.takes_contributions = introduction, takes_contributions
    page.version += 1
    page.save(update_fields=["introduction", "takes_contributions", "version"])
    page.quotes.set(convention.contributions.shown().filter(pk__in=quotes))
    record(
        "consultation.update",
        by=by,
        target=convention,
        convention=convention,
        before=before,
        after=facts_of(page),
    )
    return page


@transaction.atomic
def publish_page(*, by, convention) -> ConsultationPage:
    page = locked(convention)
    if not page.introduction.strip():
        raise ValidationError(_("Écrivez d’abord la présentation : c’est ce que l’on lit en premier."))
    if page.published_at is None:
        page.published_at = timezone.now()
        page.save(update_fields=["published_at"])
        record("consultation.publish", by=by, target=convention, convention=convention)
    return page


@transaction.atomic
def withdraw_page(*, by, convention) -> ConsultationPage:
    page = locked(convention)
    if page.published_at is not None:
        page.published_at = None
        page.save(update_fields=["published_at"])
        record("consultation.withdraw", by=by, target=convention, convention=convention)
    return page
