"""The air of one hall as arrays: what is fixed during a solve, what a scenario sets, the state."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from thermal.air.aggregates import Aggregate
from thermal.air.blocks import Blocks
from thermal.air.transport import Metric

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]

GRAVITY = 9.80665
"""Standard acceleration of gravity [m/s2]. CGPM 1901."""


class PortFaces(eqx.Module):
    """Faces normal to one axis where equipment or a fan sets the mass flow.

    `face` and `cell` are flat indices; `sign` is +1 where flow along +axis enters the air;
    `share` is the face's part of its stream's flow.
    """

    face: Int[Array, " faces"]
    cell: Int[Array, " faces"]
    stream: Int[Array, " faces"]
    sign: Float[Array, " faces"]
    share: Float[Array, " faces"]
    area: Float[Array, " faces"]


class OutdoorFaces(eqx.Module):
    """Faces normal to one axis through which air comes and goes by pressure difference.

    `height` is above the floor [m]; `loss` is the coefficient of dp = K rho/2 u|u|; `opening`
    numbers the opening that a face belongs to.
    """

    face: Int[Array, " faces"]
    cell: Int[Array, " faces"]
    opening: Int[Array, " faces"]
    sign: Float[Array, " faces"]
    area: Float[Array, " faces"]
    height: Float[Array, " faces"]
    loss: Float[Array, " faces"]


class WallFaces(eqx.Module):
    """Faces of the hall's shell that may pass heat; `side` numbers the shell face."""

    cell: Int[Array, " faces"]
    side: Int[Array, " faces"]
    area: Float[Array, " faces"]
    distance: Float[Array, " faces"]


class HeatedCells(eqx.Module):
    """Cells that blocks (their neighbours) and sources (their inside) heat, and in what part."""

    cell: Int[Array, " faces"]
    block: Int[Array, " faces"]
    share: Float[Array, " faces"]


class AirModel(eqx.Module):
    """Everything about the air that stays fixed during a solve.

    Field arrays have the solver's one shape (see operators.py). `open` is 1 on faces that air
    crosses freely or against the `loss` coefficient; `walls` counts a cell's walls normal to each
    axis; `sealed` marks the bodies of air that equipment moves but no outdoor opening reaches, one
    field each: their pressure level is free. `pressure` [Pa] is the
    site's, `cp` [J/kg/K] and `mu` [Pa s] are those of air at `T_ref` [K].
    `scheme` is "limited", "upwind" or "central", `turbulence` "zero_equation" or "laminar".
    `go` marks stages (see staging.py).
    """

    scheme: str = eqx.field(static=True)
    turbulence: str = eqx.field(static=True)
    streams: int = eqx.field(static=True)
    aggregates: tuple[Blocks | Aggregate, ...]
    width: tuple[Array, Array, Array]
    metric: Metric
    fluid: Field
    open: Triple
    loss: Triple
    walls: Triple
    wall_distance: Field
    intake: tuple[PortFaces, PortFaces, PortFaces]
    discharge: tuple[PortFaces, PortFaces, PortFaces]
    outdoor: tuple[OutdoorFaces, OutdoorFaces, OutdoorFaces]
    shell: WallFaces
    heated: HeatedCells
    has_intake: Float[Array, " streams"]
    has_discharge: Float[Array, " streams"]
    sealed: tuple[Field, ...]
    pressure: Float[Array, ""]
    T_ref: Float[Array, ""]
    cp: Float[Array, ""]
    mu: Float[Array, ""]
    go: Float[Array, ""] | None

    def area(self, axis: int) -> Float[Array, "..."]:
        """Face areas normal to an axis [m2], in a shape that broadcasts."""
        first, second = (self.width[a] for a in range(3) if a != axis)
        return first * second


class AirInputs(eqx.Module):
    """What a scenario sets; scenarios of one hall differ in these arrays only.

    A *stream* is air that one device (or one height of it) moves: `V_flow` [m3/s] at the state of
    its intake, `heat` [W] added on the way. Where `controlled` is 1 it leaves at `T_set` [K] as
    long as that takes no more cooling than `conductance` [W/K] between its intake and a coolant
    at `T_coolant` [K] carries. Shell sides: `T_wall` [K] behind a
    conductance `U_wall` [W/m2/K], and `flux_wall` [W/m2] into the air. `T_outdoor` [K] is that of
    the air around the building, `T_opening` [K] that of the air entering each outdoor opening.
    `block_heat` [W] is of the hall's blocks, then of its sources.
    """

    V_flow: Float[Array, " streams"]
    heat: Float[Array, " streams"]
    controlled: Float[Array, " streams"]
    T_set: Float[Array, " streams"]
    conductance: Float[Array, " streams"]
    T_coolant: Float[Array, " streams"]
    T_outdoor: Float[Array, ""]
    T_opening: Float[Array, " openings"]
    T_wall: Float[Array, " sides"]
    U_wall: Float[Array, " sides"]
    flux_wall: Float[Array, " sides"]
    block_heat: Float[Array, " blocks"]


class AirState(eqx.Module):
    """Air in the hall at one instant, on the staggered (MAC) grid."""

    p: Float[Array, "nx ny nz"]  # pressure above the hydrostatic one at T_ref [Pa]
    T: Float[Array, "nx ny nz"]  # temperature in cells [K]
    u: Float[Array, "nx+1 ny nz"]  # velocity through x-faces [m/s]
    v: Float[Array, "nx ny+1 nz"]  # velocity through y-faces [m/s]
    w: Float[Array, "nx ny nz+1"]  # velocity through z-faces [m/s]


class Work(eqx.Module):
    """The state while the solver runs: arrays of the solver's one shape; T above T_ref [K]."""

    p: Field
    T: Field
    velocity: Triple


def to_work(state: AirState, model: AirModel) -> Work:
    """Solver's form of a public state."""
    pads = [(0, 0), (0, 1), (0, 1)], [(0, 1), (0, 0), (0, 1)], [(0, 1), (0, 1), (0, 0)]
    faces = (state.u, state.v, state.w)
    u, v, w = (jnp.pad(face, pad) for face, pad in zip(faces, pads, strict=True))
    p = jnp.pad(state.p, [(0, 1)] * 3)
    T = jnp.pad(state.T - model.T_ref, [(0, 1)] * 3) * model.fluid
    return Work(p, T, (u, v, w))


def to_state(work: Work, model: AirModel) -> AirState:
    """Public form of the solver's state."""
    u, v, w = work.velocity
    return AirState(
        p=work.p[:-1, :-1, :-1],
        T=work.T[:-1, :-1, :-1] + model.T_ref,
        u=u[:, :-1, :-1],
        v=v[:-1, :, :-1],
        w=w[:-1, :-1, :],
    )


def at_rest(model: AirModel, T: float) -> Work:
    """Still air of one temperature [K]."""
    zero = jnp.zeros_like(model.fluid)
    level = jnp.asarray(T, zero.dtype) - model.T_ref
    return Work(zero, model.fluid * level, (zero, zero, zero))
