"""The power side of a case: its chain as nodes, everything that draws power as loads."""

from dataclasses import dataclass

import numpy as np

from geometry.errors import InputError
from power import build, solve
from power.network import PowerModel
from power.nodes import Board, Line, Load, Node, Transformer, Ups, Utility
from power.solve import PowerState
from rehall.config import Case
from rehall.schema import entries
from rehall.shell import NodeItem


@dataclass(frozen=True, eq=False)
class PowerSide:
    """The chain, and the names of its loads in the model's order."""

    model: PowerModel
    loads: tuple[str, ...]

    def solve(self, power: dict[str, float]) -> PowerState:
        """Load flow with `power` [W] by the name of the load."""
        return solve(self.model, np.array([power[name] for name in self.loads]))

    def losses(self, state: PowerState) -> dict[str, float]:
        """Losses [W] by the name of the node."""
        pairs = zip(self.model.nodes, state.losses, strict=True)
        return {node.name: float(loss) for node, loss in pairs}


def power_side(case: Case) -> PowerSide | None:
    """Model of the case's chain; None where it has none."""
    if case.power is None:
        return None
    nodes = [_node(case, item) for item in case.nodes]
    loads = _loads(case)
    try:
        model = build(nodes, loads)
    except InputError as error:
        raise InputError([case.located(finding) for finding in error.findings]) from None
    return PowerSide(model, tuple(load.name for load in loads))


def _loads(case: Case) -> list[Load]:
    """Equipment, exhaust fans, and the pumps and rejection of facility loops."""
    loads = [
        Load(name=item.name, feeds=item.feeds, power_factor=item.power_factor)
        for item in case.items
        if item.feeds
    ]
    loads += [
        Load(name=o.name, feeds=o.feeds, power_factor=o.power_factor)
        for o in case.openings
        if o.feeds
    ]
    facilities = case.liquid.facility if case.liquid else ()
    loads += [
        Load(name=f.name, feeds=f.feeds, power_factor=_rejection_power_factor(case, f.name))
        for f in facilities
        if f.feeds
    ]
    return loads


def _rejection_power_factor(case: Case, facility: str) -> float:
    """Power factor of a facility's pumps and rejection: that of the rejection's entry [-]."""
    return float(getattr(case.rejections[facility], "power_factor", 1.0))


def _node(case: Case, item: NodeItem) -> Node:
    entry, fed_by = item.entry, (item.fed_by,) if item.fed_by else ()
    match entry:
        case entries.Utility():
            return Utility(
                name=item.name,
                voltage=item.voltage,
                short_circuit_power=entry.short_circuit or np.inf,
                demand_limit=case.site.contracted_demand or np.inf,
            )
        case entries.Transformer():
            return Transformer(
                name=item.name,
                fed_by=fed_by,
                voltage=item.voltage,
                rating=entry.rating,
                impedance=entry.impedance,
                no_load_loss=entry.no_load_loss,
                load_loss=entry.load_loss,
                no_load_current=entry.no_load_current,
                continuous_factor=entry.continuous_factor,
            )
        case entries.Ups():
            return Ups(
                name=item.name,
                fed_by=fed_by,
                voltage=item.voltage,
                rating=entry.rating,
                real_rating=entry.rating_w,
                loss_coefficients=entry.loss_coefficients,
                continuous_factor=entry.continuous_factor,
            )
        case entries.Busway():
            return Line(
                name=item.name,
                fed_by=fed_by,
                voltage=item.voltage,
                rating=entry.rating(item.voltage),
                length=item.length,
                resistance=entry.resistance,
                reactance=entry.reactance,
                continuous_factor=entry.continuous_factor,
                kind="busway" if item.kind == "busway" else "cable",
            )
        case entries.Board():
            return Board(
                name=item.name,
                fed_by=fed_by,
                voltage=item.voltage,
                rating=entry.rating(item.voltage),
                continuous_factor=entry.continuous_factor,
            )
    raise TypeError(f"{item.name}: {entry.name} distributes no power")
