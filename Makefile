# make run     install what is missing and open the window on the demo library (MUSIC=~/Music: on your own)
# make test    formatting, lint, types, import rules and every test, on all cores (WORKERS=0: in one process)
# The first call takes minutes (it downloads torch), the next ones start at once.

VENV   ?= .venv
PYTHON ?= $(shell installers/linux/find-python.sh)
MUSIC  ?=
WORKERS ?= logical
PICTURES ?= empty library review covers-found covers-none covers-quality training-running settings

BIN    := $(VENV)/bin
READY  := $(VENV)/.installed
SYSTEM := $(VENV)/.system-libraries
TESTED := $(VENV)/.installed-for-tests

.PHONY: run install test test-bare lint format bench screenshots architecture demo-music wheel clean distclean help
.DEFAULT_GOAL := help

help:
	@sed -n '1,3s/^# //p' Makefile
	@echo "make install | test-bare | lint | format | bench | screenshots | architecture | demo-music | wheel | clean | distclean"

$(SYSTEM): installers/linux/system-libraries.sh
	@installers/linux/system-libraries.sh
	@mkdir -p $(VENV) && touch $@

$(BIN)/pip: | $(SYSTEM)
	@test -n "$(PYTHON)" || { installers/linux/find-python.sh --explain; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(READY): pyproject.toml $(BIN)/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[dev]'
	@touch $@

# what only some tests need; without it they are skipped
$(TESTED): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,mirdata]' && touch $@ || \
		echo "mirdata could not be installed: the tests that need it are skipped."

install: $(SYSTEM) $(READY)

run: install
	@BIN="$(BIN)" MUSIC="$(MUSIC)" installers/run.sh

# several workers share the cores: what computes in each of them stays on one
test: export OMP_NUM_THREADS := $(or $(OMP_NUM_THREADS),1)
test: export QT_QPA_PLATFORM := offscreen
test: lint $(TESTED)
	@installers/linux/test-programs.sh
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST)

# both commands in a Debian made for the purpose, with git, make and python3 alone (needs root and debootstrap)
test-bare:
	tests/installers/bare_debian.sh

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install
	$(BIN)/python tests/benchmarks/analysis_speed.py "$(or $(MUSIC),resources/demo)"

screenshots: install
	$(BIN)/python tests/end_to_end/screenshots.py --out resources/screenshots --scheme light --only $(PICTURES)
	$(BIN)/python tests/end_to_end/screenshots.py --out resources/screenshots --scheme dark --only $(PICTURES)

architecture: install
	$(BIN)/python docs/draw_architecture.py

demo-music: install
	$(BIN)/python resources/demo/render.py

wheel: install
	$(BIN)/python -m pip wheel --disable-pip-version-check --no-deps --wheel-dir dist .

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find pemr_desktop training tests resources -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
