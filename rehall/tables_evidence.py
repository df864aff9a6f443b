"""How far a run can be trusted, for the terminal: the grid study, and the second start."""

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

REMARKS = {
    "clipped": "p lies outside 0.5 to the scheme's own order, and that bound is used; Fs is 1.25 "
    "where it is above by a tenth at most, else 3",
    "masked": "the differences are within the swing of the flow and show no order; the scheme's "
    "own is used, Fs is 3, and at least the swing counts",
    "oscillatory": "the values go up and down; three times their range",
    "divergent": "the differences grow as the cells shrink; three times their range",
}
"""What the remarks of a grid study mean."""
COLUMNS = (
    "p: observed order; used: the order in the index; Fs: its safety factor; GCI: grid-convergence "
    "index [K]; h = 0: extrapolated to cells of no width"
)
"""What the columns of a grid study mean."""
ROWS = 40
"""Racks that a table on the terminal shows; `summary.json` and the report hold all."""
Row = dict[str, Any]


def print_grid(grid: Row, out: Console) -> None:
    """What the grids of the run show."""
    if "grids" in grid:
        out.print(grids_table(grid["grids"]))
    for quantity, title in (("mean", "Mean inlets"), ("max", "Highest inlets")):
        rows = [row for row in grid.get("inlets", []) if row["inlet"] == quantity]
        if rows:
            out.print(study_table(rows, title))
    if grid["method"] == "none":
        out.print(f"Grid: no evidence: {grid['reason']}", highlight=False, markup=False)
        return
    study = f"study on {len(grid['grids'])} grids" if "grids" in grid else ""
    pair = f"from {grid['coarse_cells'] or 0:,} to {grid['cells']:,} cells"
    out.print(
        f"Grid: {study or pair}: mean inlets are uncertain by up to "
        f"{grid['inlet_mean_uncertainty_max_k']:.2f} K, the highest by up to "
        f"{grid['inlet_max_uncertainty_max_k']:.2f} K at {grid['inlet_max_uncertainty_max_at']}",
        highlight=False,
    )
    if grid.get("inlets"):
        out.print(f"  {COLUMNS}", highlight=False, markup=False)
    used = {row["remark"] for row in grid.get("inlets", [])}
    for word, meaning in REMARKS.items():
        if word in used:
            out.print(f"  {word}: {meaning}", highlight=False)
    averaged = [row["name"] for row in grid.get("grids", []) if row["averaged"]]
    if averaged:
        out.print(f"The flow does not settle on {', '.join(averaged)}: averaged", highlight=False)


def grids_table(grids: list[Row]) -> Table:
    """The grids of a study, from coarse to fine."""
    table = _table("Grids")
    for heading in ("grid", "cells", "x, y, z", "h, m", "ratio", "by axis", "iter."):
        table.add_column(heading, justify="left" if heading == "grid" else "right")
    table.add_column("settled")
    for row in grids:
        first = row["ratio"] is None
        table.add_row(
            row["name"],
            f"{row['cells']:,}",
            f"{row['cells_x']} x {row['cells_y']} x {row['cells_z']}",
            f"{row['effective_width_m']:.4f}",
            "" if first else f"{row['ratio']:.3f}",
            "" if first else f"{row['ratio_least']:.2f}-{row['ratio_most']:.2f}",
            str(row["iterations"]),
            "no"
            if not row["converged"]
            else f"swing {row['swing_max_k']:.2f} K"
            if row["averaged"]
            else "yes",
        )
    return table


def study_table(rows: list[Row], title: str) -> Table:
    """Inlets on the finest three grids, their order, index and extrapolated value."""
    shown, left_out = _worst(rows, lambda row: row["grid_uncertainty_k"])
    table = _table(f"{title} [degC], order and grid-convergence index [K]{left_out}")
    table.add_column("rack")
    for heading in ("coarse", "medium", "fine", "p", "used", "Fs", "GCI", "h = 0"):
        table.add_column(heading, justify="right")
    table.add_column("remark")
    for row in shown:
        table.add_row(
            row["name"],
            *(f"{row[key]:z.2f}" for key in ("coarse_c", "medium_c", "fine_c")),
            number(row["order"]),
            number(row["order_used"]),
            f"{row['safety_factor']:g}",
            number(row["grid_uncertainty_k"]),
            number(row["extrapolated_c"]),
            row["remark"],
        )
    return table


def print_uniqueness(found: Row, out: Console) -> None:
    """Whether a second start ends in the same state."""
    if not found["shown"]:
        return
    shown, left_out = _worst(found["racks"], lambda row: abs(row["max_difference_k"]))
    table = _table(f"Inlets from two starts [degC]{left_out}")
    table.add_column("rack")
    for heading in ("mean", "second", "change, K", "highest", "second", "change, K", "swing, K"):
        table.add_column(heading, justify="right")
    for row in shown:
        table.add_row(
            row["name"],
            f"{row['mean_first_c']:.2f}",
            f"{row['mean_second_c']:.2f}",
            f"{row['mean_difference_k']:+z.2f}",
            f"{row['max_first_c']:.2f}",
            f"{row['max_second_c']:.2f}",
            f"{row['max_difference_k']:+z.2f}",
            f"{row['swing_k']:.2f}",
        )
    out.print(table)
    word = "the same state" if found["one_state"] else "another state"
    if found["averaged"]:
        word += ", each an average of a flow that does not settle"
    out.print(
        f"Second start ({found['start']}): {word}; mean inlets differ by up to "
        f"{found['inlet_mean_difference_max_k']:.2f} K, the highest by up to "
        f"{found['inlet_max_difference_max_k']:.2f} K at {found['inlet_max_difference_max_at']}; "
        f"{found['limits_in_dispute']} limits hold in one state only",
        highlight=False,
    )


def number(value: float | None) -> str:
    """A number as shown; a dash where there is none."""
    return "-" if value is None else f"{value:z.2f}"


def _table(title: str) -> Table:
    """A table that fits a terminal of 80 columns."""
    return Table(
        title=escape(title),
        box=box.SIMPLE,
        title_justify="left",
        pad_edge=False,
        collapse_padding=True,
    )


def _worst(rows: list[Row], size: Any) -> tuple[list[Row], str]:
    """The rows that are shown, and words about those that are not."""
    if len(rows) <= ROWS:
        return rows, ""
    shown = sorted(rows, key=size, reverse=True)[:ROWS]
    return shown, f"; the {ROWS} largest of {len(rows)}, all in the report"
