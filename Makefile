# The commands anyone needs. `make demo` and `make test` need Python 3.11 or newer, git and make.

VENV ?= .venv
JOBS ?= 2
BIN := $(VENV)/bin
PEERS ?= $(VENV)-peers
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Small factorisations on many threads wait for each other (docs/decisions/0006-liquid-newton.md).
export OPENBLAS_NUM_THREADS ?= 1
# Tests compile far more than they compute: code that is little optimised is there sooner.
LITTLE := XLA_FLAGS="--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true \
	--xla_cpu_use_fusion_emitters=false"
CASES := tests/test_validation.py

# The first Python on the path that is new enough and can make virtual environments.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

.PHONY: help demo test check lint fast docs validate fuzz speed peers peers-check clean

help:
	@echo "make demo      compare the two halls in configs/; results in out/demo"
	@echo "make test      all tests, slow ones included"
	@echo "make check     format, lint, types, imports, fast tests, docs"
	@echo "make docs      the documentation as a web site, in out/site"
	@echo "make validate  cases with a published reference, into validation/REPORT.md"
	@echo "make fuzz      200 random halls, 1,000 random networks: each converges or says why not"
	@echo "make speed     cost of air, liquid and power, as ratios; appends to validation/speed.csv"
	@echo "make peers     pandapipes and pandapower on the same loops and halls, in an environment of its own"

demo: $(VENV)/.stamp-run
	$(BIN)/rehall compare configs/asic_hall.yaml configs/ai_hall.yaml --out out/demo

test: $(VENV)/.stamp-dev
	$(LITTLE) $(BIN)/python -m pytest -q -n $(JOBS) -m "not gpu and not validation and not peers" \
		--ignore $(CASES)
	$(BIN)/python -m pytest -q -n $(JOBS) $(CASES)

check: lint fast
	@if [ -e $(VENV)/.stamp-docs ]; then $(MAKE) docs; \
	else echo "docs: not built, mkdocs is not installed ('make docs' installs it)"; fi

lint: $(VENV)/.stamp-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fast: $(VENV)/.stamp-dev
	$(LITTLE) $(BIN)/python -m pytest -q -n $(JOBS) -m "not slow and not gpu and not validation and not peers"

docs: $(VENV)/.stamp-docs
	$(BIN)/mkdocs build --strict

validate: $(VENV)/.stamp-dev
	$(BIN)/rehall validate --jobs $(JOBS)
	$(BIN)/python validation/speed.py --quick

fuzz: $(VENV)/.stamp-dev
	$(LITTLE) JAX_ENABLE_COMPILATION_CACHE=false REHALL_FUZZ=200 $(BIN)/python -m pytest -q tests/rehall/test_fuzz.py
	$(LITTLE) REHALL_FUZZ=1000 $(BIN)/python -m pytest -q tests/thermal/liquid/test_random.py

speed: $(VENV)/.stamp-dev
	$(BIN)/python validation/speed.py

peers: $(PEERS)/.stamp
	$(PEERS)/bin/python validation/peers/networks.py
	$(PEERS)/bin/python validation/peers/halls.py
	$(PEERS)/bin/python validation/speed.py --liquid
	$(PEERS)/bin/python validation/speed.py --power

# A few of the same loops, without writing anything.
peers-check: $(PEERS)/.stamp
	$(PEERS)/bin/python -m pytest -q -m peers tests/peers

clean:
	rm -rf out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# A stamp is the installed set; it is renewed when the dependencies change.
$(VENV)/.stamp-run: EXTRAS :=
$(VENV)/.stamp-dev: EXTRAS := [dev]
$(VENV)/.stamp-docs: EXTRAS := [docs]
$(VENV)/.stamp-%: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.$(EXTRAS)'
	@touch $@

# pandapipes wants older versions of libraries that we use too.
$(PEERS)/.stamp: pyproject.toml validation/peers/constraints.txt | $(PEERS)/bin/python
	$(PEERS)/bin/python -m pip install --quiet -c validation/peers/constraints.txt -e '.[peers]'
	@touch $@

$(BIN)/python $(PEERS)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "no Python 3.11 or newer with venv found; set PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(@:/bin/python=)
