"""A year as tables for the terminal."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from rehall.labels import title_of, unit_among
from rehall.tables import COLOURS, limits_table

FACILITY_ROWS = (
    ("heat_kw", "heat", "kW"),
    ("set_point_c", "set point", "degC"),
    ("supply_highest_c", "warmest supply", "degC"),
    ("hours_free", "cooled without a compressor", "h"),
    ("hours_partly_free", "partly so", "h"),
    ("hours_mechanical", "by chillers alone", "h"),
    ("hours_above_w17", "supply above W17", "h"),
    ("hours_above_w27", "supply above W27", "h"),
    ("hours_above_w32", "supply above W32", "h"),
    ("hours_above_w40", "supply above W40", "h"),
    ("hours_above_w45", "supply above W45", "h"),
    ("hours_short", "set point not held", "h"),
    ("shortage_most_kw", "most that is short", "kW"),
    ("hours_without_steady_state", "water warms without end", "h"),
    ("hours_wet", "with water", "h"),
    ("hours_condenser_too_cold", "condensers below the curves", "h"),
    ("hours_condenser_too_warm", "condensers above the curves", "h"),
    ("hours_leaving_water_off", "water off the curves", "h"),
    ("chillers_mwh", "chillers", "MWh"),
    ("coolers_mwh", "fans outdoors", "MWh"),
    ("outdoor_pumps_mwh", "pumps of the outdoor loop", "MWh"),
    ("pumps_mwh", "pumps of the facility loop", "MWh"),
    ("plant_water_m3", "water", "m3"),
)
"""Rows of the table of facility loops: key, what it is called, unit."""
DECIMALS = {"kW": 1, "MWh": 0, "m³": 0, "per year": 0}
"""Decimals of an index by its unit; four of any other."""
HIDDEN = ("chain_error_pct", "currency", "converged")


def print_year(summary: dict[str, Any], out: Console) -> None:
    """Verdict, indices, months, facility loops and limits of a year."""
    colour, weather = COLOURS[summary["verdict"]], summary["weather"]
    out.print(
        f"\n[bold {colour}]{summary['verdict']}[/]  {summary['case']}: {summary['hours']:,} hours, "
        f"{summary['wall_s']:.1f} s"
    )
    out.print(f"weather: {weather['place']} ({weather['file']})", markup=False, highlight=False)
    if summary["utilisation_pct"] != 100.0:
        out.print(f"servers at {summary['utilisation_pct']:g} % of their power", highlight=False)
    if summary["metrics"]:
        out.print(indices_table(summary["metrics"]))
        if summary["contract"].get("hours_called") or summary["contract"].get(
            "demand_cost_per_year"
        ):
            out.print("Under the contract of the site:")
            out.print(indices_table(summary["contract"]))
        out.print(months_table(summary["months"]))
    if summary["facilities"]:
        out.print(facilities_table(summary["facilities"]))
    if summary["limits"]:
        out.print(limits_table(summary["limits"]))


def indices_table(metrics: dict[str, Any]) -> Table:
    """Indices, energies, water and cost of the year."""
    table = Table(box=box.SIMPLE, show_header=False)
    for column, side in (("index", "left"), ("value", "right"), ("unit", "left")):
        table.add_column(column, justify=side)  # type: ignore[arg-type]
    for key, value in metrics.items():
        if key in HIDDEN or value is None:
            continue
        unit = "h" if key.startswith("hours_") else unit_among(key, metrics) or "-"
        shown = f"{value:z,.{DECIMALS.get(unit_among(key, {}), 4)}f}" if key != "peak_at" else value
        shown = f"{value:,}" if isinstance(value, int) else shown
        table.add_row(title_of(key), shown, "" if key == "peak_at" else unit)
    return table


def months_table(months: list[dict[str, Any]]) -> Table:
    """PUE, energy, water and hours without a compressor of every month."""
    table = Table(title="Months", box=box.SIMPLE, title_justify="left")
    table.add_column("month", justify="right")
    for heading in ("outdoors\ndegC", "PUE\n-", "energy\nMWh", "water\nm3", "no compressor\nh"):
        table.add_column(heading, justify="right")
    for row in months:
        table.add_row(
            str(row["month"]),
            f"{row['outdoor_mean_c']:.1f}",
            "-" if row["pue"] is None else f"{row['pue']:.4f}",
            f"{row['energy_mwh']:,.0f}",
            f"{row['plant_water_m3']:,.0f}",
            f"{row['hours_without_compressor']} of {row['hours']}",
        )
    return table


def facilities_table(facilities: list[dict[str, Any]]) -> Table:
    """One column a facility loop; rows of nothing in all of them are left out."""
    table = Table(title="Facility loops", box=box.SIMPLE, title_justify="left")
    table.add_column("")
    table.add_column("unit")
    for row in facilities:
        table.add_column(row["name"], justify="right")
    for key, called, unit in FACILITY_ROWS:
        values = [row[key] for row in facilities]
        if any(values) or key in ("hours_free", "hours_mechanical", "hours_short"):
            table.add_row(called, unit, *map(_told, values))
    return table


def _told(value: float | int | None) -> str:
    if value is None:
        return "no end"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
