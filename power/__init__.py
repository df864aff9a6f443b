"""What feeds the load: nodes and loads, AC load flow, losses, headroom, rules."""

from power.checks import Check, checks
from power.network import PowerModel, build
from power.nodes import Board, Line, Load, Node, Transformer, Ups, Utility
from power.solve import PowerState, solve

__all__ = [
    "Board",
    "Check",
    "Line",
    "Load",
    "Node",
    "PowerModel",
    "PowerState",
    "Transformer",
    "Ups",
    "Utility",
    "build",
    "checks",
    "solve",
]
