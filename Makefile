# Two commands: `make run` serves the product, `make test` proves it. Both set everything up first.
PYTHON ?= python3
PORT ?= 8000
VENV_PYTHON = .venv/bin/python
export ANSANM_DEMO ?= 1

.PHONY: setup run test check bench messages lock

setup:
	@$(PYTHON) scripts/setup.py

run: setup
	@.venv/bin/ansanm serve --port $(PORT)

test: setup
	@$(VENV_PYTHON) scripts/test.py

# Format, lint, import contracts, types of the engines, migrations, translations.
check: setup
	@$(VENV_PYTHON) scripts/check.py

bench: setup
	@$(VENV_PYTHON) -m benchmarks

# Collect the French messages again into the English catalogue.
messages:
	@$(VENV_PYTHON) scripts/messages.py extract

# Versions and hashes only: no address of any registry is written.
lock:
	@.venv/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade -o requirements/lock.txt
