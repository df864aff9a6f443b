"""Progress bars of the command line, and Ctrl-C between two steps."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console

if TYPE_CHECKING:
    from rehall.simulate import Watch
    from rehall.transient import MarchProgress
    from thermal.air.settling import Progress as AirProgress

err = Console(stderr=True, highlight=False)


class Told(Protocol):
    """Told of a study: how much is done, of how much, and what else is to be said."""

    def __call__(self, done: int, planned: int, more: str = "") -> None:
        """Show it."""


_asked = False  # to stop, by Ctrl-C


def remember_interrupts() -> None:
    """Let Ctrl-C raise as usual, and at the next step if that came to nothing.

    Python reports and drops an exception that strikes in a callback of the garbage collector, and
    JAX has one.
    """

    def dropped(found: Any) -> None:
        if found.exc_type is not KeyboardInterrupt:
            sys.__unraisablehook__(found)

    def note(number: int, frame: object) -> None:
        global _asked
        _asked = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = dropped


@contextmanager
def interrupt_between_steps() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C take effect where the given function is called; a second Ctrl-C at once.

    An exception that strikes inside compiled code can bring the process down.
    """
    global _asked

    def note(number: int, frame: object) -> None:
        global _asked
        if _asked:
            raise KeyboardInterrupt
        _asked = True
        err.print("stopping after this step; press Ctrl-C again to stop at once")

    def leave_if_asked() -> None:
        if _asked:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield leave_if_asked
    finally:
        _asked = False
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(*columns: Any) -> Iterator[tuple[Any, Callable[[], None]]]:
    """A bar of these columns and the time taken, and what leaves between steps if asked to."""
    from rich.progress import Progress, TimeElapsedColumn

    with (
        interrupt_between_steps() as leave_if_asked,
        Progress(*columns, TimeElapsedColumn(), console=err, transient=not err.is_terminal) as bar,
    ):
        yield bar, leave_if_asked


@contextmanager
def progress() -> Iterator["Watch"]:
    """A progress bar with iterations and residuals, on the error stream."""
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn

    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("energy {task.fields[energy]:+.2f} %  inlets {task.fields[swing]:.2f} K"),
        TextColumn("{task.fields[mode]}"),
    )
    with _bar(*columns) as (bar, leave_if_asked):
        tasks: dict[str, TaskID] = {}

        def watch(stage: str, now: "AirProgress") -> None:
            leave_if_asked()
            if stage not in tasks or now.iteration <= bar.tasks[tasks[stage]].completed:
                tasks[stage] = bar.add_task(stage, total=now.limit, energy=0.0, swing=0.0, mode="")
            bar.update(
                tasks[stage],
                completed=now.iteration,
                energy=100 * now.energy,
                swing=now.swing,
                mode="averaging" if now.averaging else "",
            )

        yield watch


@contextmanager
def march_progress() -> Iterator["Callable[[MarchProgress], None]"]:
    """A progress bar of a transient: simulated time, step, speed over real time."""
    from rich.progress import BarColumn, TextColumn

    columns = (
        TextColumn("transient   "),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:.1f} of {task.total:g} s  step {task.fields[step]:.3f} s"),
        TextColumn("{task.fields[speed]:.2f} x real time"),
    )
    with _bar(*columns) as (bar, leave_if_asked):
        task = bar.add_task("transient", total=0.0, step=0.0, speed=0.0)

        def watch(now: "MarchProgress") -> None:
            bar.update(task, total=now.duration, completed=now.time, step=now.step, speed=now.speed)
            leave_if_asked()

        try:
            yield watch
        except KeyboardInterrupt:
            err.print("the march is kept up to its last checkpoint: --resume goes on there")
            raise


@contextmanager
def study_progress(what: str) -> Iterator["Told"]:
    """A progress bar of a study: `what` is done of all, what else is to be said, time left."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[more]} left:"),
        TimeRemainingColumn(),
    )
    with _bar(*columns) as (bar, leave_if_asked):
        task = bar.add_task(what, total=None, more="")

        def tell(done: int, planned: int, more: str = "") -> None:
            bar.update(task, total=planned, completed=done, more=more)
            leave_if_asked()

        yield tell
