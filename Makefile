# The two commands of the README are `make demo` and `make test`; both set up `.venv` by themselves.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
BIN := .venv/bin
ARGS ?=

.PHONY: demo test check format lint types contracts chaos clean

demo: .venv/installed
	$(BIN)/adbandit demo $(ARGS)

test: check

# One green: everything that must hold before a change is taken.
check: .venv/installed-test lint types contracts
	$(BIN)/python -m tests.lanes $(ARGS)

# Breaks running services in every way there is a name for, over and over; minutes, on two cores.
chaos: .venv/installed-test
	$(BIN)/python -m tests.chaos.run --minutes 10 $(ARGS)

lint: .venv/installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/installed-test
	$(BIN)/mypy

contracts: .venv/installed-test
	$(BIN)/lint-imports

format: .venv/installed-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

.venv/installed-test: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $@ .venv/installed

clean:
	rm -rf .venv
