# Two commands matter: `make demo` and `make test`. Both set up .venv first, once.
SHELL := /bin/bash
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: setup demo test lint test-slow clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	python3 -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,dev]'
	touch $(STAMP)

demo: setup
	$(BIN)/python -u -m engine run examples/pydocs.yaml --out runs/demo

test: setup lint
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-slow: setup
	$(BIN)/python -m pytest -m slow

clean:
	rm -rf .venv runs build *.egg-info
