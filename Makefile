# Everything one does with this repository. `make` alone lists it.
#
# Needs python3 >= 3.11 with venv, make and a package index; nothing is installed outside of
# `.venv`. A lock file that did not change is not installed again.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

checks := check-style check-types check-imports check-dead-code check-core check-docs check-image
.PHONY: help demo test check $(checks) fix docs dashboards bench lock image-test clean

PYTHON ?= python3
ARGS ?=

venv := .venv
py := $(venv)/bin/python
# Compiling every module of every package at once takes longer than the rest of the installation;
# python compiles what it imports anyway.
pip := $(py) -m pip -qq --disable-pip-version-check --no-input
install := $(pip) install --no-compile --no-deps --require-hashes --only-binary :all: -r
mkdocs := NO_MKDOCS_2_WARNING=1 $(py) -m mkdocs
# Where AWS's answers are read, a second opinion: pyright sees keys that may be absent.
typed_twice := xops_watch/aws xops_watch/sources xops_watch/notify xops_watch/store xops_watch/bootstrap

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' Makefile

demo: $(venv)/.demo ## Run the daemon on an embedded AWS: no account needed; ARGS="--speed 120 --for 30s"
	@exec $(py) -m xops_watch demo $(ARGS)

test: $(venv)/.test ## Run every test; ARGS="-k outbox" for some, ARGS=--cov for coverage
	@exec $(py) -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

check: $(checks) ## Style, types, architecture, dead code, drift of what is generated

check-style: $(venv)/.dev
	$(py) -m ruff check
	$(py) -m ruff format --check

check-types: $(venv)/.dev
	$(py) -m mypy
	$(venv)/bin/pyright --pythonpath $(py) $(typed_twice)

check-imports: $(venv)/.dev
	$(venv)/bin/lint-imports
	$(venv)/bin/deptry .

check-dead-code: $(venv)/.dev
	$(py) -m vulture

check-core: $(venv)/.dev # the core's own tests reach every line and branch of it
	$(py) -m pytest -q tests/core --cov=xops_watch.core --cov-fail-under=100

check-docs: $(venv)/.dev
	$(py) -m docs.generate --check
	$(py) -m dashboards.generate --check
	$(mkdocs) --quiet build --strict

check-image: $(venv)/.dev
	$(venv)/bin/hadolint Dockerfile

fix: $(venv)/.dev ## Correct what can be corrected by a tool
	$(py) -m ruff check --fix
	$(py) -m ruff format

docs: $(venv)/.dev ## Generate the reference pages and build the site into site/
	$(py) -m docs.generate
	$(mkdocs) build --strict

dashboards: $(venv)/.test ## Generate dashboards/*.json
	$(py) -m dashboards.generate

bench: $(venv)/.test ## Measure footprint, latency and throughput
	@exec $(py) -m tests.bench $(ARGS)

image-test: $(venv)/.demo ## Build the image and run it as ECS would (root, buildah, podman, debootstrap)
	@exec deploy/image-test $(ARGS)

lock: ## Resolve the newest allowed versions into requirements/*.txt
	@exec requirements/lock $(PYTHON)

clean: ## Remove everything that is not in git
	rm -rf $(venv) build dist site .coverage* .hypothesis .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is larger contains what is smaller.
$(venv)/.demo: covers := .demo
$(venv)/.test: covers := .test .demo
$(venv)/.dev: covers := .dev .test .demo

$(venv)/.%: requirements/%.txt pyproject.toml | $(py)
	@echo "Installing requirements/$*.txt into $(venv) ..."
	@$(install) requirements/$*.txt
	@$(pip) install --no-deps --no-build-isolation --editable .
	@cd $(venv) && touch $(covers)

$(py):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $(PYTHON) must be Python 3.11 or newer; another one: make PYTHON=python3.13" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) has no venv; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@$(PYTHON) -m venv $(venv) || { rm -rf $(venv); exit 2; }
