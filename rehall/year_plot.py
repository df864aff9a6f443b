"""A year as a picture: temperatures, PUE, water."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rehall.results import aside
from rehall.transient_plot import COLOURS
from rehall.weather import HOURS
from rehall.year import Year
from rehall.year_summary import water_flow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILE = "year.png"
ZERO = 273.15
DAY = 24
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def draw_year(year: Year, out: Path) -> Path:
    """Draw the picture into the results folder; its path."""
    with aside(out / FILE) as picture:
        figure_of(year).savefig(picture, format="png")
    return out / FILE


def figure_of(year: Year) -> "Figure":
    """Outdoor, facility and coolant temperatures; PUE; water a day where there is any."""
    from matplotlib.figure import Figure

    water = water_flow(year) * 3600.0
    figure = Figure(figsize=(10, 9 if water.any() else 7), layout="constrained", dpi=130)
    panels = figure.subplots(3 if water.any() else 2, 1, sharex=True)
    _temperatures(panels[0], year)
    _pue(panels[1], year)
    if water.any():
        panels[2].bar(_days(), water.reshape(-1, DAY).sum(1) / 1e3, width=1.0, color=COLOURS[4])
        panels[2].set_ylabel("water of the plant [m3/day]")
    for axes in panels:
        axes.grid(alpha=0.3)
        axes.set_xlim(0, HOURS / DAY)
    starts = [int(np.argmax(year.weather.month == month)) / DAY for month in range(1, 13)]
    panels[-1].set_xticks(starts, MONTHS)
    panels[0].set_title(f"{year.case.path.stem}: {year.weather.place}", fontsize=9)
    return figure


def _days() -> np.ndarray:
    return np.arange(HOURS // DAY) + 0.5


def _band(axes: Any, values: np.ndarray, colour: str, label: str, line: str = "-") -> None:
    """A line of daily means over the band between each day's least and most."""
    days = values.reshape(-1, DAY)
    axes.fill_between(_days(), days.min(1), days.max(1), color=colour, alpha=0.2, linewidth=0)
    axes.plot(_days(), days.mean(1), color=colour, linestyle=line, label=label)


def _temperatures(axes: Any, year: Year) -> None:
    _band(axes, year.weather.T_dry - ZERO, "0.4", "outdoor dry bulb")
    _band(axes, year.T_wet - ZERO, COLOURS[0], "outdoor wet bulb")
    for n, (name, facility) in enumerate(year.facilities.items()):
        _band(axes, facility.T_supply - ZERO, COLOURS[1 + n % 5], f"{name} supply", "--")
    for n, (name, supply) in enumerate(year.coolant.items()):
        _band(axes, supply - ZERO, COLOURS[3 + n % 3], f"{name} coolant supply", "-.")
    axes.set_ylabel("temperature [degC]")
    axes.legend(fontsize=8, ncols=2)


def _pue(axes: Any, year: Year) -> None:
    if year.it <= 0:
        axes.set_ylabel("no IT power")
        return
    _band(axes, year.utility.power / year.it, COLOURS[2], "PUE: mean of the day, least and most")
    axes.set_ylabel("PUE [-]")
    axes.legend(fontsize=8)
