"""Makes synthetic_continental.epw: a year of outdoor air by formula, of no real place.

    python configs/weather/synthetic_continental.py

Dry bulb: a year's and a day's wave, the day's larger in summer, and weather that lasts three days
(a first-order autoregression with a fixed seed). The air's moisture is that of a dew point which
follows the mean of the days before and never exceeds the dry bulb. Pressure: that of the altitude,
with weather that lasts five days. Every other column is marked as missing. The dry bulb that is
exceeded in 0.4 % of the hours is near 33 degC, the design condition of the halls in configs/.
"""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

SEED = 20260101
HOURS = 8760
ALTITUDE = 250.0  # [m]
PRESSURE = 98358.0  # of that altitude in the standard atmosphere [Pa]
MEAN, YEAR_WAVE, COLDEST_DAY = 10.0, 12.0, 18.0  # [degC], [K], day of the year
DAY_WAVE, DAY_WAVE_SUMMER, WARMEST_HOUR = 4.0, 2.0, 15.0  # [K], more in summer, hour of the day
WEATHER, LASTS = 3.3, 72.0  # standard deviation [K] and memory [h]
DEPRESSION, DRYNESS = 7.0, 3.0  # dew point below the mean of the days before, and its spread [K]
BEFORE = 48  # hours whose mean the dew point follows
PRESSURE_WEATHER, PRESSURE_LASTS = 700.0, 120.0  # [Pa], [h]
HEADER = (
    "LOCATION,SYNTHETIC continental climate - no real place,-,-,SYNTHETIC by formula,000000,"
    f"40.0,-100.0,-6.0,{ALTITUDE}",
    "DESIGN CONDITIONS,0",
    "TYPICAL/EXTREME PERIODS,0",
    "GROUND TEMPERATURES,0",
    "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
    "COMMENTS 1,SYNTHETIC: made by configs/weather/synthetic_continental.py - not measured",
    "COMMENTS 2,only dry bulb and dew point and relative humidity and pressure are given",
    "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31",
)
# Columns 11 to 35 as EPW marks what is missing; illuminances (17 to 20) are left empty.
MISSING = (
    "9999,9999,9999,9999,9999,9999,,,,,999,999,99,99,9999,99999,9,999999999,999,.999,999,99,999,"
    "999,99"
)


def lasting(random: np.random.Generator, spread: float, hours: float) -> np.ndarray:
    """Noise of a standard deviation that forgets itself over so many hours."""
    keep = np.exp(-1.0 / hours)
    kicks = random.normal(0.0, spread * np.sqrt(1.0 - keep**2), HOURS)
    found, value = np.empty(HOURS), random.normal(0.0, spread)
    for n, kick in enumerate(kicks):
        value = keep * value + kick
        found[n] = value
    return found


def year() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Dry bulb and dew point [degC] and pressure [Pa], hour by hour."""
    random = np.random.default_rng(SEED)
    hour = np.arange(HOURS) + 0.5
    season = -np.cos(2 * np.pi * (hour / 24 - COLDEST_DAY) / 365)
    day = np.cos(2 * np.pi * (hour - WARMEST_HOUR) / 24)
    slow = MEAN + YEAR_WAVE * season + lasting(random, WEATHER, LASTS)
    dry = slow + (DAY_WAVE + DAY_WAVE_SUMMER * season) * day
    before = np.convolve(np.concatenate([slow[-BEFORE:], slow]), np.ones(BEFORE) / BEFORE, "valid")
    dew = before[:HOURS] - DEPRESSION - np.abs(lasting(random, DRYNESS, LASTS))
    pressure = PRESSURE + lasting(random, PRESSURE_WEATHER, PRESSURE_LASTS)
    return dry, np.minimum(dew, dry), pressure


def relative_humidity(dry: np.ndarray, dew: np.ndarray) -> np.ndarray:
    """In percent, by Magnus's formula (Alduchov and Eskridge 1996)."""

    def vapour(T: np.ndarray) -> np.ndarray:
        return np.exp(17.625 * T / (T + 243.04))

    return 100.0 * vapour(dew) / vapour(dry)


def main() -> None:
    """Write the file beside this one."""
    dry, dew, pressure = year()
    humid = relative_humidity(dry, dew)
    start, lines = datetime(2001, 1, 1), list(HEADER)
    for n in range(HOURS):
        at = start + timedelta(hours=n)
        lines.append(
            f"{at.year},{at.month},{at.day},{at.hour + 1},60,?,{dry[n]:.1f},{dew[n]:.1f},"
            f"{humid[n]:.0f},{pressure[n]:.0f},{MISSING}"
        )
    path = Path(__file__).with_suffix(".epw")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
