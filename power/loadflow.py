"""AC load flow of a radial state by power-grid-model; the only file that knows that library.

Each node is one bus, joined to every node that may feed it by a branch that is switched on or off:
a pi-model line or transformer, or an ideal link for boards. Utilities are sources behind their
short-circuit impedance, UPS are stiff sources at nominal voltage (their input is drawn as a load by
the caller). Complex power [VA], voltages line-to-line [V].
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
from power_grid_model.errors import PowerGridError

from power.components import SOURCE_R_OVER_X
from power.nodes import Board, Line, Node, Transformer, Ups, Utility

STIFF = 1e14  # short-circuit power of a source whose voltage does not sag [VA]
_NODE, _LOAD, _SOURCE = ComponentType.node, ComponentType.sym_load, ComponentType.source
PARTS = (ComponentType.line, ComponentType.transformer, ComponentType.link)
_TERMINALS = ("p_from", "q_from", "p_to", "q_to")


@dataclass(frozen=True)
class LoadFlow:
    """The network with all its possible branches, in the order of PARTS."""

    grid: PowerGridModel
    child: Int[np.ndarray, " branch"]  # node whose feed the branch is
    parent: Int[np.ndarray, " branch"]
    ids: dict[ComponentType, Int[np.ndarray, " _"]]  # of the library's components, by kind
    sources: Int[np.ndarray, " source"]  # nodes with a source


@dataclass(frozen=True)
class Flows:
    """Voltage of every bus, and what enters and leaves every branch that is on."""

    voltage: Float[np.ndarray, " node"]  # 0 where dead [V]
    entering: Complex[np.ndarray, " branch"]  # from the feeding bus [VA]
    leaving: Complex[np.ndarray, " branch"]  # to the fed bus [VA]


def build_load_flow(nodes: Sequence[Node], index: dict[str, int]) -> LoadFlow:
    """Lay out the library's arrays: buses, loads at all buses, sources, branches."""
    count = len(nodes)
    branches: dict[ComponentType, list[tuple[int, int]]] = {part: [] for part in PARTS}
    for node in nodes:
        if not isinstance(node, Utility | Ups):
            pairs = [(index[node.name], index[feed]) for feed in node.fed_by]
            branches[_part(node)] += pairs
    sources = np.array([i for i, n in enumerate(nodes) if isinstance(n, Utility | Ups)], dtype=int)
    bus = initialize_array("input", "node", count)
    bus["id"] = np.arange(count)
    bus["u_rated"] = [node.voltage for node in nodes]
    parts = {
        _NODE: bus,
        _LOAD: _loads(count),
        _SOURCE: _sources([nodes[i] for i in sources], sources, count),
    }
    first = 3 * count
    for part, pairs in branches.items():
        parts[part] = _branches(part, pairs, nodes, first)
        first += len(pairs)
    pairs = [pair for part in PARTS for pair in branches[part]]
    table = np.array(pairs, dtype=int).reshape(-1, 2)
    ids = {part: array["id"] for part, array in parts.items()}
    return LoadFlow(PowerGridModel(parts), table[:, 0], table[:, 1], ids, sources)


def solve_load_flow(
    flow: LoadFlow,
    live: Bool[np.ndarray, " node"],
    fed_from: Int[np.ndarray, " node"],
    drawn: Complex[np.ndarray, " node"],
) -> Flows | None:
    """Voltages and branch flows with `drawn` [VA] at each bus; None where no solution exists.

    A node is fed over the branch from `fed_from`, all other branches are open. Newton-Raphson.
    """
    on = live[flow.child] & (fed_from[flow.child] == flow.parent)
    try:
        result = flow.grid.calculate_power_flow(
            update_data=_update(flow, live, on, np.where(live, drawn, 0)),
            output_component_types={_NODE: ["u"], **{part: [*_TERMINALS] for part in PARTS}},
        )
    except PowerGridError:
        return None
    p_in, q_in, p_out, q_out = (
        np.concatenate([np.empty(0), *(result[part][name][0] for part in PARTS if part in result)])
        for name in _TERMINALS
    )
    return Flows(result[_NODE]["u"][0], p_in + 1j * q_in, -(p_out + 1j * q_out))


def _update(
    flow: LoadFlow,
    live: Bool[np.ndarray, " node"],
    on: Bool[np.ndarray, " branch"],
    drawn: Complex[np.ndarray, " node"],
) -> dict[ComponentType, np.ndarray]:
    """A batch of one state; the stored network stays as it was built."""
    update = {
        part: initialize_array("update", part, (1, len(flow.ids[part])))
        for part in (_LOAD, _SOURCE, *PARTS)
    }
    for part, array in update.items():
        array["id"] = flow.ids[part]
    update[_LOAD]["p_specified"] = drawn.real
    update[_LOAD]["q_specified"] = drawn.imag
    update[_SOURCE]["status"] = live[flow.sources]
    bounds = np.cumsum([len(flow.ids[part]) for part in PARTS])[:-1]
    for part, state in zip(PARTS, np.split(on, bounds), strict=True):
        update[part]["from_status"] = state
        update[part]["to_status"] = state
    return update


def _part(node: Node) -> ComponentType:
    match node:
        case Transformer():
            return ComponentType.transformer
        case Line() if node.length * (node.resistance + node.reactance) > 0:
            return ComponentType.line
        case Line() | Board():
            return ComponentType.link
    raise TypeError(f"{node.name}: a {node.kind} is a source, not a branch")


def _loads(count: int) -> np.ndarray:
    loads = initialize_array("input", "sym_load", count)
    loads["id"] = np.arange(count, 2 * count)
    loads["node"] = np.arange(count)
    loads["status"] = 1
    loads["type"] = LoadGenType.const_power
    loads["p_specified"] = loads["q_specified"] = 0.0
    return loads


def _sources(nodes: Sequence[Node], places: Int[np.ndarray, " source"], count: int) -> np.ndarray:
    strength = [n.short_circuit_power if isinstance(n, Utility) else STIFF for n in nodes]
    sources = initialize_array("input", "source", len(nodes))
    sources["id"] = 2 * count + np.arange(len(nodes))
    sources["node"] = places
    sources["status"] = 1
    sources["u_ref"] = 1.0
    sources["sk"] = np.minimum(strength, STIFF)
    sources["rx_ratio"] = SOURCE_R_OVER_X
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
    row["c1"] = row["tan1"] = 0.0


def _describe_transformer(row: np.void, transformer: Transformer, feed_voltage: float) -> None:
    """Set the pi model; the winding connection turns angles only, which no check looks at."""
    row["u1"], row["u2"], row["sn"] = feed_voltage, transformer.voltage, transformer.rating
    row["uk"], row["pk"] = transformer.impedance, transformer.load_loss
    row["p0"] = transformer.no_load_loss
    # The magnetising current cannot be smaller than the part of it that makes the no-load loss.
    row["i0"] = max(transformer.no_load_current, transformer.no_load_loss / transformer.rating)
    row["winding_from"] = row["winding_to"] = WindingType.wye_n
    row["clock"] = 0
    row["tap_side"] = row["tap_pos"] = row["tap_min"] = row["tap_max"] = row["tap_nom"] = 0
    row["tap_size"] = 0.0
