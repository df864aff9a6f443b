"""Losses and impedances of single devices against their load."""

import math

from power.nodes import Board, Line, Node, Transformer, Ups, Utility


def transformer_loss(transformer: Transformer, load: float) -> float:
    """Loss [W] at the apparent power load [VA] and rated voltage: P0 + (S / S_r)^2 P_k.

    IEC 60076-1; the load flow gives slightly more, since the output voltage sags under load.

    >>> unit = Transformer(name="T", fed_by=("U",), voltage=415.0, rating=2.5e6, impedance=0.06,
    ...                    no_load_loss=1575.0, load_loss=18500.0)
    >>> print(f"{transformer_loss(unit, 1.25e6):.0f}")
    6200
    """
    return transformer.no_load_loss + (load / transformer.rating) ** 2 * transformer.load_loss


def ups_loss(ups: Ups, power: float) -> float:
    """Loss [W] of a UPS that gives `power` [W]: P_r (a0 + a1 x + a2 x^2), x = power / P_r.

    The usual three-term fit: constant, proportional (conduction) and quadratic (resistive) part.
    """
    a0, a1, a2 = ups.loss_coefficients
    x = power / ups.rated_power
    return ups.rated_power * (a0 + a1 * x + a2 * x * x)


def ups_input(ups: Ups, power: float) -> complex:
    """Complex power [VA] drawn by a UPS that gives `power` [W]."""
    return (power + ups_loss(ups, power)) * (1 + 1j * tangent(ups.input_power_factor))


def tangent(power_factor: float) -> float:
    """Reactive over real power at a lagging power factor: tan(acos(pf)).

    >>> round(tangent(0.8), 12)
    0.75
    """
    return math.sqrt(1 - power_factor**2) / power_factor


def series_impedance(node: Node) -> complex:
    """Impedance per phase [ohm] between the node's feed and its output, at its output voltage.

    Zero for boards and for a UPS, which holds its output voltage.
    """
    match node:
        case Utility():
            return _source_impedance(node)
        case Transformer():
            base = node.voltage**2 / node.rating
            resistance = node.load_loss / node.rating
            return base * complex(resistance, math.sqrt(node.impedance**2 - resistance**2))
        case Line():
            return node.length * complex(node.resistance, node.reactance)
        case Board() | Ups():
            return 0j


SOURCE_R_OVER_X = 0.1  # IEC 60909-0, 6.2: network feeders whose resistance is not known


def _source_impedance(utility: Utility) -> complex:
    magnitude = utility.voltage**2 / utility.short_circuit_power
    reactance = magnitude / math.hypot(1, SOURCE_R_OVER_X)
    return complex(SOURCE_R_OVER_X * reactance, reactance)
