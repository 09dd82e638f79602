# riskpay's commands for people, hooks and continuous integration.
# `make demo` shows the whole day; `make test` runs every test; both make the environment first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.riskpay-ready
PYTEST ?= $(BIN)/python -m pytest
UV ?= uv

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help env demo serve test check docs card bench-features bench-model lock clean

help: ## show these commands
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

env: $(READY) ## make the environment in .venv

# The lock holds every package with its hash, the build backend too: nothing outside it is fetched.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "riskpay needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo not there)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 $(or $(MAKECMDGOALS),env)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## a synthetic ledger from start to today's call list
	@$(BIN)/riskpay demo

serve: $(READY) ## serve the demo's lists as pages and API, and print their address (run make demo first)
	@$(BIN)/riskpay serve

# Tests that start a cluster want the machine to themselves.
test: $(READY) ## every test
	$(PYTEST) -m "not cluster" -n auto --maxprocesses 4 --dist loadfile
	$(PYTEST) -m cluster

check: $(READY) ## lint, types, import contracts and the fast tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -m "not slow and not browser"

docs: $(READY) ## write the reference pages in docs/ anew from the declarations
	$(BIN)/python docs/render.py

card: $(READY) ## write the model card and its figures anew from the shared files (minutes)
	$(BIN)/python models/late_payment/make_card.py

bench-features: $(READY) ## time features beside pandas and a bare sort, up to 5M invoices (OPTIONS="--sizes 100k")
	$(BIN)/python tests/benchmarks/bench_features.py $(OPTIONS)

bench-model: $(READY) ## time scoring a million items and training beside bare LightGBM (OPTIONS="--items 100k")
	$(BIN)/python tests/benchmarks/bench_model.py $(OPTIONS)

lock: ## resolve the packages anew (needs uv)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv on the path, or name it: make lock UV=/path/to/uv" >&2; exit 1; }
	$(UV) pip compile pyproject.toml --extra test --extra build --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade -o requirements.lock

clean: ## remove the environment and build results (homes stay)
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
