"""Temperature of the air, and the heat that crosses the edge of the flow.

Temperatures are above T_ref, so that float32 keeps them exactly enough.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.inputs import AirInputs
from thermal.air.model import AirModel
from thermal.air.ports import Entering, Ports, enter
from thermal.air.solids import Backing
from thermal.air.transport import Source, change_of
from thermal.air.walls import TURBULENT_PRANDTL, film

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]

SWEEPS = 20
RELAXATION = 0.97


class HeatFlows(eqx.Module):
    """Heat into the hall's air [W] by path, for the balance."""

    streams: Float[Array, " streams"]
    openings: Float[Array, ""]
    walls: Float[Array, ""]
    blocks: Float[Array, ""]


def advance(
    T: Field, flux: Triple, mu_t: Field, source: Source, model: AirModel, relaxation: float
) -> Field:
    """One update of the temperature; `flux` through open faces [kg/s]."""
    diffusivity = model.mu / model.gas.prandtl + mu_t / TURBULENT_PRANDTL
    return T + change_of(T, flux, diffusivity, source, model, SWEEPS, relaxation)


def sources(
    T: Field,
    V: Field,
    rho: Field,
    k: Field,
    flux: Triple,
    ports: Ports,
    incoming: Entering,
    backing: Backing,
    model: AirModel,
    inputs: AirInputs,
) -> tuple[Source, HeatFlows]:
    """What enters each cell from the edge of the flow (over cp), and the same by path [W]."""
    source = enter(incoming.T, incoming, model)
    flat = T.ravel()
    at = model.shell.cell
    k_wall, T_wall = wall_conductance(V, rho, k, backing, model)
    given = model.shell.area * backing.flux / model.cp
    block = model.heated.share * inputs.block_heat[model.heated.block]
    zero = jnp.zeros_like(flat)
    gain = zero.at[at].add(k_wall * T_wall + given).at[model.heated.cell].add(block / model.cp)
    source = source.plus(gain.reshape(T.shape), zero.at[at].add(k_wall).reshape(T.shape))
    everywhere = jnp.zeros((), T.dtype)
    if inputs.distributed is not None and inputs.distributed.heat is not None:
        heat = inputs.distributed.heat * model.volume * model.fluid
        source, everywhere = source.plus(gain=heat / model.cp), jnp.sum(heat)
    wall_heat = model.cp * jnp.sum(k_wall * (T_wall - flat[at]) + given)
    flows = HeatFlows(
        streams=_stream_heat(ports, model),
        openings=_opening_heat(T, flux, model, inputs),
        walls=wall_heat,
        blocks=jnp.sum(block) + everywhere,
    )
    return source, flows


def wall_conductance(
    V: Field, rho: Field, k: Field, backing: Backing, model: AirModel
) -> tuple[Array, Array]:
    """Between cells and what lies behind their walls: over cp [kg/s], its temperature [K]."""
    shell = model.shell
    V_at, rho_at, k_at = (x.ravel()[shell.cell] for x in (V, rho, k))
    h = film(V_at, rho_at, k_at, shell.distance, model)
    U = backing.conductance / model.cp
    return shell.area * h * U / jnp.maximum(h + U, 1e-12), backing.T


def _stream_heat(ports: Ports, model: AirModel) -> Array:
    """Heat that streams bring in less what they take out [W]; one-sided ones bring or take all."""
    forward = ports.V_flow >= 0
    gives = jnp.where(forward, model.has_discharge, model.has_intake)
    takes = jnp.where(forward, model.has_intake, model.has_discharge)
    carried = gives * ports.T_out - takes * ports.T_in
    return jnp.abs(ports.m_flow) * model.cp * carried


def _opening_heat(T: Field, flux: Triple, model: AirModel, inputs: AirInputs) -> Array:
    """Heat through the outdoor openings, above T_ref [W]."""
    heat = jnp.zeros((), T.dtype)
    for axis in range(3):
        m, passing = _through_openings(axis, T, flux, model, inputs)
        heat = heat + model.cp * jnp.sum(m * passing)
    return heat


def opening_temperatures(
    T: Field, flux: Triple, model: AirModel, inputs: AirInputs
) -> Float[Array, " openings"]:
    """Mean of the air that passes each outdoor opening, either way [K above T_ref]."""
    through = weight = jnp.zeros_like(inputs.T_opening)
    for axis in range(3):
        m, passing = _through_openings(axis, T, flux, model, inputs)
        opening = model.outdoor[axis].opening
        through = through.at[opening].add(jnp.abs(m) * passing)
        weight = weight.at[opening].add(jnp.abs(m))
    still = weight <= 0
    return jnp.where(still, inputs.T_opening - model.T_ref, through / jnp.where(still, 1.0, weight))


def _through_openings(
    axis: int, T: Field, flux: Triple, model: AirModel, inputs: AirInputs
) -> tuple[Array, Array]:
    """Mass flow into the hall [kg/s] and temperature of what passes [K above T_ref], by face."""
    faces = model.outdoor[axis]
    m = faces.sign * flux[axis].ravel()[faces.face]
    T_opening = inputs.T_opening[faces.opening] - model.T_ref
    return m, jnp.where(m > 0, T_opening, T.ravel()[faces.cell])
