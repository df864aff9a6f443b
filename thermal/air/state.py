"""The air at one instant: as callers see it, and as the solver keeps it."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.model import AirModel, Field, Triple
from thermal.air.turbulence import starting_turbulence


class AirState(eqx.Module):
    """Air in the hall at one instant, on the staggered (MAC) grid."""

    p: Float[Array, "nx ny nz"]  # pressure above the hydrostatic one at T_ref [Pa]
    T: Float[Array, "nx ny nz"]  # temperature in cells [K]
    u: Float[Array, "nx+1 ny nz"]  # velocity through x-faces [m/s]
    v: Float[Array, "nx ny+1 nz"]  # velocity through y-faces [m/s]
    w: Float[Array, "nx ny nz+1"]  # velocity through z-faces [m/s]
    k: Float[Array, "nx ny nz"]  # turbulence kinetic energy in cells [m2/s2]
    epsilon: Float[Array, "nx ny nz"]  # its dissipation in cells [m2/s3]


class Work(eqx.Module):
    """The state while the solver runs.

    Fields of the solver's one shape, T above T_ref [K]; `V_flow` [m3/s] of the streams; in
    transients `T_body` [K above T_ref] of what the streams pass (servers, then coils) and
    `T_layer` of the layers behind every wall face.
    """

    p: Field
    T: Field
    velocity: Triple
    k: Field
    epsilon: Field
    V_flow: Float[Array, " streams"]
    T_body: Float[Array, "2 streams"]
    T_layer: Float[Array, "faces layers"]


@eqx.filter_jit
def to_work(state: AirState, model: AirModel) -> Work:
    """Solver's form of a public state; fans start from rest, bodies at T_ref."""
    pads = [(0, 0), (0, 1), (0, 1)], [(0, 1), (0, 0), (0, 1)], [(0, 1), (0, 1), (0, 0)]
    faces = (state.u, state.v, state.w)
    u, v, w = (jnp.pad(face, pad) for face, pad in zip(faces, pads, strict=True))

    def cells(values: Array) -> Array:
        return jnp.pad(values, [(0, 1)] * 3) * model.fluid

    rest = at_rest(model, model.T_ref)
    return Work(
        p=jnp.pad(state.p, [(0, 1)] * 3),
        T=cells(state.T - model.T_ref),
        velocity=(u, v, w),
        k=cells(state.k),
        epsilon=cells(state.epsilon),
        V_flow=rest.V_flow,
        T_body=rest.T_body,
        T_layer=rest.T_layer,
    )


@eqx.filter_jit
def to_state(work: Work, model: AirModel) -> AirState:
    """Public form of the solver's state."""
    u, v, w = work.velocity
    return AirState(
        p=work.p[:-1, :-1, :-1],
        T=work.T[:-1, :-1, :-1] + model.T_ref,
        u=u[:, :-1, :-1],
        v=v[:-1, :, :-1],
        w=w[:-1, :-1, :],
        k=work.k[:-1, :-1, :-1],
        epsilon=work.epsilon[:-1, :-1, :-1],
    )


def at_rest(model: AirModel, T: float | Array, layers: int = 0) -> Work:
    """Still air of one temperature [K], with walls of so many layers."""
    return _at_rest(model, jnp.asarray(T, model.fluid.dtype), layers)


@eqx.filter_jit
def _at_rest(model: AirModel, T: Array, layers: int) -> Work:
    zero, level = jnp.zeros_like(model.fluid), T - model.T_ref
    k, epsilon = starting_turbulence(model)
    return Work(
        p=zero,
        T=model.fluid * level,
        velocity=(zero, zero, zero),
        k=k,
        epsilon=epsilon,
        V_flow=jnp.zeros_like(model.has_intake),
        T_body=jnp.full((2, model.streams), level),
        T_layer=jnp.full((len(model.shell.cell), layers), level),
    )
