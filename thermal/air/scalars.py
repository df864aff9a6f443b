"""What air carries without feeling it: age, the origin of the air at an inlet, moisture.

    div(F phi) = div((mu / Sc + mu_t / Sc_t) grad phi) + source

on a flow that has converged. Equipment gives out what it took in, or air of a given value.
"""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float

from thermal.air import ports, turbulence
from thermal.air.gas import density
from thermal.air.inputs import AirInputs
from thermal.air.model import AirModel
from thermal.air.operators import triple
from thermal.air.ports import Entering, Ports, enter, entering, fixed_velocity, mean_at
from thermal.air.pressure import mass_flux
from thermal.air.state import Work
from thermal.air.transport import change_of
from thermal.programs import kept_program

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]

SCHMIDT, TURBULENT_SCHMIDT = 0.7, 0.9
"""Of gases in air, and of turbulence: as temperature has, Launder and Spalding (1974) [-]."""
SWEEPS = 20
TOLERANCE = 1e-7
"""Largest change of a converged scalar in one solution, over its largest value [-]."""
MOST_SOLUTIONS = 5000
FRESH = 1e-6
"""Least share of fresh air in what enters the air that sets a level [-]."""
REMEMBERED = 5
"""Solutions that the next guess is combined from."""
RIDGE = 1e-6
"""Added to the diagonal of their normal equations, which is 1, against rounding [-]."""


class Carriage(eqx.Module):
    """A flow as passive scalars see it: mass flux [kg/s] through all faces, rho D [kg/m/s]."""

    flux: Triple
    rho: Field
    diffusivity: Field
    streams: Ports
    incoming: Entering


class Release(eqx.Module):
    """Where one scalar comes from; fields of several scalars are stacked in front.

    `source` [unit kg/m3/s] in cells; air that a stream gives out has `carried` [-] of what it took
    in, and `stream` [unit] more; `opening` [unit] is that of air entering each outdoor opening.
    """

    source: Float[Array, "*scalars nx ny nz"]
    stream: Float[Array, "*scalars streams"]
    carried: Float[Array, "*scalars streams"]
    opening: Float[Array, "*scalars openings"]


class Spread(eqx.Module):
    """Scalars in cells and at the intakes of the streams, and whether all have converged."""

    cells: Float[Array, "*scalars nx ny nz"]
    intake: Float[Array, "*scalars streams"]
    solutions: Array
    converged: Bool[Array, ""]


@kept_program
def carriage(work: Work, model: AirModel, inputs: AirInputs) -> Carriage:
    """Fluxes and diffusivity of a converged state."""
    stream = ports.streams(work, model, inputs)
    rho = density(work.T, model.gas)
    velocity, port_flux = fixed_velocity(work.velocity, stream, model)
    flux = mass_flux(velocity, rho, port_flux, model, inputs)
    V = turbulence.speed(velocity)
    mu_t = turbulence.eddy_viscosity(V, rho, work.k, work.epsilon, model)
    return Carriage(
        flux=flux,
        rho=rho,
        diffusivity=model.mu / SCHMIDT + mu_t / TURBULENT_SCHMIDT,
        streams=stream,
        incoming=entering(flux, stream, model, inputs),
    )


def nothing(model: AirModel, inputs: AirInputs) -> Release:
    """No source: fresh air from every opening and stream, for callers to add to."""
    still = jnp.zeros_like(inputs.V_flow)
    return Release(jnp.zeros_like(model.fluid), still, still, jnp.zeros_like(inputs.T_opening))


@kept_program
def spread(
    release: Release,
    carrying: Carriage,
    model: AirModel,
    tolerance: float = TOLERANCE,
    limit: int = MOST_SOLUTIONS,
) -> Spread:
    """Steady scalars, several at once. A scalar that nothing takes out does not converge.

    Each solution is accelerated by what the last ones changed: Anderson (1965), J. ACM 12; without
    it, air that goes round through equipment many times takes as many solutions. After each the
    level of all air is set so that as much leaves as comes in: where little fresh air enters, the
    level is what moves slowest, by less in a solution than any tolerance would see.
    """
    batched = release.source.ndim == 4
    stacked = release if batched else jax.tree.map(lambda x: x[None], release)
    start = jnp.zeros_like(stacked.source)
    near = max(tolerance, 10 * float(jnp.finfo(start.dtype).eps))  # no precision goes further

    def change(phi: Field, each: Release) -> Field:
        moved = _change(phi, each, carrying, model)
        return moved + _missing_level(phi + moved, each, carrying, model) * model.fluid

    def move(carry: _Search) -> _Search:
        moved = jax.vmap(change)(carry.phi, stacked)
        slot, known = (carry.number - 1) % REMEMBERED, carry.number > 0
        past = (carry.phi - carry.phi_before, moved - carry.moved_before)
        steps, changes = (
            kept.at[:, slot].set(jnp.where(known, new, 0.0))
            for kept, new in zip((carry.steps, carry.changes), past, strict=True)
        )
        new = jax.vmap(_accelerated)(carry.phi, moved, steps, changes)
        axes = (-3, -2, -1)
        size = jnp.maximum(jnp.max(jnp.abs(new), axis=axes), 1e-30)
        left = jnp.max(jnp.max(jnp.abs(moved), axis=axes) / size)
        return _Search(new, carry.phi, moved, steps, changes, carry.number + 1, left)

    def moves(carry: _Search) -> Array:
        return (carry.left > near) & (carry.number < limit)

    past = jnp.zeros((len(start), REMEMBERED, *start.shape[1:]), start.dtype)
    none, far = jnp.zeros((), jnp.int32), jnp.full((), jnp.inf, start.dtype)
    end = lax.while_loop(moves, move, _Search(start, start, start, past, past, none, far))
    intake = jax.vmap(lambda phi: _taken_in(phi, carrying.streams, model))(end.phi)
    cells, intake = (x if batched else x[0] for x in (end.phi, intake))
    return Spread(cells, intake, end.number, end.left <= near)


class _Search(eqx.Module):
    """Scalars on their way: the last two guesses, how far the sweeps moved them, and the past.

    `steps` and `changes` are differences of guesses and of moves between two solutions.
    """

    phi: Float[Array, "scalars nx ny nz"]
    phi_before: Float[Array, "scalars nx ny nz"]
    moved_before: Float[Array, "scalars nx ny nz"]
    steps: Float[Array, "scalars past nx ny nz"]
    changes: Float[Array, "scalars past nx ny nz"]
    number: Array
    left: Array


def _accelerated(phi: Field, moved: Field, steps: Array, changes: Array) -> Field:
    """The next guess: what past steps and changes, combined so that least is left, lead to."""
    rows = changes.reshape(len(changes), -1)
    size = jnp.sqrt(jnp.sum(rows * rows, axis=1, keepdims=True))
    size = jnp.where(size > 0, size, 1.0)
    matrix = (rows @ rows.T) / (size * size.T) + RIDGE * jnp.eye(len(rows), dtype=rows.dtype)
    weight = jnp.linalg.solve(matrix, (rows @ moved.ravel()) / size[:, 0]) / size[:, 0]
    return phi + moved - jnp.tensordot(weight, steps + changes, axes=1)


def mean_age(carrying: Carriage, model: AirModel, inputs: AirInputs) -> Spread:
    """Local mean age of air [s]: time since it entered; equipment passes on the age of its air.

    Sandberg (1981), Building and Environment 16. At the only exhaust it is volume over flow.
    """
    both = model.has_intake * model.has_discharge
    still = nothing(model, inputs)
    aged = replace(still, source=carrying.rho * model.fluid, carried=both)
    return spread(aged, carrying, model)


def leaving(phi: Field, carrying: Carriage, model: AirModel) -> Array:
    """Mean of a scalar in the air that leaves through the outdoor openings."""
    carried = total = jnp.zeros((), phi.dtype)
    for axis in range(3):
        faces = model.outdoor[axis]
        out = jnp.maximum(-faces.sign * carrying.flux[axis].ravel()[faces.face], 0.0)
        carried = carried + jnp.sum(out * phi.ravel()[faces.cell])
        total = total + jnp.sum(out)
    return carried / total


def origins(
    groups: Float[Array, "groups streams"], carrying: Carriage, model: AirModel, inputs: AirInputs
) -> Spread:
    """Where the air in each cell and at each intake last came from, as shares that sum to 1.

    `groups` marks the streams whose discharge is one origin (a cooling unit, a rack); the outdoor
    openings together are the last one. Solved upwind: a scheme with limiters is not linear, and
    parts that are solved one by one would not sum to the whole.
    """
    count = groups.shape[0] + 1
    marks = jnp.concatenate([groups, jnp.zeros((1, groups.shape[1]), groups.dtype)])
    outdoor = jnp.zeros((count, inputs.T_opening.size), groups.dtype).at[-1].set(1.0)
    release = Release(
        source=jnp.zeros((count, *model.fluid.shape), model.fluid.dtype),
        stream=marks.astype(model.fluid.dtype),
        carried=jnp.zeros_like(marks),
        opening=outdoor.astype(model.fluid.dtype),
    )
    return spread(release, carrying, replace(model, scheme="upwind"))


def capture(
    intake: Float[Array, "origins streams"], m_flow: Float[Array, " streams"], groups: Array
) -> tuple[np.ndarray, np.ndarray]:
    """Capture indices from the origins of the air at the intakes, flows [kg/s] and the groups.

    The first [groups, groups] is the share of the air that a group takes in from each origin (of a
    rack, from the cooling units: cold-air capture); the second the share of what an origin gives
    out that each group takes in (of a rack, by the cooling units: hot-air capture). VanGilder and
    Shrivastava (2007), ASHRAE Transactions 113.
    """
    shares, flow, member = (np.asarray(x, float) for x in (intake, m_flow, groups))
    through = member @ flow
    passed = shares[: len(member)] @ (member * flow).T  # [origin, taker], kg/s
    given = through[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (passed / through).T, passed / given


def _missing_level(phi: Field, release: Release, carrying: Carriage, model: AirModel) -> Array:
    """What the scalar lacks everywhere for its balance over all air to close.

    The balance is that of what lies above the mean, so that an open balance of mass moves nothing.
    """
    into, mass = carrying.incoming, carrying.rho * model.volume * model.fluid
    mean = jnp.sum(mass * phi) / jnp.sum(mass)
    given = release.carried * _taken_in(phi, carrying.streams, model) + release.stream
    brought = into.m_flow * (_at_faces(given, release.opening, model) - mean)
    taken = _leaving_at_faces(carrying.flux, model) * (phi.ravel()[into.cell] - mean)
    made = jnp.sum(release.source * model.volume * model.fluid)
    excess = jnp.sum(brought) - jnp.sum(taken) + made
    kept = _at_faces(release.carried, jnp.zeros_like(release.opening), model)
    fresh = jnp.sum(into.m_flow * (1.0 - kept))
    known = fresh > FRESH * jnp.sum(into.m_flow)
    return jnp.where(known, excess / jnp.where(known, fresh, 1.0), 0.0)


def _leaving_at_faces(flux: Triple, model: AirModel) -> Array:
    """Mass flow out of the air [kg/s] at the faces of `ports.entering`, in its order."""
    found = []
    for axis in range(3):
        flat = flux[axis].ravel()
        for faces in (model.intake[axis], model.discharge[axis], model.outdoor[axis]):
            found.append(jnp.maximum(-faces.sign * flat[faces.face], 0.0))
    return jnp.concatenate(found)


def _change(phi: Field, release: Release, carrying: Carriage, model: AirModel) -> Field:
    taken = _taken_in(phi, carrying.streams, model)
    given = release.carried * taken + release.stream
    at_faces = _at_faces(given, release.opening, model)
    source = enter(at_faces, carrying.incoming, model)
    source = source.plus(gain=release.source * model.volume * model.fluid)
    inner = triple(f * o for f, o in zip(carrying.flux, model.open, strict=True))
    return change_of(phi, inner, carrying.diffusivity, source, model, SWEEPS, 1.0)


def _taken_in(phi: Field, streams: Ports, model: AirModel) -> Array:
    """Mean of a scalar in the air that each stream takes in; backwards, at its discharge."""
    back = (streams.V_flow < 0) & (model.has_discharge > 0)
    return jnp.where(back, mean_at(phi, model.discharge, model), mean_at(phi, model.intake, model))


def _at_faces(stream: Array, opening: Array, model: AirModel) -> Array:
    """Values at the faces of `ports.entering`, in its order."""
    values = []
    for axis in range(3):
        for faces in (model.intake[axis], model.discharge[axis]):
            values.append(stream[faces.stream])
        values.append(opening[model.outdoor[axis].opening])
    return jnp.concatenate(values)
