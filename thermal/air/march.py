"""Air in time: second-order implicit steps whose length follows the flow.

Each step starts from the extrapolated state and repeats the outer iteration of the steady solver
with what is stored. What the extrapolation missed measures the error of the step: where it is
larger than allowed, the step is taken again with half its length.

Where the inputs change at once, so do the velocities of air that cannot be compressed, however
short the step. So a march opens with the shortest steps, without a past, until the velocities
belong to the inputs; only then does the length of the steps follow the error.
"""

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from thermal.air.inputs import AirInputs
from thermal.air.iterate import Monitor, iterate
from thermal.air.model import AirModel
from thermal.air.operators import to_cell
from thermal.air.state import Work
from thermal.air.storage import backward_differences
from thermal.programs import kept_program

Scalar = float | Float[Array, ""]

SHORTEST = 1e-3
"""Length down to which steps are cut [s], or share of the longest step where that is under 1 s; one
as short is taken as it is."""
CUT = 1.5
"""Length over the shortest below which a step counts as one as short [-]."""
TICKS = 8.0
"""Shortest step over the precision of the clock at the end of a segment [-]."""
OPENED = 1.0
"""Error over the allowed one below which the velocities belong to the inputs [-]."""
OPENING = 10
"""Most steps with which a march opens."""
LARGEST_ERROR = 2.0
"""Error of a step over the allowed one from which on it is taken again, shorter [-]."""
SAFETY = 0.9
GROWTH, SHRINK = 1.3, 0.5
"""Largest and smallest ratio of two steps [-]."""


class Marching(eqx.Module):
    """How finely time is cut.

    `longest` step [s]; `courant` is the largest number of cells that air crosses in one [-];
    `T_error` [K] and `V_error` [m/s] are the largest root-mean-square errors of one step;
    `iterations` of the outer loop in each.
    """

    longest: Scalar = 1.0
    first: Scalar = 0.01
    courant: Scalar = 2.0
    T_error: Scalar = 0.02
    V_error: Scalar = 0.02
    iterations: int = eqx.field(static=True, default=2)


class Instant(eqx.Module):
    """All that a march needs to go on from: two states, the time and the steps [s].

    `opening` steps at most are left until the velocities belong to the inputs; `step_before` of 0
    says that there is no past.
    """

    now: Work
    earlier: Work
    time: Float[Array, ""]
    step: Float[Array, ""]
    step_before: Float[Array, ""]
    opening: Int[Array, ""]


class Segment(eqx.Module):
    """A stretch of time in which the inputs go straight from `begin` to `end` [s]."""

    t_begin: Float[Array, ""]
    t_end: Float[Array, ""]
    begin: AirInputs
    end: AirInputs


class Taken(eqx.Module):
    """What a step reports: the time it ends at, its length [s], its error over the allowed one.

    The error of steps with which a march opens is 0 before the last of them. A step that is
    accepted with an error of LARGEST_ERROR or more could not be cut any further. `T_server` is the
    temperature of the servers that streams pass [K above T_ref]. Slots of a chunk behind the
    segment's end are not accepted.
    """

    time: Float[Array, ""]
    step: Float[Array, ""]
    error: Float[Array, ""]
    accepted: Array
    T_server: Float[Array, " streams"]
    monitor: Monitor


def begin(work: Work, first: Scalar, time: Scalar = 0.0) -> Instant:
    """A march that starts from a state, with no past; `first` step once it has opened [s]."""
    dtype = work.T.dtype
    at, step, none = (jnp.asarray(x, dtype) for x in (time, first, 0.0))
    return Instant(work, work, at, step, none, jnp.asarray(OPENING, jnp.int32))


def inputs_at(segment: Segment, time: Float[Array, ""]) -> AirInputs:
    """Inputs at a time within the segment [s]."""
    span = jnp.maximum(segment.t_end - segment.t_begin, 1e-9)
    part = jnp.clip((time - segment.t_begin) / span, 0.0, 1.0)
    return jax.tree.map(lambda a, b: a + part * (b - a), segment.begin, segment.end)


def advance(
    instant: Instant, model: AirModel, segment: Segment, marching: Marching
) -> tuple[Instant, Taken]:
    """One step, or the same instant with a shorter step where the error was too large."""
    shortest = _shortest(segment, marching)
    step, time = _next_step(instant, segment, shortest)
    inputs = inputs_at(segment, time)
    before, earlier, opening = instant.now, instant.earlier, instant.opening > 0
    storage = backward_differences(before, earlier, step, instant.step_before, model)
    guess = _extrapolated(before, earlier, step, instant.step_before, model)
    new, monitors = lax.scan(
        lambda work, _: iterate(work, model, inputs, storage),
        guess,
        None,
        length=marching.iterations,
    )
    monitor = jax.tree.map(lambda x: x[-1], monitors)
    missed = _error(guess, new, model, marching)
    to_open = jnp.where(opening & (missed >= OPENED), instant.opening - 1, 0)
    error = jnp.where(to_open > 0, 0.0, missed)
    accepted = (error < LARGEST_ERROR) | (step < CUT * shortest)
    wanted = step * jnp.clip(SAFETY / jnp.sqrt(jnp.maximum(error, 1e-6)), SHRINK, GROWTH)
    longest = jnp.minimum(marching.longest, _courant_step(new, model, marching))
    ready = jnp.maximum(jnp.minimum(jnp.where(opening, instant.step, wanted), longest), shortest)
    past = jnp.where(opening, 0.0, step)
    taken = Instant(new, before, time, ready, past, to_open)
    shorter = jnp.maximum(SHRINK * step, shortest)
    refused = Instant(before, earlier, instant.time, shorter, instant.step_before, instant.opening)
    chosen = jax.tree.map(lambda a, b: jnp.where(accepted, a, b), taken, refused)
    seen = Taken(chosen.time, step, error, accepted, new.T_body[0], monitor)
    return chosen, seen


def _shortest(segment: Segment, marching: Marching) -> Float[Array, ""]:
    """Length below which no step is cut, and which the clock can tell [s]."""
    tick = jnp.finfo(segment.t_end.dtype).eps * segment.t_end
    return jnp.maximum(SHORTEST * jnp.minimum(marching.longest, 1.0), TICKS * tick)


def _next_step(
    instant: Instant, segment: Segment, shortest: Float[Array, ""]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Length of the next step and the time that it ends at, as the clock tells them [s]."""
    left = segment.t_end - instant.time
    step = jnp.minimum(jnp.where(instant.opening > 0, shortest, instant.step), left)
    # A sliver at the end is not worth a step of its own.
    sliver = left - step < 0.5 * step
    half = jnp.where(left > step, 0.5 * left, left)
    time = jnp.where(
        sliver & (left <= step), segment.t_end, instant.time + jnp.where(sliver, half, step)
    )
    return time - instant.time, time


@kept_program
def march_steps(
    instant: Instant, model: AirModel, segment: Segment, marching: Marching, steps: int
) -> tuple[Instant, Taken]:
    """Several steps as one compiled call; behind the segment's end nothing is computed."""
    shapes = eqx.filter_eval_shape(advance, instant, model, segment, marching)[1]

    def onward(carry: Instant) -> tuple[Instant, Taken]:
        return advance(carry, model, segment, marching)

    def rest(carry: Instant) -> tuple[Instant, Taken]:
        return carry, jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)

    def one(carry: Instant, _: None) -> tuple[Instant, Taken]:
        return lax.cond(carry.time >= segment.t_end * (1 - 1e-6), rest, onward, carry)

    return lax.scan(one, instant, None, length=steps)


def march(
    instant: Instant,
    model: AirModel,
    segments: list[Segment],
    marching: Marching = Marching(),
    chunk: int = 10,
) -> Iterator[tuple[Instant, Taken]]:
    """March through all segments; yields after every chunk of steps and at each segment's end.

    Opens anew where a segment does not begin with the inputs that the one before ends with.
    """
    # As arrays, so that other limits do not compile anew.
    marching = jax.tree.map(lambda x: jnp.asarray(x, instant.time.dtype), marching)
    before = None
    for segment in segments:
        if before is not None and not eqx.tree_equal(before.end, segment.begin):
            instant = begin(instant.now, marching.first, instant.time)
        before = segment
        if float(instant.time) >= float(segment.t_end) * (1 - 1e-6):
            continue
        while float(instant.time) < float(segment.t_end) * (1 - 1e-6):
            instant, taken = march_steps(instant, model, segment, marching, chunk)
            yield instant, taken


def _extrapolated(
    before: Work,
    earlier: Work,
    step: Float[Array, ""],
    step_before: Float[Array, ""],
    model: AirModel,
) -> Work:
    """The straight continuation of the last two states; k and epsilon stay as they are."""
    second = step_before > 0
    ratio = jnp.where(second, step / jnp.where(second, step_before, 1.0), 0.0)

    def onward(a: Array, b: Array) -> Array:
        return a + ratio * (a - b)

    return eqx.tree_at(
        lambda w: (w.T, w.velocity, w.T_body),
        before,
        (
            onward(before.T, earlier.T),
            tuple(onward(a, b) for a, b in zip(before.velocity, earlier.velocity, strict=True)),
            onward(before.T_body, earlier.T_body),
        ),
    )


def _error(guess: Work, new: Work, model: AirModel, marching: Marching) -> Float[Array, ""]:
    """Root mean square of what the extrapolation missed, over what is allowed [-]."""
    cells = jnp.sum(model.fluid)
    T = jnp.sqrt(jnp.sum((new.T - guess.T) ** 2 * model.fluid) / cells)
    V = jnp.sqrt(
        sum(jnp.sum((a - b) ** 2) for a, b in zip(new.velocity, guess.velocity, strict=True))
        / cells
    )
    return jnp.maximum(T / marching.T_error, V / marching.V_error)


def _courant_step(work: Work, model: AirModel, marching: Marching) -> Float[Array, ""]:
    """Longest step in which no air crosses more than `courant` cells [s]."""
    rate = jnp.zeros_like(work.T)
    for axis in range(3):
        rate = rate + to_cell(jnp.abs(work.velocity[axis]), axis) / model.width[axis]
    return marching.courant / jnp.maximum(jnp.max(rate * model.fluid), 1e-9)
