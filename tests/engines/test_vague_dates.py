from datetime import date

import pytest

from ansanm.engines.vague_dates import parse, parse_canonical
from ansanm.engines.written import Unreadable


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("2026", "2026"),
        ("Dernier trimestre 2025", "2025-T4"),
        ("2025-2027", "2025/2027"),
        ("de 2025 à 2027", "2025/2027"),
        ("Pas avant le second semestre 2026", ">2026-S2"),
        ("à partir de septembre 2026", ">2026-09"),
        ("d'ici fin 2024", "<2024"),
        ("d’ici 2024", "<2024"),
        ("au plus tard le 31 décembre 2026", "<2026-12-31"),
        ("1er semestre 2026", "2026-S1"),
        ("T3 2026", "2026-T3"),
        ("courant 2027", "~2027"),
        ("3 décembre 2021", "2021-12-03"),
        ("15/07/2026", "2026-07-15"),
        (">2026-S2", ">2026-S2"),
        ("not before the second half 2026", ">2026-S2"),
    ],
)
def test_a_date_is_read_as_a_plan_writes_it(written, canonical):
    assert parse(written).canonical == canonical
    assert parse(canonical).canonical == canonical


@pytest.mark.parametrize(
    "written", ["", "bientôt", "5e trimestre 2026", "31 février 2026", "2027/2025", "XXXX"]
)
def test_what_is_not_a_date_is_refused(written):
    with pytest.raises(Unreadable):
        parse(written)


def test_an_open_date_is_never_past():
    assert not parse(">2026-S2").is_past(date(2099, 1, 1))
    assert parse("<2024").is_past(date(2025, 1, 1))
    assert not parse("2026-T4").is_past(date(2026, 11, 23))


def test_dates_sort_by_their_first_possible_day():
    texts = ["2026", "2025-T4", ">2026-S2", "2026-01", "<2024"]
    ordered = sorted(texts, key=lambda text: parse_canonical(text).sort_key)
    assert ordered == ["<2024", "2025-T4", "2026-01", "2026", ">2026-S2"]
