"""What fails between the chain and a rack: its whips and its power shelves."""

from collections.abc import Iterator

from power.states import Failure
from rehall.config import Case
from rehall.electrical import PowerSide, shelf_of, shelves_on_feeds
from rehall.redundancy.outage import Outage
from rehall.schema.entries import SERVERS

GROUP = "whips and shelves"


def feed_failures(case: Case, side: PowerSide) -> Iterator[Outage]:
    """Each whip of every server, and one power shelf on each of its feeds."""
    known = set(side.loads)
    for item in case.items:
        if not isinstance(item.entry, SERVERS) or item.power <= 0.0 or item.name not in known:
            continue
        for feed in item.feeds:
            cut = Failure(supplies=((item.name, feed, 0.0),))
            name = f"whip of {item.name} from {feed} lost"
            yield Outage(name, f"whip {feed} to {item.name}", "whip", "off", GROUP, chain=cut)
        shelves = shelves_on_feeds(case, item)
        for feed, (count, _) in zip(item.feeds, shelves or (), strict=bool(shelves)):
            less = Failure(supplies=((item.name, feed, (count - 1.0) / count),))
            name = f"a shelf of {item.name} on {feed} lost"
            about = (f"shelf of {item.name} on {feed}", "power_shelf", "off", GROUP)
            entry = shelf_of(case, item)
            yield Outage(name, *about, chain=less, entry=entry, count=int(count))
