"""An amount kept with its lines and the values used, so that it reads the same in ten years.

Keys, numbers and sources are kept, not words: the page says them in the language of who reads.
"""

from datetime import date
from decimal import Decimal

from ansanm.engines.funding.errors import NeededFromCaf, NoParameter
from ansanm.engines.funding.explanation import Amount, Line, Used
from ansanm.engines.funding.parameters import Source, Status, Value, national
from ansanm.funding import words


def kept(amount: Amount) -> dict:
    return {
        "eur": str(amount.eur),
        "warnings": list(amount.warnings),
        "lines": [
            {
                "key": line.key,
                "result": str(line.result),
                "unit": line.unit,
                "formula": line.formula,
                "inputs": {key: str(value) for key, value in line.inputs.items()},
                "used": [kept_use(one) for one in line.used],
                "rounding": line.rounding,
                "notes": list(line.notes),
                "is_hypothesis": line.is_hypothesis,
            }
            for line in amount.lines
        ],
    }


def kept_use(used: Used) -> dict:
    value, source = used.value, used.value.source
    return {
        "id": used.id,
        "decides": used.decides,
        "valid_from": value.valid_from.isoformat(),
        "value": str(value.value),
        "is_number": isinstance(value.value, Decimal),
        "status": value.status.value,
        "source": [source.title, source.url, source.read_on] if source else None,
        "rule": dict(value.rule) if value.rule else None,
        "note": dict(value.note) if value.note else None,
    }


def read(content: dict) -> Amount:
    """The amount that `kept` wrote."""
    lines = tuple(
        Line(
            one["key"],
            Decimal(one["result"]),
            one["unit"],
            one["formula"],
            {key: Decimal(value) for key, value in one["inputs"].items()},
            tuple(read_use(used) for used in one["used"]),
            one["rounding"],
            tuple(one["notes"]),
            one["is_hypothesis"],
        )
        for one in content["lines"]
    )
    return Amount(Decimal(content["eur"]), lines, tuple(content["warnings"]))


def read_use(content: dict) -> Used:
    value = Value(
        date.fromisoformat(content["valid_from"]),
        Decimal(content["value"]) if content["is_number"] else content["value"],
        Status(content["status"]),
        Source(*content["source"]) if content["source"] else None,
        content["rule"],
        content["note"],
    )
    return Used(content["id"], value, content["decides"])


def kept_missing(error: NeededFromCaf | NoParameter) -> dict:
    """Which value is not known, on which day: the words say who publishes it."""
    return {
        "parameter": error.parameter.id,
        "on": error.on.isoformat(),
        "is_before": isinstance(error, NoParameter),
    }


def missing_words(content: dict) -> str:
    parameter, day = national().by_id[content["parameter"]], date.fromisoformat(content["on"])
    error = NoParameter(parameter, day) if content["is_before"] else NeededFromCaf(parameter, day)
    return words.refusal(error)


def lines_of(content: dict) -> list[dict]:
    """What a page shows of a kept amount, step by step."""
    return words.described(read(content), national().by_id)


def doubt_of(content: dict) -> dict | None:
    """What a page says beside an amount that is not sure, so that it never looks confirmed."""
    status = read(content).status
    if status in words.SURE:
        return None
    return {"text": words.status(status), "kind": words.STATUS_KINDS[status]}
