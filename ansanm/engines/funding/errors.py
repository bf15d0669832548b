"""Why an amount cannot be computed: which field is wrong, or which value nobody has published here.

The words a person reads are above the engines: an error carries a key and what was given.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansanm.engines.funding.parameters import Parameter


class FundingError(ValueError):
    """Something was asked that has no answer."""


class BadInput(FundingError):
    """The value of one field cannot be: `reason` is a key, `given` what was received."""

    def __init__(self, field: str, reason: str, given: object = None, limit: object = None):
        self.field, self.reason, self.given, self.limit = field, reason, given, limit
        against = "" if limit is None else f" (limit: {limit})"
        super().__init__(f"{field}: {reason}: {given}{against}")


class NeededFromCaf(FundingError):
    """A value is needed that no source gave us: it has to be entered, and `publisher` gives it."""

    def __init__(self, parameter: Parameter, on: date):
        self.parameter, self.on, self.publisher = parameter, on, parameter.publisher
        who = f"; published by: {parameter.publisher['en']}" if parameter.publisher else ""
        super().__init__(f"{parameter.id}: not known on {on}{who}")


class NoParameter(FundingError):
    """The day is before the first value that we know."""

    def __init__(self, parameter: Parameter, on: date):
        self.parameter, self.on, self.first = parameter, on, parameter.values[0].valid_from
        super().__init__(f"{parameter.id}: nothing before {self.first}, asked on {on}")


class ManyNeeded(FundingError):
    """Several values are needed that no source gave us: all of them, so that they are asked for at once."""

    def __init__(self, missing: tuple[NeededFromCaf, ...]):
        self.missing = missing
        super().__init__("; ".join(str(one) for one in missing))
