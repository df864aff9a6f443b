"""Pressure correction: velocities and mass fluxes that conserve mass (SIMPLEC).

Van Doormaal and Raithby (1984). Correcting every face by d (p'_lower - p'_upper) closes the mass
balance of every cell.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.model import AirInputs, AirModel
from thermal.air.momentum import outdoor_density
from thermal.air.multigrid import build_levels, solve_to
from thermal.air.operators import lower, net_inflow, to_face, triple

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]

REDUCTION = 0.1
"""Share of the imbalance that an outer iteration may leave [-]."""
MOST_ITERATIONS = 6


def mass_flux(
    velocity: Triple, rho: Field, port_flux: Triple, model: AirModel, inputs: AirInputs
) -> Triple:
    """Mass flux through every face [kg/s]: open faces, ports and outdoor openings."""
    flux = []
    for axis in range(3):
        u = velocity[axis]
        F = to_face(rho, axis) * u * model.area(axis) * model.open[axis] + port_flux[axis]
        faces = model.outdoor[axis]
        if faces.face.size:
            through = u.ravel()[faces.face]
            density = outdoor_density(faces.sign * through, rho, faces, model, inputs)
            F = F.ravel().at[faces.face].set(density * through * faces.area).reshape(F.shape)
        flux.append(F)
    return triple(flux)


def correct(
    velocity: Triple,
    p: Field,
    d: Triple,
    d_outdoor: tuple[Array, Array, Array],
    rho: Field,
    port_flux: Triple,
    model: AirModel,
    inputs: AirInputs,
) -> tuple[Triple, Field, Triple, Array]:
    """Corrected velocities, pressure and mass fluxes, and what sealed air is given [kg/s].

    The last is the largest sum over a sealed body of what equipment moves in beyond what it moves
    out.
    """
    flux = mass_flux(velocity, rho, port_flux, model, inputs)
    inflow_of_cells = net_inflow(flux) * model.fluid
    imbalance = _level_out(inflow_of_cells, model)
    c = triple(to_face(rho, axis) * model.area(axis) * d[axis] for axis in range(3))
    e = jnp.zeros_like(rho)
    for axis, faces in enumerate(model.outdoor):
        if faces.face.size:
            inflow = faces.sign * velocity[axis].ravel()[faces.face]
            density = outdoor_density(inflow, rho, faces, model, inputs)
            e = e.ravel().at[faces.cell].add(density * faces.area * d_outdoor[axis])
            e = e.reshape(rho.shape)
    levels = build_levels(c, e, model.aggregates, model.go)
    change = solve_to(levels, imbalance, REDUCTION, MOST_ITERATIONS, model.go)[0]
    velocity, flux = _apply(velocity, flux, change, c, d, d_outdoor, rho, model, inputs)
    trapped = jnp.zeros((), rho.dtype)
    for body in model.sealed:
        trapped = jnp.maximum(trapped, jnp.abs(jnp.sum(inflow_of_cells * body)))
    return velocity, p + _level_out(change, model), flux, trapped


def _level_out(x: Field, model: AirModel) -> Field:
    """The field less its mean over each sealed body of air.

    There the pressure level is free, and what equipment moves in beyond what it moves out has
    nowhere to go: it is taken out evenly, and the open mass balance shows it.
    """
    for body in model.sealed:
        x = x - body * (jnp.sum(x * body) / jnp.sum(body))
    return x


def _apply(
    velocity: Triple,
    flux: Triple,
    change: Field,
    c: Triple,
    d: Triple,
    d_outdoor: tuple[Array, Array, Array],
    rho: Field,
    model: AirModel,
    inputs: AirInputs,
) -> tuple[Triple, Triple]:
    """Correct the open faces and the outdoor openings by the change of pressure."""
    new_velocity, new_flux = [], []
    for axis in range(3):
        drop = lower(change, axis) - change
        u = velocity[axis] + d[axis] * drop
        F = flux[axis] + c[axis] * drop
        faces = model.outdoor[axis]
        if faces.face.size:
            through = velocity[axis].ravel()[faces.face]
            density = outdoor_density(faces.sign * through, rho, faces, model, inputs)
            through = through - faces.sign * d_outdoor[axis] * change.ravel()[faces.cell]
            u = u.ravel().at[faces.face].set(through).reshape(u.shape)
            F = F.ravel().at[faces.face].set(density * through * faces.area).reshape(F.shape)
        new_velocity.append(u)
        new_flux.append(F)
    return triple(new_velocity), triple(new_flux)
