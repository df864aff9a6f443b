"""What stores heat beside the air: servers and coils that streams pass, layers of walls.

All of it is linear in the air's temperature, so each step eliminates it exactly: a wall of many
layers shows the air one temperature behind one conductance, as a plain U-value does.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.inputs import AirInputs, Layers
from thermal.air.model import AirModel
from thermal.air.ports import Ports, outlet
from thermal.air.state import Work
from thermal.air.storage import Storage


class Backing(eqx.Module):
    """What lies behind the surface of every wall face.

    `T` above T_ref [K] behind `conductance` [W/m2/K], and `flux` given off by the surface [W/m2].
    """

    T: Float[Array, " faces"]
    conductance: Float[Array, " faces"]
    flux: Float[Array, " faces"]


def backing(model: AirModel, inputs: AirInputs, storage: Storage | None) -> Backing:
    """Temperature and conductance behind the wall surfaces, their layers eliminated."""
    side = model.shell.side
    T, U = inputs.T_wall[side] - model.T_ref, inputs.U_wall[side]
    if inputs.layers is not None:
        innermost = _eliminated(model, inputs, inputs.layers, storage)[-1]
        T, U = innermost.gain / jnp.maximum(innermost.weight, 1e-12), innermost.seen_from_air()
    return Backing(T, U, inputs.flux_wall[side])


def advance_layers(
    T_air: Float[Array, " faces"],
    film: Float[Array, " faces"],
    model: AirModel,
    inputs: AirInputs,
    storage: Storage | None,
) -> Float[Array, "faces layers"]:
    """Temperatures of the layers for the air beside the walls, above T_ref [K].

    `film` [W/m2/K] lies between the air and the surface.
    """
    assert inputs.layers is not None
    T_before, R_before, found = T_air, 1.0 / jnp.maximum(film, 1e-9), []
    for layer in reversed(_eliminated(model, inputs, inputs.layers, storage)):
        front = 1.0 / (R_before + layer.resistance)
        T_before = (front * T_before + layer.gain) / (front + layer.weight)
        R_before = layer.resistance
        found.append(T_before)
    return jnp.stack(found, axis=1)


class _Middle(eqx.Module):
    """The middle of a layer with all that lies behind it: heat to it = weight T - gain [W/m2]."""

    weight: Float[Array, " faces"]
    gain: Float[Array, " faces"]
    resistance: Float[Array, " faces"]

    def seen_from_air(self) -> Float[Array, " faces"]:
        """Conductance from the layer's front [W/m2/K]."""
        return self.weight / (1.0 + self.resistance * self.weight)


def _eliminated(
    model: AirModel, inputs: AirInputs, layers: Layers, storage: Storage | None
) -> list[_Middle]:
    """The layers' middles from the outermost to the innermost."""
    side = model.shell.side
    T, U = inputs.T_wall[side] - model.T_ref, inputs.U_wall[side]
    found: list[_Middle] = []
    for n in reversed(range(layers.capacity.shape[1])):
        R, capacity = layers.resistance[side, n], layers.capacity[side, n]
        behind = U / (1.0 + R * U)
        weight, gain = behind, behind * T
        if storage is not None:
            before, earlier = storage.before.T_layer[:, n], storage.earlier.T_layer[:, n]
            weight = weight + capacity * storage.a0
            gain = gain - capacity * (storage.a1 * before + storage.a2 * earlier)
        middle = _Middle(weight, gain, R)
        found.append(middle)
        T, U = gain / jnp.maximum(weight, 1e-12), middle.seen_from_air()
    return found


def advance_bodies(
    work: Work, ports: Ports, model: AirModel, inputs: AirInputs, storage: Storage | None
) -> Float[Array, "2 streams"]:
    """Temperatures of servers and coils [K above T_ref], for the streams' present flow.

    Without storage those that they settle at.
    """
    bodies = inputs.bodies
    if bodies is None:
        return work.T_body
    C = jnp.maximum(jnp.abs(ports.m_flow) * model.cp, 1e-6)
    grip = -C * jnp.expm1(-bodies.conductance / C)
    still = eqx.tree_at(lambda b: b.coil_capacity, bodies, jnp.zeros_like(bodies.coil_capacity))
    settled = eqx.tree_at(lambda i: i.bodies, inputs, still)
    servers = _relaxed(0, bodies.capacity, grip, inputs.heat + grip * ports.T_in, work, storage)
    now = work.T_body.at[0].set(servers)
    leaving = outlet(ports.T_in, C, now, model, settled)
    coils = _relaxed(1, bodies.coil_capacity, C, C * leaving, work, storage)
    return jnp.stack([servers, coils])


def _relaxed(
    row: int, capacity: Array, grip: Array, given: Array, work: Work, storage: Storage | None
) -> Array:
    """T of capacity dT/dt = given - grip T, after the step; where it settles without storage."""
    if storage is None:
        return given / jnp.maximum(grip, 1e-9)
    past = storage.a1 * storage.before.T_body[row] + storage.a2 * storage.earlier.T_body[row]
    weight = grip + capacity * storage.a0
    return (given - capacity * past) / jnp.maximum(weight, 1e-9)
