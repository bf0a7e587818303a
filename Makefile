# onco-registry: everything a fresh machine needs is Python 3.11 and make.
#
#   make demo    install, run the replica study, say where the bulletin is
#   make test    install the test extras, run every linter and every test
#   make lint    install the test extras, run every linter
#   make fhirserver  install the FHIR server that some tests talk to (needs node and npm; without it they skip)
#   make axe     install the rules by which a test checks that the bulletin is accessible (needs npm and chromium; without them it skips)
#   make golden  renew the golden bulletins of the demo, after a change that is meant
#   make bench   resources per second of a sync, beside DuckDB's own read
#   make lock    resolve the hash-pinned lock files anew (needs uv)
#   make clean   remove what the other targets made

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
# Every package is pinned by hash. Source-only packages are built with the pinned setuptools, not with one fetched on the way.
FROM_LOCK := $(PIP) install --require-hashes --no-build-isolation --use-pep517 --requirement
PROJECT_FILES := setup.cfg pyproject.toml

.PHONY: help demo test lint fhirserver axe golden bench lock clean

help:
	@sed -n 's/^#   //p' Makefile

demo: .venv/runtime.stamp
	@$(BIN)/onco-registry demo --out demo

# pytest's own summary is the last line; a linter that fails stops the target before it. Two files of tests run at a
# time, for most tests wait for one processor.
test: lint
	@echo 'pytest'
	@$(BIN)/python -m pytest -W error --numprocesses 2 --dist loadfile

lint: .venv/test.stamp
	@echo 'ruff'
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@echo 'mypy'
	@$(BIN)/mypy --no-error-summary
	@echo 'sqlfluff'
	@PYTHONWARNINGS='ignore::UserWarning:multiprocessing.resource_tracker' $(BIN)/sqlfluff lint --processes 2 \
		--nocolor --disable-progress-bar --quiet mappings/sql

fhirserver: .fhir_server_cache/stamp

.fhir_server_cache/stamp: tests/search/server/package.json tests/search/server/package-lock.json
	@echo 'installing the FHIR server of the tests'
	@mkdir -p $(@D) && cp $^ $(@D) && npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

axe: .axe_cache/stamp

.axe_cache/stamp: tests/bulletin/axe/package.json tests/bulletin/axe/package-lock.json
	@echo 'installing axe-core'
	@mkdir -p $(@D) && cp $^ $(@D) && npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

golden: .venv/test.stamp
	@RENEW_GOLDEN=1 $(BIN)/python -m pytest --quiet -W error tests/replica/test_golden.py

bench: .venv/test.stamp
	@PYTHONPATH=tests $(BIN)/python -m bench.run $(BENCH)

.venv/bin/python:
	@test -n '$(PYTHON)' && '$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@echo 'creating .venv'
	@'$(PYTHON)' -m venv .venv \
		|| { rm -rf .venv; echo 'python -m venv failed: on Debian and Ubuntu, install python3-venv' >&2; exit 1; }

.venv/build.stamp: requirements-build.lock | .venv/bin/python
	@$(PIP) install --require-hashes --requirement requirements-build.lock
	@touch $@

.venv/runtime.stamp: .venv/build.stamp requirements.lock $(PROJECT_FILES)
	@echo 'installing requirements.lock'
	@$(FROM_LOCK) requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test.stamp: .venv/runtime.stamp requirements-test.lock
	@echo 'installing requirements-test.lock'
	@$(FROM_LOCK) requirements-test.lock
	@touch $@

# The test lock holds the runtime lock's versions, so one .venv serves both. --universal: every platform and every Python from 3.11.
COMPILE := UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links
lock:
	@command -v uv > /dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }
	@'$(PYTHON)' -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(COMPILE) - --output-file requirements-build.lock
	@$(COMPILE) setup.cfg --constraint requirements-build.lock --output-file requirements.lock
	@$(COMPILE) setup.cfg --extra test --constraint requirements-build.lock --constraint requirements.lock \
		--output-file requirements-test.lock

clean:
	@rm -rf .venv demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .bench .fhir_server_cache .axe_cache
