"""The results of a year: numbers as JSON, hours as CSV, a picture."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from rehall.results import aside, write_text
from rehall.weather import HOURS
from rehall.year import Year
from rehall.year_plot import draw_year
from rehall.year_summary import water_flow

JSON, CSV = "year.json", "year.csv"
ZERO = 273.15
HOUR = 3600.0


def write_year(year: Year, summary: dict[str, Any], out: Path, picture: bool = True) -> list[Path]:
    """Write the folder; paths of what was written."""
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(out / JSON, text + "\n")
    write_hours(year, out)
    drawn = [draw_year(year, out)] if picture and not year.reasons else []
    return [out / JSON, out / CSV, *drawn]


def write_hours(year: Year, out: Path) -> None:
    """Write a row an hour; empty where a number is not known."""
    columns = hour_columns(year)
    with aside(out / CSV) as part, part.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            table.writerow([f"{value:.6g}" if np.isfinite(value) else "" for value in row])


def hour_columns(year: Year) -> dict[str, np.ndarray]:
    """The columns of the hour table by their headings."""
    weather, power = year.weather, year.utility.power
    columns: dict[str, Any] = {
        "month": weather.month,
        "day": weather.day,
        "hour": weather.hour,
        "outdoor_dry_bulb_c": weather.T_dry - ZERO,
        "outdoor_wet_bulb_c": year.T_wet - ZERO,
        "it_kw": np.full(HOURS, year.it / 1e3),
        "utility_kw": power / 1e3,
        "pue": power / year.it if year.it > 0 else np.full(HOURS, np.nan),
        "plant_water_l": water_flow(year) * HOUR,
    }
    for name, f in year.facilities.items():
        state = f.state
        columns |= {
            f"{name} supply_c": f.T_supply - ZERO,
            f"{name} return_c": f.T_return - ZERO,
            f"{name} chillers_kw": state.power_chillers / 1e3,
            f"{name} coolers_kw": state.power_coolers / 1e3,
            f"{name} pumps_kw": (f.pump_power + state.power_pumps) / 1e3,
            f"{name} free_kw": state.free / 1e3,
            f"{name} shortage_kw": state.shortage / 1e3,
            f"{name} water_l": state.water * HOUR,
            f"{name} outside_curves": _outside(state.outside),
        }
    columns |= {f"{name} supply_c": supply - ZERO for name, supply in year.coolant.items()}
    return {heading: np.asarray(values, float) for heading, values in columns.items()}


def _outside(ways: dict[str, Any]) -> np.ndarray:
    """1 in hours in which chillers are used beyond their curves."""
    found = [np.asarray(way) for way in ways.values()]
    return np.any(np.stack([np.zeros(HOURS, bool), *found]), axis=0)
