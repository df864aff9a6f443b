"""Programs kept on disk compute the same, are found again, and never stand for another."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geometry.hall import Box, Hall, Opening
from thermal import programs
from thermal.air import energy, iterate, scalars
from thermal.air.inputs import AirInputs
from thermal.air.room import Room, lay
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
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that programs are kept in, of source that is old enough."""
    traced.clear()
    monkeypatch.setattr(programs, "LOADED", time.time() + 2 * programs.MARGIN)
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


def test_arrays_that_are_bound_to_the_device_are_the_same_program(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    call = kept_program(summed)
    call(X, W, 2)
    bound = jax.device_put((X, W), jax.devices()[0])
    with jax.log_compiles():
        call(*bound, 2)
    assert "Compiling" not in caplog.text


def test_a_whole_number_and_a_decimal_are_two_programs(folder: Path) -> None:
    function = kept_program(summed)
    totals = [function(X, W, times).total for times in (2, 2.0)]  # type: ignore[arg-type]
    assert traced == [2, 2.0]
    assert type(traced[1]) is float
    assert float(totals[0]) == float(totals[1])


def test_a_fixed_value_in_another_place_is_another_program(folder: Path) -> None:
    def weighed(x: jax.Array, tens: int | None, hundreds: int | None) -> jax.Array:
        return x + 10 * (tens or 0) + 100 * (hundreds or 0)

    function = kept_program(weighed)
    assert function(X, None, 2).tolist() == [200, 201, 202]
    assert function(X, 2, None).tolist() == [20, 21, 22]


@pytest.mark.filterwarnings("ignore:A JAX array is being set as static")
def test_what_has_no_telling_text_is_not_kept(folder: Path) -> None:
    class Table(eqx.Module):
        values: np.ndarray = eqx.field(static=True)

    for middle in (1.0, 2.0):
        values = np.zeros(2000)
        values[1000] = middle
        found = kept_program(lambda x, table: x + table.values.max())(X, Table(values))
        assert float(found[0]) == middle
    assert kept_program(lambda x, f: f(x))(X, jnp.sin).tolist() == jnp.sin(X).tolist()
    assert not list(folder.iterdir())


def test_other_source_is_another_program(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path_factory.mktemp("source") / "solver.py"
    monkeypatch.setattr(programs, "ROOT", source.parent)
    for text in ("a = 1", "a = 2"):
        source.write_text(text)
        programs._hash_of_source.cache_clear()
        anew()
        anew()
    assert len(traced) == 2
    programs._hash_of_source.cache_clear()


def test_source_that_changed_after_its_import_keeps_nothing(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path_factory.mktemp("source") / "solver.py"
    source.write_text("a = 1")
    monkeypatch.setattr(programs, "ROOT", source.parent)
    monkeypatch.setattr(programs, "LOADED", time.time())
    anew()
    source.unlink()
    source.symlink_to("nowhere")
    assert float(anew().total) == 12.0
    assert not list(folder.iterdir())
    programs._hash_of_source.cache_clear()


def test_constants_changed_in_memory_are_another_program(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew()
    monkeypatch.setattr(energy, "RELAXATION", 0.5)
    anew()
    assert len(traced) == 2
    monkeypatch.undo()
    monkeypatch.setattr(programs, "LOADED", time.time() + 2 * programs.MARGIN)
    anew()
    assert len(traced) == 2


@pytest.mark.parametrize("place", [0, 0.3, 0.5, 0.7, 0.99])
def test_a_damaged_file_is_written_anew(folder: Path, place: float) -> None:
    anew()
    (file,) = folder.iterdir()
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= 1
    file.write_bytes(content)
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


def heated_room() -> tuple[Room, AirInputs]:
    """A room with a supply and an opening, and what it is given."""
    hall = Hall(
        size=(2.0, 1.0, 1.0),
        openings=(
            Opening("in", "supply", Box((0.0, 0.2, 0.2), (0.0, 0.8, 0.8))),
            Opening("out", "outdoor", Box((2.0, 0.2, 0.2), (2.0, 0.8, 0.8))),
        ),
    )
    room = lay(hall, 0.25)
    return room, room.inputs(V_flow={"in": 0.2}, T_set={"in": 290.0})


@pytest.mark.slow
def test_kept_air_is_the_same_to_the_last_bit(folder: Path) -> None:
    room, given = heated_room()
    plain = iterate.run.__wrapped__, scalars.carriage.__wrapped__
    keep(None)
    work, monitor = eqx.filter_jit(plain[0])(room.start(), room.model, given, 5)
    carriage = eqx.filter_jit(plain[1])(work, room.model, given)
    keep(folder)
    for _ in ("made", "loaded"):
        run, carry = (kept_program(function) for function in plain)
        assert eqx.tree_equal(run(room.start(), room.model, given, 5), (work, monitor))
        assert eqx.tree_equal(carry(work, room.model, given), carriage)
    assert len(list(folder.iterdir())) == 2


@pytest.mark.slow
def test_another_process_finds_a_program_by_the_same_name() -> None:
    asked = (
        "import time, jax, thermal\n"
        "thermal.LOADED = time.time() + 120\n"
        "from thermal.air import march, scalars\n"
        "from thermal.liquid import solve\n"
        "from thermal import programs\n"
        "print(programs._name(march.march_steps, programs._form((jax.numpy.ones(3), 2))[1]))"
    )
    names = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", asked],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        )
        names.add(done.stdout)
    assert len(names) == 1
    assert "None" not in names.pop()
