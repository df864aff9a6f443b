"""Programs kept on disk compute the same, are found again, and never stand for another."""

from collections.abc import Iterator
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geometry.hall import Box, Hall, Opening
from thermal import programs
from thermal.air import iterate
from thermal.air.room import lay
from thermal.programs import keep, kept_program


class Pair(eqx.Module):
    """What the function below returns."""

    total: jax.Array
    rest: tuple[jax.Array, ...]
    kind: str = eqx.field(static=True, default="pair")


traced: list[int] = []


def summed(x: jax.Array, weights: tuple[jax.Array, ...], times: int) -> Pair:
    """Counts how often it is traced."""
    traced.append(times)
    return Pair(times * x.sum() + sum(w.sum() for w in weights), (x + 1,))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder that programs are kept in."""
    traced.clear()
    keep(tmp_path)
    yield tmp_path
    keep(None)


X, W = jnp.arange(3.0), (jnp.ones(2), jnp.ones((2, 2)))


def anew() -> Pair:
    """What another process would get."""
    return kept_program(summed)(X, W, 2)


def test_a_kept_program_is_not_traced_again_and_returns_the_same_form(folder: Path) -> None:
    first, again = anew(), anew()
    assert traced == [2]
    assert float(again.total) == 12.0
    assert eqx.tree_equal(first, again)
    assert again.kind == "pair"


@pytest.mark.parametrize(
    "arguments",
    [
        (X, W, 3),
        (X.astype(jnp.float32), W, 2),
        (jnp.arange(4.0), W, 2),
        (X, (W[0], W[0], W[0]), 2),
    ],
    ids=["value", "type", "shape", "form"],
)
def test_other_arguments_are_another_program(folder: Path, arguments: tuple) -> None:
    anew()
    found = kept_program(summed)(*arguments)
    assert len(traced) == 2
    assert eqx.tree_equal(found, eqx.filter_jit(summed)(*arguments))


def test_other_code_is_another_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anew()
    monkeypatch.setattr(programs, "code_of_solvers", lambda: "changed")
    anew()
    assert len(traced) == 2


def test_a_damaged_file_is_written_anew(folder: Path) -> None:
    anew()
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert float(anew().total) == 12.0
    assert len(traced) == 2
    anew()
    assert len(traced) == 2


def test_a_program_that_cannot_be_written_runs_all_the_same(folder: Path) -> None:
    def told(x: jax.Array) -> jax.Array:
        shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return jax.pure_callback(lambda x: np.asarray(x) + 1, shape, x)

    assert kept_program(told)(X).tolist() == [1, 2, 3]
    assert not list(folder.iterdir())


def test_a_folder_that_cannot_be_written_stops_no_run(folder: Path) -> None:
    (folder / "file").touch()
    keep(folder / "file" / "programs")
    assert float(anew().total) == 12.0


def test_batches_and_gradients_go_through(folder: Path) -> None:
    function = kept_program(summed)
    slope = jax.grad(lambda x: function(x, W, 2).total)(X)
    several = jax.vmap(lambda x: function(x, W, 2).total)(jnp.stack([X, X + 1]))
    assert slope.tolist() == [2, 2, 2]
    assert several.tolist() == [12, 18]
    assert not list(folder.iterdir())


@pytest.mark.slow
def test_kept_iterations_of_the_air_are_the_same_to_the_last_bit(folder: Path) -> None:
    hall = Hall(
        size=(2.0, 1.0, 1.0),
        openings=(
            Opening("in", "supply", Box((0.0, 0.2, 0.2), (0.0, 0.8, 0.8))),
            Opening("out", "outdoor", Box((2.0, 0.2, 0.2), (2.0, 0.8, 0.8))),
        ),
    )
    room = lay(hall, 0.25)
    given = room.inputs(V_flow={"in": 0.2}, T_set={"in": 290.0})
    kept = kept_program(iterate.run.__wrapped__)(room.start(), room.model, given, 5)
    keep(None)
    plain = iterate.run(room.start(), room.model, given, 5)
    assert eqx.tree_equal(kept, plain)
