"""Temperature of the air, and the heat that crosses the edge of the flow.

Temperatures are above T_ref, so that float32 keeps them exactly enough.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.model import AirInputs, AirModel
from thermal.air.momentum import outdoor_density
from thermal.air.operators import to_face, triple
from thermal.air.ports import Ports
from thermal.air.transport import coefficients, residual, sweep
from thermal.air.turbulence import wall_drag

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]

SWEEPS = 20
RELAXATION = 0.97
PRANDTL = 0.71
"""Of air at room temperature. Incropera et al. (2007), table A.4 [-]."""
TURBULENT_PRANDTL = 0.9
"""Launder and Spalding (1974) [-]."""


class Sources(eqx.Module):
    """Heat entering cells through ports, openings, walls and blocks, linear in T: s - k T.

    `gain` and `loss` in kg/s K and kg/s (divided by cp).
    """

    gain: Field
    loss: Field


class HeatFlows(eqx.Module):
    """Heat into the hall's air [W] by path, for the balance."""

    streams: Float[Array, " streams"]
    openings: Float[Array, ""]
    walls: Float[Array, ""]
    blocks: Float[Array, ""]


def advance(
    T: Field,
    flux: Triple,
    mu: Float[Array, ""],
    mu_t: Field,
    sources: Sources,
    model: AirModel,
) -> Field:
    """One relaxed update of the temperature."""
    diffusivity = mu / PRANDTL + mu_t / TURBULENT_PRANDTL
    conductance = triple(
        to_face(diffusivity, axis)
        * model.open[axis]
        * model.area(axis)
        / model.metric.spacing[axis]
        for axis in range(3)
    )
    inner_flux = triple(f * o for f, o in zip(flux, model.open, strict=True))
    k = coefficients(inner_flux, conductance)
    r = residual(T, k, inner_flux, model.scheme, model.metric, passable=model.open)
    r = (r + sources.gain - sources.loss * T) * model.fluid
    diagonal = (k.total + sources.loss) / RELAXATION
    inverse = model.fluid / jnp.where(diagonal > 0, diagonal, 1.0)
    return T + sweep(r, k, inverse, SWEEPS)


def sources(
    T: Field,
    V: Field,
    rho: Field,
    velocity: Triple,
    ports: Ports,
    model: AirModel,
    inputs: AirInputs,
) -> tuple[Sources, HeatFlows]:
    """What enters each cell from the edge of the flow, and the same summed by path [W]."""
    cells, gain, loss = [], [], []
    opening_heat = jnp.zeros((), T.dtype)
    flat = T.ravel()
    for axis in range(3):
        faces = model.discharge[axis]
        m = faces.share * ports.m_flow[faces.stream]
        cells.append(faces.cell)
        gain.append(m * ports.T_out[faces.stream])
        loss.append(m)
        outdoor = model.outdoor[axis]
        inflow = outdoor.sign * velocity[axis].ravel()[outdoor.face]
        m = outdoor_density(inflow, rho, outdoor, model, inputs) * inflow * outdoor.area
        entering = jnp.maximum(m, 0.0)
        T_opening = inputs.T_opening[outdoor.opening] - model.T_ref
        cells.append(outdoor.cell)
        gain.append(entering * T_opening)
        loss.append(entering)
        leaving = jnp.minimum(m, 0.0) * flat[outdoor.cell]
        opening_heat = opening_heat + model.cp * jnp.sum(entering * T_opening + leaving)
    carried = model.has_discharge * ports.T_out - model.has_intake * ports.T_in
    stream_heat = ports.m_flow * model.cp * carried
    k_wall, T_wall, flux_wall = _walls(V, rho, model, inputs)
    cells.append(model.shell.cell)
    gain.append(k_wall * T_wall + flux_wall / model.cp)
    loss.append(k_wall)
    wall_heat = jnp.sum(model.cp * k_wall * (T_wall - flat[model.shell.cell]) + flux_wall)
    block = model.heated.share * inputs.block_heat[model.heated.block]
    cells.append(model.heated.cell)
    gain.append(block / model.cp)
    loss.append(jnp.zeros_like(block))
    index = jnp.concatenate(cells)
    total_gain = jnp.zeros_like(flat).at[index].add(jnp.concatenate(gain)).reshape(T.shape)
    total_loss = jnp.zeros_like(flat).at[index].add(jnp.concatenate(loss)).reshape(T.shape)
    heat = HeatFlows(stream_heat, opening_heat, wall_heat, jnp.sum(block))
    return Sources(total_gain, total_loss), heat


def _walls(V: Field, rho: Field, model: AirModel, inputs: AirInputs) -> tuple[Array, Array, Array]:
    """Conductance over cp [kg/s], temperature behind it above T_ref [K], and given heat [W].

    Film coefficient by the Colburn analogy from the wall drag, not below conduction; in series
    with the wall's own U-value.
    """
    shell = model.shell
    drag = wall_drag(V.ravel()[shell.cell], rho.ravel()[shell.cell], shell.distance, model)
    film = jnp.maximum(drag * PRANDTL ** (-2 / 3), model.mu / (PRANDTL * shell.distance))
    U = inputs.U_wall[shell.side] / model.cp
    k = shell.area * film * U / jnp.maximum(film + U, 1e-12)
    return k, inputs.T_wall[shell.side] - model.T_ref, shell.area * inputs.flux_wall[shell.side]
