"""Find the validation cases on disk and run them; one that cannot run is a miss, never skipped."""

import difflib
import importlib.util
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import jax

from geometry.errors import InputError
from rehall.cores import bound
from rehall.validation.outcome import Outcome, Row

DOMAINS = ("air", "liquid", "power", "coupled")


@dataclass(frozen=True)
class CaseFolder:
    """A folder `<domain>/<name>` with README.md, reference.csv and case.py."""

    domain: str
    name: str
    path: Path

    @property
    def title(self) -> str:
        """First heading of its README, or its name."""
        readme = self.path / "README.md"
        lines = readme.read_text(encoding="utf-8").splitlines() if readme.exists() else []
        return next((line[2:].strip() for line in lines if line.startswith("# ")), self.name)


@dataclass(frozen=True)
class Result:
    """A case that ran, or the reason why it has no outcome."""

    case: CaseFolder
    seconds: float
    outcome: Outcome | None
    failure: str = ""

    @property
    def rows(self) -> list[Row]:
        """Rows of the outcome; none where the case has failed."""
        return self.outcome.rows if self.outcome else []

    @property
    def ok(self) -> bool:
        """Whether the case ran and every row is within its limit."""
        return self.outcome is not None and all(row.ok for row in self.outcome.rows)


def default_root() -> Path:
    """Folder of the cases in the source tree beside the package."""
    return Path(__file__).parents[2] / "validation"


def find_cases(
    root: Path, only: str | None = None, names: Sequence[str] = ()
) -> tuple[CaseFolder, ...]:
    """Cases below `root` in the order of DOMAINS, of one domain or of the given names only.

    Raises InputError where the domain or a name is unknown, or nothing is left to run.
    """
    if only is not None and only not in DOMAINS:
        raise InputError.of("--only", f"'{only}' is not one of {', '.join(DOMAINS)}")
    found = [
        CaseFolder(domain, path.name, path)
        for domain in DOMAINS
        for path in sorted((root / domain).glob("[a-z0-9]*"))
        if path.is_dir()
    ]
    if not found:
        raise InputError.of(
            "--root", f"{root} has no validation cases; name the folder that holds air/ and liquid/"
        )
    known = [case.name for case in found]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(known)}"
            raise InputError.of("--case", f"there is no case '{name}'{hint}")
    wanted = [
        case
        for case in found
        if (only is None or case.domain == only) and (not names or case.name in names)
    ]
    if not wanted:
        chosen = f" named {', '.join(names)}" if names else ""
        raise InputError.of("--only", f"the domain {only} has no cases{chosen}")
    return tuple(wanted)


def run_case(case: CaseFolder, reduced: bool) -> Result:
    """Run one case in this process; whatever stops it is the reason of its failure."""
    start = time.perf_counter()
    outcome, failure = None, ""
    try:
        outcome = _outcome(case, reduced)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    # A compiled iteration takes a thousand memory maps, and Linux gives a process 65,530.
    jax.clear_caches()
    return Result(case, time.perf_counter() - start, outcome, failure)


def run_cases(cases: Sequence[CaseFolder], reduced: bool, jobs: int = 1) -> Iterator[Result]:
    """Results as they come, one after the other or over `jobs` processes."""
    if jobs < 2:
        for case in cases:
            yield run_case(case, reduced)
        return
    # Processes are spawned: a fork would copy the threads of jax half-alive.
    spawn = get_context("spawn")
    with ProcessPoolExecutor(jobs, spawn, *bound(spawn, jobs, _prepare, ())) as pool:
        running = {pool.submit(run_case, case, reduced): case for case in cases}
        for done in as_completed(running):
            error = done.exception()
            if error is None:
                yield done.result()
            else:
                yield Result(running[done], 0.0, None, f"{type(error).__name__}: {error}")


def scope(only: str | None, names: Sequence[str], reduced: bool) -> str:
    """Which cases a run covers, as a sentence for its report."""
    cases = f"the cases {', '.join(names)}" if names else "all cases"
    domain = f" of the domain {only}" if only else ""
    how = "coarser and shorter than they should be" if reduced else "in full"
    return f"This run: {cases}{domain}, {how}."


def _outcome(case: CaseFolder, reduced: bool) -> Outcome:
    for needed in ("reference.csv", "case.py"):
        if not (case.path / needed).exists():
            raise FileNotFoundError(f"no {needed}")
    file = case.path / "case.py"
    spec = importlib.util.spec_from_file_location(f"validation_{case.domain}_{case.name}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    outcome = module.run(reduced)
    if not isinstance(outcome, Outcome) or not outcome.rows:
        raise TypeError("run() returned no rows")
    return outcome


def _prepare() -> None:
    from rehall.runtime import prepare
    from thermal.programs import keep

    prepare()
    keep(None)  # a claim is traced from the code that it stands for
