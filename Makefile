# Everything a developer or a CI run needs, from a clone with Python 3.11+ (with venv) and make.
#
# TORCH_INDEX: a further package index for torch, in place of what setup/torch_index.py chooses; empty
#   for pip's own choice, on Linux the CUDA build (several GB). tests/deploy asks the same one.
# PYTHON: the interpreter the environment is made from, e.g. PYTHON=python3.12.

PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed

# Both names, because pip 25.3 gave the packages that only build us a variable of their own.
# The path is relative because pip splits these at spaces.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A quarter of the time of setting up; Python compiles what is imported when it first is.
export PIP_NO_COMPILE := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test faults check bench clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) \
		| awk -F '\t' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(STAMP)  ## create .venv with every pinned dependency

$(STAMP): pyproject.toml client/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
		sys.exit(v < (3, 11) and "Foldline needs Python 3.11 or newer, $(PYTHON) is %d.%d. " \
		"Name another: make setup PYTHON=python3.12" % v)'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "$(PYTHON) has no venv module (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	index=$$($(PYTHON) setup/torch_index.py) \
		&& $(VENV)/bin/python -m pip install --quiet $${index:+--extra-index-url "$$index"} \
		-c constraints.txt -e ./client -e '.[dev,bench]'
	@touch $@

demo: $(STAMP)  ## fit one curve and show network, certificate and table
	$(VENV)/bin/python examples/demo.py

# Processes of the tests, several hundred, find our modules compiled, whatever the environment says.
test faults: export PYTHONDONTWRITEBYTECODE :=
# Many tests wait for processes of their own, so two more than there are cores are run at once. In
# the order of tests/conftest.py: those files first that take longest, not those of most tests.
test: $(STAMP)  ## run every test
	$(VENV)/bin/python -m pytest --dist loadfile --no-loadscope-reorder --numprocesses \
		$$($(VENV)/bin/python -c 'import os; print(min(8, (os.cpu_count() or 1) + 2))')

faults: $(STAMP)  ## kill, freeze and restart parts under many jobs, for minutes
	FOLDLINE_FAULT_JOBS=1000 FOLDLINE_FAULT_PAUSE_S=15 $(VENV)/bin/python -m pytest tests/faults

check: $(STAMP)  ## lint, format check, type check
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

bench: $(STAMP)  ## list the benchmarks and how to run each
	@for file in $(wildcard benchmarks/[a-z]*.py); do \
		printf '  %s/bin/python %-32s %s\n' $(VENV) "$$file" "$$(sed -n '1s/^"""//p' $$file)"; \
	done

clean:  ## remove the environment, builds and caches (never foldline-data)
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
