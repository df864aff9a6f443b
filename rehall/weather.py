"""Outdoor conditions of a year, hour by hour, from a weather file (EPW).

EPW: EnergyPlus, Auxiliary Programs, chapter 2: eight lines of header, then a line an hour of 35
columns, of which dry bulb, dew point and pressure are used. pvlib reads it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geometry.errors import Finding, InputError
from rehall.config import Case
from thermal.coolants import ZERO_CELSIUS

HOURS = 8760
HEADER = 8
"""Lines before the first hour."""
USED = {
    "temp_air": ("dry bulb", "degC", -70.0, 70.0, 99.9),
    "temp_dew": ("dew point", "degC", -70.0, 70.0, 99.9),
    "atmospheric_pressure": ("pressure", "Pa", 31e3, 120e3, 999999.0),
}
"""Columns by pvlib's names: what they are called, unit, range, code of a missing value; same
source, which puts values outside the ranges down as missing."""
ABOVE_DRY = 0.5
"""Dew point above the dry bulb that rounding explains; the air is then saturated [K]."""
TOLD = 5
"""Wrong hours that are told one by one."""
PRESSURE_APART = 0.03
"""Mean pressure of the file off that of the site's altitude, from which it is told [-]."""


@dataclass(frozen=True, eq=False)
class Weather:
    """Hours of a year; `pressure` [Pa] is None where the file has none."""

    path: Path
    place: str
    T_dry: np.ndarray  # dry bulb [K]
    T_dew: np.ndarray  # dew point [K]
    pressure: np.ndarray | None
    month: np.ndarray  # 1 to 12
    day: np.ndarray  # of the month
    hour: np.ndarray  # 1 to 24: the hour that ends then

    def at(self, n: int) -> str:
        """When an hour ends, in words: `07-21 15 h`."""
        return f"{self.month[n]:02d}-{self.day[n]:02d} {self.hour[n]:02d} h"


def weather_of(case: Case, instead: Path | None = None) -> Weather:
    """The weather of a case, or of another file; raises `InputError`."""
    if instead is not None:
        if not instead.is_file():
            raise InputError.of("--weather", f"there is no file {instead}")
        return read_epw(instead)
    where = ("site", "weather")
    if case.site.weather is None:
        wanted = "wanted weather: FILE.epw in the section site, or --weather FILE"
        raise InputError([case.document.finding(where, f"missing; {wanted}")])
    beside, _ = case.document.place(where)
    path = beside.parent / case.site.weather
    if not path.is_file():
        raise InputError([case.document.finding(where, f"there is no file {path}")])
    return read_epw(path)


def read_epw(path: Path) -> Weather:
    """Read a weather file; raises `InputError` with the line of every hour that cannot be used."""
    # A second's import, for those only who read a file.
    from pvlib.iotools import read_epw as read

    try:
        data, meta = read(path)
    except Exception as error:  # whatever a file that is no EPW brings about in the reader
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError([Finding("", f"no weather file in EPW form ({reason})", path)]) from error
    if len(data) != HOURS:
        found = f"{len(data):,} hours; wanted {HOURS:,}, a year without a leap day"
        raise InputError([Finding("", found, path)])
    columns = {name: _numbers(data[name]) for name in USED}
    without = bool(np.all(columns["atmospheric_pressure"] == USED["atmospheric_pressure"][4]))
    wrong = _wrong_hours(columns, [name for name in USED if not (without and "pressure" in name)])
    if wrong:
        more = len(wrong) - TOLD
        rest = [Finding("", f"and {more:,} more hours", path)] if more > 0 else []
        raise InputError(
            [Finding("", text, path, HEADER + 1 + n) for n, text in wrong[:TOLD]] + rest
        )
    parts = [str(meta[key]).strip() for key in ("city", "state-prov", "country")]
    return Weather(
        path=path,
        place=", ".join(part for part in parts if part.strip("- ")),
        T_dry=columns["temp_air"] + ZERO_CELSIUS,
        T_dew=np.minimum(columns["temp_dew"], columns["temp_air"]) + ZERO_CELSIUS,
        pressure=None if without else columns["atmospheric_pressure"],
        month=data["month"].to_numpy(int),
        day=data["day"].to_numpy(int),
        hour=data["hour"].to_numpy(int),
    )


def _numbers(column: Any) -> np.ndarray:
    """A column as numbers, NaN where it holds none."""
    found = []
    for value in column:
        try:
            found.append(float(value))
        except (TypeError, ValueError):
            found.append(np.nan)
    return np.array(found)


def _wrong_hours(columns: dict[str, np.ndarray], used: list[str]) -> list[tuple[int, str]]:
    """Hours that cannot be used, by their number from 0, and what is wrong with them."""
    wrong = []
    for name in used:
        called, unit, low, high, missing = USED[name]
        values = columns[name]
        for n in np.flatnonzero(~((values >= low) & (values <= high))):
            value = values[n]
            if np.isnan(value) or value == missing:
                wrong.append((int(n), f"{called} is missing"))
            else:
                found = f"{called} of {value:g} {unit}"
                wrong.append((int(n), f"{found}, wanted {low:g} to {high:g}"))
    dry, dew = columns["temp_air"], columns["temp_dew"]
    known = {n for n, _ in wrong}
    for n in np.flatnonzero(dew > dry + ABOVE_DRY):
        if int(n) not in known:
            found = f"dew point of {dew[n]:g} degC above the dry bulb of {dry[n]:g} degC"
            wrong.append((int(n), found))
    return sorted(wrong)


def pressures(weather: Weather, at_site: float) -> tuple[np.ndarray, list[str]]:
    """Pressure hour by hour [Pa], and what is to be said about it; `at_site` by its altitude."""
    if weather.pressure is None:
        note = f"{weather.path.name} has no pressure: that of the site's altitude is used"
        return np.full(HOURS, at_site), [note]
    mean = float(weather.pressure.mean())
    if abs(mean / at_site - 1.0) <= PRESSURE_APART:
        return weather.pressure, []
    note = (
        f"the mean pressure of {weather.path.name} is {mean / 1e3:.1f} kPa, that of the site's "
        f"altitude {at_site / 1e3:.1f} kPa: is it weather of another height?"
    )
    return weather.pressure, [note]
