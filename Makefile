# Words for people. Every target does its own set-up; the work is in scripts/ and in the command `andel`.
# ARGS goes to the command behind a target, as in: make demo ARGS="--json"
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full check format lock contracts page bench-value bench-training bench-http bench-http-load fedn-rounds docs clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install everything from the locked files into .venv and contracts/node_modules
	@scripts/setup

demo: setup ## Run the whole path on real weather data
	@.venv/bin/andel demo $(ARGS)

test: ## Check and test everything but the slow tests
	@scripts/test $(ARGS)

test-full: ## Deep fuzzing, slither, coverage and the slow tests as well
	@scripts/test-full $(ARGS)

check: setup ## Style, types, imports, generated files
	@scripts/check

format: setup ## Rewrite Python and Solidity in the house format
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .
	@PATH="$(CURDIR)/contracts/node_modules/.bin:$$PATH" forge fmt --root contracts

lock: ## Rewrite requirements/*.lock (ARGS="--upgrade" for newer releases)
	@scripts/lock $(ARGS)

contracts: setup ## Compile the contracts and write their ABIs and bytecode into the package
	@.venv/bin/python scripts/build_contracts.py

page: ## Build the page into the package (needs Node.js; the built files are kept)
	@scripts/build-page

bench-value: setup ## How near the shares come to Shapley's value, and how fast (some minutes)
	@scripts/environment pydvl || printf 'bench-value: pyDVL cannot be installed here; it is left out\n' >&2
	@.venv/bin/python benchmarks/value.py $(ARGS)

bench-training: setup ## What a round adds to bare Flower, and exact sums of large updates beside its FedAvg
	@scripts/environment numba || printf 'bench-training: Numba cannot be installed here; sums are made by NumPy\n' >&2
	@.venv/bin/python benchmarks/training.py $(ARGS)

bench-http: setup ## What signing costs over HTTP, and our server beside MLflow's and BentoML's (some minutes; needs wrk)
	@for name in mlflow bentoml; do scripts/environment $$name || printf "bench-http: $$name cannot be installed here; it is left out\n" >&2; done
	@.venv/bin/python benchmarks/serving_http.py $(ARGS)

bench-http-load: setup ## Half an hour of load on the server, with its memory (ARGS="--minutes 30"; needs wrk)
	@.venv/bin/python benchmarks/serving_http_load.py $(ARGS)

fedn-rounds: setup ## Three rounds of an Andel task on Scaleout's FEDn: controller, combiner, clients (some minutes)
	@scripts/environment fedn
	@PYTHONPATH=src:. .venv-fedn/bin/python benchmarks/fedn_rounds.py $(ARGS)

docs: setup ## Build docs/ as a site into build/site; dead links and missing anchors fail
	@scripts/environment docs
	@scripts/build-site

bench-%: setup ## Run benchmarks/NAME.py, as in: make bench-gas
	@.venv/bin/python benchmarks/$*.py $(ARGS)

clean: ## Remove everything that the other targets made
	rm -rf .venv .venv-slither .venv-fuzz .venv-numpy-* .venv-pydvl .venv-fedn .venv-mlflow .venv-bentoml .venv-torch .venv-numba .venv-schemathesis .venv-x402 .venv-docs .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* .cache \
	  build dist src/andel.egg-info contracts/node_modules page/node_modules contracts/out contracts/out-* contracts/cache contracts/cache-*
	find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
