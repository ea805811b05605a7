# The words a person types. CI types the same ones.
.POSIX:
.PHONY: help setup run test check bench hunt chaos soak shots lock clean deps dev

CLEAREDGE = .venv/bin/clearedge
# bytecode is kept also where the environment says it is not: some hundred processes import it again
PYTEST = PYTHONDONTWRITEBYTECODE= .venv/bin/python -m pytest
PYTEST_ARGS =
WORKERS = 4
SECONDS = 600
# areas whose tests are quick; `make check` runs what is not marked slow in them
QUICK = tests/contract tests/core tests/store tests/loading tests/cli tests/test_imports.py tests/test_bootstrap.py tests/test_shape.py

help:
	@echo "make run     set up, put a sample home together, open the console"
	@echo "make test    set up and run all tests"
	@echo "make check   format, lint, types, layers, spelling, quick tests"
	@echo "make bench   the table of limits    make hunt  other draws    make chaos  kill things     make soak   run long"
	@echo "make setup   only set up            make shots  draw pictures   make clean  remove what was made"

deps:
	@sh scripts/bootstrap run

dev:
	@sh scripts/bootstrap dev

setup: deps
	@[ -f state/sample ] || $(CLEAREDGE) init --sample .

run: setup
	@if [ -t 0 ] && [ -t 1 ]; then $(CLEAREDGE) --home .; else $(CLEAREDGE) --home . demo; fi

test: dev
	rm -f .pytest_cache/v/cache/lastfailed
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS) || { [ $$? -eq 1 ] && sh scripts/again; }

check: dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/codespell clearedge_tui tests docs strategies scripts README.md CHANGELOG.md
	$(PYTEST) -m "not slow and not chaos" $$(for f in $(QUICK); do [ ! -e $$f ] || echo $$f; done)

bench: dev
	.venv/bin/python -m benchmarks $(BENCH_ARGS)

# property tests with draws of their own
hunt: dev
	$(PYTEST) -n $(WORKERS) --hypothesis-profile=hunt tests/contract tests/core tests/store tests/engine tests/market tests/sources $(PYTEST_ARGS)

chaos: dev
	$(PYTEST) -m chaos $(PYTEST_ARGS)

soak: setup
	$(CLEAREDGE) --home . demo --seconds $(SECONDS)

shots: dev
	$(PYTEST) tests/ui/test_ui_snapshots.py --snapshot-update
	.venv/bin/python -m tests.ui.shots docs

lock:
	@sh scripts/lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find clearedge_tui tests strategies benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
