"""Losses and impedances of single devices against their load."""

import math

import numpy as np
from jaxtyping import Float

from power.nodes import Line, Node, Rectifier, Transformer, Ups, Utility


def transformer_loss(transformer: Transformer, load: float) -> float:
    """Loss [W] at the apparent power load [VA] and rated voltage: P0 + (S / S_r)^2 P_k.

    IEC 60076-1; the load flow gives slightly more, since the output voltage sags under load.

    >>> unit = Transformer(name="T", fed_by=("U",), voltage=415.0, rating=2.5e6, impedance=0.06,
    ...                    no_load_loss=1575.0, load_loss=18500.0)
    >>> print(f"{transformer_loss(unit, 1.25e6):.0f}")
    6200
    """
    return transformer.no_load_loss + (load / transformer.rating) ** 2 * transformer.load_loss


def converter_loss(
    node: Ups | Rectifier,
    power: float | Float[np.ndarray, "..."],
    units: float | Float[np.ndarray, "..."] = 1.0,
) -> Float[np.ndarray, "..."]:
    """Loss [W] of a converter that gives `power` [W]: P_r (a0 + a1 x + a2 x^2), x = power / P_r.

    P_r is that of the share of its units that runs. The usual three-term fit: constant,
    proportional (conduction) and quadratic (resistive) part.
    """
    a0, a1, a2 = node.loss_coefficients
    rated = node.rated_power * np.asarray(units, dtype=float)
    x = power / np.where(rated > 0, rated, 1.0)
    return np.asarray(rated * (a0 + a1 * x + a2 * x * x))


def tangent(power_factor: float) -> float:
    """Reactive over real power at a lagging power factor: tan(acos(pf)).

    >>> round(tangent(0.8), 12)
    0.75
    """
    return math.sqrt(1 - power_factor**2) / power_factor


def series_impedance(node: Node) -> complex:
    """Impedance per phase [ohm] between the node's feed and its output, at its output voltage.

    Zero for what holds its output voltage, and for boards and switches.
    """
    match node:
        case Utility():
            magnitude = node.voltage**2 / node.short_circuit_power
            reactance = magnitude / math.hypot(1, node.r_over_x)
            return complex(node.r_over_x * reactance, reactance)
        case Transformer():
            base = node.voltage**2 / node.rating
            resistance = node.load_loss / node.rating
            return base * complex(resistance, math.sqrt(node.impedance**2 - resistance**2))
        case Line():
            return node.length * complex(node.resistance, node.reactance)
    return 0j
