# What a person types. `make demo` and `make test` do all their own set-up.
PYTHON ?= python3.11
VENV := .venv
# A failing command in front of a pipe has to stop make.
SHELL := bash
.SHELLFLAGS := -o pipefail -c
BIN := $(VENV)/bin
# Dashboards and Dagster of the demonstration; override as in `make demo DASHBOARDS_PORT=8600`.
DASHBOARDS_PORT ?= 8501
DAGSTER_PORT ?= 3000

export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test test-spark endure docs lint lock example clean

help: ## this list
	@echo "PYTHON=/path/to/python3.11, DASHBOARDS_PORT and DAGSTER_PORT can be given to any of them"
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

# uv takes a tenth of pip's time, but has to be told of an index that only pip's settings know.
define install
index="$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}"; \
$(BIN)/uv pip install --quiet --python $(BIN)/python $${index:+--default-index "$$index"} -r $(1) \
|| { echo "    uv does not reach the packages; with pip it takes minutes"; $(BIN)/python -m pip install --quiet -r $(1); }
endef

setup: $(VENV)/.installed ## the environment, from requirements.lock

$(VENV)/.installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed and $(PYTHON) was not found; name yours: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "1/3 Making the environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "2/3 Installing $$(grep -c == requirements.lock) packages from requirements.lock (half a minute, once; minutes where the network is slow)"
	@$(BIN)/python -m pip install --quiet $$(grep ^uv== requirements.lock)
	@$(call install,requirements.lock)
	@echo "3/3 Installing this project into it"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## example exports -> one refresh -> dashboards and Dagster
	@$(BIN)/flic demo --dashboards-port $(DASHBOARDS_PORT) --dagster-port $(DAGSTER_PORT)

test: setup ## every test; pages in a browser too where Chromium is installed
	@$(BIN)/python -m pytest

endure: setup ## fifty refreshes killed at random, ten orders of extracts, fifty sets of any files, ten programmes built in parts, fifty histories of releases (an hour)
	@FLIC_TEST_ORDERS=10 FLIC_TEST_FILES=50 FLIC_TEST_PLAIN_FILES=1000 FLIC_TEST_RENEWALS=10 FLIC_TEST_HISTORIES=50 \
	  $(BIN)/python -m pytest -n 0 --kills 50 \
	  tests/faults/test_killed_at_random.py tests/pipeline/test_any_order.py tests/faults/test_any_file.py \
	  tests/ingestion/test_plain_rows.py tests/dbt/test_parts.py tests/publication/test_audit.py

docs: setup ## docs/data_dictionary.md and dbt's site of what `make demo` built, data/docs/index.html
	@$(BIN)/flic docs

test-spark: setup $(VENV)/.spark-installed ## the same figures from a Spark cluster on this machine (Java 17; ten minutes)
	@$(BIN)/python -m pytest -n 0 tests/spark

$(VENV)/.spark-installed: requirements-spark.lock $(VENV)/.installed
	@echo "Installing Spark (half a gigabyte, once)"
	@$(call install,requirements-spark.lock)
	@touch $@

lint: setup ## style, types, import boundaries, dbt conventions, SQL style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/flic prepare
	$(BIN)/dbt-bouncer run --config-file dbt-bouncer.yml
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 dbt/models dbt/tests

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url
ONLY_311 = sed -e "/python_full_version >= '3.12'/d" -e "s/ ; python_full_version < '3.12'//"

lock: setup ## write requirements.lock and, of what Spark needs besides, requirements-spark.lock anew (exact versions, no addresses)
	@$(COMPILE) --extra dev pyproject.toml | $(ONLY_311) > requirements.lock.new
	@mv requirements.lock.new requirements.lock
	@$(COMPILE) --extra dev --extra spark --constraint requirements.lock pyproject.toml | $(ONLY_311) \
	  | grep -vxFf requirements.lock > requirements-spark.lock.new
	@mv requirements-spark.lock.new requirements-spark.lock

example: setup ## make the synthetic example exports anew
	@$(BIN)/python -m tests.example_programme.make

clean: ## remove the demonstration's data and what tests left (not the environment, never data of your own)
	@if [ -d data ] && [ -d data/landing ] && [ ! -e data/demo_exports_taken.json ]; then \
	  echo "data/ holds data of your own and stays"; else rm -rf data; fi
	rm -rf dbt/target dbt/logs logs test-results
