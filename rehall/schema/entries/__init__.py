"""The forms of catalogue entries, one class per kind."""

from rehall.schema.entries.common import AirFlow, Coolant, Entry, Placed
from rehall.schema.entries.cooling import Cdu, CoolingUnit
from rehall.schema.entries.openings import EvaporativePad, ExhaustFan, Louvre
from rehall.schema.entries.plant import Chiller, DryCooler
from rehall.schema.entries.power import Board, Busway, Line, PowerShelf, Transformer, Ups, Utility
from rehall.schema.entries.servers import Miner, MinerShelf, Rack

SERVERS = (Rack, MinerShelf, Miner)

KINDS: dict[str, type[Entry]] = {
    "rack": Rack,
    "miner": Miner,
    "miner_shelf": MinerShelf,
    "cooling_unit": CoolingUnit,
    "cdu": Cdu,
    "dry_cooler": DryCooler,
    "chiller": Chiller,
    "exhaust_fan": ExhaustFan,
    "evaporative_pad": EvaporativePad,
    "louvre": Louvre,
    "power_shelf": PowerShelf,
    "utility": Utility,
    "transformer": Transformer,
    "ups": Ups,
    "board": Board,
    "busway": Busway,
    "line": Line,
}

__all__ = [
    "KINDS",
    "SERVERS",
    "AirFlow",
    "Board",
    "Busway",
    "Cdu",
    "Chiller",
    "Coolant",
    "CoolingUnit",
    "DryCooler",
    "Entry",
    "EvaporativePad",
    "ExhaustFan",
    "Line",
    "Louvre",
    "Miner",
    "MinerShelf",
    "Placed",
    "PowerShelf",
    "Rack",
    "Transformer",
    "Ups",
    "Utility",
]
