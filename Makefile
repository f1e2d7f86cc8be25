# Everything needed to run and check Lotgraph. `make help` lists it.

PYTHON ?=
ARGS ?=
# Tests wait for servers more than they work, so two processes take little over half the time.
WORKERS ?= 2
BIN := .venv/bin
READY := .venv/ready
READY_DEV := .venv/ready-dev

export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test check lint fmt bench serve lock clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name words; do \
		printf '  make %-8s %s\n' "$$name" "$$words"; done

demo: $(READY) ## load the demo company and trace it, with all set-up (ARGS= for more options)
	@[ -n "$$LOTGRAPH_DATABASE_URI" ] || echo "Database: the embedded one. Not used: Neo4j (LOTGRAPH_DATABASE_URI is not set), Docker."
	@$(BIN)/lotgraph demo run $(ARGS)

test: $(READY_DEV) ## run the tests, with all set-up (ARGS="tests/unit -k name" for some)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: lint test ## what CI asks for: format, lint, types, layers, tests

lint: $(READY_DEV) ## format, lint, types and layers only
	@$(BIN)/ruff format --check --quiet . || { echo "Run: make fmt"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fmt: $(READY_DEV) ## format, and mend what can be mended
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

bench: $(READY_DEV) ## measure; a table, and out/bench.json (beside Neo4j: .ci/neo4j/with make bench)
	@$(BIN)/python -m tests.bench $(ARGS)

serve: $(READY) ## serve the API on loopback
	@$(BIN)/lotgraph serve $(ARGS)

lock: ## resolve the locked versions anew (UPGRADE=--upgrade for the newest; needs uv)
	@scripts/lock

clean: ## remove what was made here; the data folder is kept
	@[ ! -x $(BIN)/lotgraph ] || $(BIN)/lotgraph db stop || true
	rm -rf .venv out build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@scripts/environment requirements.lock
	@touch $@

$(READY_DEV): requirements-dev.lock pyproject.toml
	@scripts/environment requirements-dev.lock
	@touch $@ $(READY)
