# Lianzhen: every verb is one command. `make` alone lists them.
# A bare clone needs Python 3.11 or newer, make and git; the rest is set up inside the clone.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check fix unit client-test e2e api migration axe bench bench-dicom bench-viewer ohif faults \
	packages lock clean ready-to-run ready-to-test
SHELL := /bin/sh

# The first Python that is new enough and can make virtual environments (PYTHON=… decides).
CANDIDATES = $(PYTHON) python3.11 python3.12 python3.13 python3
PYTHON_FOUND = $(shell for p in $(CANDIDATES); do \
	"$$p" -c 'import ensurepip, sqlite3, ssl, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$p" && break; done)
NO_PYTHON = no Python 3.11 or newer with venv found (Debian: apt-get install python3 python3-venv)
PREPARE = $(or $(PYTHON_FOUND),$(error $(NO_PYTHON))) -P config/prepare.py
BIN = .venv/bin
# What failed is run once more by itself and must pass then: a busy machine is no fault of the product.
ONCE_MORE = --last-failed --last-failed-no-failures none
PYTEST = $(BIN)/python -m pytest $(if $(LIANZHEN_STRICT),--strict-programs)
NPM = PATH="$$($(PREPARE) node-path):$$PATH" npm_config_cache=.tools/cache/npm npm --prefix static

help: ## List the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ready-to-run ## Set up, then start everything with the demonstration (Ctrl-C stops, data stays in data/)
	@exec $(BIN)/lianzhen serve --demo

test: ready-to-test packages ## Set up and run all that CI runs; T=tests/… runs only those
	$(if $(T),$(PYTEST) $(T),$(MAKE) check unit client-test e2e)

check: ready-to-test ## Style, types, layers, budgets, own rules, client types
	@sh .ci/abreast '$(BIN)/mypy' '$(PYTEST) tests/contracts -q' '$(NPM) run check' '$(NPM) run lint' \
		'$(BIN)/ruff check' '$(BIN)/ruff format --check' '$(BIN)/lint-imports'

fix: ready-to-test ## Repair what the style checks can repair by themselves
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(NPM) run fix

unit: ready-to-test ## Server tests, on SQLite and PostgreSQL, real Redis, real sockets
	$(PYTEST) tests --ignore=tests/contracts -n 2 || $(PYTEST) tests --ignore=tests/contracts $(ONCE_MORE)

client-test: ready-to-test ## Client tests (Vitest)
	$(NPM) test

e2e: ready-to-test ## The whole story in real browsers
	$(PYTEST) tests/e2e -n 2 --dist loadfile || $(PYTEST) tests/e2e $(ONCE_MORE)

axe: ready-to-test ## Every page under axe-core, at a desk and on a phone
	$(PYTEST) tests/bench/test_axe.py

bench: ready-to-test ## Measure; results in tests/bench/results
	$(PYTEST) tests/bench --ignore=tests/bench/test_ohif.py --ignore=tests/bench/test_viewer.py \
		--ignore=tests/bench/test_station.py --ignore=tests/bench/test_axe.py -s

bench-dicom: ready-to-test ## Measure the DICOM side, beside Orthanc where there is one
	$(PYTEST) -s $(addprefix tests/bench/,test_intake.py test_receivers.py test_dicomweb.py test_archive_size.py)

bench-viewer: ready-to-test ## Measure the reading station beside OHIF on Orthanc (needs nginx and orthanc)
	$(BIN)/python -m tests.bench.ohif
	$(PYTEST) -s -p no:randomly tests/bench/test_viewer.py tests/bench/test_station.py

ohif: ready-to-test ## OHIF (fetched, pinned by its hash) as a client of our DICOMweb
	$(BIN)/python -m tests.bench.ohif
	$(PYTEST) tests/bench/test_ohif.py

faults: ready-to-test ## Kill, fill, cut and flood; LIANZHEN_FAULTS_SHARE=0.1 runs a tenth
	$(PYTEST) tests/faults -s

api: ready-to-test ## Write static/openapi.json and the client's types from the server
	$(BIN)/python -m consult_server.openapi
	$(NPM) run api

migration: ready-to-test ## Draft a migration: m=what_it_does [o=dicom_node] [w=post]
	$(BIN)/python -m config.revision $(or $(o),consult_server) $(or $(w),pre) "$(m)"

packages: ## Install the Debian packages that the tests need, where that is possible
	@$(PREPARE) packages

lock: ready-to-test ## Write the Python lock files again from pyproject.toml
	@sh .ci/lock

clean: ## Remove everything set-up made; data/ stays
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		static/node_modules static/dist

ready-to-run:
	@$(PREPARE) run

ready-to-test:
	@$(PREPARE) test
