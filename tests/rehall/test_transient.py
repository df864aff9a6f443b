"""Transients: mistakes of the section, exact restarts, the file of fields, and closed forms."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from geometry.errors import InputError
from rehall import checkpoint
from rehall.config import load
from rehall.crossing import crossing
from rehall.fans import flows_and_fans, mover_of
from rehall.masses import slices_of
from rehall.results import Fields
from rehall.runtime import code
from rehall.schema.hall import Layer, Wall
from rehall.temporal import assemble, write_step
from thermal.air.streams import StreamTable

EVENTS = """\
transient:
  duration: 6 s
  output: every 2 s
  step_max: 0.5 s
  events:
    - {at: 1 s, item: R, power: 15 kW}
    - {at: 3 s, item: in, temperature: 24 degC, ramp: 1 s}
"""


def case(folder: Path, text: str):
    path = folder / "case.yaml"
    path.write_text(text)
    return load(path)


def test_transient_takes_its_outputs_at_the_start_at_the_end_and_between(duct, tmp_path):
    spec = case(tmp_path, duct + EVENTS).transient
    assert spec.output_times == (0.0, 2.0, 4.0, 6.0)
    listed = EVENTS.replace("every 2 s", "[1.5 s, 4 s]")
    assert case(tmp_path, duct + listed).transient.output_times == (0.0, 1.5, 4.0, 6.0)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("item: R", "item: Rr", 21, "did you mean 'R'?"),
        ("item: in,", "item: out,", 22, "follows the pressure"),
        ("power: 15 kW", "supply: 20 degC", 21, "only cooling units"),
        ("power: 15 kW", "flow: 1 m3/s", 21, "known are state, power"),
        ("power: 15 kW", "air_flow: 0 m3/s", 21, "nowhere to go"),
        ("power: 15 kW", "powr: 15 kW", 21, "did you mean 'power'?"),
        ("power: 15 kW", "ramp: 1 s", 21, "changes nothing"),
        ("at: 1 s", "at: 7 s", 21, "nothing follows"),
        ("at: 1 s", "at: 6 s", 21, "nothing follows"),
        ("power: 15 kW", "power: 15 kW, ramp: 6 s", 21, "after the duration"),
        ("at: 1 s", "at: 1", 21, "wanted a time"),
        ("every 2 s", "each 2 s", 18, "every 10 s"),
        ("every 2 s", "[2 s, 1 s]", 18, "rise"),
        ("step_max", "step_mx", 19, "did you mean 'step_max'?"),
        ("{at: 1 s, item: R", "{at: 3.5 s, item: in, flow: 2 m3/s}\n    - {at: 1 s, item: R", 21,
         "still changes until 4 s"),
    ],
)  # fmt: skip
def test_wrong_transients_are_refused_with_their_line(duct, tmp_path, old, new, line, words):
    assert old in EVENTS
    with pytest.raises(InputError) as refused:
        case(tmp_path, duct + EVENTS.replace(old, new, 1))
    assert f"case.yaml:{line}:" in str(refused.value)
    assert words in str(refused.value)


def test_all_mistakes_of_a_transient_are_told_at_once(duct, tmp_path):
    wrong = EVENTS.replace("item: R", "item: Q").replace("item: in", "item: inn")
    with pytest.raises(InputError) as refused:
        case(tmp_path, duct + wrong.replace("6 s", "3 s"))
    assert len(refused.value.findings) == 3


def test_layers_that_carry_less_than_the_wall_are_refused(duct, tmp_path):
    wool = (
        "{thickness: 0.2 m, conductivity: 0.04 W/m/K, density: 30 kg/m3, heat_capacity: 900 J/kg/K}"
    )
    walls = f"walls: {{+z: {{u_value: 0.4 W/m2/K, outdoor: 30 degC, layers: [{wool}]}}}}"
    with pytest.raises(InputError, match=r"alone make 0\.195 W/m2/K"):
        case(tmp_path, duct.replace("openings:", f"{walls}\n  openings:", 1))


def test_slices_of_a_wall_keep_its_resistance_and_heat_and_grow_outwards():
    concrete = Layer.model_construct(
        thickness=0.2, conductivity=1.4, density=2300.0, heat_capacity=880.0
    )
    slices = slices_of(Wall.model_construct(layers=(concrete,)))
    half, stored = np.array(slices).T
    assert 2 * half.sum() == pytest.approx(0.2 / 1.4)
    assert stored.sum() == pytest.approx(0.2 * 2300 * 880)
    assert (np.diff(half)[:-1] > 0).all()
    assert len(slices) > 3


def test_a_limit_is_passed_between_two_steps():
    times, values = np.array([1.0, 2.0, 4.0]), np.array([20.0, 22.0, 26.0])
    assert crossing(times, values, 24.0) == pytest.approx(3.0)
    assert crossing(times, values, 30.0) is None
    assert crossing(times, values, 10.0) == 1.0


def test_vtk_reads_every_time_of_the_file_of_fields(tmp_path):
    pv = pytest.importorskip("pyvista")
    x, y, z = np.array([0.0, 1.0, 3.0]), np.linspace(0, 1, 4), np.linspace(0, 2, 5)
    shape, written = (2, 3, 4), []
    rng = np.random.default_rng(0)
    solid = rng.random(shape) < 0.3
    for n, at in enumerate((0.0, 2.5, 7.0)):
        T, k = 293 + rng.random(shape), rng.random(shape)
        velocity = rng.random((*shape, 3))
        fields = Fields(x, y, z, T, T - 293, velocity, solid, {"k": (k, "m2/s2")})
        write_step(tmp_path, n, at, fields)
        written.append((at, fields))
    path = assemble(tmp_path, fields)
    reader = pv.HDFReader(str(path)).reader
    reader.UpdateInformation()
    for at, fields in written:
        reader.UpdateTimeStep(at)
        grid = pv.wrap(reader.GetOutputDataObject(0))
        assert isinstance(grid, pv.RectilinearGrid)
        assert grid.bounds == (0, 3, 0, 1, 0, 2)
        for name, wanted in (("T", fields.T), ("k", fields.extra["k"][0]), ("solid", solid)):
            read = grid.cell_data[name].reshape(shape, order="F")
            np.testing.assert_array_equal(read, wanted.astype(read.dtype))
        for axis in range(3):
            read = grid.cell_data["velocity"][:, axis].reshape(shape, order="F")
            np.testing.assert_array_equal(read, fields.velocity[..., axis].astype("f4"))
    steps = reader.GetOutputInformation(0).Get(reader.GetExecutive().TIME_STEPS())
    assert steps == (0.0, 2.5, 7.0)


def run(*words: str, kill_when=None) -> int:
    """The command in a process of its own, killed with SIGKILL where the condition holds."""
    line = [sys.executable, "-c", "from rehall.cli import main; main()", "run", *words]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while kill_when is not None and process.poll() is None:
            if kill_when():
                os.kill(process.pid, signal.SIGKILL)
            time.sleep(0.005)
        said = process.communicate()[1].decode()
    assert process.returncode in (0, 2, -signal.SIGKILL), said
    return process.returncode


def arrays(path: Path) -> dict[str, np.ndarray]:
    """Every dataset of an HDF5 file that holds numbers."""
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiu":
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(note)
    return found


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """A run without a break, and one killed in the middle that went on."""
    from tests.rehall.conftest import DUCT

    folder = tmp_path_factory.mktemp("transient")
    path = folder / "case.yaml"
    path.write_text(DUCT.replace("power: 10 kW", "thermal_mass: 30 kJ/K, power: 10 kW") + EVENTS)
    whole, broken = folder / "whole", folder / "broken"
    options = ("--no-pictures", "--grid-study", "2")
    assert run(str(path), "--out", str(whole), *options) == 0
    step = broken / "transient_steps" / "00002.h5"
    killed = run(str(path), "--out", str(broken), *options, kill_when=step.exists)
    at_kill = h5py.File(broken / "checkpoint.h5").attrs["stretch"]
    assert json.loads((broken / "summary.json").read_text())["verdict"] == "unsure"
    assert run(str(path), "--out", str(broken), "--resume", *options) == 0
    return path, whole, broken, killed, int(at_kill)


@pytest.mark.slow
def test_killed_run_goes_on_to_the_same_fields_to_the_last_bit(interrupted):
    _, whole, broken, killed, at_kill = interrupted
    assert killed == -signal.SIGKILL
    assert 0 < at_kill < 5
    for name in ("checkpoint.h5", "transient.vtkhdf"):
        first, second = arrays(whole / name), arrays(broken / name)
        assert first.keys() == second.keys()
        for key, values in first.items():
            np.testing.assert_array_equal(values, second[key], err_msg=f"{name} {key}")
    assert (whole / "transient.csv").read_text() == (broken / "transient.csv").read_text()


@pytest.mark.slow
def test_transient_closes_its_heat_balance_and_shows_the_change(interrupted):
    _, whole, *_ = interrupted
    summary = json.loads((whole / "summary.json").read_text())
    part = summary["transient"]
    assert summary["converged"]
    assert abs(part["energy_error_pct"]) < 0.5
    assert abs(part["servers_error_pct"]) < 0.5
    assert 0 < part["mass_error_pct"] < 0.1
    (rack,) = part["racks"]
    assert rack["inlet_start_c"] == pytest.approx(20.0, abs=0.01)
    # The warmer supply is 2.4 m or 7 s away; 5 kW more warm 30 kJ/K and 1.2 kg/s for 5 s.
    assert rack["inlet_end_c"] == pytest.approx(20.0, abs=0.01)
    lines = (whole / "transient.csv").read_text().splitlines()
    column = lines[0].split(",").index("R outlet_c")
    first, last = (float(lines[n].split(",")[column]) for n in (1, -1))
    at_most = 5e3 / (1.2 * 1006) * (1 - np.exp(-5.0 * 1.2 * 1006 / 30e3))
    assert 0.5 * at_most < last - first < at_most
    assert {row["name"] for row in summary["limits"]} >= {"rack_inlet_max_transient"}
    # 30 kJ/K with 5 kW more, and air that soaks up the rest: between nothing and all of it.
    assert 0 < part["stored_in_servers_kwh"] < 5e3 * 5 / 3.6e6 + 30e3 * 4 / 3.6e6


@pytest.mark.slow
def test_checkpoint_of_another_case_or_grid_is_refused(interrupted):
    path, _, broken, *_ = interrupted
    assert run(str(path), "--out", str(broken), "--resume", "--cell", "0.4 m") == 2
    other = path.with_name("other.yaml")
    other.write_text(path.read_text().replace("15 kW", "16 kW"))
    assert run(str(other), "--out", str(broken), "--resume") == 2


def test_checkpoint_of_other_code_is_refused_with_both_versions(tmp_path):
    path = tmp_path / "checkpoint.h5"
    with h5py.File(path, "w") as file:
        file.attrs["key"], file.attrs["code"] = "k", "rehall 0.0.9 (0badc0de) with jaxlib 0.1"
    with pytest.raises(InputError) as refused:
        checkpoint.require(path, "k")
    assert "written by rehall 0.0.9 (0badc0de)" in str(refused.value)
    assert f"this is {code()}" in str(refused.value)
    with h5py.File(path, "a") as file:
        file.attrs["code"] = code()
    checkpoint.require(path, "k")
    with pytest.raises(InputError, match="another case"):
        checkpoint.require(path, "other")


def test_server_with_a_law_keeps_its_form_on_off_and_at_a_given_flow(duct, tmp_path):
    """Inputs of every state differ in arrays only, so that events can be differences of them."""
    law = "by_inlet: [[18 degC, 0.6 m3/s], [25 degC, 0.8 m3/s], [35 degC, 1 m3/s]]"
    text = duct.replace("air_flow: {flow: 1 m3/s}}", f"air_flow: {{{law}}}}}")
    (rack,) = case(tmp_path, text).items
    streams = StreamTable(("R",), np.ones(1))
    for state in (rack, replace(rack, on=False, power=0.0), replace(rack, air_flow=0.9)):
        V_flow, fans = flows_and_fans(streams, {"R": mover_of(state)}, np.dtype(float))
        assert fans is not None
        assert fans.speed.shape == fans.T_law.shape == (1, 3)
        assert V_flow[0] == pytest.approx(0.0 if not state.on else state.air_flow or 1.0)
