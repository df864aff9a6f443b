"""Pressure correction: velocities and mass fluxes that conserve mass (SIMPLEC).

Van Doormaal and Raithby (1984). Correcting every face by d (p'_lower - p'_upper) closes the mass
balance of every cell.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.inputs import AirInputs
from thermal.air.model import AirModel
from thermal.air.momentum import Predicted, outdoor_density
from thermal.air.multigrid import build_levels, solve_to
from thermal.air.operators import lower, net_inflow, to_face, triple
from thermal.air.ports import Ports, mean_at, spread
from thermal.air.state import Work
from thermal.air.storage import Storage

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
            rho_face = outdoor_density(faces.sign * through, rho, faces, model, inputs)
            F = F.ravel().at[faces.face].set(rho_face * through * faces.area).reshape(F.shape)
        flux.append(F)
    return triple(flux)


class Corrected(eqx.Module):
    """Velocities, pressure, mass fluxes and streams that conserve mass.

    `stored` is the rate at which air that is not sealed gains mass, `expelled` that at which sealed
    bodies lose it as they warm at their pressure, and `trapped` the largest sum over a sealed body
    of what equipment moves in beyond what it moves out [kg/s].
    """

    velocity: Triple
    p: Field
    flux: Triple
    V_flow: Float[Array, " streams"]
    stored: Float[Array, ""]
    expelled: Float[Array, ""]
    trapped: Float[Array, ""]


def correct(
    predicted: Predicted,
    work: Work,
    rho: Field,
    port_flux: Triple,
    stream: Ports,
    model: AirModel,
    inputs: AirInputs,
    storage: Storage | None,
) -> Corrected:
    """Solve for the change of pressure that conserves mass, and apply it."""
    velocity, d, d_outdoor = predicted.velocity, predicted.d, predicted.d_outdoor
    flux = mass_flux(velocity, rho, port_flux, model, inputs)
    inflow_of_cells = net_inflow(flux) * model.fluid
    stored = expelled = trapped = jnp.zeros((), rho.dtype)
    gained = jnp.zeros_like(rho)
    if storage is not None:
        gained = storage.of_density(work.T, model.gas) * model.volume * model.fluid
    for body in model.sealed:
        net, kept = jnp.sum(inflow_of_cells * body), jnp.sum(gained * body)
        # Either equipment brings what the air stores, or what is in the way of it leaves evenly.
        leaves = jnp.abs(net) < jnp.abs(net - kept)
        expelled = expelled - jnp.where(leaves, kept, 0.0)
        trapped = jnp.maximum(trapped, jnp.abs(net - jnp.where(leaves, 0.0, kept)))
    stored = jnp.sum(gained) + expelled
    inflow_of_cells = inflow_of_cells - gained
    imbalance = _level_out(inflow_of_cells, model)
    c = triple(to_face(rho, axis) * model.area(axis) * d[axis] for axis in range(3))
    e = jnp.zeros_like(rho)
    for axis, faces in enumerate(model.outdoor):
        if faces.face.size:
            inflow = faces.sign * velocity[axis].ravel()[faces.face]
            rho_face = outdoor_density(inflow, rho, faces, model, inputs)
            e = e.ravel().at[faces.cell].add(rho_face * faces.area * d_outdoor[axis])
            e = e.reshape(rho.shape)
    levels = build_levels(c, e, model.aggregates, model.go)
    yielding = None if inputs.fans is None else (lambda p: _answer_of_fans(p, stream, model)[1])
    change = solve_to(levels, imbalance, REDUCTION, MOST_ITERATIONS, model.go, yielding)[0]
    V_flow = stream.V_flow
    velocity, flux = _apply(predicted, flux, change, c, rho, model, inputs)
    if inputs.fans is not None:
        more, _ = _answer_of_fans(change, stream, model)
        V_flow = V_flow + more
        velocity, flux = _apply_to_ports(velocity, flux, more, stream, model)
    new_p = work.p + _level_out(change, model)
    return Corrected(velocity, new_p, flux, V_flow, stored, expelled, trapped)


def _answer_of_fans(p: Field, stream: Ports, model: AirModel) -> tuple[Array, Field]:
    """What a pressure does to the streams [m3/s], and the net outflow of cells by it [kg/s].

    The latter is symmetric in p: what a stream takes from its intake it gives at its discharge.
    """
    before, behind = mean_at(p, model.intake, model), mean_at(p, model.discharge, model)
    more = stream.response * (before - behind)
    m = stream.rho * more
    return more, spread(m, model.intake, p) - spread(m, model.discharge, p)


def _apply_to_ports(
    velocity: Triple, flux: Triple, more: Array, stream: Ports, model: AirModel
) -> tuple[Triple, Triple]:
    """Velocities and fluxes of the ports' faces with more volume flow [m3/s] in the streams."""
    new_velocity, new_flux = [], []
    for axis in range(3):
        u, F = velocity[axis].ravel(), flux[axis].ravel()
        for faces, inward in ((model.intake[axis], -1.0), (model.discharge[axis], 1.0)):
            V = inward * faces.sign * faces.share * more[faces.stream]
            u = u.at[faces.face].add(V / faces.area)
            F = F.at[faces.face].add(stream.rho[faces.stream] * V)
        new_velocity.append(u.reshape(velocity[axis].shape))
        new_flux.append(F.reshape(flux[axis].shape))
    return triple(new_velocity), triple(new_flux)


def _level_out(x: Field, model: AirModel) -> Field:
    """The field less its mean over each sealed body of air.

    There the pressure level is free, and what equipment moves in beyond what it moves out has
    nowhere to go: it is taken out evenly, and the open mass balance shows it. So is what the air
    gives up as it warms at the pressure of the site, through leaks that nobody has drawn.
    """
    for body in model.sealed:
        x = x - body * (jnp.sum(x * body) / jnp.sum(body))
    return x


def _apply(
    predicted: Predicted,
    flux: Triple,
    change: Field,
    c: Triple,
    rho: Field,
    model: AirModel,
    inputs: AirInputs,
) -> tuple[Triple, Triple]:
    """Correct the open faces and the outdoor openings by the change of pressure."""
    velocity, d, d_outdoor = predicted.velocity, predicted.d, predicted.d_outdoor
    new_velocity, new_flux = [], []
    for axis in range(3):
        drop = lower(change, axis) - change
        u = velocity[axis] + d[axis] * drop
        F = flux[axis] + c[axis] * drop
        faces = model.outdoor[axis]
        if faces.face.size:
            through = velocity[axis].ravel()[faces.face]
            rho_face = outdoor_density(faces.sign * through, rho, faces, model, inputs)
            through = through - faces.sign * d_outdoor[axis] * change.ravel()[faces.cell]
            u = u.ravel().at[faces.face].set(through).reshape(u.shape)
            F = F.ravel().at[faces.face].set(rho_face * through * faces.area).reshape(F.shape)
        new_velocity.append(u)
        new_flux.append(F)
    return triple(new_velocity), triple(new_flux)
