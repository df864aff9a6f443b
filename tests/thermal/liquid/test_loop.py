import dataclasses

import numpy as np
import pytest
from scipy.optimize import fsolve

from geometry.errors import InputError
from thermal.exchanger import conductance_to_inlets
from thermal.liquid import loop
from thermal.liquid.circuits import build, switched
from thermal.liquid.hydraulics import solve_flows

LPM = 1.0 / 60e3  # [m3/s]


def test_exchanger_of_a_unit_carries_its_rated_capacity_at_its_rated_approach(
    make_loop, make_circuits
):
    model, _, _ = make_circuits(make_loop(racks=2, units=1))
    # PG25 at 43 degC: 1012.89 kg/m3, 3969.6 J/(kg K); water at 38 degC: 993.0, 4179 (CoolProp).
    C_hot, C_cold = 1012.89 * 3969.6 * 2125.0 * LPM, 993.0 * 4179.0 * 2500.0 * LPM
    per_kelvin = float(conductance_to_inlets(C_hot, C_cold, model.heat.exchangers.UA[0]))
    assert per_kelvin * (5.0 + 2e6 / C_hot) == pytest.approx(2e6, rel=1e-3)


def test_efficiency_is_hydraulic_power_over_rated_power():
    assert loop.efficiency(240e3, 0.03, 12e3, "CDU 0") == pytest.approx(0.6)
    with pytest.raises(InputError, match=r"CDU 0\.pump: 7\.2 kW into the flow from 1\.0 kW"):
        loop.efficiency(240e3, 0.03, 1e3, "CDU 0")


def test_all_mistakes_of_a_loop_are_found_at_once(make_loop):
    branch = loop.Branch("A00", dp_nominal=-1.0, V_flow_nominal=0.0)
    wrong = dataclasses.replace(make_loop(racks=0, units=0), branches=(branch,), control_value=0.0)
    found = "\n".join(map(str, loop.findings(wrong)))
    for part in ("without a pump", "tcs.control_value", "A00.dp_nominal", "A00.V_flow"):
        assert part in found


def test_loop_without_a_rack_or_with_more_pumps_on_duty_than_it_has_is_refused(make_loop):
    pod = make_loop(racks=0, units=1)
    pumps = dataclasses.replace(pod.cdus[0].pumps, duty=3)
    pod = dataclasses.replace(pod, cdus=(dataclasses.replace(pod.cdus[0], pumps=pumps),))
    found = "\n".join(map(str, loop.findings(pod)))
    assert "without a branch" in found
    assert "CDU 0.pumps: 3 on duty of 2" in found


def test_rack_without_a_tap_on_a_drawn_manifold_is_refused(make_loop):
    pod = dataclasses.replace(make_loop(racks=1, units=1), manifold=loop.Manifold((), {}))
    found = "\n".join(map(str, loop.findings(pod)))
    assert "CDU 0: has no tap on the manifold of tcs" in found
    assert "A00: has no tap on the manifold of tcs" in found


@pytest.mark.parametrize(("stopped", "back"), [(1, False), (3, True)])
def test_flow_returns_through_a_stopped_pump_without_a_check_valve_alone(make_loop, stopped, back):
    pod = make_loop(racks=1, units=1, control="speed", control_value=1.0)
    points = (0.0, 1000.0 * LPM, 2125.0 * LPM), (365e3, 335e3, 235e3)
    pumps = loop.Pumps(*points, count=3, duty=3, without_check=(3,))
    unit = dataclasses.replace(pod.cdus[0], pumps=pumps)
    branch = loop.Branch("A00", 150e3, 2125.0 * LPM)
    model, scenario, places = build(
        [loop.circuit(dataclasses.replace(pod, cdus=(unit,), branches=(branch,)))]
    )
    scenario = switched(scenario, places, running={("tcs", f"CDU 0 pump {stopped}"): 0.0})
    found = solve_flows(model.networks[0], scenario.hydraulic[0])
    assert bool(found.converged)
    density = float(scenario.hydraulic[0].density[0])
    V_flow = {name[1]: float(found.m_flow[n]) / density / LPM for name, n in places.link.items()}

    # By hand: one pump in thirds of the flow, with what the unit loses inside (20 kPa at 2125
    # L/min) in its rise; what stands still resists with the term of its curve in V^2.
    inside = [20e3 * (V / 2125.0) ** 2 for V in (0.0, 1000.0, 2125.0)]
    curve = np.polyfit(np.array([0.0, 1000.0, 2125.0]) / 3.0, np.add(points[1], inside), 2)

    def missing(x):
        each, returned = x
        through = 2.0 * each - returned
        dp = 20e3 * (through / 2125.0) ** 2 + 150e3 * (through / 2125.0) ** 1.75
        held = returned if not back else -curve[0] * returned**2 - dp
        return [np.polyval(curve, each) - dp, held]

    each, returned = fsolve(missing, [700.0, 300.0])
    running = [n for n in (1, 2, 3) if n != stopped]
    for n in running:
        assert V_flow[f"CDU 0 pump {n}"] == pytest.approx(each, rel=1e-3)
    assert V_flow[f"CDU 0 pump {stopped}"] == pytest.approx(-returned, rel=1e-3, abs=1e-3)
    assert bool(returned > 300.0) is back
    total = sum(V_flow[f"CDU 0 pump {n}"] for n in (1, 2, 3))
    assert V_flow["A00"] == pytest.approx(2.0 * each - returned, rel=1e-3)
    assert V_flow["A00"] == pytest.approx(total, rel=1e-6)


def test_a_straight_pump_curve_without_a_check_valve_is_refused(make_loop):
    pod = make_loop(racks=1, units=1)
    straight = (0.0, 1000.0 * LPM, 2000.0 * LPM), (400e3, 300e3, 200e3)
    pumps = loop.Pumps(*straight, count=2, without_check=(2,))
    unit = dataclasses.replace(pod.cdus[0], pumps=pumps, dp_exchanger=0.0, dp_filter=0.0)
    (found,) = loop.findings(dataclasses.replace(pod, cdus=(unit,)))
    assert str(found).startswith("CDU 0.pumps: without_check: a pump with a straight curve")


def test_supply_outside_the_range_of_the_coolant_is_refused(make_loop):
    with pytest.raises(InputError, match=r"tcs: pg25 at 126\.9 degC"):
        build([loop.circuit(dataclasses.replace(make_loop(), T_supply_set=400.0))])


def test_capacity_that_no_exchanger_could_carry_is_refused_by_the_name_of_the_unit(
    make_loop, make_circuits
):
    pod = make_loop(units=1)
    starved = dataclasses.replace(pod.cdus[0], V_flow_facility_nominal=500.0 * LPM)
    with pytest.raises(InputError, match=r"CDU 0: 2000\.0 kW"):
        make_circuits(dataclasses.replace(pod, cdus=(starved,)))
