# make run | demo | test | lint | bench : each builds what it lacks. Needs Python 3.11 to 3.13 with venv, and make.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run demo test lint bench bench-pages fuzz api-fuzz docs translations format lock clean browser dovecot unbound nginx

help:
	@echo "make run     start everything on SQLite and print the address of the dashboard"
	@echo "make demo    the dashboard over 90 days of made data"
	@echo "make test    lint and all tests"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make bench   the benches, each prints a ratio"
	@echo "make fuzz    look for bytes that break the reading of mails, records or policies, for FUZZ_SECONDS (120)"
	@echo "make api-fuzz  schemathesis over the API, for some minutes"
	@echo "make docs    the pages of docs/ that are made from the code"
	@echo "make translations   new texts into the catalogues, and what these lack"
	@echo "make format  let ruff put the code into its form"

run: $(VENV)/run.ok
	@exec $(BIN)/tlsrpt serve

demo: $(VENV)/run.ok
	@exec $(BIN)/tlsrpt demo

# The tests start hundreds of processes: without bytecode on disk each would compile the same modules anew.
test: $(VENV)/dev.ok browser dovecot unbound nginx
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m compileall -q collector dashboard schemas
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest

lint: $(VENV)/dev.ok
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.ok
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev.ok
	$(BIN)/python bench/decode.py
	$(BIN)/python bench/ingest.py
	$(BIN)/python bench/import_.py
	$(BIN)/python bench/pages.py --sizes 10000,50000
	$(BIN)/python bench/poll.py
	$(BIN)/python bench/weekly.py
	$(BIN)/python bench/adopt.py

# Up to ten million policy results on both databases: to make a million takes about a minute and 1.7 GB of disk, so that
# all of it is half an hour or more and up to 20 GB.
bench-pages: $(VENV)/dev.ok
	$(BIN)/python bench/pages.py

# Coverage-guided, in an environment of its own; then the property tests with many more examples than in the suite.
fuzz: $(VENV)/fuzz.ok $(VENV)/dev.ok
	$(FUZZ) -m fuzz
	TLSRPT_TEST_EXAMPLES=10 $(BIN)/pytest -n0 tests/quirks/test_properties.py tests/report/test_properties.py tests/report/test_strict.py tests/store/test_order.py

# What the API's own document allows and forbids, far more of it than in the suite.
api-fuzz: $(VENV)/dev.ok
	TLSRPT_TEST_EXAMPLES=50 $(BIN)/pytest -n0 --timeout=1800 tests/web/test_api_fuzz.py

docs: $(VENV)/dev.ok
	$(BIN)/python -m docs.make

translations: $(VENV)/dev.ok
	$(BIN)/python -m docs.translations

# The browser test drives Debian's chromium.
browser:
	@command -v chromium >/dev/null || { echo "chromium is missing: apt install chromium"; exit 1; }

# The IMAP tests start a Dovecot of their own.
dovecot:
	@PATH="$$PATH:/usr/sbin" command -v dovecot >/dev/null || { echo "Dovecot is missing: apt install dovecot-imapd"; exit 1; }

# The DNSSEC tests start an unbound of their own.
unbound:
	@PATH="$$PATH:/usr/sbin" command -v unbound >/dev/null || { echo "unbound is missing: apt install unbound"; exit 1; }

# What the documentation tells nginx is tried with a real one.
nginx:
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || { echo "nginx is missing: apt install nginx"; exit 1; }

# One line says what is missing, instead of a traceback.
$(VENV)/pip.ok:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is missing: apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.ok: requirements.lock pyproject.toml | $(VENV)/pip.ok
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.ok: requirements-dev.lock pyproject.toml | $(VENV)/pip.ok
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run.ok

FUZZ := $(VENV)/fuzz/bin/python
$(VENV)/fuzz.ok: requirements.lock fuzz/requirements.txt pyproject.toml | $(VENV)/pip.ok
	$(PYTHON) -m venv $(VENV)/fuzz
	$(FUZZ) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(FUZZ) -m pip install --quiet --disable-pip-version-check -r fuzz/requirements.txt
	$(FUZZ) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# New versions, deliberately: needs uv. Versions and hashes only, no addresses. setuptools builds the project itself.
lock:
	echo setuptools | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --upgrade pyproject.toml - -o requirements.lock
	echo setuptools | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --upgrade --extra dev pyproject.toml - -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
