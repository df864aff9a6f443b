"""What still fits agrees with sums done by hand, resource by resource."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.errors import InputError
from rehall import spare_cooling, spare_power
from rehall.config import load
from rehall.electrical import power_side
from rehall.fits import Fit, Fits, floor_load, one_more, what_fits
from rehall.operation import Exchange

RACK = one_more("vr_nvl72")  # 230 kW, 97 % to liquid, 345 L/min, 0.069 m3/s per kW to air
STORAGE = "  - unit: {of: storage_rack, name: S, at: [4 m, 4 m], facing: -y%s}\n"  # 22 kW
HEAT = 230e3 * 0.03
RHO_CP_T = 101325.0 / 287.055 * 1007.0  # of air at sea level [J/m3]
RACK_AIR = HEAT * 0.069e-3 + HEAT / RHO_CP_T  # drawn, and what the heat adds [m3/s]
STORAGE_AIR = 22e3 * 0.0614e-3 + 22e3 / RHO_CP_T


def solution(
    tmp_path: Path, text: str = "", hall: str = "", outdoor: str = "30 degC", contract: str = ""
) -> Any:
    """A solution of a case without its air: utilities are filled in by each test."""
    path = tmp_path / "hall.yaml"
    path.write_text(
        f"site: {{outdoor: {{dry_bulb: {outdoor}, wet_bulb: 20 degC}}{contract}}}\n"
        f"hall:\n  size: [12 m, 10 m, 4 m]\n{hall}{text}"
    )
    case = load(path)
    powers = {item.name: item.power for item in case.items}
    side = power_side(case)
    power = (side, side.solve(powers)) if side else None
    return SimpleNamespace(
        case=case,
        loops={},
        facilities={},
        power=power,
        powers=powers,
        exchange=Exchange(),
        node_air={},
    )


@pytest.mark.parametrize(("slab", "count"), [("24 kPa", 0), ("25 kPa", None)])
def test_slab_bears_a_rack_by_its_weight_over_its_own_footprint(slab, count, tmp_path):
    found = floor_load(solution(tmp_path, hall=f"  floor_load: {slab}\n"), RACK)
    assert found[0] == count
    assert f"{1814 * 9.80665 / (0.6 * 1.2) / 1e3:.1f} kPa under a rack" in found[1]
    assert f"{1814 * 9.80665 / (0.6 * (1.2 + 0.6 + 0.45)) / 1e3:.1f} kPa over its bay" in found[1]


def test_slab_that_is_not_known_does_not_limit_and_says_so(tmp_path):
    count, basis = floor_load(solution(tmp_path), RACK)
    assert count is None
    assert Fit("floor load", count, basis).words == "not known"
    assert Fit("liquid cooling", None, "asks for no coolant").words == "no limit"


SINGLE = """\
power:
  nodes:
    - {name: utility, of: utility, voltage: 13.8 kV}
    - {name: T, of: transformer_2500, fed_by: utility}
    - {name: BW, of: busway_2000, fed_by: T, length: 1 m}
"""


@pytest.mark.parametrize(
    ("contract", "room", "ends"),
    [
        ("700 kW", 700e3, "utility"),
        ("5 MW", 0.8 * math.sqrt(3) * 415 * 2000 * 0.99, "BW"),
    ],
)
def test_contract_or_busway_ends_the_racks_on_a_single_feed(contract, room, ends, tmp_path):
    text = "equipment:\n" + STORAGE % ", feeds: [BW]" + SINGLE
    solved = solution(tmp_path, text, contract=f", contracted_demand: {contract}")
    count, basis = spare_power.power(solved, RACK)
    assert count == int((room - 22e3) // 230e3)
    assert f"one more puts {ends} at" in basis
    assert "in the normal state" in basis


def dual(rating: str) -> str:
    nodes = [
        "    - {name: utility, of: utility, voltage: 13.8 kV}",
        *(
            f"    - {{name: T{s}, of: {{like: transformer_2500, rating: {rating}}}, "
            "fed_by: utility}"
            for s in "AB"
        ),
        *(
            f"    - {{name: {s}{n}, of: busway_2000, fed_by: T{s}, length: 1 m}}"
            for s in "AB"
            for n in (1, 2)
        ),
    ]
    racks = [
        f"  - unit: {{of: storage_rack, name: S{n}, at: [{3 * n} m, 4 m], facing: -y, "
        f"feeds: [A{n}, B{n}]}}"
        for n in (1, 2)
    ]
    return "\n".join(["equipment:", *racks, "power:", "  nodes:", *nodes]) + "\n"


def test_each_side_of_a_pair_must_carry_all_its_racks(tmp_path):
    # One side lost: each busway carries its racks in full, 1150 kVA and not twice that.
    busway = 0.8 * math.sqrt(3) * 415 * 2000 * 0.99
    count, basis = spare_power.power(solution(tmp_path, dual("2500 kVA")), RACK)
    assert count == 2 * int((busway - 22e3) // 230e3)
    assert "A/B pairs: 2" in basis
    assert "lost" in basis


def test_transformer_that_two_busways_share_binds_before_their_sum(tmp_path):
    count, basis = spare_power.power(solution(tmp_path, dual("1500 kVA")), RACK)
    assert count == int((1500e3 * 0.99 - 44e3) // 230e3)
    assert count < 2 * 4
    assert "TA at" in basis or "TB at" in basis


EXHAUST = """\
  openings:
    - {name: louvre, kind: outdoor, wall: -y, from: [1 m, 0.5 m], to: [11 m, 2 m]}
    - {name: fan, kind: exhaust, wall: +z, from: [5 m, 7 m], to: [6 m, 8 m], flow: 4 m3/s}
"""


def test_exhaust_fans_carry_the_air_of_servers_swollen_by_their_heat(tmp_path):
    solved = solution(tmp_path, "equipment:\n" + STORAGE % "", EXHAUST)
    count, basis = spare_cooling.air(solved, RACK)
    assert count == int((4.0 - STORAGE_AIR) / RACK_AIR) == 5
    assert "30.0 degC" in basis


def test_outdoor_air_above_the_inlet_limit_cools_no_rack(tmp_path):
    solved = solution(tmp_path, "equipment:\n" + STORAGE % "", EXHAUST, outdoor="36 degC")
    count, basis = spare_cooling.air(solved, RACK)
    assert count == 0
    assert "limit of 35.0 degC" in basis


def test_hall_that_moves_no_air_cools_no_rack(tmp_path):
    assert spare_cooling.air(solution(tmp_path), RACK)[0] == 0


UNIT = (
    "  - unit: {of: vertiv_fa069hc, name: FW%d, at: [0.9 m, %g m], facing: +x, supply: 22 degC, "
    "facility: chw}\n"
)
WATER = """\
liquid:
  facility:
    - name: chw
      supply: 18 degC
      flow: 2000 L/min
      pump_head: 200 kPa
      pump_efficiency: 70 %
      rejection: {of: air_cooled_chiller_1500, count: 1}
limits: {rack_inlet_max: 27 degC}
"""
C_AIR = 68980 / 3600 * 101325 / (287.055 * 308.15) * 1007.0  # of a unit at full speed [W/K]
COIL = 252.4e3 / 17.0  # rated heat over 35 - 18 K [W/K]
UNIT_HEAT = (COIL * 9.0 - 15e3) / (1 - COIL / C_AIR)  # supply at 27 over water of 18 degC


def water_at(T: float, capacity: float) -> Any:
    return SimpleNamespace(T_supply=jnp.asarray(T), capacity=capacity, heat=0.0)


def cooled(tmp_path: Path, units: int = 2, capacity: float = 9e9) -> Any:
    text = (
        "equipment:\n" + STORAGE % "" + "".join(UNIT % (n, 4 * n - 3) for n in range(1, 1 + units))
    )
    solved = solution(tmp_path, text + WATER)
    solved.facilities = {"chw": water_at(291.15, capacity)}
    # What the coils take: 22 kW of the rack, 180 kW of other heat, 15 kW of each unit's fans.
    names = [f"FW{n}" for n in range(1, 1 + units)]
    solved.exchange.coil_heat = dict.fromkeys(names, 202e3 / units + 15e3)
    solved.exchange.T_in = dict.fromkeys(names, 300.15)
    return solved


@pytest.mark.slow
def test_coil_at_the_inlet_limit_carries_what_its_rated_point_says(tmp_path):
    solved = cooled(tmp_path)
    unit = solved.case.item("FW1")
    assert spare_cooling.net_capacity(solved, unit, 300.15) == pytest.approx(UNIT_HEAT, rel=2e-3)


@pytest.mark.slow
def test_air_cooling_counts_without_the_largest_unit(tmp_path):
    count, basis = spare_cooling.air(cooled(tmp_path), RACK)
    assert count == int((UNIT_HEAT - 202e3) / HEAT)
    assert "FW1 lost, 1 left" in basis or "FW2 lost, 1 left" in basis
    assert f"enough for {int((68980 / 3600 - STORAGE_AIR) / RACK_AIR)}" in basis  # by air flow


@pytest.mark.slow
def test_chiller_can_end_air_cooling_before_the_coils(tmp_path):
    count, basis = spare_cooling.air(cooled(tmp_path, capacity=50e3), RACK)
    assert count == int(50e3 / HEAT) == 7
    assert "heat rejection of chw" in basis.split(": ")[1] + basis.split(": ")[2]


@pytest.mark.slow
def test_single_cooling_unit_leaves_nothing_when_it_is_lost(tmp_path):
    assert spare_cooling.air(cooled(tmp_path, units=1), RACK)[0] == 0


LOOP = """\
equipment:
  - row: {of: vr_nvl72, name: R, count: 2, first: [3 m, 3 m], facing: -y, loop: tcs}
  - row: {of: coolit_chx2000, name: CDU, count: 2, first: [6 m, 3 m], facing: -y, loop: tcs}
liquid:
  facility:
    - name: fws
      supply: 39 degC
      flow: 4500 L/min
      pump_head: 220 kPa
      pump_efficiency: 70 %
      rejection: {of: dry_cooler_2mw, count: 2}
  loops:
    - name: tcs
      supply: 43 degC
      facility: fws
      header: {diameter: 200 mm, pitch: 0.6 m}
      control: {differential_pressure: 180 kPa}
limits: {coolant_supply_max: 45 degC}
"""
LIQUID = 230e3 * 0.97


@pytest.mark.parametrize(
    ("T_facility", "spare", "count", "ends"),
    [
        # One CDU of 2125 L/min left, two racks on 345 L/min each.
        (312.15, 9e9, int((2125 - 2 * 345) / 345), "CDU flow"),
        (312.15, 500e3, int(500e3 / LIQUID), "heat rejection"),
        # 2 K of approach instead of 5 K: 800 kW of 2000 kW, 460 kW in use.
        (316.15, 9e9, int((0.4 * 2000e3 - 460e3) / LIQUID), "CDU capacity"),
        (319.15, 9e9, 0, "CDU capacity"),
    ],
)
def test_smallest_of_cdu_flow_capacity_and_rejection_ends_liquid_cooling(
    T_facility, spare, count, ends, tmp_path
):
    solved = solution(tmp_path, LOOP)
    items = solved.case.items
    model = SimpleNamespace(
        spec=solved.case.liquid.loops[0],
        racks=[i for i in items if i.kind == "rack"],
        cdus=[i for i in items if i.kind == "cdu"],
    )
    solved.loops = {"tcs": (model, SimpleNamespace(heat_cdu=np.array([230e3, 230e3])))}
    solved.facilities = {
        "fws": SimpleNamespace(T_supply=T_facility, capacity=spare + 480e3, heat=480e3)
    }
    found, basis = spare_cooling.liquid(solved, RACK)
    assert found == count
    shown = next(part for part in basis.split("; ") if part.startswith(ends))
    assert shown.endswith(f"enough for {count}")


def test_liquid_is_nothing_to_an_air_cooled_rack_and_all_to_another(tmp_path):
    solved = solution(tmp_path)
    assert spare_cooling.liquid(solved, one_more("storage_rack"))[0] is None
    assert spare_cooling.liquid(solved, RACK)[0] == 0


def test_least_count_is_what_runs_out_first():
    counts = {"floor area": 9, "air": 3, "liquid": None, "power": 3}
    each = tuple(Fit(name, count, "") for name, count in counts.items())
    assert Fits("rack", each, ()).count == 3
    assert Fits("rack", each, ()).first == "air and power"
    unlimited = Fits("rack", (Fit("liquid", None, ""),), ())
    assert (unlimited.count, unlimited.first) == (None, "none")


def test_all_resources_of_a_hall_are_counted_with_their_basis(tmp_path):
    text = "equipment:\n" + STORAGE % ", feeds: [BW]" + SINGLE
    solved = solution(tmp_path, text, EXHAUST, contract=", contracted_demand: 700 kW")
    fits = what_fits(solved, "storage_rack")
    assert fits.of("air cooling").count == int((4.0 - STORAGE_AIR) / STORAGE_AIR) == 1
    assert fits.of("floor area").count == len(fits.places) > 20
    assert fits.of("liquid cooling").count is None
    assert fits.first == "air cooling"
    assert all(fit.basis for fit in fits.each)


def test_entry_that_is_no_rack_is_refused():
    with pytest.raises(InputError, match="no rack"):
        one_more("coolit_chx2000")
    with pytest.raises(InputError, match="did you mean 'vr_nvl72'"):
        one_more("vr_nvl27")
