# IPEO Water: everything a developer does, one target each. `make` alone lists them.

SHELL := /bin/bash
# QGIS' Python, over which the virtual environment is made.
PYTHON ?= /usr/bin/python3
# The QGIS user profile that `make install` installs into.
PROFILE ?= default
export PYTHON
export PICTURE
# Any python3 will do: for the pages of the help it goes on in .venv's.
PLUGIN := python3 tools/plugin.py
# Under these settings qgis_process finds the staged plugin and torch.
ENVIRONMENT = eval "$$(tools/environment.sh)"
PYTEST_ARGS ?=
MATRIX_ARGS ?=
PINS_ARGS ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup env demo test lint stage package check-package install docs figures screenshots strings pins bench bench-full soak matrix clean

help: ## List the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-17s%s\n", $$1, $$2 }'
	@echo
	@echo '  PYTHON=/usr/bin/python3   QGIS'"'"' Python, for setup'
	@echo '  TORCH_INDEX=URL           where setup looks for the CPU build of torch when pip'"'"'s own index has none'
	@echo '                            (default: PyTorch'"'"'s index of CPU builds)'
	@echo '  PROFILE=default           the QGIS user profile, for install'
	@echo '  PYTEST_ARGS=…             further arguments, for test (-n0: in one process; --shuffle 7: in a random order)'

setup: ## Install what is missing: Debian packages, and .venv with torch (CPU) and the test tools
	@tools/setup.sh

env: setup stage ## Print shell exports: after eval "$(make -s env)", $QGIS_PROCESS runs the staged plugin from any folder
	@tools/environment.sh

demo: setup stage ## Map water on the sample scene into build/demo: probability, model, picture, scores
	@$(ENVIRONMENT) && python3 tools/demo.py

test: check-package ## Run every test, in two processes: the package, core, algorithms, end to end
	@.venv/bin/python -m pytest --numprocesses 2 $(PYTEST_ARGS)

lint: setup ## Check style, types, import directions, QGIS and Qt names, and security
	@tools/lint.sh

stage: ## Copy to build/plugins/ipeo_water_plugin exactly what the zip holds
	@$(PLUGIN) stage

package: ## Build the zip for QGIS' plugin manager, byte for byte reproducible
	@$(PLUGIN) package

check-package: setup package ## Check the zip against the rules of QGIS' plugin site, and say what publishing it still needs
	@.venv/bin/python tools/check_package.py

install: ## Put the plugin into your QGIS profile (PROFILE=name for another than default)
	@$(PLUGIN) install --profile '$(PROFILE)'

docs: setup ## Write docs/algorithms/ from the algorithms themselves
	@$(ENVIRONMENT) && python3 tools/docs.py

figures: setup ## Draw the tutorial's figures from what its code computes
	@.venv/bin/python tools/figures.py

screenshots: setup ## Take the user guide's pictures from QGIS itself, into docs/images/
	@.venv/bin/python tools/screenshots.py

strings: ## Write the catalogue of texts, and bring translations up to date
	@python3 tools/strings.py

pins: ## Update requirements-dev.txt from requirements-dev.in, with uv (PINS_ARGS=--upgrade: to the newest versions)
	@uv pip compile --quiet requirements-dev.in --output-file requirements-dev.txt $(PINS_ARGS)

bench: setup ## Measure the short claims of benchmarks/README.md, in under ten minutes
	@tools/bench.sh short

bench-full: setup stage ## Measure all of them, in about half an hour
	@tools/bench.sh full

soak: setup ## What is random at full length, and families of cases with every combination: ten minutes of broken model files, 200 predictions, kills, cancels, edits; PyTorch from scratch
	@IPEO_WATER_SOAK=1 .venv/bin/python -m pytest -s tests/core tests/algorithms tests/cluster tests/faults tests/panel tests/end_to_end/test_torch_commands.py $(PYTEST_ARGS)

matrix: ## Run every test on QGIS 3.22, 3.40 and 3.44 and on Debian forky, each in its own Debian (root or sudo; 13 GB in build/matrix)
	@python3 tools/matrix.py $(MATRIX_ARGS)

clean: ## Remove build/; .venv and the Debians of matrix stay
	@mkdir -p build && find build -mindepth 1 -maxdepth 1 ! -name matrix -exec rm -rf {} +
	@rmdir build 2> /dev/null || true
