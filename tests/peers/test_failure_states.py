"""The batch of failure states that `validation/speed.py` times, and the pins of its other half."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOUND = {"packaging", "pandas", "scipy"}
"""What pandapower 3.3 wants older."""


@pytest.mark.slow
def test_every_failure_state_of_a_pod_is_solved_and_closes_mass_and_heat(program):
    states = program("failure_states")
    model, normal, places = states.circuits()
    solved = states.solve_batch(model, states.failures(normal, places, 100))
    figures = states.batch_figures(solved, taken=1.0)
    left = {quantity.partition(", ")[2]: value for quantity, value in figures.items()}
    assert left["unsolved"] == 0
    assert left["residual of a law [-]"] < 1e-8
    assert left["open mass [-]"] < 1e-10
    assert left["open heat [-]"] < 1e-8
    stopped = (solved.m_flow[:, [places.link["tcs", "CDU0"]]] < 1e-6).mean()
    assert 0.05 < float(stopped) < 0.4


def test_pins_beside_pandapipes_are_ours_but_for_those_that_it_binds():
    ours, theirs = (pins(ROOT / at) for at in ("", "validation/peers"))
    differing = {name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]}
    assert differing == BOUND


def pins(folder: Path) -> dict[str, list[str]]:
    """Versions of every name; several where they depend on the Python."""
    found: dict[str, list[str]] = {}
    text = (folder / "constraints.txt").read_text()
    for name, version in re.findall(r"^([\w.-]+)==(.+)$", text, re.MULTILINE):
        found.setdefault(name, []).append(version)
    return found
