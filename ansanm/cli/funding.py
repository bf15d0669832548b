"""The money of a CTG from the command line: the same reasoning as on the pages."""

import json
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.cli.output import Failure, complain, say
from ansanm.engines.funding import checks
from ansanm.engines.funding import tariff as rules
from ansanm.engines.funding.errors import FundingError
from ansanm.engines.funding.parameters import national
from ansanm.funding import words
from ansanm.ui.formats import format_day, format_number, labelled


def tariff(options) -> int:
    on = _day(options.on)
    try:
        hourly = _hourly(on, options)
        month = _month(hourly, options)
    except FundingError as error:
        raise Failure(words.refusal(error)) from error
    whole = month or hourly
    for one in whole.warnings:
        complain(words.warning(one))
    if options.format == "json":
        say(json.dumps(_as_data(on, options, hourly, month), ensure_ascii=False, indent=2))
    else:
        _say(on, hourly, month)
    return 0


def _hourly(on, options):
    care = rules.Care(options.care)
    if options.income_unknown:
        custom = rules.Custom(options.income_unknown)
        return rules.local(on=on, custom=custom, children=options.children, care=care)
    return rules.hourly(
        on=on,
        children=options.children,
        care=care,
        monthly_income=_number("monthly_income", options.monthly_income),
        yearly_income=_number("yearly_income", options.yearly_income),
        disabled_children=options.disabled_children,
        is_uncapped=options.uncapped,
    )


def _number(field, text):
    return None if text is None else checks.number(field, text)


def _day(text):
    if not text:
        return timezone.localdate()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Failure(
            _("--on attend un jour comme 2025-10-01, pas «\u202f%(text)s\u202f».") % {"text": text}
        ) from error


def _month(hourly, options):
    if options.hours_per_week is None:
        return None
    contract = rules.Contract(
        checks.number("hours_per_week", options.hours_per_week),
        checks.number("weeks", options.weeks),
        options.months,
        checks.number("closed_hours", options.closed_hours),
    )
    return rules.monthly(hourly, contract)


def _as_data(on, options, hourly, month):
    whole = month or hourly
    return {
        "on": on.isoformat(),
        "care": options.care,
        "children": options.children,
        "disabled_children": options.disabled_children,
        "hourly_eur": str(hourly.eur),
        **({"monthly_eur": str(month.eur)} if month else {}),
        "status": whole.status.value,
        "warnings": [{"key": one, "text": words.warning(one)} for one in whole.warnings],
        "lines": words.as_data(whole, national().by_id),
    }


def _say(on, hourly, month):
    said = _("%(eur)s par heure, au %(day)s")
    say(said % {"eur": format_number(hourly.eur, "eur", decimals=2), "day": format_day(on)})
    if month:
        say(_("%(eur)s par mois") % {"eur": format_number(month.eur, "eur", decimals=2)})
    for line in words.described(month or hourly, national().by_id):
        say()
        result = f"{line['result']} {line['unit']}".strip()
        say(labelled(line["label"], result))
        if line["calculation"]:
            say(f"    {line['formula']}")
            say(f"    = {line['calculation']}")
        for text in (line["rounding"], *line["notes"]):
            if text:
                say(f"    {text}")
        for one in line["parameters"]:
            say(f"    {labelled(one['title'], one['value'])}, {one['since']} ({one['status_words']})")
            if one["source"]:
                say(f"    {one['source'].title}, {one['source'].url}")
