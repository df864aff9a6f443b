"""Momentum predictor: one velocity component at a time, all by the same routine.

    sum a_nb (u_nb - u) + second-order part + (p_lower - p) A - drag u + buoyancy = 0

The control volume of a face is half of each of its two cells. Letters: F mass flux [kg/s],
C tangential conductance between cells [kg/s], W drag of a cell's walls [kg/s].
"""

from functools import partial

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.gas import density, excess_density
from thermal.air.inputs import AirInputs
from thermal.air.model import GRAVITY, AirModel, OutdoorFaces
from thermal.air.operators import lower, to_face, triple, upper
from thermal.air.ports import outdoor_pressure
from thermal.air.staging import stage
from thermal.air.state import Work
from thermal.air.storage import Storage
from thermal.air.transport import Metric, coefficients, residual, sweep
from thermal.air.walls import wall_drag

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]

SWEEPS = 10
RELAXATION = 0.9
STILL = 0.01
"""Speed below which the diagonal no longer falls [m/s]; slows the change, not the answer."""
LAYERS = 3.0
"""Weight of layers in the diagonal of vertical motion: 1/Pr for the slower answer of temperature,
twice for a margin. With 1 a heated ceiling over still air never settles, with 3 it converges to
round-off, with 10 more slowly [-]."""


class Exchange(eqx.Module):
    """What the three components share: fluxes, conductances and wall drag of cells.

    `drag` [kg/s] by the walls normal to each axis; `pull` [N], by normal and component, is what
    walls that move exert on air at rest, None where none moves. `excess` is rho - rho_ref.
    """

    flux: Triple
    rho: Field
    excess: Field
    mu: Field
    tangential: Triple
    drag: Triple
    pull: tuple[Triple, Triple, Triple] | None


def exchange(
    flux: Triple, rho: Field, mu: Field, V: Field, work: Work, model: AirModel
) -> Exchange:
    """Conductances between neighbouring cells, and the drag of each cell's walls [kg/s]."""
    tangential, drag, pull = [], [], []
    zero = jnp.zeros_like(rho)
    moving = any(beside.motion is not None for beside in model.drag)
    for axis in range(3):
        area = model.area(axis)
        tangential.append(to_face(mu, axis) * model.open[axis] * area / model.metric.spacing[axis])
        beside = model.drag[axis]
        at = beside.cell
        V_at, rho_at, k_at = (x.ravel()[at] for x in (V, rho, work.k))
        shear = wall_drag(V_at, rho_at, k_at, beside.distance, model)
        shear = shear * (area + zero).ravel()[at]
        drag.append(_put(zero, at, beside.walls * shear))
        if moving:
            motion = jnp.zeros((len(at), 3)) if beside.motion is None else beside.motion
            pull.append(triple(_put(zero, at, shear * motion[:, b]) for b in range(3)))
    excess = excess_density(work.T, model.gas)
    pulls = triple(pull) if moving else None
    return Exchange(flux, rho, excess, mu, triple(tangential), triple(drag), pulls)


class Predicted(eqx.Module):
    """Velocities [m/s] and their answers to pressure differences [m/s/Pa], at the same faces."""

    velocity: Triple
    d: Triple
    d_outdoor: tuple[Array, Array, Array]


def predict(
    velocity: Triple,
    p: Field,
    x: Exchange,
    model: AirModel,
    inputs: AirInputs,
    storage: Storage | None,
) -> Predicted:
    """All three components, and the velocities through the outdoor openings."""
    predicted, d, d_outdoor = [], [], []
    for axis in range(3):
        component = partial(_predict_component, axis)
        u, slope = stage(model.go, component, velocity[axis], p, x, model, inputs, storage)
        faces = model.outdoor[axis]
        ease = jnp.zeros_like(faces.area)
        if faces.face.size:
            u, ease = predict_outdoor(u, p, x.rho, faces, model, inputs)
        predicted.append(u)
        d.append(slope)
        d_outdoor.append(ease)
    return Predicted(triple(predicted), triple(d), triple(d_outdoor))


def _predict_component(
    axis: int,
    u: Field,
    p: Field,
    x: Exchange,
    model: AirModel,
    inputs: AirInputs,
    storage: Storage | None,
) -> tuple[Field, Field]:
    """New velocity component [m/s] and d = velocity per pressure difference [m/s/Pa] (SIMPLEC).

    Faces that are not open keep their velocity, with d = 0.
    """
    flux, conductance = _face_volume(axis, x, model)
    k = coefficients(flux, conductance, model.go)
    area = model.area(axis)
    volume = area * model.metric.spacing[axis]
    loss = model.loss[axis]
    if model.jet is not None:  # the sheet's pressure also drives its jets, see _forces
        loss = loss + 2.0 * model.jet[axis]
    resistance = to_face(x.rho, axis) * jnp.abs(u) * loss * area
    drag = sum(to_face(x.drag[b], axis) for b in range(3) if b != axis)
    within = _passable(axis, flux, model)
    r = residual(u, k, flux, model.scheme, _metric(axis, model), within, model.go)
    r = r - (drag + 0.5 * resistance) * u + (lower(p, axis) - p) * area
    r = r + _forces(u, axis, x, volume, model, inputs)
    inertia = STILL * to_face(x.rho, axis) * area
    if axis == 2:
        inertia = inertia + _stratification(x.rho, k.total, model)
    own = drag + resistance + inertia
    relaxation = RELAXATION
    if storage is not None:
        before, earlier = storage.before.velocity[axis], storage.earlier.velocity[axis]
        r = r - volume * storage.rate(u, before, earlier, axis)
        own = own + volume * storage.weight(axis)
        relaxation = 1.0
    diagonal = (k.total + own) / relaxation
    inverse = model.open[axis] / jnp.where(diagonal > 0, diagonal, 1.0)
    change = sweep(r * model.open[axis], k, inverse, SWEEPS)
    d = model.open[axis] * area / jnp.where(diagonal > 0, diagonal - k.total, 1.0)
    return u + change, d


def _forces(
    u: Field, axis: int, x: Exchange, volume: Array, model: AirModel, inputs: AirInputs
) -> Array:
    """Forces on the air of a face's volume besides pressure and friction [N]."""
    force = jnp.zeros_like(u)
    if x.pull is not None:
        force = sum((to_face(x.pull[b][axis], axis) for b in range(3) if b != axis), force)
    if model.jet is not None:
        # Through holes more momentum passes a porous face than at the mean velocity; what the
        # resistance of the face takes for it is given to the next face downstream.
        more = x.rho * jnp.abs(u) * u * model.area(axis) * model.jet[axis]
        force = force + lower(jnp.maximum(more, 0.0), axis) + upper(jnp.minimum(more, 0.0), axis)
    if axis == 2:
        force = force - GRAVITY * to_face(x.excess, 2) * volume
    given = inputs.distributed
    if given is not None and given.force is not None:
        force = force + given.force[axis] * volume
    return force


def predict_outdoor(
    u: Field, p: Field, rho: Field, faces: OutdoorFaces, model: AirModel, inputs: AirInputs
) -> tuple[Field, Array]:
    """Velocities through outdoor openings and their d = inflow velocity per pressure [m/s/Pa].

    Inflow loses (1 + K) dynamic heads between outdoors and the cell, outflow K: the jet's own
    head is lost outside.
    """
    inflow = faces.sign * u.ravel()[faces.face]
    rho_face = outdoor_density(inflow, rho, faces, model, inputs)
    head = faces.loss + (inflow > 0)
    push = outdoor_pressure(faces, model, inputs) - p.ravel()[faces.cell]
    r = push - 0.5 * rho_face * head * jnp.abs(inflow) * inflow
    diagonal = rho_face * (head * jnp.abs(inflow) + 0.3 * jnp.maximum(jnp.abs(inflow), 0.1))
    new = faces.sign * (inflow + RELAXATION * r / diagonal)
    return u.ravel().at[faces.face].set(new).reshape(u.shape), RELAXATION / diagonal


def outdoor_density(
    inflow: Array, rho: Field, faces: OutdoorFaces, model: AirModel, inputs: AirInputs
) -> Array:
    """Density of what passes an opening [kg/m3]: entering air inwards, the cell's outwards."""
    outside = density(inputs.T_opening[faces.opening] - model.T_ref, model.gas)
    return jnp.where(inflow > 0, outside, rho.ravel()[faces.cell])


def _face_volume(axis: int, x: Exchange, model: AirModel) -> tuple[Triple, Triple]:
    """Mass flux and conductance through the lower faces of the faces' control volumes."""
    flux, conductance = [], []
    for b in range(3):
        if b == axis:
            centre = 0.5 * (x.flux[b] + upper(x.flux[b], b))
            flux.append(lower(centre, b))
            conductance.append(lower(x.mu * model.fluid / model.width[b], b) * model.area(b))
        else:
            flux.append(to_face(x.flux[b], axis))
            conductance.append(to_face(x.tangential[b], axis))
    return triple(flux), triple(conductance)


def _passable(axis: int, flux: Triple, model: AirModel) -> tuple[Array, Array, Array]:
    """Where a component has slopes: 1 or 0 between two of its nodes.

    A slope along its own axis lies in one cell: none where that cell is no air. Across it, the
    central scheme must not draw one to the node beyond an opening or a device, where air passes a
    face that is not open. The limited scheme may, where the velocity falls towards the opening:
    there it is of first order, in the one row of cells before it.
    """
    everywhere = jnp.ones((1, 1, 1), model.fluid.dtype)

    def between(b: int) -> Array:
        if b == axis:
            return lower(model.fluid, b)
        if model.scheme != "central":
            return everywhere
        closed = to_face(model.open[b], axis) == 0
        return jnp.where(closed & (flux[b] != 0), 0.0, everywhere)

    return triple(between(b) for b in range(3))


def _stratification(rho: Field, total: Field, model: AirModel) -> Field:
    """How a vertical motion holds itself back by the layers it moves [kg/s].

    A flow w through a face carries rho A w of the next layer's temperature into cells that answer
    with about `total`; the weight so gained is g d_rho V rho A w / total against the motion.
    Left out, layered air in a still corner is moved by more than a layer before its temperature
    answers, and swings from one iteration to the next.
    """
    step = jnp.abs(lower(rho, 2) - rho) * model.open[2]
    area = model.area(2)
    weight = LAYERS * GRAVITY * step * area * model.metric.spacing[2]
    return weight * rho * area / jnp.where(total > 0, total, 1.0)


def _metric(axis: int, model: AirModel) -> Metric:
    """Distances between faces along their own axis, between cell centres across it."""
    cells = model.metric
    width = model.width[axis]
    before = jnp.concatenate(
        [jnp.take(width, jnp.array([0]), axis=axis), jnp.delete(width, -1, axis=axis)], axis=axis
    )
    spacing, down, up = list(cells.spacing), list(cells.down), list(cells.up)
    spacing[axis], down[axis], up[axis] = before, 0.5 * before, 0.5 * width
    return Metric(triple(spacing), triple(down), triple(up))


def _put(x: Field, index: Array, values: Array) -> Field:
    return x.ravel().at[index].set(values, unique_indices=True).reshape(x.shape)
