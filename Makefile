# On a new machine (python3 >= 3.11 with venv and pip, make), two commands are enough:
#   make demo   set up, score the sample, print a summary, write results/north_sea.gpkg
#   make test   set up, run all checks

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(VENV)/.tools
PACKAGE := $(VENV)/.package
SOURCES := $(shell find src -name '*.py' -o -name '*.toml' -o -name '*.pyi' -o -name '*.qml' -o -name py.typed)

.PHONY: help install demo test lint types imports unit notebooks golden format clean

help:
	@sed -n 's/^#   \(make .*\)/\1/p' Makefile

install: $(PACKAGE)

# Versions are pinned in constraints.txt, by name and version only.
$(TOOLS): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip setuptools wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group test --group lint
	touch $@

# The package is installed as users get it, with compiled bytecode, so that the wheel is tested.
$(PACKAGE): $(TOOLS) $(SOURCES) README.md
	rm -rf build  # or modules that were moved would come back
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation '.[plot,diagnostics,sensitivity,sources,surface]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --force-reinstall .
	touch $@

demo: install
	$(BIN)/standort score sample_layers/north_sea.gpkg --out results/north_sea.gpkg

# The type checker uses one core for minutes, so the shorter checks run in parallel.
test: install
	$(MAKE) --jobs=2 lint types imports notebooks
	$(MAKE) unit

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports --no-cache

unit: install
	$(BIN)/python -m pytest -n 2 --dist worksteal tests --pyargs standort

notebooks: install
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(BIN)/python -m pytest -n 2 --nbmake -p no:cacheprovider notebooks

# After a change that is meant to move scores: see CONTRIBUTING.md.
golden: install
	PYTHONPATH=tests $(BIN)/python -m regression.make_golden

format: $(TOOLS)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/nbstripout notebooks/*.ipynb

clean:
	rm -rf $(VENV) build dist results src/*.egg-info
