# `make` lists the targets. The work is done by Python programs; each target calls one.

PYTHON ?= python3
BASE ?= main
BIN := .venv/bin
# Programs and DVC's stages find each other on the PATH, as after `source .venv/bin/activate`.
RUN := PATH="$$PWD/$(BIN):$$PATH"
$(if $(findstring :,$(CURDIR)),$(error rename $(CURDIR): a PATH cannot hold folders with a colon))
# In .venv is nothing, an environment of this folder, or one of a folder that has been renamed since,
# whose programs name the old folder. Anything else belongs to somebody else and is left alone.
STATE := $(shell if test -L .venv; then echo foreign; elif ! test -e .venv; then echo new; \
    elif grep -qsF " $$(pwd -P)/.venv" .venv/pyvenv.cfg; then echo ours; \
    elif grep -qs '^command = .* /.*/\.venv$$' .venv/pyvenv.cfg; then echo renamed; \
    else echo foreign; fi)
FOREIGN := .venv was not made by this Makefile and is left as it is; move it away, then run make again
NO_GIT := DVC needs a Git repository here: run git init or, to do without Git, \
    dvc config core.no_scm true --local
# uv is faster, but does not read the settings of pip, of which an index is the one that matters.
INSTALL = @echo "Installing $(1)"; \
    if $(BIN)/python -m pip config list | grep -q '\.index-url='; \
    then $(BIN)/python -m pip install --quiet --require-hashes --requirement $(1); \
    else $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes \
    --requirement $(1); fi
# Where pip installs for the user, it refuses to install into an environment.
export PIP_USER := 0
# A container may run as a user without a name, and with a HOME in which uv, npm and matplotlib cannot
# write.
export LOGNAME := $(or $(LOGNAME),$(shell id -un 2>/dev/null),user)
ifneq ($(shell test -w "$$HOME" || echo no),)
export HOME := $(CURDIR)/.dvc/tmp/home
endif
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --custom-compile-command "make lock"
SUPPORTED := import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit(\
    "Python %d.%d is not supported: TensorFlow needs 3.11, 3.12 or 3.13; name one: make PYTHON=python3.12" % v)
# One process per file, because the tests of a file share what takes long to make.
PYTEST := $(RUN) pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
COG := .venv-lint/bin/cog -P -I . -p "from benchmarks import tables"
PAGES := README.md models/README.md $(wildcard docs/*.md)

.PHONY: help setup repro quick balanced predict app pull export verify review sweep cluster seeds bench \
    site test test-all lint docs lock renamed

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z -]*:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile

setup: $(BIN)/.ready ## make the environment .venv: 2.6 GB of packages
cluster: $(BIN)/.ready-cluster ## install what a machine of a Ray cluster needs

repro: $(BIN)/.ready ## run the pipeline: download, prepare, train, evaluate
	@$(RUN) python -m digits.params # checks the sections too that no stage reads
	$(RUN) dvc repro

# DVC runs only if the preset could be read; `set -f`, because [ stands in its options.
quick balanced: $(BIN)/.ready ## train with this preset of experiments/recipes.yaml: in less time
	options=$$($(RUN) python -m benchmarks.recipes $@) && set -f && \
	    $(RUN) dvc exp run --name $@ --force $$options

predict: $(BIN)/.ready-read ## read the digits in your pictures: make predict FILES='three.png photos/'
	@$(RUN) python -m digits.predict $(FILES)
app: $(BIN)/.ready-app ## serve a page on which you draw a digit: make app PORT=7860
	@$(RUN) python -m digits.app $(if $(PORT),--port $(PORT))

pull: $(BIN)/.ready-read ## get data and model without training: make pull STORE=https://example.org/store
	$(if $(STORE),$(RUN) dvc remote add --local --force --default store "$(STORE)")
	$(RUN) dvc pull

export: $(BIN)/.ready-export ## write the model as LiteRT to export/
	@$(RUN) python -m digits.export

verify: $(BIN)/.ready ## reproduce HEAD in a scratch folder and compare every byte
	$(RUN) python -m digits.review.verify
review: $(BIN)/.ready ## test whether the results differ from another revision's: make review BASE=main
	@$(RUN) python -m digits.review $(BASE)

sweep: $(BIN)/.ready ## compare the recipes of experiments/sweep.yaml on holdouts
	$(RUN) python -m digits.sweep experiments/sweep.yaml
seeds: $(BIN)/.ready ## train with five seeds and print the spread of the results
	$(RUN) python -m benchmarks.seeds
bench: $(BIN)/.ready .venv-bench/.ready ## compare speed with Keras's example and PyTorch: 45 minutes
	$(RUN) python -m benchmarks.compare

site: $(BIN)/.ready ## write the page that reads your drawing in the browser, for any static host, to site/
	@$(RUN) python -m tools.site

test: $(BIN)/.ready-test ## run the tests, in six minutes
	$(PYTEST) -m "not slow"
test-all: $(BIN)/.ready-test ## run the slow tests too, in 14 minutes
	HYPOTHESIS_PROFILE=many $(PYTEST)

lint: .venv-lint/.ready ## check style, format and the generated tables; needs no TensorFlow
	.venv-lint/bin/ruff check .
	.venv-lint/bin/ruff format --check .
	$(COG) --check $(PAGES)
docs: .venv-lint/.ready ## fill the generated tables in the documentation
	$(COG) -r $(PAGES)

lock: $(BIN)/.ready ## pin the packages of requirements.txt and requirements/*.in
	echo "uv==0.13.9" | $(COMPILE) --output-file requirements/uv.txt -
	$(COMPILE) --output-file requirements/lock.txt requirements.txt requirements/tools.in
	for name in app cluster export lint read test; do \
	    $(COMPILE) --output-file requirements/$$name.txt requirements/$$name.in || exit; done

# What reads digits needs no TensorFlow. The pipeline adds it to the same environment.
$(BIN)/.ready-read: requirements/uv.txt requirements/read.txt $(filter renamed,$(STATE))
	@test $(STATE) != foreign || { echo "make: $(FOREIGN)" >&2; exit 1; }
	@! LC_ALL=C git rev-parse 2>&1 | grep -q '^fatal: not a git repository' || \
	    grep -qs 'no_scm = true' .dvc/config.local || { echo "make: $(NO_GIT)" >&2; exit 1; }
	@$(PYTHON) -c '$(SUPPORTED)'
	@echo "Setting up .venv: 620 MB of packages, half a minute or so"
	@$(PYTHON) -m venv $(if $(filter renamed,$(STATE)),--clear) .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/uv.txt
	$(call INSTALL,requirements/read.txt)
	@touch $@
$(BIN)/.ready: requirements/lock.txt $(BIN)/.ready-read
	@echo "Adding TensorFlow and others to .venv: 2 GB of packages, a minute or so"
	$(call INSTALL,requirements/lock.txt)
	@touch $@

$(BIN)/.ready-test: $(BIN)/.ready-app $(BIN)/.ready-cluster $(BIN)/.ready-export
$(BIN)/.ready-app: requirements/app.txt $(BIN)/.ready-read
	$(call INSTALL,$<)
	@touch $@
$(BIN)/.ready-%: requirements/%.txt $(BIN)/.ready
	$(call INSTALL,$<)
	@touch $@

.venv-lint/.ready .venv-bench/.ready: .venv-%/.ready: requirements/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --requirement $<
	@touch $@
