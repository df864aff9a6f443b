"""A small pod in time: which pump runs, what coasts, what loads want, plants with an economiser."""

from types import SimpleNamespace

import numpy as np
import pytest

from rehall.coolant_asked import Asked
from rehall.coolant_march import march_coolant
from rehall.coolant_results import part_of_summary
from rehall.operated import operated
from rehall.rejecting import rejecting
from rehall.utilities import Plant, first_exchange, settle

pytestmark = pytest.mark.slow
VOLUMES = ("dp_nominal: 100 kPa", "dp_nominal: 100 kPa, volume: 15 L")
COOLER = "rejection: {of: dry_cooler_2mw, count: 1}"
ECONOMISED = """rejection: {of: {like: air_cooled_chiller_1500, capacity: 150 kW},
       count: 1, outdoor_loop: {of: {like: dry_cooler_2mw, capacity: 600 kW, flow: 900 L/min},
       count: 1, fluid: pg30, flow: 900 L/min, pump_head: 150 kPa, pump_efficiency: 70 %,
       economiser: {of: plates, count: 1}}}"""
PLATES = """
  plates: {kind: plate_exchanger, capacity: 400 kW, approach: 1.5 K, flow: 900 L/min}
liquid:
"""


@pytest.fixture(scope="module")
def pod(case_of, liquid_pod):
    """Return a function: the pod with texts replaced, before its march through events."""

    def of(*changes, events=(), duration="60 s"):
        text = liquid_pod
        for old, new in (VOLUMES, *changes):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        listed = "".join(f"\n    - {event}" for event in events)
        case = case_of(f"{text}transient:\n  duration: {duration}\n  events:{listed}\n")
        plant, x = Plant.of(case), first_exchange(case)
        utilities = settle(case, plant, x)
        return SimpleNamespace(case=case, side=plant.liquid, x=x, utilities=utilities)

    return of


def marched(hall):
    found = march_coolant(hall.case, hall.side, hall.x)
    assert found.reason == ""
    return found, {row["name"]: row for row in part_of_summary(found)["racks"]}


def test_a_standby_pump_runs_in_the_place_of_one_that_an_event_stopped(pod):
    pumps = "pumps: {count: 2, duty: 1, failover: 5 s}, pressure: 150 kPa, elevation"
    hall = pod(("pressure: 150 kPa, elevation", pumps), events=["{at: 2 s, item: fws, pumps: 0}"])
    asked = Asked(hall.case, hall.side, hall.x)
    at = [hall.side.places.pump["fws", f"pump {n}"] for n in (1, 2)]
    turns = [[float(s.hydraulic[k].running[n]) for k, n in at] for s in asked.switched]
    assert turns == [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]


def test_racks_want_the_flow_of_their_load_at_the_moment(pod):
    half = "{at: 5 s, item: R01, power: 50 kW}"
    _, rows = marched(pod(events=[half, "{at: 5 s, item: R02, power: 0 kW}"]))
    first, idle, third = (rows[name]["flow_end_pct"] for name in ("R01", "R02", "R03"))
    assert first == pytest.approx(2.0 * third, rel=0.01)
    assert idle is None


@pytest.mark.parametrize("coast", [0.0, 4.0])
def test_a_unit_that_coasts_keeps_its_water_until_little_flows(pod, coast):
    hall = pod(
        ("power: 3 kW,", f"power: 3 kW, coast_down: {coast:g} s,"),
        events=["{at: 2 s, item: CDU01, state: off}"],
    )
    found, _ = marched(hall)
    before = found.times < 2.0
    calm = found.T_in[~before].max() - found.T_in[before].max()
    assert calm < 0.5  # before its water was shut at once, and warm liquid went round: 3.6 K


def test_a_plant_with_an_economiser_stays_as_it_is(pod):
    hall = pod(
        (COOLER, ECONOMISED),
        ("\nliquid:\n", PLATES),
        ("dry_bulb: 30 degC, wet_bulb: 24 degC", "dry_bulb: 8 degC, wet_bulb: 5 degC"),
        events=["{at: 5 s, item: R01, power: 100 kW}"],
    )
    facility = hall.utilities.facilities["fws"]
    assert facility.shortage == 0.0
    assert facility.heat > 1.5 * 150e3  # what the chiller alone carries
    assert rejecting(hall.case, operated(hall.case).facilities[0]).heat[-1] > facility.heat
    found, _ = marched(hall)
    assert np.ptp(found.T_supply[:, found.circuits.index("fws")]) < 1e-3
