"""Figures given by hand: declared, corrected, withdrawn; never in the place of a published one.

A figure belongs to the organisation that gave it: the city does not correct what the Caf declared.
"""

from dataclasses import dataclass
from functools import cache

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.engines.indicators import Status
from ansanm.territories import observations, secrecy
from ansanm.territories.models import DeclaredFigure
from ansanm.territories.variables import variables
from ansanm.territories.versions import StaleVersion
from ansanm.ui import formats

FACTS = ("period", "value", "source_title", "source_url", "source_on", "note")


class NotYours(Exception):
    """The figure belongs to another organisation."""

    def __init__(self, figure):
        super().__init__(f"{figure} was declared by {figure.organisation}.")
        self.figure = figure


class AlreadyDeclared(Exception):
    """The organisation has a figure for this territory, variable and period: correct that one."""

    def __init__(self, figure):
        super().__init__(f"{figure} is declared already.")
        self.figure = figure


def facts_of(figure: DeclaredFigure) -> dict:
    return {name: getattr(figure, name) for name in FACTS}


def may_change(figure: DeclaredFigure, user) -> bool:
    """Whether the figure is `user`'s to correct: declared by them or by their organisation."""
    if figure.organisation_id is None:
        return figure.declared_by_id == user.pk
    return figure.organisation_id == user.organisation_id


@transaction.atomic
def declare_figure(*, by, territory, variable, period, value, convention=None, **source):
    """Keep a figure somebody answers for, beside what producers publish."""
    figure = DeclaredFigure(
        level=territory.level,
        code=territory.code,
        variable=variable,
        period=period,
        value=value,
        declared_by=by,
        organisation=by.organisation,
        **source,
    )
    if twin := twin_of(figure):
        raise AlreadyDeclared(twin)
    check(figure)
    figure.save()
    after = {"territory": f"{figure.level}:{figure.code}", "variable": variable} | facts_of(figure)
    record("figure.declare", by=by, target=figure, convention=convention, after=after)
    return figure


@transaction.atomic
def correct_figure(*, by, figure, version, convention=None, **facts):
    """Save `facts` if nobody corrected since `version`, else raise StaleVersion with what they saved."""
    current = taken(figure, by=by, version=version)
    before = {name: getattr(current, name) for name in facts}
    if before == facts:
        return current
    for name, value in facts.items():
        setattr(current, name, value)
    if twin := twin_of(current):
        raise AlreadyDeclared(twin)
    current.version += 1
    check(current)
    current.save(update_fields=[*facts, "version", "changed_at"])
    record("figure.correct", by=by, target=current, convention=convention, before=before, after=facts)
    return current


@transaction.atomic
def withdraw_figure(*, by, figure, version, convention=None):
    """Show the figure no more; it stays in the base and in the audit trail."""
    current = taken(figure, by=by, version=version)
    current.withdrawn_at = timezone.now()
    current.withdrawn_by = by
    current.version += 1
    current.save(update_fields=["withdrawn_at", "withdrawn_by", "version", "changed_at"])
    record("figure.withdraw", by=by, target=current, convention=convention, before=facts_of(current))
    return current


def taken(figure, *, by, version):
    """The figure as it is now, locked, if `by` may change it and nobody did since `version`."""
    current = DeclaredFigure.objects.select_for_update().get(pk=figure.pk)
    if not may_change(current, by):
        raise NotYours(current)
    if current.version != version or current.withdrawn_at:
        raise StaleVersion(current)
    return current


def twin_of(figure):
    """The organisation's other figure for the same territory, variable and period, if any."""
    twins = DeclaredFigure.objects.filter(
        level=figure.level,
        code=figure.code,
        variable=figure.variable,
        period=figure.period,
        organisation=figure.organisation,
        withdrawn_at=None,
    )
    if figure.organisation is None:
        twins = twins.filter(declared_by=figure.declared_by)
    return twins.exclude(pk=figure.pk).first()


def check(figure):
    """Raise ValidationError, field by field, for what cannot be true of such a figure."""
    errors = {}
    if secrecy.too_small_among([(figure.level, figure.code)]):
        errors["territory"] = _(
            "Moins de %(persons)s habitants ou de %(homes)s résidences principales : aucun chiffre n’est "
            "montré d’un territoire si petit. Déclarez-le pour un territoire plus grand."
        ) % {"persons": secrecy.LEAST_PERSONS, "homes": secrecy.LEAST_HOMES}
    variable = variables().get(figure.variable)
    shown = formats.format_number(figure.value, variable.unit if variable else "")
    if variable is None:
        errors["variable"] = _("« %(text)s » n’est pas une donnée connue.") % {"text": figure.variable}
    elif figure.value < 0:
        errors["value"] = _("« %(value)s » : la valeur ne peut pas être négative.") % {"value": shown}
    elif variable.is_count and figure.value != int(figure.value):
        errors["value"] = _("« %(value)s » : « %(variable)s » se compte en nombres entiers.") % {
            "value": shown,
            "variable": variable,
        }
    elif variable.unit == "percent" and figure.value > 100:
        errors["value"] = _("« %(value)s » : une part ne dépasse pas 100 %%.") % {"value": shown}
    if figure.period > timezone.localdate().isoformat()[: len(figure.period)]:
        errors["period"] = _(
            "« %(period)s » est dans l’avenir : un chiffre déclaré est constaté, pas attendu."
        ) % {"period": formats.format_period(figure.period)}
    if figure.source_on and figure.source_on > timezone.localdate():
        errors["source_on"] = _("« %(date)s » est dans l’avenir : vérifiez la date de la source.") % {
            "date": formats.format_day(figure.source_on)
        }
    if errors:
        raise ValidationError(errors)
    # A row of a sheet is checked before anybody declares it.
    figure.full_clean(exclude=["declared_by", "organisation"])


def is_secret(variable: str, value: float | None) -> bool:
    """Whether a count is too small to be shown, here as in the diagnosis; nobody is told by a 0."""
    return value is not None and 0 < value < thresholds().get(variable, 0)


# The rules stand still while the server runs, and a list asks once for each of its rows.
thresholds = cache(secrecy.thresholds)


@dataclass(frozen=True)
class Published:
    """What a producer publishes of a variable, beside which a declared figure is read."""

    period: str
    value: float
    producer: str


def published_beside(figure: DeclaredFigure) -> Published | None:
    """The published figure of the nearest period within a year, if it may be shown."""
    table = secrecy.table([(figure.level, figure.code)], [figure.variable])
    periods = [
        period
        for (variable, period), statuses in sorted(table.statuses.items())
        if statuses[0] == Status.PUBLISHED and months_apart(period, figure.period) <= 12
    ]
    if not periods:
        return None
    # A year alone is compared with its December; of two equally near, the latest.
    nearest = min(
        reversed(periods),
        key=lambda period: (period[:4] != figure.period[:4], months_apart(period, figure.period)),
    )
    dataset = observations.provenance(figure.level, figure.code)[figure.variable, nearest][0]
    value = float(table.values[figure.variable, nearest][0])
    return Published(nearest, value, observations.datasets()[dataset]["producer"])


def months_apart(one: str, other: str) -> int:
    def months(period):
        return int(period[:4]) * 12 + int(period[5:7] or 12)

    return abs(months(one) - months(other))


def difference_percent(figure: DeclaredFigure, published: Published) -> float | None:
    """How far the declared value is from the published one, in percent of the latter."""
    return 100 * (figure.value - published.value) / published.value if published.value else None
