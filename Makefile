# make repro: set up .venv and reproduce the pipeline.   make test: set up and run the tests.

PYTHON ?= python3
BASE ?= main
PORT ?= 7860
BIN := .venv/bin
# The stages and DVC find each other on the PATH, as after `source .venv/bin/activate`.
RUN := PATH="$(CURDIR)/$(BIN):$$PATH"
RUN_RECIPE = $(RUN) python -m benchmarks.recipes $@ | $(RUN) xargs dvc exp run --name $@ --force
# Where .venv was made in another folder, which its programs name: this one, before its renaming. One
# that is a link is somebody's choice, and never cleared.
STALE := $(shell test -L .venv || grep -qsF ' $(CURDIR)/.venv' .venv/pyvenv.cfg || echo stale)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --custom-compile-command "make lock"
INSTALL := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes \
    --requirement

unexport PYTHONSAFEPATH # by which Python would not find the modules in this folder
# Not expanded: a dollar sign in a name is no variable.
override FILES := $(value FILES)

.PHONY: repro pull quick middling predict app export verify review sweep cluster seeds bench site test lint \
    lock stale

repro: $(BIN)/.ready
	@$(RUN) python -m digits.params # though no stage may be due that would read the settings
	$(RUN) dvc repro

# Data and model without training, from a store: make pull STORE=https://example.org/store
export STORE
pull: $(BIN)/.ready
	@test -z "$$STORE" || $(RUN) dvc remote add --local --force --default store "$$STORE"
	$(RUN) dvc pull

# In less time: recipes.yaml says what they change. Leaves the result in the working tree, as
# `dvc repro` does, and as an experiment of that name.
quick: $(BIN)/.ready
	$(RUN_RECIPE)
middling: $(BIN)/.ready
	$(RUN_RECIPE)

# Draw a digit and see what the network takes it for: make app PORT=7860
app: $(BIN)/.ready-app
	@$(RUN) python -m digits.app --port $(PORT)

# The network for where there is no Keras, as ONNX and LiteRT, in export/.
export: $(BIN)/.ready-export
	@$(RUN) python -m digits.export

# Reproduces HEAD in a scratch folder and compares every byte with what is committed.
verify: $(BIN)/.ready
	$(RUN) python -m digits.review.verify

# Is the change real? Compares the working tree with a revision: make review BASE=main
review: $(BIN)/.ready
	@$(RUN) python -m digits.review $(BASE)

# What digit is in your own pictures: make predict FILES='three.png photos/'. One name may hold
# anything; of several, those with spaces stand in quotes.
export FILES
predict: $(BIN)/.ready
	@if [ -e "$$FILES" ]; then set -- "$$FILES"; else \
	case "$$FILES" in *[\"\'\\]*) eval "set -- $$FILES";; *) set -- $$FILES;; esac; fi; \
	$(RUN) python -m digits.predict "$$@"

# Which recipe is better: trains those of sweep.yaml on the same splits with the same seeds.
sweep: $(BIN)/.ready
	$(RUN) python -m digits.sweep sweep.yaml

# What a machine of a Ray cluster needs besides.
cluster: $(BIN)/.ready-cluster

# How much the seed alone moves the result: five trainings. Killed, it goes on where it was.
seeds: $(BIN)/.ready
	$(RUN) python -m benchmarks.seeds

# Ours beside Keras' own example, PyTorch and ImageDataGenerator. Takes 45 minutes, on its own.
bench: $(BIN)/.ready .venv-bench/.ready
	$(RUN) python -m benchmarks.compare

# The project's pages and a store for `dvc pull`, in site/, for any static host.
site: $(BIN)/.ready
	@$(RUN) python -m digits.site

# A file's tests stay together, for they share what is dear to make; and in order, for the longest
# would come last by the number of tests.
test: $(BIN)/.ready-test
	$(RUN) pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: $(BIN)/.ready-test
	$(RUN) ruff check .
	$(RUN) ruff format --check .

# Pins again what the .in files name, and what installs them.
lock: $(BIN)/.ready
	echo "uv==0.13.9" | $(COMPILE) --output-file requirements-uv.txt -
	$(COMPILE) --output-file requirements.txt requirements.in
	$(COMPILE) --output-file requirements-app.txt requirements-app.in
	$(COMPILE) --output-file requirements-cluster.txt requirements-cluster.in
	$(COMPILE) --output-file requirements-export.txt requirements-export.in
	$(COMPILE) --output-file requirements-test.txt requirements-test.in

# Python's own pip fetches uv, which installs the rest in half the time, and from its cache in
# seconds where another clone has installed the same before.
$(BIN)/.ready: requirements-uv.txt requirements.txt $(STALE)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "Python %d.%d is not supported: TensorFlow needs 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12" % v)'
	@echo "Setting up .venv: 2.6 GB of packages, a minute or so"
	$(PYTHON) -m venv $(if $(STALE),--clear) .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-uv.txt
	$(INSTALL) requirements.txt
	@touch $@

$(BIN)/.ready-app: requirements-app.txt $(BIN)/.ready
	$(INSTALL) requirements-app.txt
	@touch $@

$(BIN)/.ready-cluster: requirements-cluster.txt $(BIN)/.ready
	$(INSTALL) requirements-cluster.txt
	@touch $@

$(BIN)/.ready-export: requirements-export.txt $(BIN)/.ready
	$(INSTALL) requirements-export.txt
	@touch $@

$(BIN)/.ready-test: requirements-test.txt $(BIN)/.ready-app $(BIN)/.ready-cluster $(BIN)/.ready-export
	$(INSTALL) requirements-test.txt
	@touch $@

.venv-bench/.ready: benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --requirement benchmarks/requirements.txt
	@touch $@
