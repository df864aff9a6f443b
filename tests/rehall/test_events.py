"""Single failures of components as events: what a pod then does, steady and in time."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import fsolve

from geometry.errors import InputError
from rehall.coolant_asked import Asked
from rehall.coolant_march import march_coolant
from rehall.events import after
from rehall.facility import solve_facility
from rehall.liquid import liquid_side
from rehall.operated import operated
from rehall.rejecting import rejects
from rehall.schema.transient import EventSpec
from rehall.timeline import case_with
from rehall.utilities import Plant, first_exchange, settle

pytestmark = pytest.mark.slow
COOLER = "rejection: {of: dry_cooler_2mw, count: 1}"
PLATES = """rejection: {
       of: {kind: plate_exchanger, capacity: 400 kW, approach: 1.5 K, flow: 900 L/min},
       count: 2, outdoor_loop: {of: {like: dry_cooler_2mw, capacity: 240 kW, flow: 450 L/min},
       count: %d, fluid: pg30, flow: 900 L/min, pump_head: 150 kPa, pump_efficiency: 70 %%}}"""
ECONOMISED = """rejection: {of: {like: air_cooled_chiller_1500, capacity: 400 kW},
       count: 1, outdoor_loop: {of: {like: dry_cooler_2mw, capacity: 600 kW, flow: 900 L/min},
       count: 1, fluid: pg30, flow: 900 L/min, pump_head: 150 kPa, pump_efficiency: 70 %,
       economiser: {of: {kind: plate_exchanger, capacity: 400 kW, approach: 1.5 K,
       flow: 900 L/min}, count: 1}}}"""
CHILLER = "rejection: {of: {like: air_cooled_chiller_1500, capacity: 200 kW}, count: 2}"
PRESSURE = "pressure: 150 kPa, elev"
PUMPS = (PRESSURE, f"pumps: {{count: 3, duty: 3, without_check: [3]}}, {PRESSURE}")
VOLUME = (PRESSURE, f"volume: 2 m3, {PRESSURE}")


@pytest.fixture(scope="module")
def pod(case_of, liquid_pod):
    """Return a function: the pod with texts replaced, and a transient of a minute."""

    def of(*changes, duration="60 s"):
        text = liquid_pod
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return case_of(f"{text}transient: {{duration: {duration}}}\n")

    return of


def event(**keys):
    return EventSpec.model_validate({"at": "5 s", **keys})


def operated_after(case, **keys):
    """The case as it is operated after an event."""
    return case_with(case, after(event(**keys), operated(case), operated(case)))


def march(case, **keys):
    """The circuits in time from the undisturbed state through an event."""
    plant, x = Plant.of(case), first_exchange(case)
    settle(case, plant, x)
    spec = case.transient.model_copy(update={"events": (event(**keys),)})
    found = march_coolant(replace(case, transient=spec), plant.liquid, x)
    assert found.reason == ""
    return found


def settled(case):
    """The settled utilities of a case, and its liquid side."""
    plant = Plant.of(case)
    return settle(case, plant, first_exchange(case)), plant.liquid


def flows(side, state, circuit):
    """Flow of every link of a circuit by name [L/min]."""
    V_flow = 60e3 * side.V_flow(state)
    return {name: V_flow[n] for (of, name), n in side.places.link.items() if of == circuit}


def by_hand(back):
    """Flow of one of two pumps that run, and of the third, which stands, of 3 x 300 L/min.

    Each raises 187.5 - 37.5 (V / 300)^2 kPa, 150 at its rated flow; the loop takes 150 kPa at 900
    L/min, in V^2.
    """

    def missing(x):
        each, returned = x
        across = 150.0 * ((2.0 * each - returned) / 900.0) ** 2
        stands = returned if not back else 37.5 * (returned / 300.0) ** 2 - across
        return [187.5 - 37.5 * (each / 300.0) ** 2 - across, stands]

    return fsolve(missing, [300.0, 200.0])


@pytest.mark.parametrize(("trip", "back"), [(1, False), (3, True)])
def test_a_pump_without_a_check_valve_lets_water_back_when_it_trips(pod, trip, back):
    utilities, side = settled(operated_after(pod(PUMPS), item="fws", trip=[trip]))
    assert bool(utilities.circuits.converged)
    V = flows(side, utilities.circuits, "fws")
    each, returned = by_hand(back)
    for n in {1, 2, 3} - {trip}:
        assert V[f"pump {n}"] == pytest.approx(each, rel=1e-3)
    assert V[f"pump {trip}"] == pytest.approx(-returned, rel=1e-3, abs=1e-3)
    users = V["CDU01"] + V["CDU02"]
    assert users == pytest.approx(2.0 * each - returned, rel=1e-3)
    assert sum(V[f"pump {n}"] for n in (1, 2, 3)) == pytest.approx(users, rel=1e-6)
    assert V["rejection"] == pytest.approx(users, rel=1e-6)
    assert users == pytest.approx(V["return"], rel=1e-6)
    assert bool(users < 0.8 * 2.0 * by_hand(False)[0]) is back


@pytest.mark.parametrize("trip", [1, 3])
def test_in_time_a_pump_that_trips_leaves_what_the_steady_state_has(pod, trip):
    case = pod(PUMPS, ("supply: 36 degC", "supply: 39 degC"), duration="300 s")
    found = march(case, item="fws", trip=[trip])
    utilities, _ = settled(operated_after(case, item="fws", trip=[trip]))
    _, state = utilities.loops["tcs"]
    np.testing.assert_allclose(found.T_in[-1], state.T_branch_in, atol=0.05)
    warmed = found.T_in[-1].max() - found.T_in[0].max()
    assert bool(warmed > 0.5) == (trip == 3)


def test_check_valves_of_a_unit_are_missing_where_the_case_says_so(pod):
    of = ("pump: {power: 3 kW,", "pump: {power: 3 kW, count: 3, duty: 2, without_check: [1, 3],")
    side = liquid_side(pod(of))
    network = side.model.networks[0]
    checks = [bool(network.one_way[side.places.link["tcs", f"CDU01 pump {n}"]]) for n in (1, 2, 3)]
    assert checks == [False, True, False]


def test_a_unit_without_facility_water_leaves_its_heat_to_the_others(pod):
    case = pod()
    shut = operated_after(case, item="CDU01", water="off")
    assert [item.on for item in shut.items] == [item.on for item in case.items]
    utilities, side = settled(shut)
    _, state = utilities.loops["tcs"]
    assert flows(side, utilities.circuits, "fws")["CDU01"] == pytest.approx(0.0, abs=1e-4)
    assert state.heat_cdu[0] == pytest.approx(0.0, abs=1.0)
    assert state.heat_cdu[1] == pytest.approx(300e3, rel=0.02)
    assert state.m_flow_cdu[0] == pytest.approx(state.m_flow_cdu[1], rel=1e-3)  # pumps go on
    found = march(pod(duration="120 s"), item="CDU01", water="off")
    np.testing.assert_allclose(found.T_in[-1], state.T_branch_in, atol=0.1)


def test_water_that_is_back_leaves_a_unit_as_it_was(pod):
    case = pod()
    normal = operated(case)
    for back in ({"water": "on"}, {"state": "on"}):
        now = after(event(item="CDU01", water=False), normal, normal)
        assert not now.items[3].water
        assert after(event(item="CDU01", **back), now, normal).items[3].water


def inside(side, state, unit):
    """What exchanger and filters of a unit lose over the square of its flow [Pa s2/kg2]."""
    link, heat = side.places.link["tcs", unit], side.model.heat
    dp = float(state.p[heat.tail[link]] - state.p[heat.head[link]])
    return dp / float(state.m_flow[link]) ** 2


def test_filters_that_clog_resist_in_their_unit_alone(pod):
    case = pod()
    clean, clogged = settled(case), settled(operated_after(case, item="CDU01", filters=2.0))
    resistance = [
        [inside(side, utilities.circuits, unit) for unit in ("CDU01", "CDU02")]
        for utilities, side in (clean, clogged)
    ]
    ratio = np.divide(*resistance[::-1])
    np.testing.assert_allclose(ratio, [1.3, 1.0], rtol=1e-3)  # 30 % of it is the filter


def test_filters_clog_in_time_where_those_of_the_loop_are_fouled_already(pod):
    case = pod(("control: {diff", "fouling: {filters: 1.5}, control: {diff"))
    plant, x = Plant.of(case), first_exchange(case)
    settle(case, plant, x)
    spec = case.transient.model_copy(update={"events": (event(item="CDU01", filters=3.0),)})
    asked = Asked(replace(case, transient=spec), plant.liquid, x)
    at = [plant.liquid.places.link["tcs", unit] for unit in ("CDU01", "CDU02")]
    for t, expected in ((4.0, [1.15, 1.15]), (6.0, [1.6, 1.15])):
        fouling = np.asarray(asked.at(t, None).hydraulic[0].fouling)
        np.testing.assert_allclose(fouling[at], expected)


@pytest.mark.parametrize("coolers", [1, 2, 3])
def test_a_loop_with_fewer_coolers_outdoors_is_that_of_a_smaller_bank(pod, coolers):
    case = pod((COOLER, PLATES % 3))
    spec = case.liquid.facility[0]
    fewer = solve_facility(operated_after(case, item="fws", coolers=coolers), spec, 400e3)
    small = pod((COOLER, PLATES % coolers))
    bank = solve_facility(small, small.liquid.facility[0], 400e3)
    for part in ("T_supply", "rejection_power", "shortage", "capacity", "loading"):
        assert getattr(fewer, part) == pytest.approx(getattr(bank, part), rel=1e-9)
    assert (fewer.T_supply > spec.supply + 1.0) == (coolers == 1)


def test_coolers_lost_outdoors_warm_the_water_to_where_the_others_carry_the_heat(pod):
    case = pod((COOLER, PLATES % 3), duration="300 s")
    found = march(case, item="fws", coolers=1)
    n = found.circuits.index("fws")
    end = settled(operated_after(case, item="fws", coolers=1))[0].facilities["fws"].T_supply
    assert end > found.T_supply[0, n] + 1.0
    assert found.T_supply[-1, n] == pytest.approx(end, abs=0.1)
    assert np.ptp(march(case, item="fws", coolers=2).T_supply[:, n]) < 0.05


def test_water_without_a_cooler_outdoors_warms_as_without_its_exchangers(pod):
    case = pod((COOLER, PLATES % 3), VOLUME)
    outdoors, indoors = (
        march(case, item="fws", **{key: "off"}) for key in ("coolers", "rejection")
    )
    n = outdoors.circuits.index("fws")
    assert outdoors.T_supply[-1, n] > outdoors.T_supply[0, n] + 1.0
    np.testing.assert_allclose(outdoors.T_supply, indoors.T_supply)


def test_an_economiser_goes_on_without_its_chillers_as_long_as_it_has_coolers(pod):
    cold = ("dry_bulb: 30 degC, wet_bulb: 24 degC", "dry_bulb: 8 degC, wet_bulb: 5 degC")
    case = pod((COOLER, ECONOMISED), cold)
    lost = operated_after(case, item="fws", rejection="off")
    assert settled(lost)[0].facilities["fws"].shortage == 0.0
    found = march(case, item="fws", rejection="off")
    n = found.circuits.index("fws")
    assert np.ptp(found.T_supply[:, n]) < 1e-3
    both = after(event(item="fws", coolers=0), operated(lost), operated(case)).facilities[0]
    assert not rejects(case, both)


@pytest.mark.parametrize("rejection", [COOLER, PLATES % 3, CHILLER])
def test_without_any_machine_all_heat_of_a_loop_is_short(pod, rejection):
    case = pod((COOLER, rejection))
    lost = operated_after(case, item="fws", rejection="off")
    utilities, _ = settled(lost)
    state = utilities.facilities["fws"]
    assert state.shortage == pytest.approx(state.heat)
    assert state.heat == pytest.approx(300e3, rel=0.05)
    assert state.loading > 1e5
    assert np.isfinite([state.T_supply, state.T_return, state.power, state.capacity]).all()
    assert settled(case)[0].facilities["fws"].loading < 1.0


def test_a_case_operated_otherwise_keeps_all_of_it(pod):
    case = pod(PUMPS)
    for keys in ({"trip": [2]}, {"rejection": 0}, {"pumps": 1}):
        state = after(event(item="fws", **keys), operated(case), operated(case))
        assert state != operated(case)
        assert operated(case_with(case, state)) == state


def test_more_coolers_outdoors_than_there_are_is_refused(case_of, liquid_pod):
    text = liquid_pod.replace(COOLER, PLATES % 3)
    events = "transient:\n  duration: 9 s\n  events: [{at: 1 s, item: fws, coolers: 4}]\n"
    with pytest.raises(InputError, match=r"coolers: fws has 3 coolers on its outdoor loop; wanted"):
        case_of(text + events)
