"""AC load flow of radial states by power-grid-model; the only file that knows that library.

Each node is one bus, joined to every node that may feed it by a branch that is switched on or off:
a pi-model line or transformer, or an ideal link. Utilities are sources behind their short-circuit
impedance; generators, UPS and rectifiers are stiff sources at nominal voltage (what converters take
in is drawn as a load by the caller), and a UPS on bypass or in eco mode is a link. Direct current
is a network without reactance and reactive power: with R of both poles, drop and loss are those of
three phases at the same voltage. Complex power [VA], voltages to neutral [V].
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float, Int
from power_grid_model import (
    ComponentType,
    LoadGenType,
    PowerGridModel,
    WindingType,
    initialize_array,
)
from power_grid_model.errors import PowerGridBatchError

from power.nodes import Generator, Line, Node, Rectifier, Tie, Transformer, Ups, Utility

STIFF = 1e14  # short-circuit power of a source whose voltage does not sag [VA]
SOURCES = (Utility, Generator, Ups, Rectifier)
_NODE, _SOURCE = ComponentType.node, ComponentType.source
PARTS = (ComponentType.line, ComponentType.transformer, ComponentType.link)
_TERMINALS = ("p_from", "q_from", "p_to", "q_to")
ALL_THREADS = 0


@dataclass(frozen=True)
class LoadFlow:
    """The network with all its possible branches, in the order of PARTS."""

    grid: PowerGridModel
    three: bool  # phases are solved one by one, not as balanced
    load: ComponentType
    child: Int[np.ndarray, " branch"]  # node whose feed the branch is
    parent: Int[np.ndarray, " branch"]
    bypasses: Bool[np.ndarray, " branch"]  # round a UPS
    ids: dict[ComponentType, Int[np.ndarray, " _"]]  # of the library's components, by kind
    sources: Int[np.ndarray, " source"]  # nodes with a source


@dataclass(frozen=True)
class Flows:
    """Voltage of every bus, and what enters and leaves every branch that is on.

    One phase stands for all three, with the power of all, where the network is balanced. NaN in
    states without a solution.
    """

    converged: Bool[np.ndarray, " state"]
    voltage: Complex[np.ndarray, "state node phase"]  # to neutral, 0 where dead [V]
    entering: Complex[np.ndarray, "state branch phase"]  # from the feeding bus [VA]
    leaving: Complex[np.ndarray, "state branch phase"]  # to the fed bus [VA]


def build_load_flow(nodes: Sequence[Node], index: dict[str, int], three: bool) -> LoadFlow:
    """Lay out the library's arrays: buses, loads at all buses, sources, branches."""
    count = len(nodes)
    branches: dict[ComponentType, list[tuple[int, int]]] = {part: [] for part in PARTS}
    for place, node in enumerate(nodes):
        pairs = [(place, index[feed]) for feed in node.fed_by]
        if not isinstance(node, Rectifier):
            branches[_part(node)] += pairs
        if isinstance(node, Tie):  # it feeds either of its boards
            branches[ComponentType.link] += [(board, place) for _, board in pairs]
    sources = np.array([i for i, n in enumerate(nodes) if isinstance(n, SOURCES)], dtype=int)
    bus = initialize_array("input", "node", count)
    bus["id"] = np.arange(count)
    bus["u_rated"] = [node.voltage for node in nodes]
    load = ComponentType.asym_load if three else ComponentType.sym_load
    parts = {
        _NODE: bus,
        load: _loads(load, count),
        _SOURCE: _sources([nodes[i] for i in sources], sources, count),
    }
    first = 3 * count
    for part, pairs in branches.items():
        parts[part] = _branches(part, pairs, nodes, first)
        first += len(pairs)
    table = np.array([pair for part in PARTS for pair in branches[part]], dtype=int).reshape(-1, 2)
    ids = {part: array["id"] for part, array in parts.items()}
    frequency = next((node.frequency for node in nodes if isinstance(node, Utility)), 60.0)
    return LoadFlow(
        PowerGridModel(parts, system_frequency=frequency),
        three,
        load,
        table[:, 0],
        table[:, 1],
        np.array([isinstance(nodes[child], Ups) for child in table[:, 0]], dtype=bool),
        ids,
        sources,
    )


def solve_load_flow(
    flow: LoadFlow,
    live: Bool[np.ndarray, "state node"],
    fed_from: Int[np.ndarray, "state node"],
    through: Bool[np.ndarray, "state node"],
    drawn: Complex[np.ndarray, "state node phase"],
) -> Flows:
    """Voltages and branch flows with `drawn` [VA] at each bus, by Newton-Raphson.

    A node is fed over the branch from `fed_from`, all other branches are open; a UPS gives its own
    voltage unless the load goes `through` it from its input.
    """
    on = live[:, flow.child] & (fed_from[:, flow.child] == flow.parent)
    on &= through[:, flow.child] | ~flow.bypasses
    gives = live[:, flow.sources] & ~through[:, flow.sources]
    converged = np.ones(len(live), dtype=bool)
    try:
        result = flow.grid.calculate_power_flow(
            symmetric=not flow.three,
            update_data=_update(flow, on, gives, np.where(live[..., None], drawn, 0)),
            output_component_types={
                _NODE: ["u", "u_angle"],
                **{part: [*_TERMINALS] for part in PARTS},
            },
            threading=ALL_THREADS,
            continue_on_batch_error=True,
        )
        failed = flow.grid.batch_error
        if failed is not None:
            converged[failed.failed_scenarios] = False
    except PowerGridBatchError:
        return _unsolved(len(live), len(flow.ids[_NODE]), len(flow.child), 3 if flow.three else 1)
    none = np.empty((len(live), 0, drawn.shape[-1]))
    p_in, q_in, p_out, q_out = (
        np.concatenate(
            [none, *(_by_phase(result[part][name]) for part in PARTS if part in result)], axis=1
        )
        for name in _TERMINALS
    )
    known = converged[:, None, None]  # the library leaves anything in the others
    size, angle = (np.where(known, _by_phase(result[_NODE][of]), 0.0) for of in ("u", "u_angle"))
    volts = size * np.exp(1j * angle)
    if not flow.three:
        volts = volts / np.sqrt(3.0)
    p_in, q_in, p_out, q_out = (np.where(known, x, np.nan) for x in (p_in, q_in, p_out, q_out))
    volts = np.where(known, volts, np.nan)
    return Flows(converged, volts, p_in + 1j * q_in, -(p_out + 1j * q_out))


def _by_phase(values: np.ndarray) -> Float[np.ndarray, "state part phase"]:
    return values if values.ndim == 3 else values[..., None]


def _unsolved(states: int, nodes: int, branches: int, phases: int) -> Flows:
    volts, flows = (np.full((states, n, phases), np.nan, complex) for n in (nodes, branches))
    return Flows(np.zeros(states, dtype=bool), volts, flows, flows.copy())


def _update(
    flow: LoadFlow,
    on: Bool[np.ndarray, "state branch"],
    gives: Bool[np.ndarray, "state source"],
    drawn: Complex[np.ndarray, "state node phase"],
) -> dict[ComponentType, np.ndarray]:
    """A batch of states; the stored network stays as it was built."""
    update = {
        part: initialize_array("update", part, (len(on), len(flow.ids[part])))
        for part in (flow.load, _SOURCE, *PARTS)
    }
    for part, array in update.items():
        array["id"] = flow.ids[part]
    drawn = drawn if flow.three else drawn[..., 0]
    update[flow.load]["p_specified"] = drawn.real
    update[flow.load]["q_specified"] = drawn.imag
    update[_SOURCE]["status"] = gives
    bounds = np.cumsum([len(flow.ids[part]) for part in PARTS])[:-1]
    for part, state in zip(PARTS, np.split(on, bounds, axis=1), strict=True):
        update[part]["from_status"] = state
        update[part]["to_status"] = state
    return update


def _part(node: Node) -> ComponentType:
    match node:
        case Transformer():
            return ComponentType.transformer
        case Line() if node.length * (node.resistance + node.reactance) > 0:
            return ComponentType.line
    return ComponentType.link


def _loads(load: ComponentType, count: int) -> np.ndarray:
    loads = initialize_array("input", load, count)
    loads["id"] = np.arange(count, 2 * count)
    loads["node"] = np.arange(count)
    loads["status"] = 1
    loads["type"] = LoadGenType.const_power
    loads["p_specified"] = loads["q_specified"] = 0.0
    return loads


def _sources(nodes: Sequence[Node], places: Int[np.ndarray, " source"], count: int) -> np.ndarray:
    sources = initialize_array("input", "source", len(nodes))
    sources["id"] = 2 * count + np.arange(len(nodes))
    sources["node"] = places
    sources["status"] = 1
    sources["u_ref"] = 1.0
    sources["z01_ratio"] = 1.0
    for row, node in zip(sources, nodes, strict=True):
        row["sk"], row["rx_ratio"] = STIFF, 0.1
        if isinstance(node, Utility):
            row["sk"] = min(node.short_circuit_power, STIFF)
            row["rx_ratio"] = node.r_over_x
    return sources


def _branches(
    part: ComponentType, pairs: list[tuple[int, int]], nodes: Sequence[Node], first: int
) -> np.ndarray:
    branches = initialize_array("input", part, len(pairs))
    branches["id"] = first + np.arange(len(pairs))
    branches["from_status"] = branches["to_status"] = 1
    for row, (child, parent) in zip(branches, pairs, strict=True):
        row["from_node"], row["to_node"] = parent, child
        match nodes[child]:
            case Line() as line if part is ComponentType.line:
                _describe_line(row, line)
            case Transformer() as transformer:
                _describe_transformer(row, transformer, nodes[parent].voltage)
    return branches


def _describe_line(row: np.void, line: Line) -> None:
    row["r1"] = line.length * line.resistance
    row["x1"] = line.length * line.reactance
    row["r0"] = line.length * line.zero_sequence.real
    row["x0"] = line.length * line.zero_sequence.imag
    row["c1"] = row["c0"] = line.length * line.capacitance
    row["tan1"] = row["tan0"] = 0.0


def _describe_transformer(row: np.void, transformer: Transformer, feed_voltage: float) -> None:
    """Set the pi model: delta to star with its neutral grounded (Dyn11), taps before it.

    The turn of 30 degrees does not matter to any check; the delta keeps what flows in the neutral
    from what feeds it.
    """
    row["u1"], row["u2"] = feed_voltage / (1.0 + transformer.tap), transformer.voltage
    row["sn"], row["uk"], row["pk"] = (
        transformer.rating,
        transformer.impedance,
        transformer.load_loss,
    )
    row["p0"] = transformer.no_load_loss
    # The magnetising current cannot be smaller than the part of it that makes the no-load loss.
    row["i0"] = max(transformer.no_load_current, transformer.no_load_loss / transformer.rating)
    row["winding_from"], row["winding_to"], row["clock"] = WindingType.delta, WindingType.wye_n, 11
    row["tap_side"] = row["tap_pos"] = row["tap_min"] = row["tap_max"] = row["tap_nom"] = 0
    row["tap_size"] = 0.0
