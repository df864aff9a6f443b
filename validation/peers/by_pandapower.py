"""Voltages and currents of a state of a power chain by pandapower.

Given are the decisions of the state: what feeds what, the power over each feed of a load, what
batteries take. What converters draw follows from what pandapower finds behind them, one converter
in series after the other.

Three unbalanced phases are solved by `runpp_3ph`, which has no pi model: the magnetising branches
are shunts there, in the zero sequence the half at the grounded winding. It is wrong where nothing
joins the bus of a source to ground, so that every transformer must have a magnetising branch.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandapower as pp
from pandapower.pf.runpp_3ph import runpp_3ph
from pandapower.shortcircuit import calc_sc
from pandapower_net import KILO, MEGA, net_of

from power.network import NONE, PowerModel
from power.nodes import Rectifier, Ups
from power.solve import PowerState

TURNS = np.exp(-2j * np.pi / 3 * np.arange(3))  # of the phases a, b, c
STRICT = {"calculate_voltage_angles": True, "init": "dc", "numba": False}


@dataclass(frozen=True)
class Answer:
    """What pandapower finds; NaN at dead nodes. One phase stands for three that are balanced."""

    voltage: np.ndarray  # per nominal, by node and phase [-]
    current: np.ndarray  # at the output, by node and phase [A]


def solve(model: PowerModel, state: PowerState, bypassed: np.ndarray) -> Answer:
    """Load flow of one state; `bypassed` marks UPS on their static bypass.

    Raises `LoadflowNotConverged` where pandapower finds none.
    """
    if not state.live.any():
        nothing = np.full((len(model.nodes), 3 if model.three else 1), np.nan)
        return Answer(nothing, nothing)
    net, own = net_of(model, state), _drawn(model, state)
    inputs = np.zeros_like(own)
    for _ in range(model.in_series + 1):
        at_nodes = own + inputs
        voltage, entering = _run(net, model, at_nodes)
        output = _outputs(net, state, at_nodes, entering)
        inputs = _inputs(model, state, bypassed, output)
    to_neutral = np.abs(voltage) * model.voltage[:, None] / math.sqrt(3.0)
    per_phase = np.abs(output) * (1.0 if model.three else 1 / 3)
    poles = np.where(model.is_direct, math.sqrt(3.0), 1.0)  # P / V, not P / (sqrt(3) V)
    return Answer(np.abs(voltage), per_phase / to_neutral * poles[:, None])


def short_circuit_currents(model: PowerModel, state: PowerState) -> np.ndarray:
    """Largest initial short-circuit current at every node [A], IEC 60909; NaN where it has none."""
    found = np.full(len(model.nodes), np.nan)
    if not state.live.any():
        return found
    net = net_of(model, state, short_circuit=True)
    if net.ext_grid.empty and net.gen.empty:
        return found
    calc_sc(net, case="max", lv_tol_percent=10)
    currents = net.res_bus_sc.ikss_ka
    found[currents.index] = currents / KILO
    return found


def _drawn(model: PowerModel, state: PowerState) -> np.ndarray:
    """What loads draw at each node, by phase [VA]."""
    found = np.zeros((len(model.nodes), 3), dtype=complex)
    for load, feeds, powers in zip(model.loads, model.feeds, state.feed_power, strict=True):
        reactive = math.tan(math.acos(load.power_factor))
        for feed, power in zip(feeds, powers, strict=True):
            if power > 0:
                found[feed] += power * complex(1.0, reactive) * _on_phases(load.phases)
    return found if model.three else found.sum(axis=1, keepdims=True)


def _on_phases(phases: str) -> np.ndarray:
    """What each phase gives of 1 VA: U_a conj(I) where its current is conj(1 / (U_a - U_b))."""
    at = ["abc".index(letter) for letter in phases]
    share = np.zeros(3, dtype=complex)
    share[at] = 1 / len(at)
    if len(at) == 2:
        share[at] = TURNS[at] * [1, -1] / (TURNS[at[0]] - TURNS[at[1]])
    return share


def _run(
    net: pp.pandapowerNet, model: PowerModel, drawn: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Voltages [pu] and what enters lines and transformers [VA], by node and phase."""
    suffix, letters = ("_3ph", ("a_", "b_", "c_")) if model.three else ("", ("",))
    _put_loads(net, drawn, letters)
    if model.three:
        runpp_3ph(net, **STRICT)
    else:
        pp.runpp(net, trafo_model="pi", tolerance_mva=1e-9, **STRICT)
    voltage, entering = np.full((2, *drawn.shape), np.nan, dtype=complex)
    places = [bus for bus in net.bus.index if bus < len(model.nodes)]
    for phase, letter in enumerate(letters):
        bus = net[f"res_bus{suffix}"].loc[places]
        angle = np.radians(bus[f"va_{letter}degree"])
        voltage[places, phase] = bus[f"vm_{letter}pu"] * np.exp(1j * angle)
        for table, side in (("line", "from"), ("trafo", "hv")):
            rows = net[f"res_{table}{suffix}"]
            rows = rows[rows.index < len(model.nodes)]
            p, q = rows[f"p_{letter}{side}_mw"], rows[f"q_{letter}{side}_mvar"]
            entering[rows.index, phase] = (p + 1j * q) / MEGA
    for place, shunt in net.shunt[net.shunt.index.isin(net.trafo.index)].iterrows():
        volts = np.abs(voltage[shunt.bus]) * model.voltage[shunt.bus] * KILO / shunt.vn_kv
        entering[place] += volts**2 * (shunt.p_mw + 1j * shunt.q_mvar) / MEGA / 3
    return voltage, entering


def _put_loads(net: pp.pandapowerNet, drawn: np.ndarray, letters: tuple[str, ...]) -> None:
    """A load at every node that can have one, made in the first round and changed in the next."""
    name = "load" if len(letters) == 1 else "asymmetric_load"
    if net[name].empty:
        places = [int(bus) for bus in net.bus.index if bus < len(drawn)]
        if name == "load":
            pp.create_loads(net, places, 0.0)
        else:
            for place in places:
                pp.create_asymmetric_load(net, place)
    for letter, power in zip(letters, drawn[net[name].bus].T * MEGA, strict=True):
        net[name][f"p_{letter}mw"], net[name][f"q_{letter}mvar"] = power.real, power.imag


def _outputs(
    net: pp.pandapowerNet, state: PowerState, drawn: np.ndarray, entering: np.ndarray
) -> np.ndarray:
    """What leaves every node [VA]: what is drawn there and what enters the branches to others."""
    output = np.where(state.live[:, None], drawn, np.nan)
    for place in sorted(np.flatnonzero(state.live), key=lambda node: -_depth(state, node)):
        if place in net.switch.index:
            output[state.fed_from[place]] += output[place]
        elif place in net.line.index or place in net.trafo.index:
            output[state.fed_from[place]] += entering[place]
    return output


def _depth(state: PowerState, place: int) -> int:
    depth = 0
    while (place := state.fed_from[place]) != NONE:
        depth += 1
    return depth


def _inputs(
    model: PowerModel, state: PowerState, bypassed: np.ndarray, output: np.ndarray
) -> np.ndarray:
    """What converters draw from the nodes that feed them [VA], equally from all phases."""
    inputs = np.zeros_like(output)
    for place, node in enumerate(model.nodes):
        if not isinstance(node, Ups | Rectifier) or state.fed_from[place] == NONE:
            continue
        power, rated = output[place].sum().real, node.rated_power * state.units[place]
        a0, a1, a2 = node.loss_coefficients
        x = power / rated
        drawn = power + rated * (a0 + a1 * x + a2 * x**2)
        factor = node.input_power_factor
        drawn *= complex(1.0, math.tan(math.acos(factor)))
        if state.through[place]:
            drawn = 0.0 if bypassed[place] else node.eco_loss * power
        inputs[state.fed_from[place]] += (drawn + state.charging[place]) / output.shape[1]
    return inputs
