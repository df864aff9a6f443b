"""Processes bound to a core each.

XLA runs a kernel of the CPU on one core, and keeps a thread for every core that it may use. Two
processes that are free to move take twice as long on two cores as two that are bound to one each:
their threads get in each other's way.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import SpawnContext
    from multiprocessing.queues import SimpleQueue


def cores_for(count: int) -> list[int | None]:
    """A core for each of so many processes; None where there are not as many, or none can be bound.

    Those of this process, so that nested pools keep to their part.
    """
    if not hasattr(os, "sched_getaffinity"):
        return [None] * count
    cores: Sequence[int] = sorted(os.sched_getaffinity(0))
    return [*cores[:count]] if count <= len(cores) else [None] * count


def core_queue(context: "SpawnContext", count: int) -> "SimpleQueue[int | None]":
    """The cores for so many processes, of which each takes one."""
    cores = context.SimpleQueue()
    for core in cores_for(count):
        cores.put(core)
    return cores


def bind(core: int | None) -> None:
    """Bind this process to a core; before the first computation, after which threads are there."""
    if core is not None:
        os.sched_setaffinity(0, {core})
