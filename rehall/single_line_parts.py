"""What a single-line diagram shows: every node and every group of loads, with its text and size."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from rehall.labels import ABBREVIATIONS

Row = dict[str, Any]
Key = str | tuple[Any, ...]
"""The name of a node, `("loads", feed, ...)`, or `("via", parent, level)` on a long line."""

POINTS = 7.0  # size of letters
LINE = 0.125  # height of a line of text [inch]
SPARE = 1.06  # letters of a screen are a little wider than their outlines
INPUTS = 0.16  # between two lines into one part [inch]
BARS = {"board", "pdu", "busway"}
SOURCES = {"utility", "generator"}
OUTLINES = {  # half width and half height of each symbol [inch]
    "utility": (0.16, 0.16),
    "generator": (0.16, 0.16),
    "transformer": (0.12, 0.2),
    "ups": (0.24, 0.14),
    "rectifier": (0.14, 0.14),
    "transfer_switch": (0.18, 0.14),
    "tie": (0.08, 0.08),
    "loads": (0.0, 0.0),  # as large as its text
}
BAR, CABLE = (0.12, 0.05), (0.05, 0.16)


class Words(NamedTuple):
    """A line of text."""

    text: str
    bold: bool = False
    warning: bool = False


@dataclass(frozen=True)
class Part:
    """A node or a group of loads.

    `share` is its load over what it may carry continuously; None where it has no rating, or is no
    node. `fed_from` holds those of its `feeds` that feed it now.
    """

    key: Key
    kind: str
    words: tuple[Words, ...]
    feeds: tuple[str, ...]
    fed_from: frozenset[str]
    live: bool
    share: float | None = None
    short: bool = False  # loads that go without power

    @property
    def over(self) -> bool:
        """Whether its load is beyond its continuous limit."""
        return self.share is not None and self.share > 1.0

    @property
    def outline(self) -> tuple[float, float]:
        """Half width and half height of its symbol [inch]."""
        if self.kind == "loads":
            width = max(width_of(words) for words in self.words) + 0.12
            inputs = (len(self.feeds) - 1) * INPUTS + 0.1
            return 0.5 * max(width, inputs), 0.5 * LINE * len(self.words) + 0.04
        return BAR if self.kind in BARS else OUTLINES.get(self.kind, CABLE)

    @property
    def text_at(self) -> tuple[float, float]:
        """Left and upper end of its text, from the middle of its symbol [inch]."""
        half, high = self.outline
        if self.kind == "loads":
            return 0.06 - half, high - 0.04
        if self.kind in BARS or self.kind == "tie":
            return 0.06, -high - 0.04
        return half + 0.05, 0.5 * LINE * len(self.words)

    def extent(self, side: Literal["left", "right", "above", "below"]) -> float:
        """How far it reaches from the middle of its symbol, with its text [inch]."""
        half, high = self.outline
        left, upper = self.text_at
        match side:
            case "left":
                return half
            case "right":
                return max(half, left + max(width_of(words) for words in self.words))
            case "above":
                return max(high, upper)
        return max(high, LINE * len(self.words) - upper)


def parts_of(rows: list[Row], loads: list[Row]) -> dict[Key, Part]:
    """Nodes in the order given, then loads by what feeds them."""
    nodes: dict[Key, Part] = {row["name"]: _node(row) for row in rows}
    groups: dict[Key, list[Row]] = {}
    place = {name: n for n, name in enumerate(nodes)}
    for load in loads:
        feeds = sorted(set(load["feeds"]), key=place.__getitem__)
        groups.setdefault(("loads", *feeds), []).append(load)
    live = {row["name"] for row in rows if row["live"]}
    return nodes | {key: _group(key, members, live) for key, members in groups.items()}


def _node(row: Row) -> Part:
    name, load, rating, loading = (
        row[k] for k in ("name", "load_kva", "rating_kva", "loading_pct")
    )
    share = None if loading is None else loading / row["continuous_pct"]
    over = share is not None and share > 1.0
    of = f"{number(load)} kVA" if rating is None else f"{number(load)}/{number(rating)} kVA"
    words = [Words(name, bold=True), Words(of)]
    if loading is not None:
        words.append(Words(f"{loading:.0f} %", bold=over, warning=over))
    feeds, fed_from = tuple(row["fed_by"]), row["fed_from"]
    closed = {feeds[0], feeds[-1]} if row["kind"] == "tie" and row["live"] else {fed_from}
    if row["kind"] == "tie":
        words.append(Words("closed" if row["live"] else "open"))
    elif not row["live"]:
        words.append(Words("stopped" if row["kind"] == "generator" else "dead"))
    elif fed_from is None and row["kind"] not in SOURCES:
        words.append(Words("on battery", warning=True))
    return Part(
        name,
        row["kind"],
        tuple(words),
        feeds,
        frozenset(closed - {None}),
        row["live"],
        share,
    )


def _group(key: Key, loads: list[Row], live: set[str]) -> Part:
    """Loads that hang on the same nodes: a line for each kind, another for what goes without."""
    kinds = Counter(load["group"] for load in loads)
    words = []
    for kind, count in kinds.items():
        members = [load for load in loads if load["group"] == kind]
        who = members[0]["name"] if count == 1 else f"{count:,} {plural(kind)}"
        words.append(Words(f"{who}, {number(sum(load['served_kw'] for load in members))} kW"))
    wanted = sum(load["power_kw"] for load in loads)
    unserved = wanted - sum(load["served_kw"] for load in loads)
    short = unserved > 1e-6 * wanted
    if short:
        words.append(Words(f"{number(unserved)} kW unserved", bold=True, warning=True))
    feeds = key[1:]
    served = any(load["served_kw"] > 0 for load in loads)
    fed_from = frozenset(feed for feed in feeds if feed in live and served)
    return Part(key, "loads", tuple(words), tuple(feeds), fed_from, served, None, short)


def number(value: float) -> str:
    """Return a number as it stands on a drawing: whole, or of two figures where it is small.

    >>> number(1437.6), number(3.456), number(0.0)
    ('1,438', '3.5', '0')
    """
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.2g}"


def plural(kind: str) -> str:
    """Return the word for several of a kind.

    >>> plural("miner_shelf"), plural("facility"), plural("exhaust fan"), plural("cdu")
    ('miner shelves', 'facilities', 'exhaust fans', 'CDUs')
    """
    word = " ".join(ABBREVIATIONS.get(part, part) for part in kind.replace("_", " ").split())
    for end, several in (("elf", "elves"), ("ay", "ays"), ("y", "ies"), ("ch", "ches")):
        if word.endswith(end):
            return word.removesuffix(end) + several
    return word if word.endswith("s") else word + "s"


@cache
def width_of(words: Words) -> float:
    """Width of a line of text [inch]."""
    font = FontProperties(size=POINTS, weight="bold" if words.bold else "normal")
    return SPARE * TextToPath().get_text_width_height_descent(words.text, font, False)[0] / 72.0
