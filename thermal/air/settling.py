"""Whether air has settled: balances close and no inlet drifts, or the mean of what swings holds.

A closed energy balance alone does not show that a flow has settled, so the inlet temperature of
every device is watched too. Where the inlets keep swinging, the state is averaged, as one would
average a measurement, and the swing is reported beside every temperature.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import numpy as np

from thermal.air.history import WINDOW, History
from thermal.air.inputs import AirInputs
from thermal.air.iterate import Monitor
from thermal.air.model import AirModel
from thermal.air.state import AirState, Work, to_state
from thermal.air.streams import StreamTable

RUNAWAY = 300.0
"""Mean warming of the hall's air at which the solver gives up [K]."""


@dataclass(frozen=True)
class Settings:
    """When to stop.

    `drift` is the largest swing of a settled inlet, or the largest move of its mean [K]; `energy`
    and `mass` are the largest open balances [-]; `change` the largest change of the velocities of
    a settled flow from one iteration to the next, over the velocities [-]. With `average` off a
    flow has to settle: it is not averaged, however its inlets swing. Until `patience` iterations a
    flow may settle; then it is averaged unless it still calms.
    """

    iterations: int = 800
    chunk: int = 25
    drift: float = 0.1
    energy: float = 0.002
    mass: float = 0.001
    change: float = 0.01
    average: bool = True
    patience: int = 4 * WINDOW


@dataclass(frozen=True)
class Progress:
    """What a watcher sees after every chunk of iterations."""

    iteration: int
    limit: int
    energy: float
    mass: float
    swing: float
    averaging: bool


@dataclass(frozen=True, eq=False)
class AirSolution:
    """A steady or averaged flow.

    Stream arrays are means over the last window; `amplitude` [devices] is half the swing of each
    device's mean inlet temperature over it, `amplitude_max` and `amplitude_out` that of its highest
    inlet and of its mean outlet, `amplitude_opening` that of what passes each outdoor opening [K].
    `reason` says why it is not converged.
    """

    state: AirState
    work: Work
    devices: tuple[str, ...]
    T_in: np.ndarray
    T_out: np.ndarray
    m_flow: np.ndarray
    amplitude: np.ndarray
    amplitude_max: np.ndarray
    amplitude_out: np.ndarray
    amplitude_opening: np.ndarray
    energy_error: float
    mass_error: float
    heat: dict[str, float]
    iterations: int
    averaged: bool
    converged: bool
    reason: str


class Settling:
    """What a state has shown from chunk to chunk of iterations, and whether it is over."""

    def __init__(
        self, model: AirModel, inputs: AirInputs, streams: StreamTable, settings: Settings
    ) -> None:
        self.model, self.settings = model, settings
        self.devices, self.share = _device_shares(streams)
        self.history, self.snapshots = History(), list[Work]()
        self.scale = _heat_scale(inputs, model)
        self.averaging_from: int | None = None
        self.done, self.reason, self.over = 0, "", False
        self.work: Work

    def note(
        self, work: Work, monitor: Monitor, watch: Callable[[Progress], None] | None = None
    ) -> None:
        """Enter a chunk: its last state, and what every iteration reported."""
        history, settings = self.history, self.settings
        self.work = work
        history.extend(monitor, self.share)
        self.done += settings.chunk
        self.reason = self._lost()
        if self.reason:
            self.over = True
            return
        done = self.done
        swing = history.swing(done)
        span = WINDOW if self.averaging_from is None else done - self.averaging_from
        energy = float(np.mean(history.last("heat", span).sum(1))) / self.scale
        mass = float(np.mean(history.last("mass", span)))
        if watch is not None:
            averaging = self.averaging_from is not None
            watch(Progress(done, settings.iterations, energy, mass, swing, averaging))
        closed = abs(energy) < settings.energy and abs(mass) < settings.mass
        self.over = self._settled(swing, closed) or self._averaged(span, closed)
        if not self.over and done >= settings.iterations:
            self.over = True
            self.reason = _open_ends(
                history, done, self.averaging_from, self.devices, settings, energy, mass
            )

    def _lost(self) -> str:
        """Why going on is of no use."""
        history, done = self.history, self.done
        if not (np.isfinite(history.hall[-1]).all() and np.isfinite(history.heat[-1]).all()):
            return f"the air diverged after {done} iterations"
        if history.hall[-1][-1, 0] > RUNAWAY:
            return (
                f"after {done} iterations the hall's air is {RUNAWAY:g} K above the outdoor or "
                "room temperature and still warms: more heat enters it than anything takes out"
            )
        return ""

    def _settled(self, swing: float, closed: bool) -> bool:
        """Whether nothing moves any more; then nothing is averaged."""
        history, settings = self.history, self.settings
        still = swing < settings.drift and history.still_to_move() < settings.drift
        still = still and float(history.change[-1].mean()) < settings.change
        if not (self.done >= WINDOW + settings.chunk and still and closed and history.hall_holds()):
            return False
        self.averaging_from = None
        return True

    def _averaged(self, span: int, closed: bool) -> bool:
        """Whether the means of a flow that keeps swinging hold."""
        history, settings, done = self.history, self.settings, self.done
        if self.averaging_from is None:
            if settings.average and done >= settings.patience and not history.calming(done):
                self.averaging_from = done
            return False
        self.snapshots.append(self.work)
        if closed and history.mean_holds(span, settings.drift):
            return True
        if span >= 8 * WINDOW and history.mean_move(span) >= settings.drift:
            # The older half still belongs to the way there.
            self.snapshots = self.snapshots[len(self.snapshots) // 2 :]
            self.averaging_from = done - settings.chunk * len(self.snapshots)
        return False

    def solution(self) -> AirSolution:
        """The state, or the mean of what was averaged."""
        span = WINDOW
        if self.averaging_from is not None:
            span = max(self.done - self.averaging_from, WINDOW)
        averaged = self.averaging_from is not None and len(self.snapshots) > 1
        final = _mean(self.snapshots) if averaged else self.work
        with np.errstate(invalid="ignore", over="ignore"):  # a diverged state holds inf and NaN
            return _solution(
                self.model,
                self.history,
                span,
                final,
                self.work,
                self.devices,
                self.scale,
                self.done,
                averaged,
                self.reason,
            )


def _device_shares(streams: StreamTable) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the devices, and the matrix [devices, streams] that averages their streams."""
    devices = tuple(dict.fromkeys(streams.name))
    number = {name: n for n, name in enumerate(devices)}
    share = np.zeros((len(devices), len(streams.name)))
    for stream, name in enumerate(streams.name):
        share[number[name], stream] = streams.share[stream]
    return devices, share


def _heat_scale(inputs: AirInputs, model: AirModel) -> float:
    """Heat that the balance is judged against [W]; a hundredth of a kelvin on all air at least."""
    heat = np.abs(np.asarray(inputs.heat)).sum() + np.abs(np.asarray(inputs.block_heat)).sum()
    if inputs.distributed is not None and inputs.distributed.heat is not None:
        heat += float(
            np.abs(np.asarray(inputs.distributed.heat * model.volume * model.fluid)).sum()
        )
    moved = float(np.asarray(inputs.V_flow).sum()) * 1.2 * float(model.cp)
    return float(max(heat, 0.01 * moved, 1.0))


def _open_ends(
    history: History,
    done: int,
    averaging_from: int | None,
    devices: tuple[str, ...],
    settings: Settings,
    energy: float,
    mass: float,
) -> str:
    """Why the iterations ran out: which balance is open, which inlet moves."""
    if done < WINDOW + settings.chunk:
        return (
            f"{done} iterations tell nothing: whether air settles is judged over "
            f"{WINDOW + settings.chunk}; allow more iterations"
        )
    span = WINDOW if averaging_from is None else max(done - averaging_from, WINDOW)
    names = (*(f"the inlet of {name}" for name in devices), "the mean temperature of the hall")
    moved = history.moves(span)[0]
    worst = int(moved.argmax())
    advice = "allow more iterations"
    if abs(mass) > settings.mass:
        advice = (
            "equipment moves more air into a closed room than out of it: give the room a leakage "
            "or an opening, or match the flows"
        )
    elif abs(energy) > 0.2:
        advice = "more heat enters the air than anything takes out, or allow more iterations"
    return (
        f"after {done} iterations the energy balance is open by {100 * energy:.2f} % "
        f"(limit {100 * settings.energy:g} %), mass by {100 * mass:.3f} % "
        f"(limit {100 * settings.mass:g} %), and {names[worst]} still moves by "
        f"{moved[worst]:.2f} K (limit {settings.drift:g} K); {advice}"
    )


def _mean(snapshots: list[Work]) -> Work:
    return jax.tree.map(lambda *x: sum(x) / len(snapshots), *snapshots)


def _solution(
    model: AirModel,
    history: History,
    span: int,
    final: Work,
    work: Work,
    devices: tuple[str, ...],
    scale: float,
    done: int,
    averaged: bool,
    reason: str,
) -> AirSolution:
    T_ref = float(model.T_ref)
    span = min(span, done)
    swings = {
        name: 0.5 * np.ptp(history.last(name, span), axis=0)
        for name in ("inlet", "inlet_max", "outlet", "opening")
    }
    heat = history.last("heat", span).mean(0)
    n = model.streams
    return AirSolution(
        state=jax.device_get(to_state(final, model)),
        work=work,
        devices=devices,
        T_in=history.last("T_in", span).mean(0) + T_ref,
        T_out=history.last("T_out", span).mean(0) + T_ref,
        m_flow=history.last("m_flow", span).mean(0),
        amplitude=swings["inlet"],
        amplitude_max=swings["inlet_max"],
        amplitude_out=swings["outlet"],
        amplitude_opening=swings["opening"],
        energy_error=float(heat.sum()) / scale,
        mass_error=float(history.last("mass", span).mean()),
        heat={
            "streams": float(heat[:n].sum()),
            "openings": float(heat[n]),
            "walls": float(heat[n + 1]),
            "blocks": float(heat[n + 2]),
        },
        iterations=done,
        averaged=averaged,
        converged=not reason,
        reason=reason,
    )
