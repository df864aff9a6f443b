"""What the air round the nodes of the power chain leaves of their ratings."""

import numpy as np

from power import PowerModel, PowerState, headroom
from power.capacity import Capacity, capacity
from power.headroom import Headroom
from rehall.config import Case
from rehall.simulate import Solution


def ambient(case: Case, model: PowerModel, inside: dict[str, float] | None = None) -> np.ndarray:
    """Air round every node, `inside` the hall or as the case says [K]; NaN where not known."""
    known = {item.name: item.air for item in case.nodes} | (inside or {})
    found = [known.get(node.name) for node in model.nodes]
    return np.array([np.nan if T is None else T for T in found], dtype=float)


def node_capacity(solution: Solution) -> Capacity:
    """What the nodes of the chain carry in the air of the hall."""
    model, state = _solved(solution)
    return capacity(model, state, ambient(solution.case, model, solution.node_air))


def node_headroom(solution: Solution) -> Headroom:
    """How much more the nodes of the chain carry in the air of the hall."""
    return headroom(*_solved(solution), node_capacity(solution))


def _solved(solution: Solution) -> tuple[PowerModel, PowerState]:
    assert solution.power is not None, "a case without power chain"
    side, state = solution.power
    return side.model, state
