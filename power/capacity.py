"""What each node may carry for hours in the air around it, of the units that run."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from power.network import PowerModel
from power.nodes import Line, Node, Table, Utility
from power.solve import PowerState

CONDUCTOR_BASE = 303.15
"""Air temperature for which ampacities are tabled, 30 degC [K]: NEC table 310.16."""


@dataclass(frozen=True)
class Capacity:
    """Continuous limits of every node; inf where there is none."""

    apparent: Float[np.ndarray, "*state node"]  # [VA], of device and conductors
    real: Float[np.ndarray, "*state node"]  # UPS, generators and contracted demand [W]
    device: Float[np.ndarray, "*state node"]  # [VA], of device and overcurrent device
    conductor: Float[np.ndarray, "*state node"]  # [VA]
    derating: Float[np.ndarray, " node"]  # share of its rating left in its air [-]

    def at(self, states: Int[np.ndarray, " chosen"] | int) -> "Capacity":
        """Of some states."""
        each = (self.apparent, self.real, self.device, self.conductor)
        apparent, real, device, conductor = (np.asarray(values[states]) for values in each)
        return Capacity(apparent, real, device, conductor, self.derating)


def capacity(
    model: PowerModel, state: PowerState, ambient: Float[np.ndarray, " node"] | None = None
) -> Capacity:
    """Limits at the air temperatures `ambient` [K] round the nodes; NaN (or None) as rated."""
    air = np.full(len(model.nodes), np.nan) if ambient is None else ambient
    pairs = list(zip(model.nodes, air, strict=True))
    left = np.array([derating(node.derating, T) for node, T in pairs])
    utility = np.array([isinstance(node, Utility) for node in model.nodes])
    conductor = np.array([_conductor(node, T) for node, T in pairs])
    switched = np.array([_switched(node) for node in model.nodes]) * left
    bare = np.where(model.rating > 0, model.rating * left, np.inf)
    rated = np.minimum(switched, bare)
    device = _of_units(rated, state.units)
    return Capacity(
        apparent=np.minimum(device, conductor),
        device=device,
        conductor=np.broadcast_to(conductor, device.shape),
        real=_of_units(model.real_limit, state.units * np.where(utility, 1.0, left)),
        derating=left,
    )


def _of_units(
    limit: Float[np.ndarray, " node"], units: Float[np.ndarray, "*state node"]
) -> Float[np.ndarray, "*state node"]:
    """A limit of the units that run; none stays none."""
    return np.where(np.isinf(limit), np.inf, np.where(np.isinf(limit), 0.0, limit) * units)


def derating(table: Table, T: float) -> float:
    """Share of a rating left in air of T [K], between the entries of a table.

    Beyond the last entry the line through the last two goes on, down to nothing.

    >>> round(derating(((313.15, 1.0), (323.15, 0.96)), 318.15), 4)
    0.98
    """
    if not table or np.isnan(T):
        return 1.0
    temperatures, shares = zip(*table, strict=True)
    if temperatures[-1] >= T or len(table) == 1:
        return float(np.interp(T, temperatures, shares))
    fall = (shares[-1] - shares[-2]) / (temperatures[-1] - temperatures[-2])
    return max(0.0, shares[-1] + fall * (T - temperatures[-1]))


def conductor_factor(T: float, insulation: float) -> float:
    """Share of a conductor's ampacity left in air of T [K], its insulation bearing `insulation`.

        sqrt((T_insulation - T) / (T_insulation - 30 degC)): NEC 310.15(B)(1)

    >>> round(conductor_factor(323.15, 363.15), 4)
    0.8165
    """
    if np.isnan(T):
        return 1.0
    left = (insulation - T) / (insulation - CONDUCTOR_BASE)
    return float(np.sqrt(max(0.0, left)))


def _switched(node: Node) -> float:
    """What the overcurrent device of a node allows for hours, as rated [VA]."""
    if node.rating <= 0:
        return np.inf
    rating = node.rating * (node.breaker / node.full_load if node.breaker else 1.0)
    return node.continuous_factor * rating


def _conductor(node: Node, T: float) -> float:
    if not isinstance(node, Line) or not node.ampacity:
        return np.inf
    factor = conductor_factor(T, node.insulation) if node.insulation else 1.0
    return node.rating * node.ampacity / node.full_load * factor
