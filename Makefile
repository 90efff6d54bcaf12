# Everything a newcomer needs: `make compare` and `make test` set up what they use, once.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?= --quick

.PHONY: compare test integration check docs bench clean

compare: $(VENV)/.runtime
	$(BIN)/clientbench compare $(ARGS)

# pytest keeps what it makes of the tests; without that each of its processes makes it anew, every time.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.dev
	$(BIN)/python -m pytest --ignore tests/integration -m "not long" $(PYTEST_ARGS)

# Against real servers (nginx, Traefik, HAProxy, Caddy, httpbin) and real containers, as far as they are here; every
# client in an environment of its own; what takes long without all that; what must have the machine for itself.
# Four at once keep two CPUs busy: some of them wait.
integration: export PYTHONDONTWRITEBYTECODE =
integration: $(VENV)/.dev
	$(BIN)/python -m pytest -m "(integration or long) and not alone" -n 4 $(PYTEST_ARGS)
	$(BIN)/python -m pytest tests/integration -m alone -n 0 $(PYTEST_ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_imports.py -n 0

# A site in site/ that needs neither a network nor a server; a warning fails.
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# Debian keeps ensurepip in a package of its own; where it is missing, a pip outside can do its work.
$(VENV)/bin/python:
	@echo "Making $(VENV), and installing clientbench and five clients into it: once, about a minute" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "clientbench needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip; ensurepip.version()' 2>/dev/null; then \
	  $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	  $(PYTHON) -m venv --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $@ install --quiet --disable-pip-version-check pip; \
	else \
	  echo "$(PYTHON) has neither ensurepip nor pip; on Debian: apt-get install python3-venv" >&2; false; \
	fi || { rm -f $@; exit 1; }

$(VENV)/.runtime: pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.runtime | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(VENV)/.docs: pyproject.toml $(VENV)/.runtime | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

clean:
	rm -rf $(VENV) build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
