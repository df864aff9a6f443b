"""The hall of a case: shell, walls, openings, obstacles, partitions, containment, raised floor."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from rehall.quantities import (
    Conductivity,
    Coordinate,
    Density,
    Flow,
    HeatFlux,
    Length,
    PositiveShare,
    Pressure,
    Share,
    SpecificHeat,
    Temperature,
    UValue,
)
from rehall.schema.base import Count, Description, Flag, Name
from rehall.schema.entries.openings import LossCoefficient

Face = Literal["-x", "+x", "-y", "+y", "-z", "+z"]
Point = tuple[Coordinate, Coordinate, Coordinate]
PlanePoint = tuple[Coordinate, Coordinate]
EntryName = str | dict[str, Any]  # the name of a catalogue entry, or an entry defined in place


class Layer(Description):
    """A layer of a wall: thickness [m], conductivity [W/m/K], density [kg/m3], heat [J/kg/K]."""

    thickness: Length
    conductivity: Conductivity
    density: Density
    heat_capacity: SpecificHeat

    @property
    def resistance(self) -> float:
        """Thermal resistance of the whole layer [m2 K/W]."""
        return self.thickness / self.conductivity


INNER_SURFACE = 0.13
"""Resistance of the air at the inner surface that a U-value contains [m2 K/W]. ISO 6946,
conventional surface resistances, horizontal heat flow."""


class Wall(Description):
    """Thermal condition of a face of the shell: adiabatic unless one of the others is given.

    `layers`, from the air side outwards, store heat in transients. They are part of the U-value,
    a `temperature` is that of their outer side, and layers alone are adiabatic behind.
    """

    temperature: Temperature | None = None
    heat_flux: HeatFlux | None = None
    u_value: UValue | None = None
    outdoor: Temperature | None = None
    layers: tuple[Layer, ...] = ()

    @model_validator(mode="after")
    def one_condition(self) -> Self:
        """Refuse more than one condition, half of a U-value, and layers that do not fit it."""
        given = [c for c in (self.temperature, self.heat_flux, self.u_value) if c is not None]
        if len(given) > 1 or not (given or self.layers):
            raise ValueError("wanted one of temperature, heat_flux, u_value (with outdoor)")
        if (self.u_value is None) != (self.outdoor is None):
            example = "{u_value: 0.4 W/m2/K, outdoor: 30 degC}"
            raise ValueError(f"u_value and outdoor belong together, as in {example}")
        if self.layers and self.heat_flux is not None:
            raise ValueError("layers: a wall of given heat flux has none")
        if self.u_value is not None and self.u_value * (self.resistance + INNER_SURFACE) >= 1.0:
            most = 1 / (self.resistance + INNER_SURFACE)
            what = "layers: they and" if self.layers else "u_value:"
            raise ValueError(
                f"{what} the air inside ({INNER_SURFACE} m2 K/W, ISO 6946) alone make "
                f"{most:.3g} W/m2/K, u_value is {self.u_value:g} W/m2/K and holds from air to air"
            )
        return self

    @property
    def behind_the_film(self) -> float:
        """Conductance from the inner surface to the air outside [W/m2/K]; 0 without a U-value.

        A U-value holds from air to air; the air inside is the solver's.
        """
        return 0.0 if self.u_value is None else 1.0 / (1.0 / self.u_value - INNER_SURFACE)

    @property
    def resistance(self) -> float:
        """Thermal resistance of all layers [m2 K/W]."""
        return sum(layer.resistance for layer in self.layers)


def parse_wall(value: Any) -> Any:
    """Return None for the word `adiabatic`."""
    if isinstance(value, str) and value != "adiabatic":
        raise ValueError(f"found {value!r}, wanted adiabatic or a condition, like {{u_value: ..}}")
    return None if value == "adiabatic" else value


WallCondition = Annotated[Wall | None, BeforeValidator(parse_wall)]


class Walls(Description):
    """Condition of each face; those not given have the default one (None: adiabatic)."""

    default: WallCondition = None
    west: WallCondition = Field(default=None, alias="-x")
    east: WallCondition = Field(default=None, alias="+x")
    south: WallCondition = Field(default=None, alias="-y")
    north: WallCondition = Field(default=None, alias="+y")
    floor: WallCondition = Field(default=None, alias="-z")
    roof: WallCondition = Field(default=None, alias="+z")

    def on(self, face: str) -> Wall | None:
        """Return the condition of a face such as `+z`; None is adiabatic."""
        for name, field in type(self).model_fields.items():
            if field.alias == face and name in self.model_fields_set:
                wall: Wall | None = getattr(self, name)
                return wall
        return self.default


class Raster(Description):
    """Equal things in a raster over a plane: `count` along its two axes, `pitch` between."""

    count: tuple[Count, Count]
    first: PlanePoint
    pitch: tuple[Length, Length]


class Patches(Description):
    """One rectangle (`from`, `to`), or many of one size in a raster (`rows`)."""

    name: Name
    lower: PlanePoint | None = Field(default=None, alias="from")
    upper: PlanePoint | None = Field(default=None, alias="to")
    rows: Raster | None = None
    size: tuple[Length, Length] | None = None

    @model_validator(mode="after")
    def one_way_to_place(self) -> Self:
        """Refuse a half-given rectangle, and a raster together with a rectangle."""
        if (self.lower is None) != (self.upper is None):
            raise ValueError("from and to belong together")
        if (self.lower is None) == (self.rows is None):
            raise ValueError("wanted from and to, or rows")
        if self.lower and self.upper:
            require_order(self.lower, self.upper)
        if self.size is not None and self.rows is None:
            raise ValueError("size is for rows; with from and to the rectangle has its size")
        return self


class OpeningSpec(Patches):
    """Openings in a face of the shell; coordinates in x, y, z order without the face's normal.

    `kind` follows from the catalogue entry where one is named (`of`).
    """

    wall: Face
    kind: Literal["supply", "exhaust", "outdoor"] | None = None
    of: EntryName | None = None
    flow: Flow | None = None
    temperature: Temperature | None = None
    loss_coefficient: LossCoefficient | None = None
    open_fraction: PositiveShare | None = None
    feeds: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def figures_fit_the_kind(self) -> Self:
        """Refuse a supply without flow and temperature, and figures that would be ignored."""
        if (self.kind is None) == (self.of is None):
            raise ValueError("wanted either kind (supply, exhaust, outdoor) or of (an entry)")
        if self.kind == "supply" and (self.flow is None or self.temperature is None):
            raise ValueError("a supply opening needs flow and temperature")
        if self.kind == "exhaust" and self.flow is None:
            raise ValueError("an exhaust opening needs flow")
        if self.kind == "outdoor" and self.flow is not None:
            raise ValueError("flow: an outdoor opening's flow follows from the pressure")
        if self.temperature is not None and self.kind != "supply":
            raise ValueError("temperature: only a supply opening has one (outdoors: site.outdoor)")
        if self.kind != "outdoor" and (self.loss_coefficient or self.open_fraction) is not None:
            raise ValueError("loss_coefficient, open_fraction: only an outdoor opening has one")
        return self


class Solid(Description):
    """A named box."""

    name: Name
    lower: Point = Field(alias="from")
    upper: Point = Field(alias="to")


class Obstacle(Solid):
    """A solid box that air flows around."""

    @model_validator(mode="after")
    def has_volume(self) -> Self:
        """Refuse a box without volume."""
        require_order(self.lower, self.upper)
        return self


class Partition(Solid):
    """A wall without thickness; airtight without a loss coefficient or an open fraction."""

    loss_coefficient: LossCoefficient | None = None
    open_fraction: PositiveShare | None = None

    @model_validator(mode="after")
    def is_flat(self) -> Self:
        """Refuse anything but a rectangle."""
        sizes = [b - a for a, b in zip(self.lower, self.upper, strict=True)]
        if min(sizes) < 0 or sum(size == 0 for size in sizes) != 1:
            raise ValueError("wanted a rectangle: from below to, equal along exactly one axis")
        if self.loss_coefficient is not None and self.open_fraction is not None:
            raise ValueError("wanted one of loss_coefficient, open_fraction")
        return self


class Containment(Solid):
    """An aisle closed by partitions on all faces but those in `open` and those on the shell.

    `leakage` is the open share of its faces.
    """

    open: tuple[Face, ...] = ()
    leakage: Share = 0.0

    @model_validator(mode="after")
    def has_volume(self) -> Self:
        """Refuse a box without volume."""
        require_order(self.lower, self.upper)
        return self


class Tiles(Patches):
    """Perforated tiles of the raised floor."""

    open_fraction: PositiveShare


class RaisedFloor(Description):
    """A floor at a height above the slab, with perforated tiles in it.

    `leakage` is the open share of its panels. With `jets` air leaves the tiles with the momentum
    of its velocity in their holes.
    """

    height: Length
    tiles: tuple[Tiles, ...] = ()
    leakage: Share = 0.0
    jets: Flag = True


class HallSpec(Description):
    """The building: inner size, what closes it, and what stands in it besides equipment."""

    size: tuple[Length, Length, Length]
    floor_load: Pressure | None = None
    walls: Walls = Walls()
    openings: tuple[OpeningSpec, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    partitions: tuple[Partition, ...] = ()
    containment: tuple[Containment, ...] = ()
    raised_floor: RaisedFloor | None = None


def require_order(lower: tuple[float, ...], upper: tuple[float, ...]) -> None:
    """Refuse a box or rectangle whose `to` does not lie above its `from`."""
    for number, (a, b) in enumerate(zip(lower, upper, strict=True), start=1):
        if b <= a:
            raise ValueError(f"to ({b:g} m) is not above from ({a:g} m) in coordinate {number}")
