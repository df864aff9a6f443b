"""The forms of catalogue entries, one class per kind."""

from rehall.schema.entries.common import AirFlow, Coolant, Entry, Placed
from rehall.schema.entries.cooling import Cdu, CoolingUnit
from rehall.schema.entries.openings import EvaporativePad, ExhaustFan, Louvre
from rehall.schema.entries.plant import (
    AdiabaticCooler,
    Chiller,
    CoolingTower,
    DryCooler,
    PlateExchanger,
)
from rehall.schema.entries.power import (
    Board,
    Busway,
    Generator,
    Line,
    PowerShelf,
    Rectifier,
    Tie,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
)
from rehall.schema.entries.reliability import FailureFigures, Reliability, TypicalReliability
from rehall.schema.entries.servers import Miner, MinerShelf, Rack

SERVERS = (Rack, MinerShelf, Miner)

KINDS: dict[str, type[Entry]] = {
    "rack": Rack,
    "miner": Miner,
    "miner_shelf": MinerShelf,
    "cooling_unit": CoolingUnit,
    "cdu": Cdu,
    "dry_cooler": DryCooler,
    "adiabatic_cooler": AdiabaticCooler,
    "cooling_tower": CoolingTower,
    "chiller": Chiller,
    "plate_exchanger": PlateExchanger,
    "exhaust_fan": ExhaustFan,
    "evaporative_pad": EvaporativePad,
    "louvre": Louvre,
    "power_shelf": PowerShelf,
    "utility": Utility,
    "transformer": Transformer,
    "generator": Generator,
    "ups": Ups,
    "rectifier": Rectifier,
    "transfer_switch": TransferSwitch,
    "tie": Tie,
    "board": Board,
    "busway": Busway,
    "line": Line,
    "typical_reliability": TypicalReliability,
}

__all__ = [
    "KINDS",
    "SERVERS",
    "AdiabaticCooler",
    "AirFlow",
    "Board",
    "Busway",
    "Cdu",
    "Chiller",
    "Coolant",
    "CoolingTower",
    "CoolingUnit",
    "DryCooler",
    "Entry",
    "EvaporativePad",
    "ExhaustFan",
    "FailureFigures",
    "Generator",
    "Line",
    "Louvre",
    "Miner",
    "MinerShelf",
    "Placed",
    "PlateExchanger",
    "PowerShelf",
    "Rack",
    "Rectifier",
    "Reliability",
    "Tie",
    "TransferSwitch",
    "Transformer",
    "TypicalReliability",
    "Ups",
    "Utility",
]
