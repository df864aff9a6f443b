"""Coolant and chips of a transient as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rehall.coolant_log import CoolantMarch
from rehall.events import in_order, words
from rehall.results import aside
from rehall.schema.transient import TransientSpec
from rehall.transient_plot import COLOURS, SHOWN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILE = "coolant.png"
ZERO = 273.15


def draw_coolant(found: CoolantMarch, spec: TransientSpec, out: Path) -> Path:
    """Draw the curves into the results folder; the picture's path."""
    with aside(out / FILE) as picture:
        curves(found, spec).savefig(picture, format="png")
    return out / FILE


def curves(found: CoolantMarch, spec: TransientSpec) -> "Figure":
    """Flow, warmest coolant and chips of the racks that get warmest, and the circuits' supply."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 11), layout="constrained", dpi=130)
    flow, coolant, chips, supply = figure.subplots(4, 1, sharex=True)
    start = np.maximum(np.abs(found.m_flow[0]), 1e-9)
    _racks(flow, found, 100 * np.abs(found.m_flow) / start, None)
    _racks(coolant, found, found.T_hottest - ZERO, found.limits[:, 1] - ZERO)
    plated = np.isfinite(found.limits[:, 2])
    _racks(chips, found, found.T_chip - ZERO, found.limits[:, 2] - ZERO, plated)
    supply.set_prop_cycle(color=COLOURS)
    for n, name in enumerate(found.circuits):
        supply.plot(found.times, found.T_supply[:, n] - ZERO, label=name)
    for limit in sorted({round(float(T) - ZERO, 6) for T in found.limits[:, 0] if np.isfinite(T)}):
        told = f"limit of racks {limit:g} degC"
        supply.axhline(limit, color="black", linestyle="--", linewidth=1, label=told)
    labels = {
        flow: "coolant flow [% of start]",
        coolant: "warmest coolant in a rack [degC]",
        chips: "case of chips [degC]",
        supply: "supply of circuits [degC]",
    }
    for axes, label in labels.items():
        axes.set_ylabel(label)
        for event in in_order(spec):
            axes.axvline(event.at, color="0.5", linestyle=":", linewidth=1)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8, ncols=2)
    supply.set_xlabel("time [s]")
    told = "; ".join(words(event) for event in in_order(spec)) or "no events"
    flow.set_title(told if len(told) < 110 else told[:107] + "...", fontsize=9)
    return figure


def _racks(
    axes: Any,
    found: CoolantMarch,
    values: np.ndarray,
    limits: np.ndarray | None,
    known: np.ndarray | None = None,
) -> None:
    """A band over all racks, a line for each of those that get warmest, and their limits."""
    at = np.arange(len(found.racks)) if known is None else np.flatnonzero(known)
    if not len(at):
        why = "no rack on a loop" if known is None else "no plates in the catalogue"
        axes.text(0.5, 0.5, why, ha="center", transform=axes.transAxes)
        return
    axes.set_prop_cycle(color=COLOURS)
    here = values[:, at]
    low, high = here.min(1), here.max(1)
    axes.fill_between(found.times, low, high, color="0.85", label=f"all {len(at)} racks")
    warmest = found.T_hottest[:, at].max(0)
    for n in np.argsort(-warmest, kind="stable")[:SHOWN]:
        axes.plot(found.times, here[:, n], label=found.racks[at[n]])
    for limit in sorted(set(limits[at])) if limits is not None else ():
        axes.axhline(limit, color="black", linestyle="--", label=f"limit {limit:g} degC")
