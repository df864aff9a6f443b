"""The air of one hall as arrays: what stays fixed during a solve.

What a scenario sets is in inputs.py, what changes while solving in state.py.
"""

import equinox as eqx
from jaxtyping import Array, Float, Int

from thermal.air.aggregates import Aggregate
from thermal.air.blocks import Blocks
from thermal.air.gas import Gas
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
    """Faces of walls that may pass heat.

    `side` numbers the six faces of the shell, then the hall's blocks; `axis` is the wall's normal.
    """

    cell: Int[Array, " faces"]
    side: Int[Array, " faces"]
    axis: Int[Array, " faces"]
    area: Float[Array, " faces"]
    distance: Float[Array, " faces"]


class DragCells(eqx.Module):
    """Cells with walls normal to one axis that drag on the air.

    `walls` is their number in the cell, `distance` from its centre to them, `motion` the sum of
    the walls' own velocities [m/s], None where all stand still. Places behind them, outside the
    grid, have none.
    """

    cell: Int[Array, " cells"]
    walls: Float[Array, " cells"]
    distance: Float[Array, " cells"]
    motion: Float[Array, "cells 3"] | None


class HeatedCells(eqx.Module):
    """Cells that blocks (their neighbours) and sources (their inside) heat, and in what part."""

    cell: Int[Array, " faces"]
    block: Int[Array, " faces"]
    share: Float[Array, " faces"]


class AirModel(eqx.Module):
    """Everything about the air that stays fixed during a solve.

    Field arrays have the solver's one shape (see operators.py). `open` is 1 on faces that air
    crosses freely or against the `loss` coefficient; `jet` is what the momentum of air through
    the holes of a porous face exceeds that of its mean velocity by, 1 / open fraction - 1, None
    where there is none; `drag` lists the cells with walls; `sealed` marks the bodies of air that
    equipment moves but no outdoor opening reaches, one field each: their pressure level is free.
    `scheme` is "limited", "upwind" or "central"; `turbulence` is one of
    turbulence.MODELS, and `buoyant_turbulence` tells whether buoyancy makes and takes k.
    `go` marks stages (see staging.py).
    """

    scheme: str = eqx.field(static=True)
    turbulence: str = eqx.field(static=True)
    buoyant_turbulence: bool = eqx.field(static=True)
    streams: int = eqx.field(static=True)
    gas: Gas
    aggregates: tuple[Blocks | Aggregate, ...]
    width: tuple[Array, Array, Array]
    metric: Metric
    fluid: Field
    open: Triple
    loss: Triple
    jet: Triple | None
    drag: tuple[DragCells, DragCells, DragCells]
    wall_distance: Field
    intake: tuple[PortFaces, PortFaces, PortFaces]
    discharge: tuple[PortFaces, PortFaces, PortFaces]
    outdoor: tuple[OutdoorFaces, OutdoorFaces, OutdoorFaces]
    shell: WallFaces
    heated: HeatedCells
    has_intake: Float[Array, " streams"]
    has_discharge: Float[Array, " streams"]
    height: Float[Array, " streams"]
    sealed: tuple[Field, ...]
    go: Float[Array, ""] | None

    def area(self, axis: int) -> Float[Array, "..."]:
        """Face areas normal to an axis [m2], in a shape that broadcasts."""
        first, second = (self.width[a] for a in range(3) if a != axis)
        return first * second

    @property
    def volume(self) -> Float[Array, "..."]:
        """Cell volumes [m3], solids included."""
        return self.width[0] * self.width[1] * self.width[2]

    @property
    def T_ref(self) -> Float[Array, ""]:
        """Temperature that stored ones are above [K]."""
        return self.gas.T_ref

    @property
    def cp(self) -> Float[Array, ""]:
        """Specific heat [J/kg/K]."""
        return self.gas.cp

    @property
    def mu(self) -> Float[Array, ""]:
        """Dynamic viscosity [Pa s]."""
        return self.gas.mu

    @property
    def pressure(self) -> Float[Array, ""]:
        """Absolute pressure of the site [Pa]."""
        return self.gas.pressure
