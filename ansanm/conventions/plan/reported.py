"""What was published about the whole convention: amounts, counts, rates, each with its source."""

import hashlib

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ansanm.accounts.audit import canonical, record
from ansanm.conventions.models import ReportedFigure

FACTS = (
    "kind",
    "label",
    "period",
    "value",
    "precision",
    "unit",
    "funder",
    "scope",
    "numerator",
    "denominator",
    "denominator_meaning",
    "source_title",
    "source_url",
    "source_on",
)


def facts_of(figure: ReportedFigure) -> dict:
    return {name: getattr(figure, name) for name in FACTS}


def fingerprint(figure: ReportedFigure) -> str:
    """Changes with any fact of the figure: what a form showed, to be compared when it is sent."""
    return hashlib.sha256(canonical(facts_of(figure)).encode()).hexdigest()


def check(figure: ReportedFigure) -> None:
    figure.full_clean()
    if figure.value is None and figure.numerator is None:
        raise ValidationError({"value": _("Écrivez une valeur, ou un numérateur et son dénominateur.")})
    if figure.denominator is not None and not figure.denominator_meaning:
        # A rate whose denominator nobody knows is the trap this table is there for.
        raise ValidationError(
            {"denominator_meaning": _("Dites ce que compte le dénominateur, ou « non précisé ».")}
        )
    if figure.denominator is not None and figure.numerator is None:
        raise ValidationError({"numerator": _("Écrivez aussi le numérateur.")})


@transaction.atomic
def add_figure(*, by, convention, **facts) -> ReportedFigure:
    figure = ReportedFigure(convention=convention, **facts)
    check(figure)
    figure.save()
    record("reported.add", by=by, target=figure, convention=convention, after=facts_of(figure))
    return figure


@transaction.atomic
def update_figure(*, by, figure, seen: str, **facts) -> ReportedFigure:
    """Correct a figure; ValidationError when somebody changed it since its fingerprint was `seen`."""
    current = ReportedFigure.objects.select_for_update().get(pk=figure.pk)
    before = facts_of(current)
    if fingerprint(current) != seen:
        raise ValidationError(
            _("Quelqu’un vient de corriger ce chiffre : relisez-le, rien n’a été enregistré.")
        )
    for name, value in facts.items():
        setattr(current, name, value)
    check(current)
    current.save()
    record(
        "reported.update",
        by=by,
        target=current,
        convention=current.convention,
        before=before,
        after=facts_of(current),
    )
    return current


@transaction.atomic
def remove_figure(*, by, figure) -> None:
    record("reported.remove", by=by, target=figure, convention=figure.convention, before=facts_of(figure))
    figure.delete()
