"""What may be imported where: solvers on a bare node, a program that starts fast."""

import ast
import os
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOLVERS = ("geometry", "thermal", "power")
APPLICATION_ONLY = (
    "pydantic",
    "pyvista",
    "matplotlib",
    "typer",
    "rich",
    "pint",
    "ruamel",
    "rehall",
)

BARE_NODE = f"""
import importlib, pkgutil, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {APPLICATION_ONLY}:
            raise ImportError(f"{{name}} is not on a bare node")

sys.meta_path.insert(0, Refuse())
count = 0
for package in {SOLVERS}:
    top = importlib.import_module(package)
    for module in pkgutil.walk_packages(top.__path__, package + "."):
        importlib.import_module(module.name)
        count += 1
import jax
print(count, jax.config.jax_enable_x64, jax.config.jax_compilation_cache_dir)
"""

HELP = """
import sys
sys.argv = ["rehall", "--help"]
from rehall.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def run_python(code: str) -> str:
    """What a fresh interpreter prints for `code`; fails with its traceback."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=plain, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def third_party_imports(package: str) -> set[str]:
    """Top names of everything that a package's files import."""
    names = set()
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(str(node.module).partition(".")[0])
    return names - set(sys.stdlib_module_names) - {*SOLVERS, "rehall"}


@pytest.mark.slow
def test_solvers_import_on_a_bare_node_and_change_no_setting_of_jax():
    count, x64, cache = run_python(BARE_NODE).split()
    assert int(count) > 20
    assert (x64, cache) == ("False", "None")


@pytest.mark.parametrize("code", ["import rehall", HELP], ids=["import", "help"])
def test_program_starts_without_loading_jax(code):
    loaded = "\nprint('loaded:', *(m for m in ('jax', 'vtkmodules') if m in sys.modules))"
    assert run_python(f"import sys\n{code}{loaded}").splitlines()[-1] == "loaded:"


def test_everything_imported_is_a_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {line.split(">")[0].lower() for line in project["dependencies"]}
    owners = packages_distributions()
    for package in (*SOLVERS, "rehall"):
        for name in third_party_imports(package):
            owner = {known.lower().replace("_", "-") for known in owners.get(name, [name])}
            # vtk is installed with pyvista, and both move together.
            assert owner & declared or name == "vtkmodules", f"{package} imports {name}"
