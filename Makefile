# Two commands for users, `make run` and `make test`; the rest is for people who change the bot.

.DEFAULT_GOAL := help
.PHONY: help install run test lint format lock bench measure soak mutants

VENV := .venv
PY := $(VENV)/bin/python
# Everything that is installed is in a lock, with its hash; pip resolves nothing. What it says goes to stderr, because
# stdout belongs to the bot.
PIP := PIP_USER=0 $(PY) -m pip --disable-pip-version-check install --quiet --progress-bar off \
	--no-warn-script-location --no-deps --require-hashes --requirement
# Tested versions first; python3 may be older, newer, or without the venv module (Debian's python3-venv).
PYTHON ?= python3.13 python3.12 python3.11 python3

help: ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

install: $(VENV)/.runtime ## .venv/bin/tocsin with what it needs to run, nothing else
	@:

run: $(VENV)/.runtime ## start the bot on config.yaml: with the values of .env, or without that file in preview
	@if [ -f .env ]; then exec $(VENV)/bin/tocsin run --env-file .env; \
	else exec $(VENV)/bin/tocsin run --dev; fi

test: lint ## everything that must hold, as CI runs it
	@$(PY) -m pytest -n auto --dist worksteal

lint: $(VENV)/.development ## style, types and floors
	@$(VENV)/bin/ruff check --quiet
	@$(VENV)/bin/ruff format --check --quiet
	@$(VENV)/bin/mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-logo

format: $(VENV)/.development ## put imports and lines in order
	@$(VENV)/bin/ruff check --quiet --fix
	@$(VENV)/bin/ruff format

lock: $(VENV)/.development ## write both locks anew from pyproject.toml, taking the newest allowed versions
	@$(call compile,requirements.lock,--upgrade)
	@$(call compile,requirements-dev.lock,--upgrade --group dev --constraint requirements.lock)

bench: ## measure on this machine (minutes); BENCH='--only a --write' for a part, or into docs/performance.md
	@$(MAKE) --no-print-directory VENV=.venv-runtime measure

# In an environment of its own: packages for development would be imported by others that find them, and be measured.
# Compiled first, as an installed bot is: where Python may not write bytecode, each start would compile what was edited.
measure: $(VENV)/.runtime
	@$(PY) -m compileall -q bot bench
	@$(PY) -m bench $(BENCH)

soak: $(VENV)/.development ## laws, zones, kills, digests, faults of Slack, in numbers (under an hour; goes on where it stopped)
	@$(PY) -m tests.soak $(SOAK)

mutants: $(VENV)/.development ## plant faults in the core, one at a time, and see that each is caught (minutes)
	@$(PY) -m tests.mutants

# One lock for Python 3.11 and newer on every platform: names, versions and hashes, no header and no addresses.
compile = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url --output-file $(1) $(2) pyproject.toml

# Made anew whenever the lock changes, so that nothing of an older lock stays behind. The package itself needs no
# build: a .pth file makes it importable, and the command is a line of shell. Both are relative, so that the folder
# can be moved. -P keeps a `bot` folder of the caller's from being imported instead.
$(VENV)/.runtime: requirements.lock
	@for python in $(PYTHON); do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then break; else python=; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'Needs Python 3.11 or newer with its venv module (on Debian: apt install python3-venv).' >&2; exit 1; \
	fi; \
	echo "Installing into $(VENV), once ..." >&2; \
	$$python -m venv --clear $(VENV) && $(PIP) requirements.lock >&2
	@echo ../../../.. > "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tocsin.pth"
	@printf '#!/bin/sh\nexec "$$(dirname "$$(readlink -f "$$0")")/python" -P -m bot "$$@"\n' > $(VENV)/bin/tocsin
	@chmod +x $(VENV)/bin/tocsin
	@$(PY) -m compileall -q bot # else the first start would do it, and take a second longer
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.lock
	@echo "Installing what tests need ..." >&2
	@$(PIP) requirements-dev.lock >&2
	@touch $@
