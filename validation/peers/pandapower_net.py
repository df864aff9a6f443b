"""The live part of a power chain in the tables of pandapower, for load flow and short circuit.

Each live node is a bus, and a line, transformer or closed switch joins it to what feeds it now; all
have the number of the node. The bus behind the impedance of a utility comes after those of nodes.
"""

import math

import numpy as np
import pandapower as pp

from power.network import NONE, PowerModel
from power.nodes import Generator, Line, Node, Rectifier, Transformer, Ups, Utility
from power.solve import PowerState

STIFF = 1e8  # short-circuit power of a source whose voltage does not sag [MVA]
MEGA, KILO, NANO = 1e-6, 1e-3, 1e9  # from SI to pandapower's MW, kV and nF
LARGE = 1e9  # stands for infinite ratios


def net_of(model: PowerModel, state: PowerState, short_circuit: bool = False) -> pp.pandapowerNet:
    """What is live, without loads.

    For a load flow, generators and converters are stiff and a utility stands behind its impedance.
    For `calc_sc` a utility is its short-circuit power, a generator its reactance, and a converter
    gives nothing: what it feeds is dead there.
    """
    utilities = (node for node in model.nodes if isinstance(node, Utility))
    net = pp.create_empty_network(f_hz=next((u.frequency for u in utilities), 60.0))
    live = [int(place) for place in np.flatnonzero(state.live)]
    pp.create_buses(net, len(live), model.voltage[live] * KILO, index=live)
    for place in live:
        _add_source(net, model, state, place, short_circuit)
    fed = [place for place in live if state.fed_from[place] != NONE]
    lines = [place for place in fed if _is_line(model.nodes[place])]
    transformers = [place for place in fed if isinstance(model.nodes[place], Transformer)]
    _add_lines(net, model, state, lines)
    _add_transformers(net, model, state, transformers, shunts=model.three and not short_circuit)
    links = [
        place
        for place in fed
        if place not in {*lines, *transformers}
        and (state.through[place] or not isinstance(model.nodes[place], Ups | Rectifier))
    ]
    pp.create_switches(net, state.fed_from[links], links, et="b", index=links)
    return net


def _is_line(node: Node) -> bool:
    return isinstance(node, Line) and node.length * (node.resistance + node.reactance) > 0


def _add_source(
    net: pp.pandapowerNet, model: PowerModel, state: PowerState, place: int, short_circuit: bool
) -> None:
    """A source at the bus of a node, or at one before it that an impedance joins to it."""
    node, bus = model.nodes[place], place
    if isinstance(node, Utility):
        power, rx = min(node.short_circuit_power * MEGA, STIFF), node.r_over_x
        if not short_circuit and power < STIFF:
            bus = pp.create_bus(net, node.voltage * KILO, index=len(model.nodes) + place)
            z = (node.voltage * KILO) ** 2 / power
            x = z / math.hypot(1.0, rx)
            _add_line(net, len(model.nodes) + place, bus, place, rx * x, x)
            power = STIFF
        _add_grid(net, bus, power, rx)
    elif isinstance(node, Generator) and short_circuit:
        rating = node.rating * state.units[place]
        pp.create_gen(
            net,
            place,
            p_mw=0.0,
            sn_mva=rating * MEGA,
            vn_kv=node.voltage * KILO,
            xdss_pu=node.reactance,
            rdss_ohm=1e-9,  # the fictitious one belongs to the peak, not to the initial current
            cos_phi=node.rated_power / node.rating,
        )
    elif isinstance(node, Generator) or (
        isinstance(node, Ups | Rectifier) and not state.through[place] and not short_circuit
    ):
        _add_grid(net, place, STIFF, 0.1)


def _add_grid(net: pp.pandapowerNet, bus: int, power: float, rx: float) -> None:
    pp.create_ext_grid(net, bus, s_sc_max_mva=power, rx_max=rx, x0x_max=1.0, r0x0_max=rx)


def _add_line(net: pp.pandapowerNet, number: int, tail: int, head: int, r: float, x: float) -> None:
    """A line of 1 km with r and x [ohm] in all sequences."""
    pp.create_line_from_parameters(
        net, tail, head, 1.0, r, x, 0.0, 1e3, index=number, r0_ohm_per_km=r, x0_ohm_per_km=x,
        c0_nf_per_km=0.0, endtemp_degree=20.0,
    )  # fmt: skip


def _add_lines(
    net: pp.pandapowerNet, model: PowerModel, state: PowerState, places: list[int]
) -> None:
    """Lines, with their zero sequence."""
    if not places:
        return
    lines = [model.nodes[place] for place in places]
    c = [line.capacitance * 1e3 * NANO for line in lines]
    pp.create_lines_from_parameters(
        net,
        state.fed_from[places],
        places,
        length_km=[line.length * KILO for line in lines],
        r_ohm_per_km=[line.resistance / KILO for line in lines],
        x_ohm_per_km=[max(line.reactance, 1e-9 * line.resistance) / KILO for line in lines],
        c_nf_per_km=c,
        max_i_ka=[line.full_load * KILO for line in lines],
        index=places,
        r0_ohm_per_km=[line.zero_sequence.real / KILO for line in lines],
        x0_ohm_per_km=[line.zero_sequence.imag / KILO for line in lines],
        c0_nf_per_km=c,
        endtemp_degree=[20.0] * len(lines),
    )


def _add_transformers(
    net: pp.pandapowerNet, model: PowerModel, state: PowerState, places: list[int], shunts: bool
) -> None:
    """Dyn11 with a tap before the high-voltage winding; magnetising branches as `shunts` or not."""
    if not places:
        return
    above, units = state.fed_from[places], [model.nodes[place] for place in places]
    drawn = [max(unit.no_load_current, unit.no_load_loss / unit.rating) for unit in units]
    reactive = [_leg(i * t.rating, t.no_load_loss) for i, t in zip(drawn, units, strict=True)]
    pp.create_transformers_from_parameters(
        net,
        above,
        places,
        sn_mva=[t.rating * MEGA for t in units],
        vn_hv_kv=model.voltage[above] * KILO,
        vn_lv_kv=[t.voltage * KILO for t in units],
        vk_percent=(vk := [100 * t.impedance for t in units]),
        vkr_percent=(vkr := [100 * t.load_loss / t.rating for t in units]),
        pfe_kw=[0.0 if shunts else t.no_load_loss * KILO for t in units],
        i0_percent=[0.0 if shunts else 100 * i for i in drawn],
        shift_degree=330.0,
        tap_side="hv",
        tap_neutral=0,
        tap_min=-1,
        tap_max=0,
        tap_pos=-1,
        tap_step_percent=[100 * t.tap / (1 + t.tap) for t in units],
        tap_step_degree=0.0,
        tap_changer_type="Ratio",
        vector_group="Dyn",
        index=places,
        vk0_percent=vk,
        vkr0_percent=vkr,
        mag0_percent=[
            min(LARGE, 2 / (i * t.impedance)) if i else LARGE
            for i, t in zip(drawn, units, strict=True)
        ],
        mag0_rx=[
            min(LARGE, t.no_load_loss / q) if q else LARGE
            for q, t in zip(reactive, units, strict=True)
        ],
        si0_hv_partial=1 - 1e-9,
    )
    if shunts:
        kilovolts = [t.voltage * KILO for t in units]
        before = [model.voltage[a] * KILO / (1 + t.tap) for a, t in zip(above, units, strict=True)]
        p, q = ([half * MEGA / 2 for half in (t.no_load_loss for t in units)],
                [half * MEGA / 2 for half in reactive])  # fmt: skip
        pp.create_shunts(net, above, q, p, before, index=places)
        pp.create_shunts(net, places, q, p, kilovolts)


def _leg(hypotenuse: float, other: float) -> float:
    return math.sqrt(max(0.0, hypotenuse**2 - other**2))
