"""The ways that feed the nodes in states of a chain, from each node up to its source."""

import numpy as np
from jaxtyping import Bool, Int

from power.network import NONE


def way(fed_from: Int[np.ndarray, " node"], place: int) -> list[int]:
    """The nodes from `place` up to what feeds it in the end, in one state."""
    found = [place]
    while fed_from[found[-1]] != NONE:
        found.append(int(fed_from[found[-1]]))
        assert len(found) <= len(fed_from), "a node that feeds itself"
    return found


def roots(fed_from: Int[np.ndarray, "*state node"]) -> Int[np.ndarray, "*state node"]:
    """The node at the top of the way that feeds each node; itself where nothing does."""
    root = np.broadcast_to(np.arange(fed_from.shape[-1]), fed_from.shape).copy()
    for _ in range(fed_from.shape[-1]):
        above = np.take_along_axis(fed_from, root, axis=-1)
        if (above == NONE).all():
            break
        root = np.where(above != NONE, above, root)
    return root


def rings(fed_from: Int[np.ndarray, "state node"]) -> Bool[np.ndarray, " state"]:
    """States in which a node feeds itself in the end."""
    top = np.take_along_axis(fed_from, roots(fed_from), axis=-1)
    return np.asarray((top != NONE).any(axis=-1))
