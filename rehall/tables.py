"""A run's summary as tables for the terminal."""

from collections.abc import Collection
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from rehall.labels import title_of, unit_among, units_of
from rehall.power_tables import verdict
from rehall.report import worst_of_each
from rehall.tables_evidence import print_grid, print_uniqueness

DECIMALS = {"kW": 1, "%": 1, "s": 1, "per year": 0}
"""Decimals of an index by its unit; three of any other."""
COLOURS = {"pass": "green", "fail": "red", "unsure": "yellow"}


def print_summary(summary: dict[str, Any], out: Console, told: Collection[str] = ()) -> None:
    """Verdict, balances, the worst limits, the indices of the hall, and what happened over time.

    Warnings that the user has been `told` of before are left out.
    """
    colour = COLOURS[summary["verdict"]]
    out.print(
        f"\n[bold {colour}]{summary['verdict']}[/]  {summary['case']}: "
        f"{summary['cells']:,} cells, {summary['wall_s']:.0f} s, {summary['device']}"
    )
    out.print(_balance(summary["balance"]), highlight=False)
    out.print(limits_table(summary["limits"]))
    out.print(metrics_table(summary["metrics"]))
    print_grid(summary["grid"], out)
    if "uniqueness" in summary:
        print_uniqueness(summary["uniqueness"], out)
    if summary.get("power_states"):
        told_of = verdict(summary["power_states"], summary["power_nodes"])
        out.print(f"\nPower after single failures:\n{told_of}", highlight=False)
    if summary.get("transient"):
        print_transient(summary["transient"], out)
    for warning in summary["warnings"]:
        if warning not in told:
            out.print(f"warning: {warning}", markup=False, highlight=False)


def print_transient(transient: dict[str, Any], out: Console) -> None:
    """What happened when, standby units that started included, and the first limit broken."""
    out.print(f"\nIn {transient['duration_s']:g} s of time:", highlight=False)
    for event in transient["events"]:
        out.print(f"  {event}", markup=False, highlight=False)
    moments = [
        (row[key], row["name"], key.removesuffix("_broken_at_s").replace("_", " "))
        for table in (transient["racks"], (transient["coolant"] or {}).get("racks", []))
        for row in table
        for key in row
        if key.endswith("broken_at_s") and row[key] is not None
    ]
    if moments:
        at, where, what = min(moments)
        what = "inlet" if what.startswith("limit") else what
        out.print(f"  first limit broken at {at:.1f} s: {what} of {where}", highlight=False)
    else:
        out.print("  no rack breaks a limit of temperature", highlight=False)


def limits_table(limits: list[dict[str, Any]]) -> Table:
    """The worst place of each limit, broken ones first."""
    broken = sum(row["holds"] is False for row in limits)
    unsure = sum(row["holds"] is None for row in limits)
    title = f"{len(limits)} limits: {broken} broken, {unsure} undecided"
    table = Table(title=title, box=box.SIMPLE, title_justify="left")
    for heading in ("limit", "where"):
        table.add_column(heading, overflow="fold")
    for heading in ("value", "limit", "+-"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    table.add_column("holds")
    words = {True: "yes", False: "[red]no[/]", None: "[yellow]unsure[/]"}
    for row in worst_of_each(limits):
        others = f" and {row['broken_at'] - 1} more" if row["broken_at"] > 1 else ""
        table.add_row(
            row["name"],
            row["where"] + others,
            f"{row['value']:z.2f}",
            f"{row['limit']:z.2f}",
            uncertainty(row["uncertainty"]),
            row["unit"],
            words[row["holds"]],
        )
    return table


def metrics_table(metrics: dict[str, Any]) -> Table:
    """The indices of the hall."""
    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column("index")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for key, value in metrics.items():
        if isinstance(value, float):
            decimals = DECIMALS.get(units_of(key), 3)
            table.add_row(title_of(key), f"{value:z,.{decimals}f}", unit_among(key, metrics) or "-")
    return table


def uncertainty(value: float | None) -> str:
    """An uncertainty as shown: nothing where the number is exact, ? where it is unknown."""
    return "?" if value is None else f"{value:z.2f}" if value else ""


def _balance(balance: dict[str, Any]) -> str:
    parts = [
        f"air mass {balance['air_mass_pct']:.4f} %",
        f"air energy {balance['air_energy_pct']:.3f} %",
    ]
    if balance["liquid_energy_pct"] is not None:
        parts.append(f"liquid energy {balance['liquid_energy_pct']:.1e} %")
    if balance["power_pct"] is not None:
        parts.append(f"power {balance['power_pct']:.1e} %")
    return "Open balances: " + ", ".join(parts)
