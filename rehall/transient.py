"""A case in time: from its steady state through the events of its `transient` section.

The coolant is marched first (rehall.coolant_march); the coils follow its temperatures and flows.
The march stops between chunks of steps at the same places whether or not it is interrupted, so a
run that goes on from a checkpoint gives the same numbers to the last bit.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from rehall import checkpoint as checkpoints
from rehall.checkpoint import Checkpoint
from rehall.config import Case
from rehall.coolant_log import CoolantMarch
from rehall.coolant_march import march_coolant
from rehall.coolant_to_air import water_changes
from rehall.events import raised_powers
from rehall.heatledger import OPEN, Ledger, accepted, enter
from rehall.liquid import liquid_side
from rehall.masses import most_slices, with_masses
from rehall.models import AirLevel
from rehall.operated import operated
from rehall.operation import Exchange
from rehall.run import fields_of
from rehall.schema.transient import TransientSpec
from rehall.temporal import drop_steps, write_step
from rehall.timeline import Stretch, changes_of, operated_inputs, stretches
from thermal.air.inputs import AirInputs
from thermal.air.iterate import run
from thermal.air.march import Instant, Marching, Segment, Taken, begin, march_steps
from thermal.air.state import Work, at_rest, to_state

FIRST_STEP = 0.01
"""First step, and first step after a change at once [s]."""
COURANT = 2.0
"""Cells that air crosses in a step at most [-]."""
CHUNK = 10
"""Steps in one compiled call; a run is interrupted between two calls."""
SETTLING = 20
"""Steady iterations in which servers and walls take the temperature of the steady state."""
SAVE_EVERY = 30.0
"""Longest wall time between two checkpoints [s]."""
SERIES = ("T_in", "T_in_max", "T_out", "m_flow", "rise")
OF_STEPS = ("time", "step", "error")


@dataclass(frozen=True)
class MarchProgress:
    """What a watcher sees after every chunk: simulated time [s], step [s], speed over real time."""

    time: float
    duration: float
    step: float
    speed: float


@dataclass(frozen=True, eq=False)
class Transient:
    """A march up to its end, or up to where it failed (`reason`).

    `times`, `steps` [s] and `errors` [-] of the accepted steps, the latter over the allowed one;
    `columns` [steps, devices]: T_in, T_in_max and T_out [K], m_flow [kg/s], and the `rise` of the
    air in servers [K]; `powers` the highest of each server that events let draw more [W];
    `assumptions` in words; `speed` is that over real time, once compiled.
    """

    spec: TransientSpec
    devices: tuple[str, ...]
    times: np.ndarray
    steps: np.ndarray
    errors: np.ndarray
    columns: dict[str, np.ndarray]
    ledger: Ledger
    coolant: CoolantMarch | None
    powers: dict[str, float]
    assumptions: list[str]
    outputs: int
    wall_s: float
    speed: float
    reason: str


def march_case(
    case: Case,
    level: AirLevel,
    steady: tuple[Exchange, Work, np.ndarray] | None,
    out: Path,
    watch: Callable[[MarchProgress], None] | None = None,
    courant: float = COURANT,
    settled_on: AirLevel | None = None,
) -> Transient | None:
    """March a case; writes checkpoints and the fields of each output time into `out`.

    Air crosses `courant` cells in a step at most, less where the error of the step asks for it. The
    hall that the steady state belongs to is `settled_on`, where one with other holes is marched.

    `steady` is the exchange, the air and the streams' mass flow [kg/s] of the steady state; without
    it the march goes on from the checkpoint in the folder, None where there is none.
    """
    march = _prepare(case, level, steady, out, courant, settled_on or level)
    if march is None:
        return None
    state, plan, marching = march.state, march.plan, march.marching
    reason, saved, started = "", time.perf_counter(), time.perf_counter()
    before, fast = state.wall_s, _Speed()
    while state.stretch < len(plan) and not reason:
        stretch = plan[state.stretch]
        if state.instant.time == 0 and stretch.jump:
            # The past says nothing about what follows a change at once.
            state.instant = begin(state.instant.now, marching.first)
        span = stretch.end - stretch.begin
        segment = Segment(
            jnp.zeros_like(state.instant.time),
            jnp.asarray(span, state.instant.time.dtype),
            stretch.first,
            stretch.last,
        )
        earlier = state.instant
        state.instant, taken = march_steps(earlier, level.model, segment, marching, CHUNK)
        reason = _note(state, march, stretch, earlier, accepted(taken))
        now = stretch.begin + float(state.instant.time)
        ended = not reason and now >= stretch.end - 1e-6 * max(span, 1e-9) * 2
        if ended:
            state.stretch += 1
            state.instant = _next_clock(state.instant)
            if stretch.output:
                _write_output(out, state, level, stretch.end)
        state.wall_s = before + time.perf_counter() - started
        fast.saw(now)
        due = time.perf_counter() - saved > SAVE_EVERY
        if not reason and ((ended and stretch.output) or due):
            checkpoints.write(out, state)
            saved = time.perf_counter()
        if watch is not None:
            try:
                watch(MarchProgress(now, plan[-1].end, float(state.instant.step), fast.ratio))
            except KeyboardInterrupt:
                checkpoints.write(out, state)
                raise
    return _result(case, march, fast.ratio, reason)


@dataclass(eq=False)
class _March:
    """All that stays while a march goes on, and its state."""

    level: AirLevel
    plan: list[Stretch]
    marching: Marching
    assumptions: list[str]
    devices: tuple[str, ...]
    coolant: CoolantMarch | None
    state: Checkpoint


class _Speed:
    """Simulated over real time, without the first chunk, which may have to compile."""

    def __init__(self) -> None:
        self.began: tuple[float, float] | None = None
        self.ratio = 0.0

    def saw(self, now: float) -> None:
        wall = time.perf_counter()
        if self.began is None:
            self.began = (wall, now)
        elif wall > self.began[0]:
            self.ratio = (now - self.began[1]) / (wall - self.began[0])


def _prepare(
    case: Case,
    level: AirLevel,
    steady: tuple[Exchange, Work, np.ndarray] | None,
    out: Path,
    courant: float,
    settled_on: AirLevel,
) -> _March | None:
    """Inputs over time, and the state to march on from."""
    spec = case.transient
    assert spec is not None, "the case has no transient section"
    key = checkpoints.key_of(case, level)
    first = min(FIRST_STEP, spec.step_max)
    marching = Marching(longest=spec.step_max, first=first, courant=courant)
    found = None
    if steady is None:
        found = checkpoints.read(out, key, begin(_blank(case, level), marching.first))
        if found is None:
            return None
        x, m_flow = found.exchange, found.columns["m_flow_steady"]
    else:
        x, work, m_flow = steady
    base = operated_inputs(case, level, x, case)
    base, assumptions = with_masses(case, level, base, m_flow)
    changes = changes_of(case, level, x, spec)
    side, coolant = liquid_side(case), None
    if side is not None:
        coolant = march_coolant(case, side, x)
        changes += water_changes(case, level, coolant, base)
    plan = stretches(base, changes, spec)
    devices = tuple(dict.fromkeys(level.streams.name))
    if found is None:
        columns: dict[str, np.ndarray] = {name: np.zeros((0, len(devices))) for name in SERIES}
        columns |= {name: np.zeros(0) for name in OF_STEPS}
        columns["m_flow_steady"] = m_flow
        start = begin(_settled(settled_on, work, base), marching.first)
        ledger = asdict(Ledger())
        found = Checkpoint(key, start, 0, 0, columns, ledger, x, 0.0)
        drop_steps(out)
        _write_output(out, found, level, 0.0)
        checkpoints.write(out, found)
    drop_steps(out, found.outputs)
    return _March(level, plan, marching, assumptions, devices, coolant, found)


def _blank(case: Case, level: AirLevel) -> Work:
    """A state of the form that the march of a case has."""
    return at_rest(level.model, level.model.T_ref, most_slices(case))


def _settled(level: AirLevel, work: Work, inputs: AirInputs) -> Work:
    """The steady air with servers, coils and walls at the temperatures that belong to it."""
    layers = 0 if inputs.layers is None else inputs.layers.capacity.shape[1]
    rest = at_rest(level.model, level.model.T_ref, layers)
    work = replace(work, T_body=rest.T_body, T_layer=rest.T_layer)
    return run(work, level.model, inputs, SETTLING)[0]


def _next_clock(instant: Instant) -> Instant:
    """The same instant on the clock of the next stretch."""
    return eqx.tree_at(lambda i: i.time, instant, jnp.zeros_like(instant.time))


def _write_output(out: Path, state: Checkpoint, level: AirLevel, at: float) -> None:
    air = to_state(state.instant.now, level.model)
    write_step(out, state.outputs, at, fields_of(level, air))
    state.outputs += 1


def _note(
    state: Checkpoint, march: _March, stretch: Stretch, earlier: Instant, taken: Taken
) -> str:
    """Enter a chunk into the series and the ledger; why it cannot be trusted, if so."""
    level = march.level
    now = stretch.begin + float(state.instant.time)
    rows = _rows(march, taken)
    finite = all(np.isfinite(rows[name]).all() for name in SERIES if name != "T_in_max")
    if not finite or not np.isfinite(np.asarray(state.instant.now.T)).all():
        return f"the air diverged after {now:.2f} s"
    if not len(taken.time):  # all of them were too long
        return ""
    rows |= {"time": stretch.begin + np.asarray(taken.time, float)}
    rows |= {"step": np.asarray(taken.step, float), "error": np.asarray(taken.error, float)}
    for name, values in rows.items():
        state.columns[name] = np.concatenate([state.columns[name], values])
    ledger = Ledger(**state.ledger)  # type: ignore[arg-type]
    if stretch.jump and float(earlier.time) == 0:
        ledger.last = {}
    span = stretch.end - stretch.begin
    enter(ledger, level, stretch.first, stretch.last, span, earlier, state.instant, taken)
    state.ledger = asdict(ledger)
    return ""


def _rows(march: _March, taken: Taken) -> dict[str, np.ndarray]:
    """Series of the devices in a chunk: means over their streams, by flow where they leave."""
    streams, T_ref = march.level.streams, float(march.level.model.T_ref)
    monitor = taken.monitor
    T_in, T_out = (np.asarray(x, float) + T_ref for x in (monitor.T_in, monitor.T_out))
    highest = np.asarray(monitor.T_in_max, float) + T_ref
    m_flow = np.asarray(monitor.m_flow, float)
    found: dict[str, list[np.ndarray]] = {name: [] for name in SERIES}
    cp = float(march.level.model.cp)
    rise = air_rise(
        march.plan[0].first, T_in, T_out, m_flow, np.asarray(taken.T_server) + T_ref, cp
    )
    for name in march.devices:
        at = streams.of(name)
        share, m = streams.share[at], np.abs(m_flow[:, at])
        total = m.sum(1, keepdims=True)
        weight = np.where(total > 0, m / np.where(total > 0, total, 1.0), share)
        found["T_in"].append(T_in[:, at] @ share)
        found["T_in_max"].append(highest[:, at].max(1))
        found["T_out"].append((weight * T_out[:, at]).sum(1))
        found["m_flow"].append(m_flow[:, at].sum(1))
        found["rise"].append(rise[:, at].max(1))
    return {name: np.stack(columns, axis=1) for name, columns in found.items()}


def air_rise(
    inputs: AirInputs,
    T_in: np.ndarray,
    T_out: np.ndarray,
    m_flow: np.ndarray,
    T_server: np.ndarray,
    cp: float,
) -> np.ndarray:
    """How far the air in servers is above what they take in [K]; [steps, streams] as all arrays.

    Of a server that stores heat, as its air leaves it before a rear door cools it (ports.outlet);
    air that stands still takes the temperature of the server. Else what the air's outlet shows.
    """
    rise = T_out - T_in
    if inputs.bodies is None:
        return rise
    stores = np.asarray(inputs.bodies.capacity) > 0
    conductance = np.asarray(inputs.bodies.conductance, float)
    C = np.maximum(np.abs(m_flow) * cp, 1e-6)
    return np.where(stores, -np.expm1(-conductance / C) * (T_server - T_in), rise)


def _result(case: Case, march: _March, speed: float, reason: str) -> Transient:
    assert case.transient is not None
    state = march.state
    ledger = Ledger(**state.ledger)  # type: ignore[arg-type]
    if march.coolant is not None and march.coolant.reason and not reason:
        reason = f"coolant: {march.coolant.reason}"
    heat = max(ledger.air_error, ledger.servers_error, key=abs)
    for name, error in (("heat", heat), ("mass", ledger.mass_error)):
        if not reason and abs(error) > OPEN:
            reason = (
                f"the {name} balance in time is open by {100 * error:.2f} % "
                f"(limit {100 * OPEN:g} %): take a shorter step_max or a finer cell"
            )
    return Transient(
        spec=case.transient,
        devices=march.devices,
        times=state.columns["time"],
        steps=state.columns["step"],
        errors=state.columns["error"],
        columns={name: state.columns[name] for name in SERIES},
        ledger=ledger,
        coolant=march.coolant,
        powers=raised_powers(case.transient, operated(case)),
        assumptions=march.assumptions,
        outputs=state.outputs,
        wall_s=state.wall_s,
        speed=speed,
        reason=reason,
    )
