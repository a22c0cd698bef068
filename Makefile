# make run: serve the demo.  make test: the whole suite, on SQLite and on PostgreSQL.
# make check: format, lint, types, import contracts.  make prove: the tests at full counts.  make lock: the lock files anew.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check -qq install --no-deps --no-compile
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --build-deps-for editable \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: run test prove check lock clean
.DELETE_ON_ERROR:

run: .venv/run.done
	@PORT=$(PORT) exec $(BIN)/pursuit serve --demo

test: .venv/test.done
	@$(suite)

prove: export PURSUIT_TEST_FULL = 1
prove: .venv/test.done
	@$(suite)

check: .venv/test.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: .venv/test.done
	CUSTOM_COMPILE_COMMAND="make lock" $(COMPILE) --output-file requirements.lock pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" $(COMPILE) --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml

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
