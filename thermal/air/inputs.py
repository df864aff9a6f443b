"""What a scenario sets: scenarios of one hall differ in these arrays only."""

import equinox as eqx
from jaxtyping import Array, Float

Field = Float[Array, "nx ny nz"]


class Fans(eqx.Module):
    """Fans whose flow follows the pressure they work against, or the temperature they take in.

    At relative speed s a fan raises `shutoff` s^2 - `slope` V|V| [Pa, Pa s2/m6] in air of
    1.2 kg/m3, in other air in proportion to its density; the resistance of its own equipment is
    already taken off. Where the slope is 0 the flow is that of `AirInputs.V_flow` times s. s is
    `speed` [points], linear over the intake temperature `T_law` [K, points], held beyond both ends.
    """

    shutoff: Float[Array, " streams"]
    slope: Float[Array, " streams"]
    T_law: Float[Array, "streams points"]
    speed: Float[Array, "streams points"]


class Bodies(eqx.Module):
    """What stores heat in the equipment that a stream passes; for transients.

    `capacity` [J/K] of the servers, which take up the stream's heat and pass it to the air over
    `conductance` [W/K]; `coil_capacity` [J/K] delays the temperature that a coil leaves the air at.
    """

    capacity: Float[Array, " streams"]
    conductance: Float[Array, " streams"]
    coil_capacity: Float[Array, " streams"]


class Layers(eqx.Module):
    """Layers of the walls from the air side outwards, for transients; sides as in WallFaces.

    Half a layer's thickness over its conductivity, `resistance` [m2 K/W], lies on either side of
    its `capacity` [J/m2/K].
    """

    resistance: Float[Array, "sides layers"]
    capacity: Float[Array, "sides layers"]


class Inflow(eqx.Module):
    """Turbulence of the air that streams and openings bring in.

    `intensity` [-] is that of the velocity, `length` [m] the mixing length: k = 3/2 (I V)^2,
    epsilon = C_mu^(3/4) k^(3/2) / length.
    """

    intensity: Float[Array, " streams"]
    length: Float[Array, " streams"]
    opening_intensity: Float[Array, " openings"]
    opening_length: Float[Array, " openings"]


class Distributed(eqx.Module):
    """Sources in every cell or face: manufactured solutions, driven channels.

    `force` [N/m3] on the lower faces normal to each axis; `heat` [W/m3], `k` [W/m3] and `epsilon`
    [W/m3/s] in cells, of the solver's one shape.
    """

    force: tuple[Field, Field, Field] | None = None
    heat: Field | None = None
    k: Field | None = None
    epsilon: Field | None = None


class AirInputs(eqx.Module):
    """What a scenario sets; scenarios of one hall differ in these arrays only.

    A *stream* is air that one device (or one height of it) moves: `V_flow` [m3/s] at the state of
    its intake, `heat` [W] added on the way. Where `controlled` is 1 it leaves at `T_set` [K] as
    long as that takes no more cooling than `conductance` [W/K] between its intake and a coolant
    at `T_coolant` [K] carries; where it is 2 (a rear-door exchanger), all the cooling that the
    conductance carries between the heated air and the coolant, but not below T_set. Wall sides
    (the shell's six faces, then blocks): `T_wall` [K] behind a
    conductance `U_wall` [W/m2/K], and `flux_wall` [W/m2] into the air. `T_outdoor` [K] is that of
    the air around the building, `T_opening` [K] that of the air entering each outdoor opening,
    `p_wind` [Pa] what wind adds to the pressure outside it, `p_wind_stream` outside a stream's end.
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
    p_wind: Float[Array, " openings"] | None = None
    p_wind_stream: Float[Array, " streams"] | None = None
    fans: Fans | None = None
    inflow: Inflow | None = None
    bodies: Bodies | None = None
    layers: Layers | None = None
    distributed: Distributed | None = None
