"""Valves, fouling and heat loss of a loop as a case gives them, by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from geometry.errors import InputError
from rehall.inventory import pace_of
from rehall.liquid import liquid_side

pytestmark = pytest.mark.slow
HEADER = "header: {diameter: 80 mm, pitch: 0.6 m"
PRESSURE = "pressure: 150 kPa}\n"
VALVE = "pressure: 150 kPa, branch: {valve: 12 m3/h, valve_stroke: 6 s%s}%s}\n"


@pytest.fixture(scope="module")
def solved(case_of, liquid_pod):
    """Return a function: the pod's liquid side with texts replaced, its flows and its state."""

    def solve(*changes, heat=100e3):
        text = liquid_pod
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        case = case_of(text)
        side = liquid_side(case)
        racks = dict.fromkeys(("R01", "R02", "R03"), heat)
        state = side.solve(racks, {"fws": 309.15}, {}, 293.15)
        assert bool(state.converged)
        flows = {n: float(state.m_flow[side.places.link["tcs", n]]) for n in racks}
        return side, state, flows

    return solve


def test_a_position_of_a_valve_sets_its_resistance(solved):
    # 110 kPa across rack and valve: dp_rack (V / V_n)^1.75 + rho / 1000 (V / Kv)^2 bar.
    for kind, share in (("linear", 0.5), ("equal_percentage", 50.0**-0.5)):
        valves = VALVE % (f", valve_characteristic: {kind}", ", valves: {R02: 50 %}")
        side, state, flows = solved((PRESSURE, valves))
        density = float(side.scenario.hydraulic[0].density[0])
        link = side.places.link["tcs", "R02"]
        ends = side.model.heat.tail[link], side.model.heat.head[link]
        across = float(state.p[ends[0]] - state.p[ends[1]])
        V = flows["R02"] / density
        rack = 100e3 * (V * 60e3 / 150.0) ** 1.75
        valve = density / 1000.0 * (V * 3600.0 / (12.0 * share)) ** 2 * 1e5
        assert rack + valve == pytest.approx(across, rel=1e-3)
        assert valve > 0.05 * across
        assert flows["R02"] < flows["R01"]


def test_a_shut_valve_stops_its_rack_and_moves_at_its_stroke(solved):
    side, _, flows = solved((PRESSURE, VALVE % ("", ", valves: {R02: 0 %}")), heat=0.0)
    assert abs(flows["R02"]) < 1e-6
    assert flows["R01"] > 1.0
    pace = pace_of(side, SimpleNamespace(liquid=None))
    assert np.unique(pace.stroke[0]).tolist() == [6.0]


def test_a_valve_that_is_not_there_is_refused_with_its_line(case_of, liquid_pod):
    text = liquid_pod.replace(PRESSURE, "pressure: 150 kPa, valves: {R02: 0 %}}\n")
    with pytest.raises(InputError, match=r"case.yaml:\d+: .*no valve at 'R02'"):
        case_of(text)


def test_fouling_of_exchangers_adds_to_their_resistance(solved):
    def approach(fouling):
        """Supply above facility water while the valve is open [K]: a colder set point."""
        colder = ("supply: 40 degC, facility: fws", "supply: 30 degC, facility: fws")
        side, state, _ = solved(colder, (PRESSURE, f"pressure: 150 kPa{fouling}}}\n"))
        hot = int(side.places.link["tcs", "CDU01"])
        cold = int(side.places.link["fws", "CDU01"])
        return [float(T[n]) for T in (state.T_in, state.T_out) for n in (hot, cold)]

    side, _, flows = solved()
    hot_in, cold_in, hot_out, cold_out = approach("")
    foul_in, _, foul_out, foul_cold = approach(", fouling: {exchangers: 30 %}")

    def mean(hot_in, hot_out, cold_in, cold_out):
        ends = hot_in - cold_out, hot_out - cold_in
        return (ends[0] - ends[1]) / np.log(ends[0] / ends[1])

    clean, foul = (
        mean(hot_in, hot_out, cold_in, cold_out),
        mean(foul_in, foul_out, cold_in, foul_cold),
    )
    assert foul_out > hot_out + 0.3
    # Half of the resistance is that of the rack loop's film, with half of its rated 450 L/min.
    density = float(side.scenario.hydraulic[0].density[0])
    share = float(np.mean(list(flows.values()))) * 1.5 / density * 60e3 / 450.0
    films = 0.5 * share**-0.8 + 0.5
    assert foul / clean == pytest.approx(1.0 + 0.3 / films, rel=2e-3)


def test_fouled_filters_take_their_share_of_the_pressure_inside_a_unit(solved):
    def inside(*changes):
        side, state, _ = solved(*changes)
        link = side.places.link["tcs", "CDU01"]
        heat = side.model.heat
        dp = float(state.p[heat.tail[link]] - state.p[heat.head[link]])
        return dp / float(state.m_flow[link]) ** 2

    fouled = (PRESSURE, "pressure: 150 kPa, fouling: {filters: 2.0}}\n")
    assert inside(fouled) / inside() == pytest.approx(1.3, rel=1e-3)


def test_what_pipes_lose_is_their_length_and_their_warmth(solved):
    side, state, _ = solved((HEADER, HEADER + ", heat_loss: 20 W/m/K"))
    lost = side.lost(state, "tcs")
    supply, back = (float(state.T[side.places.node["tcs", f"{n}1"]]) for n in "sr")
    # Four segments of 0.6 m at 20 degC around; liquid cools by less than 0.1 K on its way.
    assert lost == pytest.approx(2 * 12.0 * (supply + back - 2 * 293.15), rel=0.02)
    assert side.lost(solved()[1], "tcs") == 0.0
    heat = float(np.sum(state.heat_taken)) - float(np.sum(state.rejected))
    assert heat == pytest.approx(lost, rel=1e-6)


PIPES = """manifold: {
         pipes: [{name: supply, ends: [a, b], length: 5 m, diameter: 80 mm},
                 {name: return, ends: [c, d], length: 5 m, diameter: 80 mm}],
         taps: {CDU01: [a, d], CDU02: [a, d], R01: [b, c], R02: [b, c], R03: [b, c]}}"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("R03: [b, c]", "R03: [bb, c]", "taps.R03: no pipe ends at 'bb'; did you mean 'b'?"),
        (", R03: [b, c]", "", "taps: R03 is on tcs and has no tap"),
        ("R03: [b, c]", "R03: [b, c], R99: [b, c]", "taps.R99: no CDU or rack 'R99' on tcs"),
    ],
)
def test_a_tap_that_leads_nowhere_is_refused_with_its_line(case_of, liquid_pod, old, new, message):
    text = liquid_pod.replace("header: {diameter: 80 mm, pitch: 0.6 m}", PIPES)
    assert case_of(text).liquid
    with pytest.raises(InputError, match=r"case.yaml:2\d: liquid.loops\[0\].manifold.") as refused:
        case_of(text.replace(old, new))
    assert message in str(refused.value)
    assert len(refused.value.findings) == 1


def test_what_the_model_of_a_unit_refuses_is_told_at_its_line(case_of, liquid_pod):
    case = case_of(liquid_pod.replace("pump: {power: 3 kW", "pump: {power: 1 kW"))
    with pytest.raises(InputError, match=r"case.yaml:5: CDU01.pump: 1.5 kW into the flow"):
        liquid_side(case)
