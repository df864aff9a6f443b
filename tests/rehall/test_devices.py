"""Devices of the case file, each in a small hall: what they must do, worked out by hand."""

from dataclasses import replace

import numpy as np
import psychrolib
import pytest

from geometry.errors import InputError
from rehall.fans import mover_of, yielding
from rehall.moisture import entering_ratio
from rehall.summary import summarise
from rehall.wind import wind_pressures

RHO = 101325 / (287.055 * 293.15)  # air at 20 degC [kg/m3]
CP = 1006.1
DEGC = 273.15

TUNNEL = """\
site: {outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}}
hall:
  size: [6 m, 1.2 m, 2.4 m]
  openings:
    - {name: in, wall: -x, from: [0 m, 0 m], to: [1.2 m, 2.4 m], kind: outdoor}
    - {name: out, wall: +x, from: [0 m, 0 m], to: [1.2 m, 2.4 m], kind: outdoor,
       loss_coefficient: 30}
equipment:
  - unit:
      of: {kind: rack, name: blower, size: [1.2 m, 1.2 m, 2.4 m], power: 1 kW,
           air_flow: {flow: 3 m3/s}, fan_curve: [[0 m3/s, 60 Pa], [4 m3/s, 0 Pa]]}
      name: R
      at: [2.4 m, 0 m]
      facing: -x
solver: {cell: 0.3 m, precision: float64}
"""
AREA = 1.2 * 2.4
Q = 0.5 * RHO / AREA**2  # dynamic head of the tunnel at 1 m3/s [Pa]


def test_stated_air_flow_sets_the_speed_of_a_fan_curve(case_of):
    mover = mover_of(case_of(TUNNEL).item("R"))
    assert mover.speed == pytest.approx((0.75, 0.75))
    assert (mover.flow, mover.shutoff) == pytest.approx((4.0, 60.0))


def test_more_air_than_the_fans_move_is_refused_with_its_line(case_of):
    case = case_of(TUNNEL.replace("at: [2.4 m", "air_flow: 5 m3/s\n      at: [2.4 m"))
    with pytest.raises(InputError, match=r"case.yaml:9.*R: air flow of 5 m3/s.* 4 m3/s at most"):
        yielding(case)


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (
            "[[0 m3/s, 60 Pa], [4 m3/s, 70 Pa]]",
            "pressures that fall from row to row; row 2 has 70 Pa after 60 Pa",
        ),
        (
            "[[1 m3/s, 60 Pa], [0.5 m3/s, 0 Pa]]",
            "flows that rise from row to row; row 2 has 0.5 m3/s after 1 m3/s",
        ),
    ],
)
def test_curve_that_is_none_is_refused(curve, words, case_of):
    with pytest.raises(InputError, match=words):
        case_of(TUNNEL.replace("[[0 m3/s, 60 Pa], [4 m3/s, 0 Pa]]", curve))


@pytest.mark.slow
def test_rack_runs_where_its_curve_meets_the_tunnel(solved):
    _, summary = solved(TUNNEL)
    (rack,) = summary["racks"]
    # 60 s^2 - 60 (V/4)^2 = (1 + 30) q V^2 at s = 3/4; friction of the walls is small beside that.
    expected = np.sqrt(60 * 0.75**2 / (60 / 16 + 31 * Q))
    assert summary["converged"], summary["reasons"]
    assert rack["air_m3_s"] == pytest.approx(expected, rel=0.01)
    assert rack["air_unopposed_m3_s"] == pytest.approx(3.0)


@pytest.mark.slow
def test_stopped_rack_lets_a_forced_flow_through_backwards(solved):
    text = TUNNEL.replace(
        "kind: outdoor,\n       loss_coefficient: 30",
        "kind: supply, flow: 1 m3/s,\n       temperature: 20 degC",
    )
    solution, summary = solved(text.replace("name: R", "name: R\n      on: false"))
    (rack,) = summary["racks"]
    assert summary["converged"], summary["reasons"]
    assert rack["air_m3_s"] == pytest.approx(-1.0, rel=1e-3)
    p = solution.air.state.p
    # As its curve falls: 60/16 Pa at 1 m3/s, with the friction of one cell on each side.
    behind, before = (float(p[i].mean()) for i in (12, 7))
    assert behind - before == pytest.approx(60 / 16, rel=0.02)


@pytest.mark.slow
def test_exhaust_fan_runs_on_its_curve_and_the_verdict_tells_its_flow(solved):
    # What enters loses 1 + K heads of the tunnel, 40 Pa at the rated 12 m3/s.
    text = """\
site: {outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}}
hall:
  size: [6 m, 2.4 m, 2.4 m]
  openings:
    - {name: in, wall: -x, from: [0 m, 0 m], to: [2.4 m, 2.4 m], kind: outdoor,
       loss_coefficient: 14}
    - {name: EF, of: exhaust_fan_1200, wall: +x, from: [0.6 m, 0.6 m], to: [1.8 m, 1.8 m]}
solver: {cell: 0.3 m, precision: float64}
"""
    _, summary = solved(text)
    flows, heads = np.array([0.0, 8.0, 12.0, 13.5]), np.array([120.0, 75.0, 25.0, 0.0])
    slope, shutoff = np.polyfit(flows**2, heads, 1)
    expected = np.sqrt(shutoff / (15 * 0.5 * RHO / 2.4**4 - slope))
    (fan,) = (o for o in summary["openings"] if o["name"] == "EF")
    assert summary["converged"], summary["reasons"]
    assert -fan["flow_m3_s"] == pytest.approx(expected, rel=0.05)  # measured 3 % more
    # The hall's pressure is the louvre's loss, without the suction of the air's speed at the fan.
    (limit,) = (row for row in summary["limits"] if row["name"] == "hall_pressure_max")
    assert limit["value"] == pytest.approx(
        14 * 0.5 * RHO * (fan["flow_m3_s"] / 2.4**2) ** 2, rel=0.05
    )
    (limit,) = (row for row in summary["limits"] if row["name"] == "exhaust_fan_flow_min")
    assert limit["value"] == pytest.approx(-100 * fan["flow_m3_s"] / 12, rel=1e-4)


@pytest.mark.slow
def test_held_exhaust_fan_can_raise_less_in_thin_air_and_has_to_raise_the_wind(solved):
    # 12 m3/s held; the curve holds 25 Pa there in standard air. At 2000 m air has 0.785 times the
    # pressure (ISO 2533). East wind of 5 m/s on the fan's wall, 2.4 m by 6 m: 0.6 heads.
    text = """\
site: {altitude: 2000 m, outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}WIND}
hall:
  size: [6 m, 2.4 m, 2.4 m]
  openings:
    - {name: in, wall: -x, from: [0 m, 0 m], to: [2.4 m, 2.4 m], kind: outdoor,
       loss_coefficient: 14}
    - {name: EF, of: exhaust_fan_1200, wall: +x, from: [0.6 m, 0.6 m], to: [1.8 m, 1.8 m],
       flow: 12 m3/s}
solver: {cell: 0.3 m, precision: float64}
"""

    def told(wind):
        _, summary = solved(text.replace("WIND", wind))
        (limit,) = (r for r in summary["limits"] if r["name"] == "exhaust_fan_pressure_max")
        return limit

    still, windy = told(""), told(", wind: {speed: 5 m/s, direction: 90 deg}")
    assert still["limit"] == pytest.approx(25.0 * 0.785 * RHO / 1.2, rel=0.005)
    # The wind lowers the pressure outside the louvre and raises it outside the fan: by lee and by
    # luff, as found without a fan in the test of the tunnel.
    G = np.log(0.4)
    lee = 0.6 * np.log(0.545 + 0.131 * np.sin(2 * np.pi * G) ** 3 + 0.07 * G**2)
    more = (0.6 * np.log(2.734) - lee) * 0.5 * 0.785 * RHO * 25
    assert windy["value"] - still["value"] == pytest.approx(more, rel=0.05)


@pytest.mark.slow
def test_rack_draws_more_air_as_it_warms_within_one_solve(solved):
    law = "by_inlet: [[15 degC, 1 m3/s], [25 degC, 2 m3/s]]"
    text = TUNNEL.replace("flow: 3 m3/s}, fan_curve: [[0 m3/s, 60 Pa], [4 m3/s, 0 Pa]]", law + "}")
    text = text.replace("power: 1 kW", "power: 10 kW")
    solution, summary = solved(text)
    assert summary["racks"][0]["air_m3_s"] == pytest.approx(1.5, rel=1e-3)
    assert solution.rounds == 1


DOOR = TUNNEL.replace(
    "flow: 3 m3/s}, fan_curve: [[0 m3/s, 60 Pa], [4 m3/s, 0 Pa]]",
    """flow: 1 m3/s},
           rear_door: {capacity: 20 kW, air_flow: 1 m3/s, air_in: 36 degC, water_flow: 50 L/min,
                       water_in: 16 degC, water_out: 21.7 degC, air_dp: 15 Pa}""",
)
DOOR = DOOR.replace("power: 1 kW", "power: 20 kW").replace(
    "facing: -x",
    """facing: -x
      facility: chw
liquid:
  facility:
    - {name: chw, fluid: water, supply: 18 degC, flow: 50 L/min, pump_head: 100 kPa,
       pump_efficiency: 70 %, rejection: {of: air_cooled_chiller_1500, count: 1}}""",
)


@pytest.mark.slow
def test_rear_door_takes_what_its_effectiveness_gives_and_its_water_carries_it(solved):
    _, summary = solved(DOOR)
    (rack,), (chw,) = summary["racks"], summary["facilities"]
    # Rated at 1 m3/s of air of 36 degC over water of 16 degC: the effectiveness on the air side.
    rho_rated = 101325 / (287.055 * (36 + DEGC))
    C_rated = rho_rated * CP
    C_water = 50 / 60e3 * 998.9 * 4187.0
    e_rated = 20e3 / (C_rated * 20)
    ratio = C_rated / C_water
    NTU_rated = np.log((1 - e_rated * ratio) / (1 - e_rated)) / (1 - ratio)
    # At its own air flow, of more mass: 1/UA by 60 % and the power 0.8 on the air's side.
    C = RHO * CP
    UA = NTU_rated * C_rated / (0.6 / (C / C_rated) ** 0.8 + 0.4)
    r, NTU = C / C_water, UA / C
    E = np.exp(-NTU * (1 - r))
    heated = 20.0 + 20e3 / C
    door = C * (1 - E) / (1 - r * E) * (heated - 18.0)
    assert summary["converged"], summary["reasons"]
    assert rack["rear_door_kw"] == pytest.approx(door / 1e3, rel=0.005)
    assert rack["outlet_mean_c"] == pytest.approx(heated - door / C, abs=0.05)
    pumps = 50 / 60e3 * 100e3 / 0.7
    assert chw["heat_kw"] == pytest.approx((door + pumps) / 1e3, rel=0.005)


def test_rear_door_slows_the_fans_by_its_pressure_loss(case_of):
    case = case_of(
        DOOR.replace(
            "flow: 1 m3/s},", "flow: 1 m3/s}, fan_curve: [[0 m3/s, 60 Pa], [4 m3/s, 0 Pa]],"
        )
    )
    mover = mover_of(case.item("R"))
    assert mover.slope == pytest.approx(60 / 16 + 15.0)
    assert mover.speed == pytest.approx((0.25, 0.25))


def test_rear_door_without_facility_is_refused(case_of):
    with pytest.raises(InputError, match=r"R .rack. has no facility loop"):
        case_of(DOOR.replace("      facility: chw\n", ""))


@pytest.mark.parametrize(
    ("written", "words"),
    [("supply: 20 degC", "supply"), ("control: {return: 30 degC}", "control")],
)
def test_rack_that_holds_a_temperature_is_refused(written, words, case_of):
    with pytest.raises(InputError, match=f"only cooling units have {words}"):
        case_of(TUNNEL.replace("facing: -x", f"facing: -x\n      {written}"))


@pytest.mark.slow
def test_wind_blows_through_the_tunnel_as_far_as_its_pressure_carries(solved):
    # West wind on a hall of 6 m by 1.2 m. Swami and Chandra by hand, G = ln(1.2/6): 0.603 on the
    # west wall, on the east one 0.6 ln(0.545 + 0.131 sin^3(2 pi G) + 0.07 G^2).
    text = TUNNEL.split("equipment:")[0] + "solver: {cell: 0.3 m, precision: float64}\n"
    text = text.replace("14 degC}}", "14 degC}, wind: {speed: 5 m/s, direction: 270 deg}}")
    _, summary = solved(text)
    G = np.log(0.2)
    lee = 0.6 * np.log(0.545 + 0.131 * np.sin(2 * np.pi * G) ** 3 + 0.07 * G**2)
    speed = 5.0 * np.sqrt((0.6 * np.log(2.734) - lee) / 31)
    (inlet,) = (o for o in summary["openings"] if o["name"] == "in")
    assert summary["converged"], summary["reasons"]
    assert inlet["flow_m3_s"] == pytest.approx(speed * AREA, rel=0.02)


def test_wind_presses_on_the_wall_it_meets_and_pulls_on_all_others(case_of):
    west = "- {name: in, wall: -x, from: [0 m, 0 m], to: [1.2 m, 2.4 m], kind: outdoor}\n"
    roof = "- {name: vent, wall: +z, from: [0 m, 0 m], to: [1 m, 1 m], kind: outdoor}\n    "
    text = TUNNEL.replace(west, roof + west)
    wind = "14 degC}, wind: {speed: 5 m/s, direction: 90 deg}}"
    found = wind_pressures(case_of(text.replace("14 degC}}", wind)))
    vent, inlet, out = found.values()
    assert vent == pytest.approx(-0.6 * 0.5 * RHO * 25)
    assert inlet < 0 < out
    assert wind_pressures(case_of(TUNNEL)) is None


SEALED = """\
include: chilled_water.yaml
site: {outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}}
hall: {size: [4.8 m, 2.4 m, 2.4 m]}
equipment:
  - unit:
      of: {kind: rack, name: server, size: [1.2 m, 0.6 m, 1.2 m], power: 10 kW,
           air_flow: {flow: 1 m3/s}}
      name: R
      at: [1.2 m, 0.6 m]
      facing: -x
  - unit:
      of: {kind: cooling_unit, name: crah, size: [1.2 m, 0.6 m, 1.2 m], intake: front,
           discharge: back, fan_power: 1 kW,
           rating: {capacity: 20 kW, air_flow: 1.2 m3/s, air_in: 32 degC, water_flow: 60 L/min,
                    water_in: 10 degC, water_out: 14.8 degC}}
      name: U
      at: [3.0 m, 0.6 m]
      facing: -x
      facility: chw
      control: {return: 30 degC}
solver: {cell: 0.3 m, precision: float64}
"""


@pytest.mark.slow
def test_cooling_unit_holds_its_return_air_and_its_fans_follow_it(solved):
    # Half the flow at 20 degC, all of it at 40 degC: three quarters at the 30 degC it holds.
    law = "      fan_law: [[20 degC, 50 %], [40 degC, 100 %]]\n      control:"
    solution, summary = solved(SEALED.replace("      control:", law))
    (unit,) = summary["cooling_units"]
    assert summary["converged"], summary["reasons"]
    assert unit["return_c"] == pytest.approx(30.0, abs=0.1)
    assert unit["return_set_c"] == pytest.approx(30.0)
    assert unit["air_m3_s"] == pytest.approx(0.75 * 1.2, rel=0.005)
    assert unit["fan_kw"] == pytest.approx(0.75**3, rel=0.02)
    assert unit["heat_kw"] == pytest.approx(10.0 + unit["fan_kw"], rel=0.005)
    # No outdoor air enters, so that nothing tells the moisture.
    assert solution.entered.moistest is None
    assert "rack_humidity_max" not in {row["name"] for row in summary["limits"]}


SHAFT = """\
site: {outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}}
hall:
  size: [0.6 m, 0.6 m, 3.6 m]
  openings:
    - {name: in, kind: supply, wall: -z, from: [0 m, 0 m], to: [0.6 m, 0.6 m], flow: 0.36 m3/s,
       temperature: 20 degC}
    - {name: out, wall: +z, from: [0 m, 0 m], to: [0.6 m, 0.6 m], kind: outdoor}
  raised_floor: {height: 1.8 m, tiles: [{name: T, from: [0 m, 0 m], to: [0.6 m, 0.6 m],
                 open_fraction: 25 %}]}
solver: {cell: 0.1 m, growth: 1.0, precision: float64, turbulence: laminar}
"""


@pytest.mark.slow
def test_air_above_a_tile_has_the_momentum_of_its_holes_and_loses_the_plates_head(solved):
    p, q = {}, 0.5 * RHO  # 1 m/s through the tile
    for jets in ("true", "false"):
        text = SHAFT.replace("raised_floor: {", f"raised_floor: {{jets: {jets}, ")
        solution, _ = solved(text)
        p[jets] = solution.air.state.p.mean((0, 1))
    loss = ((0.707 * np.sqrt(0.75) + 0.75) / 0.25) ** 2
    below, above = 15, 23  # half a metre up the air is mixed
    for drop in (p["true"][below] - p["true"][above], p["false"][below] - p["false"][above]):
        assert drop == pytest.approx(loss * q, rel=0.01)
    # Right above the tile the jets give their momentum, rho u^2 (1/f - 1), to the air around.
    recovered = (p["true"][20] - p["true"][18]) - (p["false"][20] - p["false"][18])
    assert recovered == pytest.approx(2 * q * (1 / 0.25 - 1), rel=0.02)


def test_floor_leaks_as_a_plate_of_its_open_share(case_of):
    floors = {}
    for leakage in ("0 %", "1 %"):
        case = case_of(SHAFT.replace("{height", f"{{leakage: {leakage}, height"))
        floors[leakage] = next(b for b in case.geometry.baffles if b.name == "raised floor")
    assert floors["0 %"].loss_coefficient == np.inf
    assert floors["1 %"].loss_coefficient == pytest.approx(
        (1.0 * 0.707 * 0.99**0.5 / 0.01 + 99) ** 2
    )


@pytest.mark.slow
def test_air_over_a_wet_pad_keeps_its_wet_bulb_and_mixes_with_air_that_comes_in_dry(
    solved, leave_moisture_unsolved
):
    psychrolib.SetUnitSystem(psychrolib.SI)
    pad = """\
    - {name: pad, of: evaporative_pad_150, wall: -y, from: [0.6 m, 0 m], to: [1.8 m, 2.4 m]}
    - {name: out"""
    text = TUNNEL.replace("    - {name: out", pad, 1)
    outdoor = "dry_bulb: 34 degC, wet_bulb: 20 degC"
    text = "include: chilled_water.yaml\n" + text
    solution, summary = solved(text.replace("dry_bulb: 20 degC, wet_bulb: 14 degC", outdoor))
    outdoors = psychrolib.GetHumRatioFromTWetBulb(34.0, 20.0, 101325.0)
    after = psychrolib.GetHumRatioFromTWetBulb(34.0 - 0.8 * 14.0, 20.0, 101325.0)
    openings = {o.name: o for o in solution.case.openings}
    assert entering_ratio(solution.case, openings["in"]) == pytest.approx(outdoors, rel=2e-3)
    assert entering_ratio(solution.case, openings["pad"]) == pytest.approx(after, rel=2e-3)
    flows = {o["name"]: o["mass_flow_kg_s"] for o in summary["openings"]}
    mixed = (flows["in"] * outdoors + flows["pad"] * after) / (flows["in"] + flows["pad"])
    (rack,) = summary["racks"]
    before = solution.carried.intake["humidity_ratio"]["R"]
    # The rack takes in all of the air, so that it is as moist as all that enters.
    assert before == pytest.approx(mixed, rel=2e-3)
    vapour = psychrolib.GetVapPresFromHumRatio(before, 101325.0)
    dew = psychrolib.GetTDewPointFromVapPres(rack["inlet_mean_c"], vapour)
    assert rack["inlet_dew_point_c"] == pytest.approx(dew, abs=0.05)
    relative = 100 * psychrolib.GetRelHumFromHumRatio(rack["inlet_mean_c"], before, 101325.0)
    assert rack["inlet_humidity_pct"] == pytest.approx(relative, rel=2e-3)
    # The moistest air is that behind the pad, also where the moisture cannot be solved.
    moistest = psychrolib.GetTDewPointFromVapPres(
        20.0, psychrolib.GetVapPresFromHumRatio(after, 101325.0)
    )
    leave_moisture_unsolved()
    failed = summarise(replace(solution))
    assert failed["racks"][0]["inlet_dew_point_c"] is None
    for told in (summary, failed):
        (margin,) = (r for r in told["limits"] if r["name"] == "dew_point_margin_min")
        assert margin["value"] == pytest.approx(10.0 - moistest, abs=0.05)


@pytest.mark.parametrize(("damper", "resists"), [("false", True), ("true", False)])
def test_stopped_cooling_unit_lets_air_back_unless_a_damper_closes_it(damper, resists, case_of):
    curve = "fan_curve: [[0 m3/s, 90 Pa], [1.5 m3/s, 0 Pa]]"
    text = SEALED.replace("fan_power: 1 kW", f"fan_power: 1 kW, damper: {damper},\n  {curve}")
    case = case_of(text.replace("name: U", "name: U\n      on: false"))
    mover = mover_of(case.item("U"))
    assert mover.yields is resists
    assert mover.slope == pytest.approx(40.0 if resists else 0.0)
    assert mover.flow == 0.0 or set(mover.speed) == {0.0}
    assert mover_of(case_of(text).item("U")).speed == pytest.approx((0.8, 0.8))
