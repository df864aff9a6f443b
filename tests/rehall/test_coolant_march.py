"""Circuits of cases in time: pumps lost, standby units started, rejection lost."""

from dataclasses import replace

import numpy as np
import pytest

from rehall.config import load
from rehall.coolant_asked import Asked
from rehall.coolant_march import march_coolant
from rehall.coolant_results import part_of_summary
from rehall.inventory import RACK_CELLS, inventory_of
from rehall.operated import operated
from rehall.rejecting import rejecting
from rehall.schema.transient import EventSpec
from rehall.utilities import Plant, first_exchange, settle
from rehall.validation.runner import default_root
from thermal.liquid.transient import begin

pytestmark = pytest.mark.slow
PUMPS_LOST = default_root().parent / "configs" / "ai_hall_pumps_lost.yaml"
RACKS = [f"{row}{n:02}" for row in "AB" for n in range(1, 9)]


@pytest.fixture(scope="module")
def hall():
    case = load(PUMPS_LOST)
    plant, x = Plant.of(case), first_exchange(case)
    utilities = settle(case, plant, x)
    return case, plant.liquid, x, utilities


def march(hall, *events, duration=30.0):
    case, side, x, _ = hall
    spec = case.transient.model_copy(update={"duration": duration, "events": events})
    return march_coolant(replace(case, transient=spec), side, x)


def event(**keys):
    return EventSpec.model_validate(keys)


@pytest.fixture(scope="module")
def lost(hall):
    return march(hall, event(at="0 s", item="CDU", state="off"))


def test_seconds_to_every_limit_are_those_of_a_stagnant_inventory(hall, lost):
    # Two heat capacities: C_l dT_l/dt = G (T_s - T_l), C_s dT_s/dt = P - G (T_s - T_l).
    case, side, _, utilities = hall
    loop, state = utilities.loops["tcs"]
    rows = {row["name"]: row for row in part_of_summary(lost)["racks"]}
    items = {item.name: item for item in case.items}
    density, cp = loop.density, float(utilities.circuits.cp[side.places.circuit["tcs"]])
    for n, item in enumerate(loop.racks):
        coolant, P = items[item.name].entry.coolant, item.heat_to_liquid
        if coolant.plates is None:  # a switch: its coolant alone
            rate = P / (density * coolant.volume * cp)
            exact = (338.15 - float(state.T_branch_out[n])) / rate
            assert rows[item.name]["coolant_broken_at_s"] == pytest.approx(exact, rel=0.02)
            continue
        plates = coolant.plates
        V_least, R_least = plates.resistance[0]
        through = V_least * plates.count / plates.flow_share  # of the rack at the table's end
        above = R_least * plates.power - P * (0.5 + 0.5 / RACK_CELLS) / (through * density * cp)
        G = P / above
        C_l, C_s = density * coolant.volume * cp, plates.thermal_mass
        C, rate = C_l + C_s, G * (C_l + C_s) / (C_l * C_s)
        t = np.linspace(0.0, 30.0, 30_001)
        V_flow = state.m_flow_branch[n] / density
        R = np.interp(V_flow * plates.flow_share / plates.count, *np.transpose(plates.resistance))
        T_in, T_out = (float(T[n]) for T in (state.T_branch_in, state.T_branch_out))
        chip = T_in + R * plates.power
        mean = T_in + (T_out - T_in) * (0.5 + 0.5 / RACK_CELLS)
        after = P * C_l / C / G
        apart = after + (chip - mean - after) * np.exp(-rate * t)
        warmer = P * t / C - C_s / C * (apart - apart[0])
        for key, T in (("coolant", T_out + warmer), ("chip", mean + warmer + apart)):
            limit = rows[item.name][f"{key}_limit_c"] + 273.15
            exact = t[np.argmax(limit < T)]
            assert 5.0 < exact < 25.0
            assert rows[item.name][f"{key}_broken_at_s"] == pytest.approx(exact, rel=0.02)


def test_every_rack_stands_still_and_is_named(lost):
    rows = part_of_summary(lost)["racks"]
    assert [row["name"] for row in rows if row["still_at_s"] == 0.0] == list(lost.racks)
    assert len(rows) == 18
    assert lost.reason == ""


def test_a_unit_lost_of_four_leaves_all_racks_within_their_limits(hall):
    found = march(hall, event(at="5 s", item="CDU01", state="off"))
    part = part_of_summary(found)
    assert part["first_limit_broken_s"] is None
    assert min(row["flow_least_pct"] for row in part["racks"]) > 95.0
    assert np.abs(found.T_in - found.T_in[0]).max() < 0.5


def test_pumps_that_come_back_in_time_save_the_racks(hall):
    stop = event(at="0 s", item="CDU", state="off")
    found = march(hall, stop, event(at="6 s", item="CDU", state="on"), duration=60.0)
    rows = [row for row in part_of_summary(found)["racks"] if row["name"] in RACKS]
    assert {row["coolant_broken_at_s"] for row in rows} == {None}
    assert {row["chip_broken_at_s"] for row in rows} == {None}
    assert min(row["coolant_highest_c"] for row in rows) > 59.0
    assert np.abs(found.T_hottest[-1] - found.T_hottest[0]).max() < 0.05  # as before
    assert np.abs(found.T_chip[-1, :8] - found.T_chip[0, :8]).max() < 0.05


def test_without_rejection_facility_water_warms_up_as_two_mixed_volumes_do(hall):
    # T_s' = (T_r - T_s) / tau, T_r' = (T_s + dT - T_r) / tau, with half of the water each.
    case, side, _, utilities = hall
    found = march(hall, event(at="0 s", item="fws", rejection="off"), duration=120.0)
    n = found.circuits.index("fws")
    volume = case.liquid.facility[0].volume
    heat = side.taken(utilities.circuits, "fws")
    density = float(side.scenario.hydraulic[0].density[side.places.link["fws", "rejection"]])
    C = volume * density * float(utilities.circuits.cp[side.places.circuit["fws"]])
    early = found.times < 8.0  # the CDUs still hold their set point
    # Pump heat of the facility loop stays in the water too.
    pumps = float(np.asarray(utilities.circuits.pump_heat)[side.places.link["fws", "pump 1"]])
    flow = float(utilities.circuits.m_flow[side.places.link["fws", "return"]])
    apart = (heat + pumps) / (flow * float(utilities.circuits.cp[side.places.circuit["fws"]]))
    tau = 0.5 * C / (heat + pumps) * apart
    t = found.times[early]
    warmer = apart * (t / (2.0 * tau) + 0.25 * (1.0 - np.exp(-2.0 * t / tau)))
    rise = found.T_supply[early, n] - found.T_supply[0, n]
    assert rise[-1] > 1.5
    np.testing.assert_allclose(rise[-1], warmer[-1], rtol=0.02)


def with_powers(case, power):
    """The case with this power of its GPU racks [W]."""
    items = (replace(i, power=power) if i.name in RACKS else i for i in case.items)
    return replace(case, items=tuple(items))


def test_coolers_that_are_short_end_where_the_steady_state_of_so_much_heat_is(hall):
    case, side, x, utilities = hall
    cooler = case.rejections["fws"]
    small = cooler.model_copy(update={"capacity": 0.55 * cooler.capacity})
    tight = replace(case, rejections=case.rejections | {"fws": small})
    more = [event(at="0 s", item=row, power="280 kW") for row in "AB"]
    free = march(hall, *more, duration=240.0)
    n = free.circuits.index("fws")
    assert np.abs(free.T_supply[:, n] - free.T_supply[0, n]).max() < 0.05
    found = march((tight, side, x, utilities), *more, duration=900.0)
    hot = with_powers(tight, 280e3)
    end = settle(hot, Plant.of(hot), first_exchange(hot)).facilities["fws"].T_supply
    start = found.T_supply[0, n]
    assert end > start + 2.0
    np.testing.assert_allclose(found.T_supply[-1, n] - start, end - start, rtol=0.02)


@pytest.mark.parametrize("machines", [1, 2, 3])
def test_coolers_that_are_left_carry_what_so_many_can(hall, machines):
    case = hall[0]
    found = march(hall, event(at="0 s", item="fws", rejection=machines), duration=900.0)
    n = found.circuits.index("fws")
    fewer = rejection_of(case, "fws", count=machines)
    settled = settle(fewer, Plant.of(fewer), first_exchange(fewer)).facilities["fws"].T_supply
    assert (settled > found.T_supply[0, n] + 2.0) == (machines == 1)
    np.testing.assert_allclose(found.T_supply[-1, n], settled, atol=0.1)


def rejection_of(case, name, **changes):
    """The case with changes of what rejects the heat of a facility loop."""
    facility = tuple(
        f.model_copy(update={"rejection": f.rejection.model_copy(update=changes)})
        if f.name == name
        else f
        for f in case.liquid.facility
    )
    return replace(case, liquid=case.liquid.model_copy(update={"facility": facility}))


def test_chillers_carry_no_more_than_their_capacity_however_warm_their_water_gets(hall):
    case = hall[0]
    curve = rejecting(case, operated(case).facilities[1])
    C, most = 115e3, curve.heat[-1]
    assert curve.leaving(curve.T[0] + 0.5 * most / C, C) == pytest.approx(curve.T[0])
    for warm in (1.0, 2.0, 5.0):
        T_in = curve.T[0] + warm * most / C
        assert curve.leaving(T_in, C) == pytest.approx(T_in - most / C)
    assert curve.leaving(curve.T[0] - 3.0, C) == curve.T[0] - 3.0


def test_a_chiller_lost_warms_the_water_of_the_coils_until_they_take_less(hall):
    case, side, x, utilities = hall
    air = replace(x, T_in=dict.fromkeys(("FW1", "FW2", "FW3"), 308.15))
    found = march(
        (case, side, air, utilities), event(at="0 s", item="chw", rejection="off"), duration=900.0
    )
    n = found.coils.index("FW1")
    assert found.T_coil[-1, n] - found.T_coil[0, n] > 12.0
    assert found.T_coil.max() < 308.15 + 0.5  # never warmer than the air that warms it
    rise = np.diff(found.T_coil[1:, n]) / np.diff(found.times[1:])
    assert rise[-1] < 0.3 * rise[20]
    assert (np.diff(found.T_coil[:, n]) > -1e-6).all()


def test_coils_take_over_from_one_without_water_as_from_one_that_is_off(hall):
    case, side, x, _ = hall
    units = ("FW1", "FW2", "FW3")
    air = replace(x, T_in=dict.fromkeys(units, 308.15), coil_heat=dict.fromkeys(units, 30e3))
    found = []
    for key in ("water", "state"):
        events = (event(at="5 s", item="FW1", **{key: "off"}),)
        spec = case.transient.model_copy(update={"events": events})
        asked = Asked(replace(case, transient=spec), side, air)
        inventory, _ = inventory_of(side, case)
        now = begin(asked.steady, side.model, asked.at(-1.0, None), inventory)
        assert asked.coil_heat(asked.operated[0], now) == pytest.approx(air.coil_heat)
        found.append(asked.coil_heat(asked.operated[1], now))
    shut, off = found
    assert shut == off
    assert shut["FW1"] == 0.0
    assert sum(shut.values()) == pytest.approx(90e3)


def test_a_pump_that_fails_beside_a_standby_that_starts(hall):
    failed = event(at="0 s", item="fws", pumps=0)
    found = march(hall, failed, event(at="10 s", item="fws", pumps=1), duration=300.0)
    warm = found.T_in.max(axis=1)
    assert warm[found.times < 12.0].max() > found.T_in[0].max() + 1.0
    assert warm[-1] < found.T_in[0].max() + 0.1


def test_plates_that_store_nothing_give_less_time(hall, lost):
    case, side, x, utilities = hall

    def bare(item):
        coolant = getattr(item.entry, "coolant", None)
        if coolant is None or coolant.plates is None:
            return item
        plates = coolant.plates.model_copy(update={"thermal_mass": 0.0})
        changed = coolant.model_copy(update={"plates": plates})
        return replace(item, entry=item.entry.model_copy(update={"coolant": changed}))

    loops = {name: replace(m, racks=tuple(map(bare, m.racks))) for name, m in side.loops.items()}
    other = replace(case, items=tuple(map(bare, case.items))), replace(side, loops=loops), x
    found = march((*other, utilities), event(at="0 s", item="CDU", state="off"))
    with_mass = {row["name"]: row for row in part_of_summary(lost)["racks"]}
    for row in part_of_summary(found)["racks"]:
        if row["name"] not in RACKS:
            continue
        rate = row["warming_without_flow_k_s"]
        outlet = row["coolant_start_c"]
        assert row["coolant_broken_at_s"] == pytest.approx((65.0 - outlet) / rate, rel=0.01)
        assert row["chip_broken_at_s"] < with_mass[row["name"]]["chip_broken_at_s"]


def test_events_at_the_start_wait_for_inertia_as_later_ones_do(hall):
    case, side, x, utilities = hall
    slow = [
        i.entry.pump.model_copy(update={"coast_down": 5.0}) for i in case.items if i.kind == "cdu"
    ]

    def coasting(item):
        if item.kind != "cdu":
            return item
        return replace(item, entry=item.entry.model_copy(update={"pump": slow[0]}))

    loops = {n: replace(m, cdus=tuple(map(coasting, m.cdus))) for n, m in side.loops.items()}
    other = replace(case, items=tuple(map(coasting, case.items))), replace(side, loops=loops), x
    at_once, later = (
        march((*other, utilities), event(at=f"{t} s", item="CDU", state="off"), duration=8.0 + t)
        for t in (0, 1)
    )
    for t in (0.5, 2.0, 7.0):
        flows = [
            np.interp(t + lag, found.times, found.m_flow[:, 0])
            for lag, found in ((0, at_once), (1, later))
        ]
        assert flows[0] == pytest.approx(flows[1], rel=0.03)
        assert flows[0] > 0.3
