"""A small hall with made-up air: 16 racks in two rows, a fan wall, analytic fields; commands."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from geometry.hall import Baffle, Block, Box, Device, Hall, Opening
from rehall import cli
from rehall.config import load
from rehall.limits import liquid_limits
from rehall.models import air_levels
from rehall.results import FaceTemperature, Fields, Results
from rehall.simulate import couple
from rehall.start import at_start
from rehall.summary import summarise
from rehall.utilities import Plant, first_exchange, settle
from thermal.air import scalars

SIZE = (12.0, 9.0, 4.0)


def make_hall() -> Hall:
    racks = [
        Device(
            f"{row}{i + 1:02d}",
            "rack",
            Box((3.6 + 0.6 * i, y, 0.0), (4.2 + 0.6 * i, y + 1.2, 2.3)),
            intake,
            "-y" if intake == "+y" else "+y",
        )
        for row, y, intake in (("A", 2.1, "+y"), ("B", 5.1, "-y"))
        for i in range(8)
    ]
    fans = [
        Device(
            f"FW{i + 1}",
            "cooling_unit",
            Box((0.9, 0.9 + 2.4 * i, 0.0), (1.8, 3.0 + 2.4 * i, 3.0)),
            "-x",
            "+x",
            "mixed",
        )
        for i in range(3)
    ]
    return Hall(
        size=SIZE,
        blocks=(Block("CDU1", Box((9.0, 2.1, 0.0), (9.9, 3.3, 2.0))),),
        devices=(*racks, *fans),
        openings=(
            Opening("supply 1", "supply", Box((0.0, 3.0, 0.5), (0.0, 6.0, 2.5))),
            Opening("louvre <N>", "outdoor", Box((6.0, 9.0, 0.5), (9.0, 9.0, 2.0)), 4.0),
            Opening("EF1", "exhaust", Box((10.0, 6.5, 4.0), (11.0, 7.5, 4.0))),
        ),
        baffles=(
            Baffle("ceiling", Box((2.4, 0.0, 3.3), (12.0, 9.0, 3.3))),
            Baffle("door", Box((8.4, 3.3, 0.0), (8.4, 5.1, 2.3)), 30.0),
            Baffle("wall", Box((10.5, 0.0, 0.0), (10.5, 4.0, 4.0))),
        ),
    )


def make_fields(hall: Hall) -> Fields:
    """Warm air above cold air, hotter towards +x, and a vortex about the vertical axis."""
    x, y, z = (np.linspace(0.0, size, round(size / 0.3) + 1) for size in hall.size)
    X, Y, Z = np.meshgrid(*(0.5 * (e[1:] + e[:-1]) for e in (x, y, z)), indexing="ij")
    T = 293.15 + 0.7 * X + 2.5 * Z + np.sin(2.0 * Y)
    velocity = np.stack([0.2 + 0.25 * (4.5 - Y), 0.15 * (X - 6.0), 0.1 * np.sin(X)], axis=-1)
    solid = np.zeros(T.shape, dtype=bool)
    for box in [d.box for d in (*hall.devices, *hall.blocks)]:
        axes = zip((X, Y, Z), box.lower, box.upper, strict=True)
        solid |= np.logical_and.reduce([(lower < a) & (a < upper) for a, lower, upper in axes])
    velocity[solid] = 0.0
    return Fields(x, y, z, T, 0.1 * Z - X, velocity, solid, {"mu_t": (0.01 * Z, "Pa s")})


def make_summary() -> dict:
    return {
        "case": "synthetic <b>hall</b> & co",
        "verdict": "fail",
        "converged": True,
        "cells": 1234,
        "wall_s": 12.5,
        "device": "cpu",
        "limits": [
            {"name": "rack inlet", "where": f"{row}{i + 1:02d}", "value": 24.0 + i, "limit": 27.0}
            | {"unit": "degC", "holds": i <= 3}
            for row in "AB"
            for i in range(8)
        ]
        + [
            {"name": "coolant flow", "where": "A01", "value": 97.0, "limit": 95.0}
            | {"unit": "%", "holds": True},
            {"name": "loading", "where": "BW-<A>", "value": None, "limit": 100.0}
            | {"unit": "%", "holds": False},
        ],
        "racks": [
            {"name": f"{row}{i + 1:02d}", "kind": "vr_nvl72", "it_kw": 230.0, "liquid_kw": 223.1}
            | {"air_kw": 6.9, "air_m3_s": 0.5, "inlet_mean_c": 23.0 + i, "inlet_max_c": 24.0 + i}
            | {"outlet_mean_c": 35.0 + i, "inlet_amplitude_k": None, "coolant_lpm": 345.0}
            for row in "AB"
            for i in range(8)
        ],
        "openings": [],
        "cooling_units": [{"name": "FW1", "supply_c": 22.0, "heat_kw": 40.0}],
        "power_nodes": [{"name": "TA1", "kind": "transformer", "rating_kva": 2500.0}],
        "balance": {"air_mass_pct": 0.01, "air_energy_pct": -0.2, "power_pct": 0.0},
        "metrics": {"pue": 1.08, "it_kw": 3680.0, "energy_cost_per_year": None},
    }


def make_results() -> Results:
    room = make_hall()
    faces = {}
    for device in room.devices:
        if device.kind == "rack":
            a = np.linspace(device.box.lower[0], device.box.upper[0], 3)
            b = np.linspace(0.0, 2.3, 9)
            T = 293.15 + 0.7 * a[:-1, None] + 5.0 * b[None, :-1]
            faces[device.name] = FaceTemperature(T, a, b)
    return Results(
        fields=make_fields(room),
        hall=room,
        summary=make_summary(),
        case_text="hall: {size: [12 m, 9 m, 4 m]}  # grüße <script>\n",
        manifest={"rehall": "0.1.0", "device": "cpu", "case_sha256": "ab" * 32},
        face_temperatures=faces,
    )


@pytest.fixture
def hall() -> Hall:
    return make_hall()


@pytest.fixture
def results() -> Results:
    return make_results()


DUCT = """\
site: {outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}}
hall:
  size: [6 m, 1.2 m, 2.4 m]
  openings:
    - {name: in, kind: supply, wall: -x, from: [0 m, 0 m], to: [1.2 m, 2.4 m], flow: 1 m3/s,
       temperature: 20 degC}
    - {name: out, wall: +x, from: [0 m, 0 m], to: [1.2 m, 2.4 m], kind: outdoor}
equipment:
  - unit:
      of: {kind: rack, name: heater, size: [1.2 m, 1.2 m, 2.4 m], power: 10 kW,
           air_flow: {flow: 1 m3/s}}
      name: R
      at: [2.4 m, 0 m]
      facing: -x
solver: {cell: 0.3 m}
"""


@pytest.fixture
def duct() -> str:
    """A duct of 6 m that one heated rack fills: 1 m3/s at 20 degC, 10 kW."""
    return DUCT


@pytest.fixture
def starter() -> str:
    """The case that `rehall new` writes, on a coarser grid."""
    from importlib.resources import files

    text = (files("rehall") / "templates" / "starter.yaml").read_text()
    assert "cell: 0.3 m" in text
    return text.replace("cell: 0.3 m", "cell: 0.4 m")


LIQUID_POD = """\
site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 24 degC}}
hall: {size: [8 m, 6 m, 3 m]}
equipment:
  - row: {of: rack, name: R, count: 3, first: [2 m, 1 m], facing: -y, loop: tcs}
  - row: {of: unit, name: CDU, count: 2, first: [5 m, 1 m], facing: -y, loop: tcs}
catalogue:
  rack: {kind: rack, size: [0.6 m, 1.2 m, 2.3 m], power: 100 kW, liquid_fraction: 100 %,
         air_flow: {per_power: 0.05 m3/s/kW}, coolant: {fluid: pg25, inlet_max: 45 degC,
         flow_per_power: 1.5 L/min/kW, dp_nominal: 100 kPa}}
  unit: {kind: cdu, size: [0.8 m, 1.2 m, 2.3 m], capacity: 300 kW, approach: 4 K, flow: 450 L/min,
         facility_flow: 450 L/min, pump: {power: 3 kW, npsh: 8 m, curve: [[0 L/min, 250 kPa],
         [450 L/min, 180 kPa]]}}
liquid:
  facility:
    - {name: fws, supply: 36 degC, flow: 900 L/min, pump_head: 150 kPa, pump_efficiency: 70 %,
       pressure: 150 kPa, elevation: 8 m, rejection: {of: dry_cooler_2mw, count: 1}}
  loops:
    - {name: tcs, supply: 40 degC, facility: fws, header: {diameter: 80 mm, pitch: 0.6 m},
       control: {differential_pressure: 110 kPa}, pressure: 150 kPa}
"""


@pytest.fixture(scope="session")
def liquid_pod() -> str:
    """Three racks of 100 kW on two units of 300 kW, facility water from a roof 8 m above."""
    return LIQUID_POD


def rehall(monkeypatch, capsys, *words: str) -> tuple[int, str]:
    """Run the command in this process; exit code and what it said."""
    monkeypatch.setattr(sys, "argv", ["rehall", *words])
    code = 0
    try:
        cli.main()
    except SystemExit as exit:
        code = int(exit.code or 0)
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: rehall(monkeypatch, capsys, *words)


@pytest.fixture
def leave_moisture_unsolved(monkeypatch):
    """Return a function after which the scalars run out of solutions; what they found is kept."""
    spread = scalars.spread

    def unconverged(*given):
        found = spread(*given)
        return replace(found, converged=found.converged & False)

    return lambda: monkeypatch.setattr(scalars, "spread", unconverged)


CHILLED_WATER = """\
liquid:
  facility:
    - {name: chw, fluid: water, supply: 10 degC, flow: 60 L/min, pump_head: 100 kPa,
       pump_efficiency: 70 %, rejection: {of: air_cooled_chiller_1500, count: 1}}
"""


@pytest.fixture(scope="session")
def case_of(tmp_path_factory):
    """Return a function that loads a case given as text, with chilled_water.yaml beside it."""

    def loaded(text: str):
        folder = tmp_path_factory.mktemp("case")
        (folder / "chilled_water.yaml").write_text(CHILLED_WATER)
        path = folder / "case.yaml"
        path.write_text(text)
        return load(path)

    return loaded


@pytest.fixture(scope="session")
def solved(case_of):
    """Return a function: solution and summary of a case given as text, on its fine grid alone."""

    def solve(text: str):
        case = case_of(text)
        level, x = air_levels(case)[-1], first_exchange(case)
        solution = couple(case, level, at_start(case, level), x, Plant.of(case), "air")
        return solution, summarise(solution)

    return solve


def write_epw(path, dry, dew, pressure=101325.0):
    """Write a weather file of these values an hour [degC, degC, Pa]; 8,760 of one are enough."""
    dry, dew, pressure = (np.broadcast_to(v, 8760) for v in (dry, dew, pressure))
    days = [(m, d) for m in range(1, 13) for d in range(1, DAYS[m - 1] + 1)]
    lines = ["LOCATION,Nowhere,-,-,made up,000000,40.0,-100.0,-6.0,0.0", *["-,-"] * 7]
    for n in range(8760):
        month, day = days[n // 24]
        values = f"{dry[n]:.4f},{dew[n]:.4f},50,{pressure[n]:.1f}"
        lines.append(f"2001,{month},{day},{n % 24 + 1},60,?,{values}" + ",9999" * 25)
    path.write_text("\n".join(lines) + "\n")
    return path


DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@pytest.fixture
def epw(tmp_path):
    """Return a function that writes a weather file."""
    return lambda *values, name="made.epw": write_epw(tmp_path / name, *values)


@pytest.fixture(scope="session")
def coolant_limits():
    """Return a function: limits of a case's coolant with some units switched off, without air."""

    def solved(case, off=()):
        items = tuple(replace(i, on=False) if i.name in off else i for i in case.items)
        stopped = replace(case, items=items)
        utilities = settle(stopped, Plant.of(stopped), first_exchange(stopped))
        solution = SimpleNamespace(
            case=stopped,
            loops=utilities.loops,
            facilities=utilities.facilities,
            entered=SimpleNamespace(moistest=None),
            air=SimpleNamespace(T_in=np.zeros(1)),
        )
        return liquid_limits(solution)

    return solved


def broken_row(limit: str, holds: bool | None = False, **given) -> dict:
    """What is broken, or undecided, in a state."""
    row = {"limit": limit, "where": "A01", "value": 40.0, "limit_value": 35.0, "unit": "degC"}
    row |= {"uncertainty": 0.1, "holds": holds, "margin_pct": -14.3, "when": "in the end"}
    return row | {"at_s": None, "back_s": None, "beyond": False} | given


def state_row(name: str, *broken: dict, **given) -> dict:
    """A state: it fails where it breaks something."""
    row = {"state": name, "kind_of_state": "single", "component": name, "kind": "whip"}
    row |= {"mode": "off", "subsystem": "whips", "reason": "", "air": "reused", "events": []}
    row |= {"verdict": "fail" if broken else "pass", "broken": list(broken), "limits": {}}
    times = [one["at_s"] for one in broken if one["at_s"] is not None]
    row |= {"first_limit_s": min(times, default=None), "first_limit_sure": True}
    row |= {"unserved_kw": 0.0, "throttled_kw": 0.0}
    return row | given


def made_up_study(*states: dict, **given) -> dict:
    """A study of these states, whose normal state holds every limit."""
    ways = ("reused", "screened", "coarse_only", "solved", "shared", "endless")
    counts = dict.fromkeys(("batched", *(f"air_{way}" for way in ways)), 0)
    counts |= dict.fromkeys(("marched", "marched_coolant"), 0)
    verdicts = [state["verdict"] for state in states]
    counts |= {name: verdicts.count(name) for name in ("pass", "fail", "unsure", "unsolved")}
    hours = {"hours_broken_per_year": 2.5, "hours_undecided_per_year": 0.0}
    hours |= {"hours_beyond_per_year": 0.1, "states_without_rates": []}
    hours |= {"by_component": [{"component": "chiller <1>", "hours_per_year": 2.25}]}
    return {
        "case": "hall",
        "verdict": "fail",
        "device": "cpu",
        "wall_s": 12.0,
        "counts": counts | {"states": len(states), "screening_miss": None},
        "normal": {"verdict": "pass", "broken": [], "limits": {}},
        "states": list(states),
        "single_points": [],
        "subsystems": [],
        "availability": hours,
        "assumptions": ["Doors are 0.9 m wide <assumed>"],
    } | given


@pytest.fixture(scope="session")
def rows() -> SimpleNamespace:
    """Makers of a study of failures: of what is broken, of states, and of the whole."""
    return SimpleNamespace(broken=broken_row, state=state_row, study=made_up_study)
