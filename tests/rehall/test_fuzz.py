"""Random valid halls: each converges, or ends as not converged with a reason; never NaN.

Two of them in the test suite; `make fuzz` tries 200.
"""

import json
import math
import os

import jax
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehall.config import load
from rehall.simulate import simulate
from rehall.summary import summarise

HALLS = int(os.environ.get("REHALL_FUZZ", "2"))
NOMINAL = 8.0  # of a rack [kW]

CATALOGUE = """
catalogue:
  air_rack:
    kind: rack
    name: air-cooled rack
    size: [600 mm, 1000 mm, 2000 mm]
    power: 80 kW
    air_flow: {flow: 0.6 m3/s}
"""


@st.composite
def halls(draw) -> str:
    """A case: a hall of any size, racks in slots, loads to ten times nominal, sealed or open."""
    columns, rows = draw(st.integers(1, 4)), draw(st.integers(1, 2))
    length = round(3.0 + 2.0 * columns + draw(st.floats(0.0, 2.0)), 1)
    width = round(2.4 + 2.6 * rows + draw(st.floats(0.0, 1.6)), 1)
    height = round(draw(st.floats(2.4, 4.5)), 1)
    lines, flow = [], 0.0
    for row in range(rows):
        for column in range(columns):
            if not draw(st.booleans()) and (row, column) != (0, 0):
                continue
            load_kw = round(NOMINAL * draw(st.floats(0.0, 10.0)), 2)
            rack_flow = round(draw(st.floats(0.05, 1.5)), 2)
            facing = draw(st.sampled_from(["-y", "+y"]))
            lines.append(
                f"  - unit: {{of: air_rack, name: R{row}{column}, "
                f"at: [{1.0 + 2.0 * column:.1f} m, {1.2 + 2.6 * row:.1f} m], facing: {facing}, "
                f"power: {load_kw} kW, air_flow: {rack_flow} m3/s}}"
            )
            flow += rack_flow
    openings = []
    if draw(st.booleans()):
        supply = round(draw(st.floats(0.1, 2.0)) * flow, 2)
        openings = [
            f"    - {{name: in, kind: supply, wall: -x, from: [0.4 m, 0.2 m], to: [1.6 m, 1.4 m], "
            f"flow: {supply} m3/s, temperature: {draw(st.integers(10, 30))} degC}}",
            "    - {name: out, kind: outdoor, wall: +x, from: [0.4 m, 1.2 m], to: [1.6 m, 2.2 m], "
            f"loss_coefficient: {draw(st.integers(0, 20))}.0}}",
        ]
    wall = draw(st.sampled_from(["adiabatic", "{u_value: 2 W/m2/K, outdoor: 10 degC}"]))
    text = [
        "site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}",
        f"hall:\n  size: [{length} m, {width} m, {height} m]\n  walls: {{default: {wall}}}",
    ]
    if openings:
        text.append("  openings:\n" + "\n".join(openings))
    text += ["equipment:\n" + "\n".join(lines), CATALOGUE]
    turbulence = draw(st.sampled_from(["k_epsilon", "rng", "zero_equation"]))
    text.append(f"solver: {{cell: 0.4 m, iterations: 250, turbulence: {turbulence}}}\n")
    return "\n".join(text)


@pytest.mark.slow
@settings(
    max_examples=HALLS,
    deadline=None,
    derandomize=HALLS < 50,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(text=halls())
def test_any_hall_converges_or_says_why_not(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "hall.yaml"
    path.write_text(text)
    solution = simulate(load(path))
    summary = summarise(solution)
    assert solution.reasons or summary["converged"]
    if solution.reasons:
        assert summary["verdict"] == "unsure"
    written = json.dumps(summary, allow_nan=False)  # refuses NaN and infinity
    inlets = [rack["inlet_max_c"] for rack in json.loads(written)["racks"]]
    assert all(T is None or math.isfinite(T) for T in inlets)
    jax.clear_caches()  # every hall is compiled anew: hundreds of them fill the address space
