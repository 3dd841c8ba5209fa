# Callwright: what a person runs. Each target sets up what it needs; the second time that is quick.
.DEFAULT_GOAL := help
SHELL := /bin/bash
#: Passed on to the program a target runs: make demo ARGS="--rows 300"
ARGS ?=

.PHONY: help setup setup-develop demo serve test check soak benchmark \
	benchmark-pacing benchmark-pacing-quick clean

help: ## this list
	@echo "make TARGET [ARGS=\"options of the program\"]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-24s%s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## prepare this clone to run: packages, .venv, dependencies, the SIP stack
	@scripts/setup.sh run

setup-develop:
	@scripts/setup.sh develop

demo: setup ## a whole call centre on this machine, calling simulated people
	@.venv/bin/dialer demo $(ARGS)

serve: setup ## the dialer itself, with the settings of this machine
	@.venv/bin/dialer serve $(ARGS)

test: setup-develop ## every test but the long ones
	@scripts/test.sh $(ARGS)

check: setup-develop ## style, types, and the directions between the packages
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/python -m pytest -q tests/test_architecture.py

soak: setup-develop ## random events for a long time
	@.venv/bin/python -m pytest -m soak $(ARGS)

benchmark: setup-develop ## measure everything that is measured, and print it
	@for each in importing claims gate telephony asterisk; do .venv/bin/python -m tests.benchmarks.$$each || exit; done

benchmark-pacing-quick: setup-develop ## the pacing alone, on a few simulated floors
	@.venv/bin/python -m tests.benchmarks.pacing --quick $(ARGS)

benchmark-pacing: setup-develop ## the pacing alone, on all simulated floors
	@.venv/bin/python -m tests.benchmarks.pacing $(ARGS)

clean: ## remove what setup and the tests made here; the cached SIP stack stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
