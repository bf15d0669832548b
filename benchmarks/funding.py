"""The money rules on arrays against the same rules called one by one, on the same rows, to the cent."""

import random
import time
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from ansanm.engines.funding import bonuses, circuit, circuit_arrays, services, tariff
from ansanm.engines.funding.bonus_arrays import (
    attractiveness_cents,
    existing_offer_cents,
    inclusion_cents,
    new_places_cents,
    social_mix_cents,
)
from ansanm.engines.funding.parameters import Source, known, national
from ansanm.engines.funding.psu import SERVICES, Declaration, Service, psu
from ansanm.engines.funding.psu_arrays import Declarations, psu_cents
from ansanm.engines.funding.service_arrays import homework_support_cents, hub_cents
from ansanm.engines.funding.tariff_arrays import CARES, billed_cents, hourly_cents
from benchmarks.table import Table

N_HOUSEHOLDS = 1_000_000
N_CRECHES, YEARS = 15_000, range(2021, 2026)
N_SAMPLE = 4_000  # rows that the scalar functions compute: all of them would take minutes
TURNS = 5


def measure():
    rng = np.random.default_rng(974)
    rows = [*_tariff(rng), *_creches(rng), *_circuit(rng), *_services(rng)]
    yield Table(
        "Rules of money: arrays against one call a row",
        ["", "rows", "arrays, s", "µs a row", "one by one, µs a row", "× faster", "equal to the cent"],
        rows,
        f"Best of {TURNS} turns; the scalar functions, which also build the explanation, run on {N_SAMPLE} "
        "rows drawn from the same ones (the circuit: on whole cities). Ceiling prices, floors and bands are "
        "invented: the real ones are not known here.",
    )


def _row(name, n, seconds, scalar, n_same, n_sample):
    return [
        name,
        f"{n:,}",
        f"{seconds:.3f}",
        f"{seconds / n * 1e6:.3f}",
        f"{scalar * 1e6:.1f}",
        f"{scalar / (seconds / n):,.0f}",
        f"{n_same} / {n_sample}",
    ]


def _best(function):
    best, found = float("inf"), None
    for _ in range(TURNS):
        start = time.perf_counter()
        found = function()
        best = min(best, time.perf_counter() - start)
    return best, found


def _sampled(n, function):
    """Return the seconds of a call and what each sampled row gave."""
    chosen = random.Random(974).sample(range(n), N_SAMPLE)
    start = time.perf_counter()
    found = {row: function(row) for row in chosen}
    return (time.perf_counter() - start) / N_SAMPLE, found


def _tariff(rng):
    n = N_HOUSEHOLDS
    first = date(2020, 1, 1)
    days = rng.integers(0, (date(2026, 12, 31) - first).days, n)
    on = np.datetime64(first) + days
    children = rng.integers(1, 7, n)
    care = rng.integers(0, len(CARES), n)
    income = rng.integers(0, 1_000_000, n)
    disabled = (rng.random(n) < 0.03).astype(np.int64)
    hours = rng.integers(0, 250_00, n)

    def arrays():
        cents = hourly_cents(
            on=on, children=children, care=care, monthly_income_cents=income, disabled_children=disabled
        )
        return billed_cents(cents, hours)

    def one(row):
        hourly = tariff.hourly(
            on=first + timedelta(days=int(days[row])),
            children=int(children[row]),
            care=CARES[care[row]],
            monthly_income=Decimal(int(income[row])) / 100,
            disabled_children=int(disabled[row]),
        )
        return tariff.occasional(hourly, Decimal(int(hours[row])) / 100).eur

    seconds, cents = _best(arrays)
    scalar, found = _sampled(n, one)
    n_same = sum(cents[row] == eur * 100 for row, eur in found.items())
    yield _row("Family tariff × hours", n, seconds, scalar, n_same, len(found))


def _creches(rng):
    source = Source("Invented", "https://example.org", "2026-11")
    values = {}
    for service in Service:
        for number, price in enumerate(("9.00", "8.50", "8.00"), 1):
            values[f"psu.ceiling_{service}_class_{number}"] = known(
                price, since=date(2014, 1, 1), source=source
            )
        for end, price in (("low", "10.00"), ("high", "9.00")):
            values[f"psu.ceiling_{service}_{end}"] = [
                known(price, since=date(year, 1, 1), source=source) for year in (2025, 2026, 2027)
            ]
    values["bonus_territory.eaje_new_other_band"] = known("2750.00", since=date(2021, 1, 1), source=source)
    table = national().entered(values)
    n = N_CRECHES * len(YEARS)
    year = np.tile(np.array(YEARS), N_CRECHES)
    places = np.repeat(rng.integers(10, 80, N_CRECHES), len(YEARS))
    attended = rng.integers(1_000_00, 2_000_00, n) * places
    rows = Declarations(
        year=year,
        service=rng.integers(0, len(SERVICES), n),
        expenses_cents=rng.integers(12_000_00, 22_000_00, n) * places,
        billed_hundredths=attended * rng.integers(100, 130, n) // 100,
        attended_hundredths=attended,
        participations_cents=rng.integers(1_000_00, 4_000_00, n) * places,
        places=places,
        authorised_places=places,
        extra_hundredths=rng.integers(0, 100_00, n),
        general_scheme=rng.integers(9_500, 10_001, n),
    )
    children = places * 2
    disabled = rng.integers(0, 8, n)
    is_public = rng.random(n) < 0.5
    rise = rng.integers(0, 300_00, n)
    recent = year >= 2024  # the bonus for pay did not exist before
    first_band = rng.random(n) < 0.2

    def arrays():
        total = psu_cents(rows, table)
        total += social_mix_cents(year, places, rows.participations_cents, rows.billed_hundredths, table)
        total += inclusion_cents(year, places, children, disabled, rows.expenses_cents, table)
        total[recent] += attractiveness_cents(
            year[recent], places[recent], is_public[recent], rise[recent], table
        )
        total += new_places_cents(year, places, first_band, table)
        return total

    def one(row):
        def euros(cents):
            return Decimal(int(cents[row])) / 100

        on = date(int(year[row]), 1, 1)
        many = {"on": on, "places": int(places[row]), "parameters": table}
        paid, hours = euros(rows.participations_cents), euros(rows.billed_hundredths)
        spent = euros(rows.expenses_cents)
        declared = Declaration(
            on.year,
            SERVICES[rows.service[row]],
            spent,
            hours,
            euros(rows.attended_hundredths),
            paid,
            many["places"],
            many["places"],
            extra_hours=euros(rows.extra_hundredths),
            general_scheme_percent=euros(rows.general_scheme),
        )
        total = psu(declared, table).amount.eur
        total += bonuses.social_mix(participations_eur=paid, billed_hours=hours, **many).eur
        total += bonuses.inclusion(
            children=int(children[row]), disabled_children=int(disabled[row]), expenses_eur=spent, **many
        ).eur
        if recent[row]:
            employer = bonuses.Employer.PUBLIC if is_public[row] else bonuses.Employer.PRIVATE
            total += bonuses.attractiveness(employer=employer, monthly_rise_eur=euros(rise), **many).eur
        total += bonuses.new_places(is_priority_area=False, is_first_band=bool(first_band[row]), **many).eur
        return total

    seconds, cents = _best(arrays)
    scalar, found = _sampled(n, one)
    n_same = sum(cents[row] == eur * 100 for row, eur in found.items())
    yield _row("PSU and four bonuses, 15,000 crèches × 5 years", n, seconds, scalar, n_same, len(found))


def _circuit(rng):
    """The bonus smoothed over each city and year, then what the short circuit changes, month by month."""
    source = Source("Invented", "https://example.org", "2026-11")
    floor = {"bonus_territory.eaje_floor": known("800.00", since=date(2021, 1, 1), source=source)}
    table = national().entered(floor)
    n, n_cities = N_CRECHES * len(YEARS), 1_500
    city = np.repeat(rng.integers(0, n_cities, N_CRECHES), len(YEARS))
    year = np.tile(np.array(YEARS), N_CRECHES)
    pairs, group = np.unique(np.stack([city, year]), axis=1, return_inverse=True)
    group = group.reshape(-1)
    places = np.repeat(rng.integers(10, 80, N_CRECHES), len(YEARS))
    psej = rng.integers(0, 3_000_00, n) * places
    municipal = np.repeat(rng.random(N_CRECHES) < 0.4, len(YEARS))
    subsidy = np.where(municipal, 0, rng.integers(0, 6_000_00, n) * places)
    unknown = np.full(n, circuit_arrays.UNKNOWN)

    def arrays():
        _unit, bonus = existing_offer_cents(group, pairs[1], psej, places * 100, table, field="eaje")
        changed = circuit_arrays.changes(psej, bonus, subsidy, unknown, municipal)
        circuit_arrays.by_month(bonus, circuit.MONTHLY)
        circuit_arrays.by_month(psej, circuit.MONTHLY)
        circuit_arrays.by_month(subsidy, circuit.MONTHLY)
        circuit_arrays.by_month(changed.subsidy_after_cents, circuit.MONTHLY)
        return changed.runner_cents

    def creche(row):
        name = f"Ville {city[row]}"
        return circuit.Creche(
            str(row),
            name if municipal[row] else f"Association {row}",
            name,
            int(year[row]),
            int(places[row]),
            Decimal(int(psej[row])) / 100,
            Decimal(int(subsidy[row])) / 100,
        )

    seconds, cents = _best(arrays)
    order = np.argsort(group, kind="stable")
    found, taken = {}, 0
    start = time.perf_counter()
    while len(found) < N_SAMPLE:
        mine = [row for row in order[taken : taken + 400] if group[row] < group[order[taken + 400]]]
        taken += len(mine)
        rows = circuit.with_smoothed_bonus([creche(row) for row in mine], table)
        circuit.compare(rows, {})
        found |= {row: circuit.explained(one).eur for row, one in zip(mine, rows, strict=True)}
    scalar = (time.perf_counter() - start) / len(found)
    n_same = sum(cents[row] == eur * 100 for row, eur in found.items())
    yield _row(
        "Smoothing and short circuit, 15,000 crèches × 5 years", n, seconds, scalar, n_same, len(found)
    )


def _services(rng):
    source = Source("Invented", "https://example.org", "2026-11")
    ceiling = {"services.rpe_ceiling": known("60000.00", since=date(2020, 1, 1), source=source)}
    table = national().entered(ceiling)
    n = N_CRECHES * len(YEARS)
    year = rng.integers(2024, 2026, n)
    spent, posts = rng.integers(1_000_00, 200_000_00, n), rng.integers(10, 500, n)
    missions, groups = rng.random(n) < 0.3, rng.integers(1, 20, n)

    def arrays():
        return hub_cents(year, spent, posts, missions, table) + homework_support_cents(
            year, spent, groups, table
        )

    def one(row):
        many = {
            "on": date(int(year[row]), 1, 1),
            "expenses_eur": Decimal(int(spent[row])) / 100,
            "parameters": table,
        }
        hub = services.hub(
            full_time_posts=Decimal(int(posts[row])) / 100, has_missions=bool(missions[row]), **many
        )
        return hub.eur + services.homework_support(groups=int(groups[row]), **many).eur

    seconds, cents = _best(arrays)
    scalar, found = _sampled(n, one)
    n_same = sum(cents[row] == eur * 100 for row, eur in found.items())
    yield _row("Hubs and homework support, 75,000 rows", n, seconds, scalar, n_same, len(found))
