"""What a march shows: limits in order, heat without air, steps that could not be cut."""

import jax.numpy as jnp
import numpy as np
import pytest

from rehall.config import load
from rehall.events import raised_powers
from rehall.heatledger import Ledger
from rehall.marching import run_transient
from rehall.operated import operated
from rehall.run import solve_case
from rehall.schema.transient import TransientSpec
from rehall.transient import Transient, air_rise
from rehall.transient_plot import curves
from rehall.transient_results import leaving_air, unfinished, with_transient
from thermal.air.inputs import Bodies
from thermal.air.march import LARGEST_ERROR, Marching, Segment, begin, march

ZERO = 273.15


def steady(*limits):
    """Summary of two racks with limits of (name, where, value, holds) beside the racks' own."""
    names = ("rack_air_rise_max", "rack_inlet_max")
    others = [(name, rack, 8.0, True) for name in names for rack in "AB"]
    rows = [
        {"name": name, "where": where, "value": value, "limit": 12.0, "unit": "K"}
        | {"uncertainty": 0.5, "holds": holds}
        for name, where, value, holds in (*limits, *others)
    ]
    return {
        "limits": rows,
        "racks": [{"name": name, "inlet_limit_c": 27.0} for name in "AB"],
        "cooling_units": [],
        "reasons": [],
        "warnings": ["an older one"],
    }


def marched(inlets, rises, errors=(0.5, 0.5, 0.5), powers=None):
    """A march of three steps with the highest inlets [degC] and air rises [K] of two racks."""
    T = np.array(inlets, float) + ZERO
    columns = {"T_in": T, "T_in_max": T, "T_out": T + 8.0, "m_flow": np.ones_like(T)}
    columns["rise"] = np.array(rises, float)
    return Transient(
        spec=TransientSpec.model_construct(duration=3.0, events=()),
        devices=("A", "B"),
        times=np.array([1.0, 2.0, 3.0]),
        steps=np.ones(3),
        errors=np.array(errors),
        columns=columns,
        ledger=Ledger(),
        coolant=None,
        powers=powers or {},
        assumptions=[],
        outputs=0,
        wall_s=1.0,
        speed=1.0,
        reason="",
    )


COOL, CALM = [[20.0, 20.0]] * 3, [[8.0, 8.0]] * 3


def test_curves_show_return_air_and_heat_of_the_units_and_limits_in_dashed_black():
    march = marched([[20.0, 35.0], [24.0, 38.0], [23.0, 40.0]], CALM)
    march.columns["T_out"][:, 1] = 22.0 + ZERO
    march.columns["m_flow"][:, 1] = [2.0, 1.0, 0.0]
    rack = {"name": "A", "inlet_highest_c": 24.0, "inlet_limit_c": 27.0}
    part = {"racks": [rack], "cooling_units": [{"name": "B"}]}
    inlets, returns, heats = curves(march, {"transient": part}).axes
    np.testing.assert_allclose(returns.lines[0].get_ydata(), [35, 38, np.nan])
    np.testing.assert_allclose(heats.lines[0].get_ydata(), [2 * 1.006 * 13, 1.006 * 16, 0])
    hot, limit = inlets.lines
    assert (limit.get_color(), limit.get_linestyle()) == ("black", "--")
    assert hot.get_color() != "black"
    assert hot.get_linestyle() == "-"


def test_what_a_transient_breaks_stands_before_what_the_steady_state_leaves_open():
    before = steady(("inlet", "A", 11.8, None), ("flow", "B", 3.0, True))
    summary = with_transient(before, marched([[20.0, 20.0], [24.0, 20.0], [29.0, 20.0]], CALM))
    holds = [row["holds"] for row in summary["limits"]]
    assert holds == sorted(holds, key=[False, None, True].index)
    first = summary["limits"][0]
    assert (first["name"], first["where"]) == ("rack_inlet_max_transient", "A")
    assert first["value"] == pytest.approx(29.0)
    assert summary["verdict"] == "fail"
    assert with_transient(before, marched(COOL, CALM))["verdict"] == "unsure"


def test_what_the_steady_state_breaks_stays_before_what_a_transient_leaves_open():
    before = steady(("inlet", "B", 13.0, False))
    summary = with_transient(before, marched(COOL, [[8.0, 8.0], [8.0, 8.0], [11.8, 8.0]]))
    assert [row["holds"] for row in summary["limits"][:2]] == [False, None]
    assert summary["limits"][0]["name"] == "inlet"


def test_air_that_stands_at_a_unit_at_rest_is_not_what_it_supplies():
    march = marched(COOL, CALM)
    march.columns["T_out"][:, 0] = [22 + ZERO, 24 + ZERO, 35 + ZERO]
    march.columns["m_flow"][:, 0] = [2.0, 1.0, 0.0]
    summary = steady() | {"cooling_units": [{"name": "A"}]}
    (unit,) = with_transient(summary, march)["transient"]["cooling_units"]
    assert unit["supply_start_c"] == pytest.approx(22)
    assert unit["supply_highest_c"] == pytest.approx(24)
    np.testing.assert_allclose(leaving_air(march, 0), [22, 24, np.nan])


def test_rack_that_heats_up_without_air_breaks_its_rise_with_place_time_and_amount():
    rises = [[8.0, 8.0], [8.0, 10.0], [8.0, 30.0]]
    summary = with_transient(steady(), marched(COOL, rises))
    (broken,) = [row for row in summary["limits"] if row["holds"] is False]
    assert (broken["name"], broken["where"]) == ("rack_air_rise_max_transient", "B")
    assert (broken["value"], broken["limit"], broken["unit"]) == (30.0, 12.0, "K")
    # As large a share of the rise as 0.5 K is of the 8 K of the steady state.
    assert broken["uncertainty"] == pytest.approx(0.5 * 30 / 8)
    assert summary["transient"]["first_limit_broken_s"] == pytest.approx(2.1)
    assert summary["verdict"] == "fail"


def test_air_that_stands_in_a_server_has_its_temperature_and_moving_air_what_the_grip_gives():
    bodies = Bodies(*(jnp.array(x) for x in ([5e3, 5e3, 0.0], [2e3, 2e3, 0.0], [0.0] * 3)))

    class Inputs:
        pass

    inputs = Inputs()
    inputs.bodies = bodies
    T_in, T_out = np.full((1, 3), 293.0), np.array([[303.0, 293.0, 300.0]])
    T_server, m_flow = np.full((1, 3), 313.0), np.array([[1.0, 0.0, 1.0]])
    rise = air_rise(inputs, T_in, T_out, m_flow, T_server, 1000.0)
    assert rise[0] == pytest.approx([20.0 * (1 - np.exp(-2.0)), 20.0, 7.0])


def test_steps_that_could_not_be_cut_short_enough_are_counted_and_warned_of():
    calm = with_transient(steady(), marched(COOL, CALM))
    assert calm["warnings"] == ["an older one"]
    assert calm["transient"]["steps_beyond_error"] == 0
    rough = with_transient(steady(), marched(COOL, CALM, (0.5, 7.0, 3.0)))
    part = rough["transient"]
    assert (part["steps_beyond_error"], part["step_error_max"]) == (2, 7.0)
    assert "2 of 3 steps" in rough["warnings"][1]
    assert "at 2 s, has 7 times" in rough["warnings"][1]
    assert len(rough["warnings"]) == 2


@pytest.mark.slow
def test_march_tells_the_error_of_a_step_that_it_cannot_cut_further():
    """A room that cools by a kelvin a second, where a thousandth is allowed in a step."""
    from geometry.hall import Hall
    from thermal.air.room import Wall, lay

    room = lay(Hall((1.0, 1.0, 1.0)), 0.25, turbulence="laminar")
    cold = room.inputs(walls={"-z": Wall(flux=-1200.0)})
    segment = Segment(jnp.array(0.0), jnp.array(0.4), cold, cold)
    strict = Marching(longest=1.0, first=0.1, courant=1e9, T_error=1e-7, V_error=1e-7)
    taken = [step for _, step in march(begin(room.start(), 0.1), room.model, [segment], strict)]
    errors = np.concatenate([np.asarray(t.error)[np.asarray(t.accepted)] for t in taken])
    assert (errors >= LARGEST_ERROR).any()


STOPPED = """\
transient:
  duration: 21 s
  output: [21 s]
  step_max: 2 s
  events:
    - {at: 1 s, item: R, air_flow: 0 m3/s}
"""


@pytest.mark.slow
def test_server_whose_air_stops_under_load_warms_by_its_heat_over_its_mass(duct, tmp_path):
    from contextlib import nullcontext

    # Twice as wide, with so much supply that no air comes back to the rack.
    text = duct.replace("1.2 m, 2.4 m]", "2.4 m, 2.4 m]", 3).replace("cell: 0.3 m", "cell: 0.6 m")
    text = text.replace("flow: 1 m3/s,", "flow: 4 m3/s,")
    text = text.replace("power: 10 kW", "thermal_mass: 30 kJ/K, power: 10 kW") + STOPPED
    path = tmp_path / "case.yaml"
    path.write_text(text)
    case = load(path)
    results, _ = run_transient(
        case, tmp_path / "out", lambda: solve_case(case), lambda: nullcontext(None), pictures=False
    )
    summary = results.summary
    assert summary["converged"], summary["reasons"]
    (rack,) = summary["transient"]["racks"]
    lines = (tmp_path / "out" / "transient.csv").read_text().splitlines()
    column = lines[0].split(",").index("R inlet_mean_c")
    before, after = (float(lines[n].split(",")[column]) for n in (1, -1))
    # Steady, its parts are above the inlet by the rise over 1 - 1/e^2; then 10 kW in 30 kJ/K.
    parts = 10e3 / (1.2 * 1006) / (1 - np.exp(-2.0)) + 20 * 10e3 / 30e3
    assert rack["air_rise_highest_k"] == pytest.approx(parts + before - after, rel=0.02)
    broken = {(row["name"], row["where"]) for row in summary["limits"] if row["holds"] is False}
    assert ("rack_air_rise_max_transient", "R") in broken


def test_power_that_an_event_raises_is_held_against_the_rating():
    (rated,) = steady(("rack_power_max", "A", 10.0, True))["limits"][:1]
    summary = steady(("rack_power_max", "A", 10.0, True))
    found = with_transient(summary, marched(COOL, CALM, powers={"A": 1.1e3 * rated["limit"]}))
    assert found["verdict"] == "fail"
    (row,) = (row for row in found["limits"] if row["name"] == "rack_power_max_transient")
    assert (row["where"], row["holds"]) == ("A", False)
    assert row["value"] == pytest.approx(1.1 * rated["limit"])


def test_march_without_an_end_is_unsure_until_it_has_one():
    steady_state = steady(("rack_power_max", "A", 10.0, True)) | {"converged": True}
    begun = unfinished(steady_state)
    assert (begun["verdict"], begun["converged"]) == ("unsure", False)
    assert "--resume" in begun["reasons"][0]
    ended = with_transient(begun, marched(COOL, CALM))
    assert (ended["verdict"], ended["converged"], ended["reasons"]) == ("pass", True, [])


def test_event_on_a_row_raises_the_power_of_its_servers_alone(case_of, duct):
    events = "transient: {duration: 9 s, events: [{at: 1 s, item: R, power: 12 kW}, "
    events += "{at: 2 s, item: R, power: 11 kW}]}"
    lower = events.replace("12 kW", "9 kW").replace("11 kW", "8 kW")
    for text, highest in ((events, {"R": 12e3}), (lower, {})):
        case = case_of(duct + text)
        assert raised_powers(case.transient, operated(case)) == highest
