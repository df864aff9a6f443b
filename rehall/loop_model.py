"""A rack loop of a case: what it is made of, and the pieces of equipment on it."""

from dataclasses import dataclass

from rehall.layout import Item
from rehall.schema.liquid import LoopSpec
from thermal.liquid import loop as loops


@dataclass(frozen=True, eq=False)
class LoopModel:
    """A rack loop with the pieces of equipment on it; `spec.supply` is what its units hold."""

    spec: LoopSpec
    cdus: tuple[Item, ...]
    racks: tuple[Item, ...]
    loop: loops.Loop
    density: float  # of its coolant at the set point [kg/m3]
