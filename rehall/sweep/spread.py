"""Variants spread over the processes of Dask, each begun from the nearest one that is solved.

XLA runs a kernel of the CPU on one core: a process a core, each bound to its own. A process that is
lost has its variant solved again by another.
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from distributed import Client, LocalCluster, WorkerPlugin, as_completed

from geometry.errors import InputError, ProjectError
from rehall.cores import bind, cores_for
from rehall.sweep.variants import Variant

ANY_PORT = "127.0.0.1:0"
WAIT = 15.0
"""How long a scheduler and its first worker are waited for [s]."""


class _Bound(WorkerPlugin):
    """Binds each process to a core of its own, before JAX computes in it; Ctrl-C is not for it."""

    name = "bound"

    def __init__(self, cores: Sequence[int | None]) -> None:
        self.cores = list(cores)

    def setup(self, worker: Any) -> None:
        """Called by Dask in a process that begins."""
        with suppress(ValueError):  # not in the main thread, where no signal arrives either
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        bind(self.cores[int(worker.name) % len(self.cores)])


@contextmanager
def client_of(scheduler: str | None, jobs: int) -> Iterator[Client]:
    """A client of the scheduler at an address, or of `jobs` processes of this machine."""
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=WAIT)
        except (OSError, ValueError) as error:
            message = f"no Dask scheduler answers at {scheduler} within {WAIT:g} s"
            raise InputError.of("--scheduler", message) from error
        with client:
            try:
                client.wait_for_workers(1, timeout=WAIT)
            except TimeoutError as error:
                message = f"{scheduler} has no workers; start some with 'dask worker {scheduler}'"
                raise InputError.of("--scheduler", message) from error
            yield client
        return
    own = {"threads_per_worker": 1, "memory_limit": 0, "dashboard_address": ANY_PORT}
    with LocalCluster(jobs, **own) as cluster, Client(cluster) as client:
        client.register_plugin(_Bound(cores_for(jobs)))
        yield client


class Queue:
    """Variants of one grid that wait, each with the nearest one that is solved."""

    def __init__(self, waiting: Sequence[Variant], solved: Sequence[Variant]) -> None:
        self.left = list(waiting)
        self.start: list[int | None] = [None] * len(self.left)
        self.apart = np.full(len(self.left), np.inf)
        self.running, self.known = 0, False
        for one in solved:
            self.learn(one)

    def learn(self, solved: Variant) -> None:
        """Others can start from this one too."""
        self.known = True
        for n, one in enumerate(self.left):
            apart = float(((one.at - solved.at) ** 2).sum())
            if apart < self.apart[n]:
                self.apart[n], self.start[n] = apart, solved.number

    @property
    def next_apart(self) -> float:
        """How far the next one is from where it starts; infinite where that is still air."""
        return float(self.apart.min())

    @property
    def open(self) -> bool:
        """Whether one can be taken now: without any solved, all wait for the first."""
        return bool(self.left) and (self.known or not self.running)

    def take(self) -> tuple[Variant, int | None]:
        """The next one, and the number of the one that it starts from; the middle one first."""
        middle = [float(((one.at - 0.5) ** 2).sum()) for one in self.left]
        n = int(np.argmin(self.apart if self.known else middle))
        self.apart = np.delete(self.apart, n)
        self.running += 1
        return self.left.pop(n), self.start.pop(n)


def spread(
    client: Client,
    queues: Sequence[Queue],
    job: Callable[[int, Variant, int | None], Any],
    work: Callable[[Any], bool],
) -> Iterator[tuple[Variant, str]]:
    """Solve variants, always the one nearest to any that is solved; gives each, and why not.

    `job` says what `work` is given on a process, for the number of a queue, a variant and the
    number of the one that it starts from; `work` tells whether others can start from what it found.
    The first of each queue starts from still air, and all others from it, directly or not.
    """
    running = as_completed()
    given: dict[Any, tuple[Queue, Variant]] = {}
    while True:
        while len(given) < processes(client) and any(queue.open for queue in queues):
            # First ones take longest, so they come first.
            numbers = [n for n, queue in enumerate(queues) if queue.open]
            n = min(numbers, key=lambda n: queues[n].next_apart if queues[n].known else -1.0)
            one, start = queues[n].take()
            future = client.submit(work, job(n, one, start), pure=False)
            given[future.key] = queues[n], one
            running.add(future)
        if not given:
            return
        future = next(running)
        queue, one = given.pop(future.key)
        queue.running -= 1
        yield one, _ended(future, queue, one)


def _ended(future: Any, queue: Queue, one: Variant) -> str:
    """Take note of a variant that is done; why it is not."""
    if future.cancelled():
        raise ProjectError("the Dask scheduler is gone; the same command goes on from here")
    error = future.exception()
    if error is None:
        if future.result():
            queue.learn(one)
        return ""
    return str(error) if isinstance(error, ProjectError) else f"{type(error).__name__}: {error}"


def processes(client: Client) -> int:
    """How many variants the workers can solve at once."""
    return max(1, sum(client.nthreads().values()))
