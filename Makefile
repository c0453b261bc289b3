# make demo: the product against a simulated Azure; make test: everything that CI runs. Both set up what they need.
# Needs: make, and Python 3.11, 3.12 or 3.13 (another interpreter than the one found: make PYTHON=/path/to/python3).

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo install test lint format reference bench lock components clean

help:
	@echo "make demo       the monitor against a simulated Azure (ARGS='--listen HOST:PORT --estate FILE')"
	@echo "make install    the command peering-monitor, in .venv/bin"
	@echo "make test       linters, types, architecture and every test"
	@echo "make lint       linters, types and architecture only"
	@echo "make format     format the code"
	@echo "make reference  write deploy/reference/ anew from the code"
	@echo "make bench      decoding, rendering and scraping, as ratios"
	@echo "make lock       renew the lock files"
	@echo "make clean      remove what the other targets made"

install: $(VENV)/run.stamp

demo: $(VENV)/run.stamp
	@exec $(BIN)/peering-monitor demo $(ARGS)

test: lint components
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

reference: $(VENV)/dev.stamp
	$(BIN)/python -m tests.reference

bench: $(VENV)/dev.stamp
	$(BIN)/python -m tests.bench

lock: $(VENV)/dev.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group dev --constraint requirements.lock \
		--output-file requirements-dev.lock
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"

clean:
	rm -rf $(VENV) .cache .coverage

# The real components that the tests drive. On a machine where they cannot be installed, the tests that need them
# are skipped and say so; with CI=true they fail.
components:
	@if ! command -v prometheus >/dev/null || ! command -v promtool >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "installing Debian's prometheus"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
				apt-get install -y -qq --no-install-recommends prometheus >/dev/null; \
		else \
			echo "prometheus and promtool are not here; the tests that need them will be skipped"; \
		fi; \
	fi

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11, 3.12 or 3.13 found; name one: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
