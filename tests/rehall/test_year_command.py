"""`rehall year`: what it prints, writes and refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from geometry.errors import InputError
from rehall.config import load
from rehall.equipment import Unresolved, resolve

STARTER_WEATHER = ("name: starter", "name: starter\n  weather: made.epw\n  water_price: 2 USD/m3")


@pytest.fixture
def case(starter, epw, tmp_path):
    """Return a function that writes the starter case with weather, and something in its place."""
    hour = np.arange(8760)
    dry = 14.0 - 14.0 * np.cos(2 * np.pi * hour / 8760) - 5.0 * np.cos(2 * np.pi * hour / 24)
    epw(dry, dry - 6.0)

    def written(*changes):
        text = starter
        for old, new in (STARTER_WEATHER, *changes):
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "case.yaml"
        path.write_text(text)
        return str(path)

    return written


def hours_of(path):
    """Rows of an hour table."""
    return list(csv.DictReader(Path(path).read_text().splitlines()))


@pytest.mark.slow
def test_year_writes_numbers_hours_and_a_picture(command, case):
    code, said = command("year", case(), "--out", "found")
    assert code == 0
    assert "made.epw" in said
    assert "8,760 hours" in said
    for words in ("PUE", "WUE", "Energy cost", "Water cost", "Peak", "by chillers alone", "W17"):
        assert words in said
    assert sorted(p.name for p in Path("found").iterdir()) == ["year.csv", "year.json", "year.png"]
    assert Path("found/year.png").read_bytes().startswith(b"\x89PNG")
    summary = json.loads(Path("found/year.json").read_text())
    rows = hours_of("found/year.csv")
    assert len(rows) == 8760
    power = np.array([float(row["utility_kw"]) for row in rows])
    assert power.sum() / 1e3 == pytest.approx(summary["metrics"]["energy_mwh"], rel=1e-5)
    assert power.max() == pytest.approx(summary["metrics"]["peak_kw"], rel=1e-5)
    chilled = np.array([float(row["chw chillers_kw"]) for row in rows])
    (row,) = summary["facilities"]
    assert chilled.sum() / 1e3 == pytest.approx(row["chillers_mwh"], rel=1e-5)
    assert {row["chw supply_c"] for row in rows} == {"18"}


@pytest.mark.slow
def test_hours_without_a_steady_state_are_empty_in_the_table(command, case):
    small = ("capacity: 300 kW", "capacity: 100 kW")
    code, said = command("year", case(small), "--out", "found", "--enforce")
    assert code == 1
    assert "water warms without end" in said
    rows = hours_of("found/year.csv")
    (row,) = json.loads(Path("found/year.json").read_text())["facilities"]
    empty = sum(not r["chw supply_c"] for r in rows)
    assert empty == row["hours_without_steady_state"] > 0
    assert empty < 8760


@pytest.mark.slow
def test_other_weather_and_less_load_by_options(command, case, epw):
    epw(-5.0, -8.0, 101325.0, name="cold.epw")
    code, said = command(
        "year", case(), "--weather", "cold.epw", "--utilisation", "50 %", "--no-pictures"
    )
    assert code == 0
    assert "cold.epw" in said
    assert "servers at 50 %" in said
    assert "condensers colder than the chiller's curves in 8,760 of 8,760 h" in said
    assert not Path("year/year.png").exists()
    full = json.loads(Path("year/year.json").read_text())["metrics"]["it_kw"]
    assert full == pytest.approx(0.5 * sum(i.power for i in load("case.yaml").items[:4]) / 1e3)


def test_year_without_weather_ends_with_one_message(command, starter, tmp_path):
    (tmp_path / "bare.yaml").write_text(starter)
    code, said = command("year", "bare.yaml")
    assert code == 2
    assert said.strip() == (
        "bare.yaml:3: site.weather: missing; wanted weather: FILE.epw in the section site, "
        "or --weather FILE"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--weather", "gone.epw"), "--weather: there is no file gone.epw"),
        (("--utilisation", "fast"), "--utilisation: found"),
        (("--results", "nowhere"), "--results: nowhere/summary.json cannot be read"),
        (("--out", "case.yaml"), "--out: case.yaml is a file; wanted a folder"),
    ],
)
def test_wrong_option_ends_with_one_message(command, case, words, message):
    case()
    code, said = command("year", "case.yaml", *words)
    assert code == 2
    assert message in said
    assert "Traceback" not in said


def test_results_of_another_case_are_refused(command, case, tmp_path):
    case()
    (tmp_path / "summary.json").write_text('{"case": "other", "cooling_units": [], "racks": []}')
    code, said = command("year", "case.yaml", "--results", ".")
    assert code == 2
    assert "holds results of other, not of case" in said


LOOP = "outdoor_loop: {of: cooling_tower_3mw, count: 1, flow: 900 L/min, pump_head: 100 kPa, "
LOOP += "pump_efficiency: 70 %"
CHILLER = "rejection: {of: {like: air_cooled_chiller_1500, capacity: 300 kW}, "
CHILLER += "count: 1}"

# the rejection; where the message points to; what it says
MISFITS = {
    "exchanger without a loop": (
        "{of: plate_exchanger_2mw, count: 1}",
        "rejection",
        "chw: a plate exchanger gives its heat to an outdoor loop; wanted outdoor_loop",
    ),
    "condenser without a loop": (
        "{of: water_cooled_chiller_2300, count: 1}",
        "rejection",
        "chw: a water-cooled chiller gives its heat to an outdoor loop",
    ),
    "condenser without a temperature": (
        f"{{of: water_cooled_chiller_2300, count: 1, {LOOP}}}}}",
        "rejection.outdoor_loop",
        "chw: wanted supply, the water that the condensers are given",
    ),
    "temperature without a condenser": (
        f"{{of: plate_exchanger_2mw, count: 1, {LOOP}, supply: 24 degC}}}}",
        "rejection.outdoor_loop.supply",
        "only condensers of water-cooled chillers",
    ),
    "loop that nothing needs": (
        f"{{of: dry_cooler_2mw, count: 1, {LOOP}}}}}",
        "rejection.outdoor_loop",
        "a dry_cooler cools the loop's own liquid and has no use for one",
    ),
    "air-cooled chiller on a loop": (
        f"{{of: air_cooled_chiller_1500, count: 1, {LOOP}}}}}",
        "rejection.outdoor_loop",
        "use an outdoor loop only through an economiser",
    ),
    "economiser without a chiller": (
        f"{{of: plate_exchanger_2mw, count: 1, {LOOP}, "
        "economiser: {of: plate_exchanger_2mw, count: 1}}}",
        "rejection.outdoor_loop.economiser",
        "there is no chiller",
    ),
    "economiser of another kind": (
        f"{{of: air_cooled_chiller_1500, count: 1, {LOOP}, "
        "economiser: {of: dry_cooler_2mw, count: 1}}}",
        "rejection.outdoor_loop.economiser.of",
        "found a dry_cooler, wanted one of plate_exchanger",
    ),
    "chiller outdoors": (
        "{of: plate_exchanger_2mw, count: 1, "
        + LOOP.replace("cooling_tower_3mw", "air_cooled_chiller_1500")
        + "}}",
        "rejection.outdoor_loop.of",
        "found a chiller, wanted one of dry_cooler, adiabatic_cooler, cooling_tower",
    ),
    "glycol in an open tower": (
        f"{{of: plate_exchanger_2mw, count: 1, {LOOP}, fluid: pg30}}}}",
        "rejection.outdoor_loop.of",
        "an open tower holds water, not pg30",
    ),
    "all machines stand by": (
        "{of: dry_cooler_2mw, count: 2, spare: 2}",
        "rejection",
        "spare: all 2 stand by; wanted fewer than count",
    ),
    "lift above the head": (
        f"{{of: plate_exchanger_2mw, count: 1, {LOOP}, static_head: 120 kPa}}}}",
        "rejection.outdoor_loop",
        "static_head is above pump_head: 120 kPa of 100 kPa",
    ),
    "spare exchanger": (
        f"{{of: plate_exchanger_2mw, count: 2, spare: 1, {LOOP}}}}}",
        "rejection.spare",
        "all plate exchangers are in use",
    ),
    "flow of a dry loop that follows the load": (
        f"{{of: plate_exchanger_2mw, count: 1, {LOOP}, flow_min: 50 %}}}}",
        "rejection.outdoor_loop.flow_min",
        "only the flow through condensers follows the load",
    ),
    "unknown way of staging": (
        "{of: dry_cooler_2mw, count: 2, staging: fast}",
        "rejection.staging",
        "'parallel' or 'as_needed'",
    ),
}


@pytest.mark.parametrize("mistake", MISFITS)
def test_machines_that_do_not_fit_are_refused_in_one_line(starter, tmp_path, mistake):
    rejection, where, words = MISFITS[mistake]
    assert CHILLER in starter
    path = tmp_path / "case.yaml"
    path.write_text(starter.replace(CHILLER, f"rejection: {rejection}"))
    with pytest.raises(InputError) as refused:
        load(path)
    (line,) = str(refused.value).splitlines()
    assert f": liquid.facility[0].{where}: " in line
    assert words in line


def test_prices_in_two_currencies_are_refused(starter, tmp_path):
    path = tmp_path / "case.yaml"
    old = "energy_price: 0.10 USD/kWh"
    path.write_text(starter.replace(old, old + "\n  water_price: 2 EUR/m3"))
    with pytest.raises(InputError, match="wanted one currency, found EUR beside USD"):
        load(path)
    path.write_text(starter.replace(old, old + "\n  water_price: 2 USD/kWh"))
    with pytest.raises(InputError, match=r"wanted a price of water with its unit.*USD/m3"):
        load(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"curves": {"part_load": [0.1, -0.5]}}, "part_load: wanted a power that is positive"),
        ({"curves": {"capacity": {"leaving": ["10 degC", "5 degC"]}}}, "range that rises"),
        ({"curves": {"energy_input": {"terms": [-1.0, 0, 0, 0, 0, 0]}}}, "at the rated point"),
        ({"curves": {"capacity": {"terms": [1.0, 0]}}}, "missing"),
        ({"condenser": "sea"}, "'air' or 'water'"),
    ],
)
def test_chiller_against_its_own_physics_is_refused(change, words):
    with pytest.raises(Unresolved, match=words):
        resolve({"like": "air_cooled_chiller_1500", **change}, {})
