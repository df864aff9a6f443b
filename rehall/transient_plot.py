"""The curves of a transient as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rehall.events import in_order, words
from rehall.results import aside
from rehall.transient import Transient
from rehall.transient_results import ZERO, heat_taken, return_air

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILE = "transient.png"
SHOWN = 6
"""Racks with a curve of their own: those that get hottest."""
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7")
"""Told apart by the colour-blind too. Okabe and Ito (2008); their black is for limits."""


def draw_curves(found: Transient, summary: dict[str, Any], out: Path) -> Path:
    """Draw the curves into the results folder; the picture's path."""
    with aside(out / FILE) as picture:
        curves(found, summary).savefig(picture, format="png")
    return out / FILE


def curves(found: Transient, summary: dict[str, Any]) -> "Figure":
    """Inlets of the racks with their limit; return air and heat of the cooling units."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 9), layout="constrained", dpi=130)
    panels = figure.subplots(3, 1, sharex=True)
    for axes in panels:
        axes.set_prop_cycle(color=COLOURS * 2, linestyle=["-"] * 6 + ["-."] * 6)
    inlets, returns, heats = panels
    number = {name: n for n, name in enumerate(found.devices)}
    part = summary["transient"]
    _inlets(inlets, found, part["racks"], number)
    for row in part["cooling_units"]:
        n = number[row["name"]]
        returns.plot(found.times, return_air(found, n), label=row["name"])
        heats.plot(found.times, heat_taken(found, n) / 1e3, label=row["name"])
    returns.set_ylabel("return air of cooling units [degC]")
    heats.set_ylabel("heat taken by cooling units [kW]")
    heats.set_xlabel("time [s]")
    for axes in panels:
        for event in in_order(found.spec):
            axes.axvline(event.at, color="0.5", linestyle=":", linewidth=1)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8, ncols=2)
    told = "; ".join(words(event) for event in in_order(found.spec)) or "no events"
    inlets.set_title(told if len(told) < 110 else told[:107] + "...", fontsize=9)
    return figure


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
            axes.axhline(limit, color="black", linestyle="--", label=f"limit {limit:g} degC")
    axes.set_ylabel("highest rack inlet [degC]")
