"""The power study of a case as tables for the terminal."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from rehall.power_rows import tables_of
from rehall.power_study import PowerStudy


def print_power(found: PowerStudy, out: Console) -> None:
    """Nodes, states after failures, what breaks, the sequence of generators."""
    tables = tables_of(found)
    out.print(node_table(tables["power_nodes"]))
    out.print(state_table(tables["power_states"]))
    out.print(finding_table(tables["power_findings"]))
    if tables["generator_steps"]:
        out.print(step_table(tables["generator_steps"]))
    out.print(verdict(tables["power_states"], tables["power_nodes"]), highlight=False)


def verdict(states: list[dict[str, Any]], nodes: list[dict[str, Any]]) -> str:
    """The binding node and the headroom after the worst single failure and normally."""
    lines = []
    known = [row for row in states if row["headroom_kw"] is not None]
    unsolved = [row["state"] for row in states if not row["converged"]]
    if unsolved:
        lines.append(f"No voltage carries the loads in {len(unsolved)} states: {unsolved[0]}, ..")
    if known:
        lines.append(f"Headroom of the tightest feeder: {_tightest(known)}.")
    elif not unsolved:
        lines.append("No feeder of servers is live in any state, or no rating ends its headroom.")
    held = sum(row["broken"] == 0 for row in states)
    lost = sum(row["losses_kw"] or 0.0 for row in nodes)
    lines.append(
        f"{held} of {len(states)} states keep every rule; losses of the chain {lost:.0f} kW."
    )
    return "\n".join(lines)


def _tightest(known: list[dict[str, Any]]) -> str:
    """The worst state first: what the normal one has may be lost with the next failure."""
    normal, worst = known[0], min(known, key=lambda row: row["headroom_kw"])
    if worst["state"] == normal["state"]:
        return f"{_room(normal)} in the normal state, and no less after a single failure"
    return f"{_room(worst)} after '{worst['state']}'; {_room(normal)} in the normal state"


def _room(row: dict[str, Any]) -> str:
    racks = row["headroom_racks"]
    more = "" if racks is None else f" ({racks} racks)"
    return f"{row['headroom_kw']:.0f} kW{more} at {row['at']}, bound by {row['binding']}"


def node_table(rows: list[dict[str, Any]]) -> Table:
    """Nodes in the normal state, with the least headroom after a failure."""
    table = _table("Nodes in the normal state, and their least headroom after a single failure")
    for heading in ("node", "kind"):
        table.add_column(heading)
    for heading in ("rating kVA", "load kVA", "%", "headroom kW", "racks", "drop %", "losses kW"):
        table.add_column(heading, justify="right")
    table.add_column("ends at")
    table.add_column("worst kW", justify="right")
    table.add_column("after")
    for row in rows:
        table.add_row(
            row["name"],
            row["kind"],
            number(row["rating_kva"]),
            number(row["load_kva"]),
            number(row["loading_pct"], 1),
            number(row["headroom_kw"]),
            number(row["headroom_racks"]),
            number(row["voltage_drop_pct"], 2),
            number(row["losses_kw"], 1),
            row["headroom_ends_at"] or "",
            number(row["worst_headroom_kw"]),
            row["worst_state"] if row["worst_headroom_kw"] is not None else "",
        )
    return table


def state_table(rows: list[dict[str, Any]]) -> Table:
    """The normal state and every failure: what is left at the tightest feeder of servers."""
    table = _table(f"{len(rows)} states: the tightest feeder of servers in each")
    table.add_column("state")
    for heading in ("headroom kW", "racks"):
        table.add_column(heading, justify="right")
    for heading in ("at", "bound by"):
        table.add_column(heading)
    table.add_column("unserved kW", justify="right")
    table.add_column("broken", justify="right")
    table.add_column("worst")
    for row in rows:
        table.add_row(
            row["state"],
            number(row["headroom_kw"]),
            number(row["headroom_racks"]),
            row["at"] or "",
            row["binding"] or "",
            number(row["unserved_kw"], 1) if row["unserved_kw"] else "",
            f"[red]{row['broken']}[/]" if row["broken"] else "",
            row["worst"] or ("" if row["converged"] else "[red]voltage collapse[/]"),
        )
    return table


def finding_table(rows: list[dict[str, Any]]) -> Table:
    """What does not hold: each rule at its worst place in its worst state."""
    table = _table(
        f"{sum(not row['informational'] for row in rows)} findings; of each rule the worst"
    )
    for heading in ("rule", "where", "state", "when"):
        table.add_column(heading, overflow="fold")
    for heading in ("value", "limit"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    table.add_column("source", overflow="fold")
    for row in worst_of_each(rows):
        places = f" and {row['places'] - 1} more" if row["places"] > 1 else ""
        states = f" and {row['states'] - 1} more" if row["states"] > 1 else ""
        table.add_row(
            row["rule"] + (" (advice)" if row["informational"] else ""),
            row["where"] + places,
            row["state"] + states,
            row["when"],
            number(row["value"], 1),
            number(row["limit"], 1),
            row["unit"],
            row["source"],
        )
    return table


def worst_of_each(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The worst row of each rule, and at how many places and in how many states it is broken."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        there = found.setdefault(row["rule"], row)
        if _left(row) < _left(there):
            found[row["rule"]] = row
    broken = {rule: [row for row in rows if row["rule"] == rule] for rule in found}
    return [
        row
        | {
            "places": len({other["where"] for other in broken[rule]}),
            "states": len({other["state"] for other in broken[rule]}),
        }
        for rule, row in found.items()
    ]


def _left(row: dict[str, Any]) -> float:
    """What is left of a limit; of one of nothing, how far beyond it the value is."""
    if row["margin_pct"] is not None:
        return float(row["margin_pct"])
    return -float("inf") if row["value"] is None else -float(row["value"])


def step_table(rows: list[dict[str, Any]]) -> Table:
    """What comes to each generator when, in the failure in which a step is worst."""
    table = _table("Loads that come to the generators, in the state with the worst step")
    for heading in ("generator", "state", "through"):
        table.add_column(heading, overflow="fold")
    for heading in ("after s", "at once kW", "limit kW", "ramped kW"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row["generator"],
            row["state"],
            ", ".join(row["through"]),
            number(row["time_s"], 1),
            number(row["at_once_kw"]),
            number(row["limit_kw"]),
            number(row["ramped_kw"]),
        )
    return table


def number(value: float | int | None, decimals: int = 0) -> str:
    """A number as shown; nothing where there is none."""
    return "" if value is None else f"{value:z,.{decimals}f}"


def _table(title: str) -> Table:
    return Table(title=title, box=box.SIMPLE, title_justify="left")
