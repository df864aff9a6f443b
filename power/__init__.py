"""What feeds the load: nodes and loads, AC load flow, losses, headroom, rules."""

from power.checks import Check
from power.headroom import headroom
from power.network import PowerModel, build
from power.nodes import (
    Battery,
    Board,
    Generator,
    Line,
    Load,
    Node,
    Rectifier,
    Tie,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
)
from power.rules import checks
from power.solve import PowerState, solve, solve_states
from power.states import Failure, Moment, states_of

__all__ = [
    "Battery",
    "Board",
    "Check",
    "Failure",
    "Generator",
    "Line",
    "Load",
    "Moment",
    "Node",
    "PowerModel",
    "PowerState",
    "Rectifier",
    "Tie",
    "TransferSwitch",
    "Transformer",
    "Ups",
    "Utility",
    "build",
    "checks",
    "headroom",
    "solve",
    "solve_states",
    "states_of",
]
