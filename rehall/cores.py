"""Processes bound to a core each.

XLA runs a kernel of the CPU on one core, and keeps a thread for every core that it may use. Two
processes that are free to move get in each other's way (validation/processes.py). A process has to
be bound before JAX is loaded in it.
"""

import os
import pickle
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

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


def bind(core: int | None) -> None:
    """Bind this process to a core."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def bound(
    context: "SpawnContext", count: int, begin: Callable[..., None], arguments: tuple[Any, ...]
) -> tuple[Callable[..., None], tuple[Any, ...]]:
    """Initialiser and its arguments for a pool of so many processes: each takes a core, and begins.

    What `begin` needs is loaded only then.
    """
    cores = context.SimpleQueue()
    for core in cores_for(count):
        cores.put(core)
    return _bind_and_begin, (cores, pickle.dumps((begin, arguments)))


def _bind_and_begin(cores: "SimpleQueue[int | None]", packed: bytes) -> None:
    bind(cores.get())
    begin, arguments = pickle.loads(packed)
    begin(*arguments)
