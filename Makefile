# hpacells: `make help` lists what can be made.

PYTHON ?= python3
VENV := .venv
HPACELLS := $(VENV)/bin/hpacells
INSTALLED := $(VENV)/.installed

# A value in quotes for the shell, so that names may have blanks and apostrophes: $(call q,IMAGES).
quote := '
q = '$(subst $(quote),'\'',$($(1)))'
# make's own functions take a blank for the end of a name.
empty :=
blank := $(empty) $(empty)
folder_name = $(subst |,$(blank),$(notdir $(patsubst %/,%,$(subst $(blank),|,$(1)))))

DEMO_IMAGES := work/demo-images
DEMO_WORK := work/demo
DEMO_UNLABELLED := work/demo-unlabelled
IMAGES ?= $(DEMO_IMAGES)

# Without IMAGES everything works on the simulated demo set: train on one part, score on the other.
ifeq "$(IMAGES)" "$(DEMO_IMAGES)"
LABELS ?= $(DEMO_IMAGES)/train/train.csv
TRUTH ?= $(DEMO_IMAGES)/test/truth.csv
TEST ?= $(DEMO_IMAGES)/test/train.csv
RECIPE ?= demo
WORK ?= $(DEMO_WORK)
SIMULATED := demo-images
else
LABELS ?=
TRUTH ?=
TEST ?=
RECIPE ?=
WORK ?= work/$(call folder_name,$(IMAGES))
SIMULATED :=
endif
CONFIG ?=
SET ?= tiny
ARGS ?=
# Tests run side by side, each with one thread of its own: threads of several would wait for each other.
TEST_WORKERS ?= 2
# Share of the attempts of the fault tests, such as 0.1.
FAULTS ?=
# Whether they go on after those whose figures an earlier run has kept.
RESUME ?=
FAULT_RESULTS := work/faults.jsonl
# Compiled test files may be kept, also where the environment says otherwise: pytest rewrites 500 of them a run.
PYTEST = PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n $(TEST_WORKERS) --dist worksteal
BENCHMARKS := $(basename $(notdir $(wildcard benchmarks/*.py)))

CONFIG_OPTION = $(if $(CONFIG),--config $(call q,CONFIG))
RECIPE_OPTION = $(if $(RECIPE),--recipe $(call q,RECIPE))

# The demo's labels are no other work folder's.
OTHER_LABELS = $(filter-out $(DEMO_IMAGES)/%,$(subst $(blank),|,$(LABELS)))
REPORT_LABELS = $(if $(LABELS),$(if $(OTHER_LABELS)$(filter $(DEMO_WORK),$(subst $(blank),|,$(WORK))),--labels $(call q,LABELS)))

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-images simhpa19 simhpa19-checks recipes real-cells weights images segment crops merge train predict evaluate \
        explore features submission export score report provenance run test test-slow test-all test-faults lint audit format bench clean

help: ## show this list
	@echo "make TARGET [IMAGES=folder] [LABELS=train.csv] [WORK=folder] [RECIPE=name or file] [CONFIG=file] [ARGS=...]"
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "Without IMAGES they work on a small simulated set in $(DEMO_IMAGES), with results in $(DEMO_WORK)."
	@echo "With IMAGES=folder the results go to work/folder unless WORK is given."
	@echo "Finished work is not repeated; a changed input or setting is noticed. ARGS goes to the hpacells command."

setup: $(INSTALLED) ## make the environment .venv from constraints.txt

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "hpacells needs Python 3.11 or later, $(PYTHON) is $$($(PYTHON) -V 2>&1); try make PYTHON=python3.11" >&2; exit 2; }
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,openvino,ray]'
	touch $@

demo: setup demo-images ## do the whole job on simulated fields, without labels and with, and print the scores
	$(HPACELLS) run $(DEMO_IMAGES)/test --work $(DEMO_UNLABELLED) --truth $(DEMO_IMAGES)/test/truth.csv
	$(HPACELLS) run $(DEMO_IMAGES) --labels $(DEMO_IMAGES)/train/train.csv --work $(DEMO_WORK) \
	  --truth $(DEMO_IMAGES)/test/truth.csv --recipe demo $(ARGS)

demo-images: setup ## simulate the demo set: fields to train on, and others to score on
	$(HPACELLS) simulate $(DEMO_IMAGES)/train --fields 60 --seed 1
	$(HPACELLS) simulate $(DEMO_IMAGES)/test --fields 30 --seed 2

simhpa19: setup ## simulate a frozen set of the benchmark (SET=tiny, small or full)
	$(HPACELLS) simulate work/simhpa19/$(SET) --benchmark $(SET) $(ARGS)

simhpa19-checks: setup ## train on the small set and check how far it can be trusted (TEAMS=csv CELLS=folder)
	$(HPACELLS) simulate work/simhpa19/small --benchmark small
	$(VENV)/bin/python -m benchmarks.simhpa19.checks work/simhpa19/small --work work/simhpa19/checks \
	  $(if $(TEAMS),--teams $(call q,TEAMS)) $(if $(CELLS),--cells $(call q,CELLS)) $(ARGS)

recipes: setup ## train all recipes side by side, one table (CELLS=folder of real cells)
	$(HPACELLS) simulate work/simhpa19/small --benchmark small
	$(VENV)/bin/python -m benchmarks.recipes work/simhpa19/small --work work/recipes \
	  $(if $(CELLS),--cells $(call q,CELLS)) $(ARGS)

real-cells: setup ## cross-validate a recipe on labelled real cells (CELLS=folder RECIPE=name)
	$(call need,CELLS)
	$(VENV)/bin/python -m benchmarks.real_cells $(call q,CELLS) --work work/real-cells \
	  $(if $(filter-out demo,$(RECIPE)),--recipe $(RECIPE)) $(ARGS)

weights: setup ## fetch the published weights of the HPA's DPN-UNet (1.7 GB)
	$(HPACELLS) weights fetch dpn-unet $(ARGS)

images: setup $(SIMULATED) ## show what is found in the folder of images
	$(HPACELLS) images $(call q,IMAGES) $(if $(LABELS),--labels $(call q,LABELS)) $(CONFIG_OPTION) $(ARGS)

segment: setup $(SIMULATED) ## find nuclei and cells: masks and cells table
	$(HPACELLS) segment $(call q,IMAGES) --work $(call q,WORK) $(CONFIG_OPTION) $(ARGS)

merge: setup ## join what machines made of shards of a set (WORK=)
	$(HPACELLS) merge $(call q,WORK) $(ARGS)

crops: setup $(SIMULATED) ## cut every cell to a 256 px tile
	$(HPACELLS) crops $(call q,IMAGES) --work $(call q,WORK) $(CONFIG_OPTION) $(ARGS)

train: setup ## train the classifier on the tiles (LABELS=)
	$(call need,LABELS)
	$(HPACELLS) train --work $(call q,WORK) --labels $(call q,LABELS) $(CONFIG_OPTION) $(RECIPE_OPTION) $(ARGS)

predict: setup ## classify every cell
	$(HPACELLS) predict --work $(call q,WORK) $(CONFIG_OPTION) $(ARGS)

evaluate: setup ## measure the predictions against labels of images kept aside (TEST=)
	$(call need,TEST)
	$(HPACELLS) evaluate --work $(call q,WORK) --labels $(call q,TEST) $(CONFIG_OPTION) $(ARGS)

explore: setup $(SIMULATED) ## plot a label set and its images (LABELS=)
	$(call need,LABELS)
	$(HPACELLS) explore $(call q,IMAGES) --labels $(call q,LABELS) --work $(call q,WORK) $(CONFIG_OPTION) $(ARGS)

features: setup ## show what the classifier's neurons respond to (LABELS=)
	$(HPACELLS) features --work $(call q,WORK) $(if $(LABELS),--labels $(call q,LABELS)) $(CONFIG_OPTION) $(ARGS)

submission: setup ## write label, confidence and mask of every cell as a Kaggle CSV
	$(HPACELLS) combine --work $(call q,WORK) $(CONFIG_OPTION) $(ARGS)

export: setup ## write cells, embeddings and probabilities for scanpy and cellxgene (h5ad)
	$(HPACELLS) export $(call q,WORK) $(CONFIG_OPTION) $(ARGS)

score: setup ## score the submission (TRUTH=)
	$(call need,TRUTH)
	$(HPACELLS) score $(call q,WORK)/submission.csv $(call q,TRUTH) --work $(call q,WORK) --json $(call q,WORK)/metric.json $(CONFIG_OPTION) $(ARGS)

report: setup ## write the report that shows every cell (with the images' labels: LABELS=)
	$(HPACELLS) inspect --work $(call q,WORK) $(REPORT_LABELS) $(CONFIG_OPTION) $(ARGS)

provenance: setup ## show what made each prediction: images, weights, settings, versions
	$(HPACELLS) provenance $(call q,WORK) $(ARGS)

run: setup $(SIMULATED) ## all of the above for IMAGES= WORK=, trained on LABELS= or by the bundled classifier
	$(HPACELLS) run $(call q,IMAGES) $(if $(LABELS),--labels $(call q,LABELS)) --work $(call q,WORK) $(if $(TRUTH),--truth $(call q,TRUTH)) \
	  $(CONFIG_OPTION) $(RECIPE_OPTION) $(ARGS)

test: setup ## run the tests except the slow ones (11 minutes on 2 cores)
	$(PYTEST) -m "not slow and not faults" $(ARGS)

test-slow: setup ## run the slow tests (13 minutes on 2 cores)
	$(PYTEST) -m "slow and not faults" $(ARGS)

test-all: setup ## run both together, which prepares what they share once (21 minutes)
	$(PYTEST) -m "not faults" $(ARGS)

test-faults: setup ## kill, damage, fill the disk, two at once: thousands of times (hours; FAULTS=0.1: a tenth; RESUME=1: go on)
	$(if $(RESUME),,rm -f $(FAULT_RESULTS))
	mkdir -p $(dir $(FAULT_RESULTS))
	HPACELLS_FAULT_RESULTS=$(abspath $(FAULT_RESULTS)) $(if $(FAULTS),HPACELLS_FAULTS=$(FAULTS)) \
	  $(PYTEST) -m faults tests/faults $(ARGS); failed=$$?; \
	  $(VENV)/bin/python -m tests.faults.table $(FAULT_RESULTS) docs/reliability.md; exit $$failed

lint: setup ## check style, types, imports, known risks and the sizes of folders
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python .ci/check_folders.py
	$(VENV)/bin/bandit -q -c pyproject.toml -r hpacells.py data models stages pipeline
	$(VENV)/bin/pyright

audit: setup ## ask for known faults of the packages in constraints.txt (needs a network)
	$(VENV)/bin/python .ci/audit.py

format: setup ## format the code
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: setup ## run the benchmarks of benchmarks/README.md
	for name in $(BENCHMARKS); do echo "== $$name"; $(VENV)/bin/python -m benchmarks.$$name || exit 1; done

clean: ## remove the demo's images and results
	rm -rf $(DEMO_IMAGES) $(DEMO_WORK) $(DEMO_UNLABELLED)

need = @test -n $(call q,$(1)) || { echo "make $@: no $(1); expected $(1)=FILE (with IMAGES= the demo's own is not used)" >&2; exit 2; }
