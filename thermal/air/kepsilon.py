"""One update of k and epsilon, positive whatever the step: sinks are implicit, and a decrease
divides by what an increase would multiply with.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.inputs import AirInputs
from thermal.air.model import AirModel
from thermal.air.ports import Entering, enter
from thermal.air.staging import stage
from thermal.air.state import Work
from thermal.air.storage import Storage, in_time
from thermal.air.transport import Held, Source, change_of
from thermal.air.turbulence import (
    K_EPSILON,
    SMALLEST,
    Constants,
    buoyant_production,
    dissipation_near_wall,
    far_from_walls,
    strain_squared,
    strain_term,
    wall_layer,
)

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]

SWEEPS = 10
RELAXATION = 0.85
LIMIT = 10.0
"""Production by shear beyond so many times the dissipation is cut off (Menter 1994) [-]."""


class Stirring(eqx.Module):
    """What makes and takes turbulence in cells, from the old k and epsilon.

    `P` and `G` are the productions by shear and buoyancy [W/m3], `strain` is S^2 [1/s2];
    `near` is epsilon where walls rule it [m2/s3], with the weight `ruled` [-].
    """

    P: Field
    G: Field
    strain: Field
    ruled: Field
    near: Field


def stirring(
    work: Work, velocity: Triple, V: Field, rho: Field, mu_t: Field, model: AirModel
) -> Stirring:
    """Production and wall layer of one iteration."""
    k, epsilon = work.k, work.epsilon
    strain = strain_squared(velocity, model)
    zero = jnp.zeros_like(k)
    at, walls, wall_production, wall_dissipation = wall_layer(V, rho, k, model)
    number = _scatter(zero, at, walls)
    beside, share = number > 0, 1.0 / jnp.maximum(number, 1.0)
    sheared = jnp.minimum(mu_t * strain, LIMIT * rho * epsilon)
    G = buoyant_production(work.T, mu_t, model) if model.buoyant_turbulence else zero
    distance = model.wall_distance
    reynolds = rho * jnp.sqrt(k + SMALLEST) * distance / model.mu
    layer = dissipation_near_wall(k, rho, distance, model)
    return Stirring(
        P=jnp.where(beside, _scatter(zero, at, wall_production) * share, sheared),
        G=G,
        strain=strain,
        ruled=jnp.where(beside, 1.0, 1.0 - far_from_walls(reynolds)),
        near=jnp.where(beside, _scatter(zero, at, wall_dissipation) * share, layer),
    )


def advance(
    work: Work,
    flux: Triple,
    rho: Field,
    mu_t: Field,
    stirred: Stirring,
    incoming: Entering,
    model: AirModel,
    inputs: AirInputs,
    storage: Storage | None,
) -> tuple[Field, Field]:
    """New k [m2/s2] and epsilon [m2/s3] for the mass flux through open faces [kg/s]."""
    constants = K_EPSILON[model.turbulence]
    relaxation = RELAXATION if storage is None else 1.0

    def solved(sigma: float, phi: Field, source: Source, held: Held | None) -> Field:
        def moved(
            phi: Field, flux: Triple, mu_t: Field, source: Source, held: Held | None
        ) -> Field:
            diffusivity = model.mu + mu_t / sigma
            change = change_of(phi, flux, diffusivity, source, model, SWEEPS, relaxation, held)
            return _positive(phi, change) * model.fluid

        return stage(model.go, moved, phi, flux, mu_t, source, held)

    k_source, e_source = _sources(work, rho, stirred, incoming, constants, model, inputs)
    if storage is not None:
        before, earlier = storage.before, storage.earlier
        k_source = in_time(k_source, work.k, before.k, earlier.k, storage, model)
        e_source = in_time(e_source, work.epsilon, before.epsilon, earlier.epsilon, storage, model)
    held = Held(stirred.ruled, stirred.near)
    return (
        solved(constants.sigma_k, work.k, k_source, None),
        solved(constants.sigma_e, work.epsilon, e_source, held),
    )


def _sources(
    work: Work,
    rho: Field,
    stirred: Stirring,
    incoming: Entering,
    constants: Constants,
    model: AirModel,
    inputs: AirInputs,
) -> tuple[Source, Source]:
    """Sources of k and of epsilon. Buoyancy feeds epsilon only where it feeds k (C3 = 1 or 0)."""
    k, epsilon = work.k, work.epsilon
    volume = model.volume * model.fluid
    rate = epsilon / jnp.maximum(k, SMALLEST)
    fed, calmed = jnp.maximum(stirred.G, 0.0), jnp.maximum(-stirred.G, 0.0)
    of_k = enter(incoming.k, incoming, model).plus(
        gain=volume * (stirred.P + fed),
        loss=volume * (rho * rate + calmed / jnp.maximum(k, SMALLEST)),
    )
    more = strain_term(k, epsilon, stirred.strain, constants)
    of_epsilon = enter(incoming.epsilon, incoming, model).plus(
        gain=volume * rate * (constants.C1 * (stirred.P + fed) + rho * epsilon * (-more).clip(0)),
        loss=volume * rho * rate * (constants.C2 + more.clip(0)),
    )
    given = inputs.distributed
    if given is not None and given.k is not None and given.epsilon is not None:
        of_k = of_k.plus(gain=volume * given.k)
        of_epsilon = of_epsilon.plus(gain=volume * given.epsilon)
    return of_k, of_epsilon


def _positive(phi: Field, change: Field) -> Field:
    """phi + change where it grows; phi / (1 - change / phi), the same for small steps, below."""
    shrunk = phi * phi / jnp.maximum(phi - change, SMALLEST)
    return jnp.maximum(jnp.where(change < 0, shrunk, phi + change), SMALLEST)


def _scatter(x: Field, at: Array, values: Array) -> Field:
    return x.ravel().at[at].add(values).reshape(x.shape)
