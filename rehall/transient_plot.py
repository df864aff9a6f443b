"""The curves of a transient as a picture."""

from pathlib import Path
from typing import Any

import numpy as np

from rehall.events import in_order, words
from rehall.results import aside
from rehall.transient import Transient
from rehall.transient_results import ZERO, leaving_air

FILE = "transient.png"
SHOWN = 6
"""Racks with a curve of their own: those that get hottest."""


def draw_curves(found: Transient, summary: dict[str, Any], out: Path) -> Path:
    """Draw inlets of the racks with their limit, and what the cooling units supply."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7), layout="constrained", dpi=130)
    above, below = figure.subplots(2, 1, sharex=True)
    number = {name: n for n, name in enumerate(found.devices)}
    part = summary["transient"]
    _inlets(above, found, part["racks"], number)
    for row in part["cooling_units"]:
        leaving = leaving_air(found, number[row["name"]])
        below.plot(found.times, leaving, label=f"{row['name']} leaving air")
    below.set_ylabel("air leaving cooling units [degC]")
    below.set_xlabel("time [s]")
    for axes in (above, below):
        for event in in_order(found.spec):
            axes.axvline(event.at, color="0.5", linestyle=":", linewidth=1)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8, ncols=2)
    told = "; ".join(words(event) for event in in_order(found.spec)) or "no events"
    above.set_title(told if len(told) < 110 else told[:107] + "...", fontsize=9)
    with aside(out / FILE) as picture:
        figure.savefig(picture, format="png")
    return out / FILE


def _inlets(axes: Any, found: Transient, racks: list[dict[str, Any]], number: dict) -> None:
    """Highest inlets: a band over all racks, a line for each of the hottest, and their limits."""
    if racks:
        columns = [number[row["name"]] for row in racks]
        T = found.columns["T_in_max"][:, columns] - ZERO
        axes.fill_between(
            found.times, T.min(1), T.max(1), color="0.85", label=f"all {len(racks)} racks"
        )
        hottest = np.argsort([-row["inlet_highest_c"] for row in racks], kind="stable")[:SHOWN]
        for n in hottest:
            axes.plot(found.times, T[:, n], label=racks[n]["name"])
        for limit in sorted({racks[n]["inlet_limit_c"] for n in hottest}):
            axes.axhline(limit, color="#D55E00", linestyle="--", label=f"limit {limit:g} degC")
    axes.set_ylabel("highest rack inlet [degC]")
