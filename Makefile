# make run, make test: everything they need besides Python >= 3.10, git and make, they install into .venv

PYTHON ?= python3
VENV := .venv
JOBS ?= auto
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
READY := $(VENV)/ready

.PHONY: docs figures screenshots defaults run test test-fast lint format golden train train-pairs train-pages cluster-test engines bench bench-baselines bench-cleaning bench-dedup bench-pages bench-run dedup-scale adversarial fuzz kills housekeeping-kills year window million clean help

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "newsieve needs Python 3.10 or newer; name one with PYTHON=python3.12 make ..." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv does not work here; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@echo "installing into $(VENV) (once, about a minute)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt setuptools
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --use-pep517 --no-build-isolation --constraint constraints.txt --editable .
	@touch $(INSTALLED)

$(READY): $(INSTALLED)
	@echo "installing what tests and docs need (once, some minutes)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --use-pep517 --no-build-isolation --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

run: $(INSTALLED)  ## raw/ -> output/, and the account
	@$(BIN)/newsieve run

test: $(READY)  ## linters and the whole test suite, a process per core; JOBS=0 for one
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -q -n $(JOBS) --maxprocesses 8 --dist loadfile

test-fast: $(READY)  ## the tests that start no engine and take less than a third of a second each: a minute of CPU
	$(BIN)/python -m pytest -q -m "not beam and not slow"

lint: $(READY)  ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(READY)  ## accept the current result of raw/ as tests/golden; read the diff
	$(BIN)/python -m tests.golden.update

train: $(READY)  ## train the tagger on ../shared/data and the texts labelled by hand (about 90 minutes)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --use-pep517 --no-build-isolation --constraint constraints.txt --editable '.[train]'
	$(BIN)/python -m training.train_tagger

bench: bench-cleaning  ## cleaning compared with C4 and langdetect; the pipeline against a bare loop (about ten minutes)
	$(BIN)/python -m tests.benchmarks.overhead

kills: $(READY)  ## kill runs at random moments (about half an hour)
	$(BIN)/python -m tests.campaigns.kills
	$(BIN)/python -m tests.campaigns.kills --store

housekeeping-kills: $(READY)  ## kill publish, discard, undo, remove and compact at random moments (about half an hour)
	$(BIN)/python -m tests.campaigns.housekeeping_kills
	$(BIN)/python -m tests.campaigns.housekeeping_kills --no-exchange
	$(BIN)/python -m tests.campaigns.housekeeping_kills --kills 4 --store

cluster-test: $(READY)  ## runs on Flink and Spark, with a worker killed and an interruption (about twenty minutes; needs Java, Maven)
	$(BIN)/python -m tests.campaigns.cluster $(CLUSTER_TEST)

ENGINES := prism
engines: $(READY)  ## build Prism, for its tests (needs Go; ten minutes, once); ENGINES="versitygw azurite": stores for tests
	$(BIN)/python -m tests.campaigns.engine_parts $(ENGINES)

million: $(READY)  ## a million texts in one run, killed late and resumed (about forty minutes)
	$(BIN)/python -m tests.campaigns.million

year: $(READY)  ## 365 small runs with copies of earlier days (about half an hour)
	$(BIN)/python -m tests.campaigns.year

window: $(READY)  ## 4,000 texts against a window of a million (about half an hour)
	$(BIN)/python -m tests.campaigns.window --window 1000000

fuzz: $(READY)  ## almost valid inputs to every reader, the cleaner and the configuration (about two hours)
	$(BIN)/python -m tests.campaigns.fuzz

bench-baselines: $(READY)  ## C4, Gopher, jusText and BTE compared with newsieve on ../shared/data/text
	$(BIN)/python -m tests.benchmarks.text_baselines

bench-cleaning: $(READY)  ## CPU of cleaning one text, and of its parts
	$(BIN)/python -m tests.benchmarks.cleaning

bench-pages: $(READY)  ## CPU per page, compared with trafilatura with metadata (some minutes)
	$(BIN)/python -m tests.benchmarks.pages --pages 20

bench-run: $(READY)  ## a whole run, compared with a bare loop, datatrove and langdetect (about ten minutes)
	$(BIN)/python -m tests.benchmarks.whole_run

bench-dedup: $(READY)  ## near-duplicates, compared with datasketch and datatrove, in one run (about ten minutes)
	$(BIN)/python -m tests.benchmarks.dedup

dedup-scale: $(READY)  ## near-duplicates from 20,000 to a million texts: CPU and memory (about ten minutes)
	$(BIN)/python -m tests.benchmarks.dedup_scale

adversarial: $(READY)  ## 100,000 hostile texts of each kind in one run (about ten minutes)
	$(BIN)/python -m tests.campaigns.adversarial

clean:  ## remove the environment and caches, but not results
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info

defaults: $(READY)  ## write configs/default.yaml and the reference pages of docs/ from the code
	$(BIN)/python -m tests.reference

train-pairs: $(READY)  ## fit the pair model on the labelled pairs of ../shared
	$(BIN)/python -m training.train_pairs --write

train-pages: $(READY)  ## train the page model on ../shared/data/html (about three minutes)
	$(BIN)/python -m training.train_pages

docs: $(READY)  ## build docs/ as a site in docs/site; warnings are errors
	$(BIN)/sphinx-build -q -W --keep-going -n -j auto -d .sphinx docs docs/site
	@echo "docs/site/index.html"

figures: $(READY)  ## run the scorers and write their tables in README.md and docs/results.md (about ten minutes)
	$(BIN)/python -m tests.benchmarks.figures

screenshots: $(READY)  ## take the pictures of the report in docs/images again (needs chromium)
	PYTHONPATH=.:tests $(BIN)/python tests/screenshots.py
