"""What a run says of coolant that stands still, of pumps out of reach, of what did not close."""

from dataclasses import replace

import equinox as eqx
import numpy as np
import pytest

from rehall import liquid_words
from rehall.utilities import Plant, first_exchange, settle
from thermal.liquid.circuits import switched

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def solved(case_of, liquid_pod):
    """Return a function: side and state of the pod with some of it stopped or shut."""
    case = case_of(liquid_pod)
    plant = Plant.of(case)

    def solve(**changes):
        side = plant.liquid
        side = replace(side, scenario=switched(side.scenario, side.places, **changes))
        return side, settle(case, replace(plant, liquid=side), first_exchange(case)).circuits

    return solve


PUMPS = {("tcs", "CDU01 pump 1"): 0.0, ("tcs", "CDU02 pump 1"): 0.0}
RACKS = ("R01", "R02", "R03")


def said(solved, **changes):
    side, state = solved(**changes)
    assert bool(state.converged)
    assert liquid_words.reasons(side, state) == []
    return liquid_words.warnings(side, state)


def test_nothing_is_said_of_a_pod_in_order(solved):
    assert said(solved) == []


def test_loop_without_a_running_pump_stands_still_with_its_heat(solved):
    told = said(solved, running=PUMPS)
    assert told[0] == (
        "loop tcs: no pump runs; its coolant stands still; "
        "heat of 3 racks (300 kW) has nowhere to go"
    )


def test_pumps_against_closed_valves_are_not_called_stopped(solved):
    told = said(solved, m_max={("tcs", name): 0.0 for name in RACKS})
    assert told[0].startswith("loop tcs: its pumps run against closed valves; its coolant stands")
    assert "(300 kW)" in told[0]


def test_rack_that_is_shut_is_named_with_its_heat_alone(solved):
    (told,) = said(solved, m_max={("tcs", "R02"): 0.0})
    assert told == (
        "loop tcs: nothing flows through R02 (shut); heat of 1 rack (100 kW) has nowhere to go"
    )


def test_closed_pipe_on_the_only_way_is_named_with_the_racks_behind_it(solved):
    told = said(solved, m_max={("tcs", "s1 to s2"): 0.0})
    assert told == [
        "loop tcs: nothing flows through R03 (closed: the header from the supply of R02 to the "
        "supply of R03); heat of 1 rack (100 kW) has nowhere to go"
    ]


def test_units_without_facility_water_are_named_and_the_heat_that_nothing_takes(solved):
    told = said(solved, m_max={("fws", "CDU01"): 0.0, ("fws", "CDU02"): 0.0})
    assert any("heat of 3 racks and 2 pumps" in text and "above 95 degC" in text for text in told)
    assert "loop tcs: no facility water flows through CDU01, CDU02" in told
    assert "facility fws: its pumps run against closed valves; its water stands still" in told


def test_pressure_out_of_the_pumps_reach_is_told_with_what_they_hold(solved):
    side, state = solved(speed={("tcs", "tcs"): 0.6})
    (told,) = liquid_words.warnings(side, state)
    node = side.places.node
    held = float(state.p[node["tcs", "s0"]] - state.p[node["tcs", "r0"]]) / 1e3
    assert 40.0 < held < 90.0
    assert told == (
        f"loop tcs: its pumps at 60 % of full speed hold {held:.1f} kPa, too little: "
        "asked for are 110.0 kPa"
    )


def test_state_that_did_not_close_is_told_with_the_part_that_misses_most(solved):
    side, state = solved()
    rack = side.places.link["tcs", "R02"]
    open_flow = state.m_flow.at[rack].multiply(1.01)
    bad = eqx.tree_at(lambda s: (s.m_flow, s.converged), state, (open_flow, np.False_))
    law, at, *_ = liquid_words.reasons(side, bad)
    assert law.startswith("loop tcs: flows did not close: the pressure along R02 is off by")
    assert at.startswith("loop tcs: flows did not close:")
    assert at.endswith(("open at the supply of R02", "open at the return of R02"))
    assert liquid_words.warnings(side, bad) == []
    warm = state.T.at[side.places.node["tcs", "r1"]].add(0.5)
    bad = eqx.tree_at(lambda s: (s.T, s.converged), state, (warm, np.False_))
    (told,) = liquid_words.reasons(side, bad)
    assert told.startswith("loop tcs: heat did not close")
    assert told.endswith("at the return of R02")


def test_header_is_told_by_what_it_lies_between(solved):
    side, state = solved()
    piece = side.places.link["tcs", "s1 to s2"]
    m_flow = state.m_flow.at[piece].multiply(1.5)
    bad = eqx.tree_at(lambda s: (s.m_flow, s.converged), state, (m_flow, np.False_))
    law = liquid_words.reasons(side, bad)[0]
    assert "along the header from the supply of R02 to the supply of R03 is off" in law


def test_state_without_numbers_is_told_and_not_looked_into(solved):
    side, state = solved()
    bad = eqx.tree_at(lambda s: (s.p, s.converged), state, (state.p * np.nan, np.False_))
    told = liquid_words.reasons(side, bad)
    assert told
    assert all("no state was found" in text for text in told)


def test_state_that_only_goes_to_and_fro_is_not_without_a_reason(solved):
    side, state = solved()
    bad = eqx.tree_at(lambda s: s.converged, state, np.False_)
    assert liquid_words.reasons(side, bad) == [
        f"liquid: flows, valves and temperatures still change after {int(state.rounds)} rounds"
    ]
