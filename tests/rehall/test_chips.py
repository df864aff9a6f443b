"""Chips of the AI hall: by hand from the catalogue's table, and with leakage."""

from dataclasses import replace

import numpy as np
import pytest

from rehall.chips import chip_limits, chips_of
from rehall.config import load
from rehall.operation import load_powers
from rehall.utilities import Plant, first_exchange, settle
from rehall.validation.runner import default_root
from rehall.weather import read_epw
from rehall.year import solve_year
from rehall.year_summary import summarise_year

pytestmark = pytest.mark.slow
AI_HALL = default_root().parent / "configs" / "ai_hall.yaml"


def settled(case):
    x = first_exchange(case)
    return settle(case, Plant.of(case), x), x


def with_plates(case, **changes):
    """The case with other figures of the plates of A01."""

    def changed(item):
        if item.name != "A01":
            return item
        coolant = item.entry.coolant
        plates = coolant.plates.model_copy(update=changes)
        coolant = coolant.model_copy(update={"plates": plates})
        return replace(item, entry=item.entry.model_copy(update={"coolant": coolant}))

    return replace(case, items=tuple(map(changed, case.items)))


@pytest.fixture(scope="module")
def case():
    return load(AI_HALL)


def test_chips_are_above_their_coolant_by_the_table(case):
    out, x = settled(case)
    loop, state = out.loops["tcs"]
    found = chips_of(loop, state)
    assert len(found) == 16  # none of the switches
    flows = state.m_flow_branch / loop.density * 60e3  # L/min
    for n, item in enumerate(loop.racks):
        if item.name in found:
            V = 0.74 * flows[n] / 72
            R = np.interp(V, [3.6, 4.8], [0.01045, 0.00985])  # the table's last two rows
            expected = state.T_branch_in[n] + 2300.0 * R
            T = float(found[item.name].T)
            assert pytest.approx(expected, abs=1e-3) == T
            assert pytest.approx(66.6, abs=0.3) == T - 273.15
    assert not any(x.leakage.values())
    limits = {limit.where: limit for limit in chip_limits(out.loops)}
    assert limits["A01"].holds
    assert limits["A01"].limit == pytest.approx(83.0)


def test_leakage_warms_the_rack_and_loads_its_feeders(case):
    leaking = with_plates(case, leakage=0.01, leakage_at=330.0)
    out, x = settled(leaking)
    loop, state = out.loops["tcs"]
    chip = chips_of(loop, state)["A01"]
    more = 72 * (chip.power - 2300.0)
    assert chip.power == pytest.approx(2300.0 * (1.0 + 0.01 * (chip.T - 330.0)), rel=1e-6)
    assert more > 10e3
    assert x.leakage == {"A01": pytest.approx(more, rel=1e-4)}
    n = [item.name for item in loop.racks].index("A01")
    assert state.heat_taken[n] == pytest.approx(loop.racks[n].heat_to_liquid + more, abs=5.0)
    assert load_powers(leaking, x)["A01"] == pytest.approx(230e3 + more, abs=5.0)


def test_leakage_is_power_of_the_servers(case):
    leaking = with_plates(case, leakage=0.01, leakage_at=330.0)
    weather = read_epw(AI_HALL.parent / "weather" / "synthetic_continental.epw")
    more = sum(settled(leaking)[1].leakage.values())
    year = solve_year(leaking, weather)
    assert year.it == pytest.approx(solve_year(case, weather).it + more, rel=1e-6)
    assert summarise_year(year)["metrics"]["pue"] < 1.075  # as overhead it would be 1.079


def test_a_chip_that_runs_away_breaks_its_limit(case):
    out, x = settled(with_plates(case, leakage=0.06, leakage_at=320.0))
    (limit,) = [found for found in chip_limits(out.loops) if found.where == "A01"]
    assert limit.name == "chip_leakage_max"
    assert limit.value == pytest.approx(100 * 2300.0 * 0.06 * 0.01029, rel=0.01)
    assert limit.holds is False
    assert x.leakage == {}


def test_of_a_rack_without_flow_no_number_is_made_up(case):
    off = tuple(
        replace(i, on=False, power=0.0) if i.name.startswith("CDU") else i for i in case.items
    )
    out, _ = settled(replace(case, items=off))
    assert chip_limits(out.loops) == []
