# One door to everything: `make run` and `make test` work on a fresh machine.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(shell cat requirements.lock pyproject.toml | cksum | cut -d' ' -f1)
ENV ?= base

# Spinning OpenMP threads and many-threaded BLAS cost a small machine minutes.
export OMP_WAIT_POLICY := PASSIVE
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export DO_NOT_TRACK := 1
export NO_MKDOCS_2_WARNING := 1

.PHONY: setup run run-all test test-fast lint bench viz docs clean

setup: $(STAMP)                 ## make .venv with everything

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[dev]"
	@rm -f $(VENV)/.installed-* && touch $@

run: setup                      ## run the main job and say where the report is
	$(BIN)/kedro run --env $(ENV)
	@echo "report: data/$(ENV)/report.html"

run-all: run                    ## full-size job; the same as run until deep models exist

test: setup                     ## all tests
	$(BIN)/pytest --cov --cov-report=term

test-fast: setup                ## the loop for working: under two minutes
	$(BIN)/pytest -m "not slow and not browser"

lint: setup                     ## format, style, types, security, room contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyrefly check
	$(BIN)/bandit --quiet -r src -c pyproject.toml
	$(BIN)/lint-imports

bench: setup                    ## measurements, each against its peer in the same run
	$(BIN)/python -m benchmarks

viz: setup                      ## browse the lineage at http://127.0.0.1:4141
	$(BIN)/kedro viz run --include-hooks

docs: setup                     ## the documentation, into site/
	$(BIN)/python -m mkdocs build --strict --site-dir site

# The ledgers of trials in data/<env>/trials stay: how often something was tried cannot be made again.
clean:                          ## remove artifacts of every environment (not the trials), caches, pages
	for env in base test crypto equities futures macro prod; do \
	  test ! -d data/$$env || find data/$$env -mindepth 1 -maxdepth 1 ! -name trials -exec rm -rf {} +; \
	done
	rm -rf site build htmlcov .viz
	rm -rf .pytest_cache .ruff_cache .hypothesis .coverage
	find src tests benchmarks -name __pycache__ -type d -exec rm -rf {} +
