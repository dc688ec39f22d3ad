# automask: `make masks` and `make test` do all the set-up they need.

INPUT   ?= input
OUTPUT  ?= output
MODEL   ?=
DEVICE  ?=
WORKERS ?=
ARGS    ?=
TASKS     ?= 64
GPU       ?=
PARTITION ?=

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
READERS := .venv-readers
PIP     := $(BIN)/python -m pip install --quiet
READY   := $(VENV)/.ready
DEV     := $(VENV)/.ready-dev
# sam2 is a source distribution: in an isolated build it would download torch a second time, and
# its CUDA extension is not needed (automask cleans masks itself, the same on every device).
SAM2    := SAM2_BUILD_CUDA=0 $(PIP) --no-build-isolation sam2==1.1.0

# A process for each core, and no more than eight: each holds torch.
PYTEST  = $(BIN)/python -m pytest --dist loadgroup \
	-n $$($(BIN)/python -c 'from joblib import cpu_count; print(min(8, cpu_count()))')

.DEFAULT_GOAL := help
.PHONY: help masks array test test-quick test-readers docs proof lint check setup clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'
	@echo "  variables of make masks: INPUT OUTPUT MODEL DEVICE WORKERS ARGS; of make array: INPUT OUTPUT TASKS GPU PARTITION ARGS"

masks: $(READY)  ## mask every image of INPUT (input/) into OUTPUT (output/)
ifeq ($(INPUT),input)
	@$(BIN)/python -m automask.samples input
endif
	@$(BIN)/automask run "$(INPUT)" "$(OUTPUT)" $(if $(MODEL),--model "$(MODEL)") \
	  $(if $(DEVICE),--device "$(DEVICE)") $(if $(WORKERS),--workers "$(WORKERS)") $(ARGS)

array: $(READY)  ## print a SLURM job array that masks INPUT: make --silent array > automask.sbatch
	@$(BIN)/automask array --tasks "$(TASKS)" $(if $(GPU),--gpu) \
	  $(if $(PARTITION),--partition "$(PARTITION)") "$(INPUT)" "$(OUTPUT)" -- \
	  $(if $(MODEL),--model "$(MODEL)") $(ARGS)

test: $(DEV)  ## the whole test suite
	@$(PYTEST)

test-quick: $(DEV)  ## the quick tests: about two minutes on two cores
	@$(PYTEST) -m "not slow"

# Readers that bring opencv-python, which cannot lie beside opencv-python-headless: an environment
# of their own, without their dependencies, on top of .venv.
test-readers: $(DEV)  ## the exports against ultralytics, datumaro and label-studio-sdk
	@$(BIN)/python -m venv $(READERS)
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$($(READERS)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/base.pth"
	@$(READERS)/bin/python -m pip install --quiet --no-deps -r tests/export/readers.txt
	@YOLO_CONFIG_DIR=$(READERS) $(READERS)/bin/python -m pytest tests/export

docs: $(DEV)  ## the documentation as a site: build/docs/index.html
	@$(BIN)/python -m sphinx -q -W --keep-going -d build/doctrees docs build/docs

# What takes long, and what needs tools that nothing else does.
PROOF   := .venv-proof
SAMPLES := build/samples
proof: $(DEV)  ## the wheel checked, and a server under load: some minutes
	@$(PYTHON) -m venv $(PROOF)
	@$(PROOF)/bin/python -m pip install --quiet build hatchling twine check-wheel-contents
	@rm -rf dist && $(PROOF)/bin/python -m build --no-isolation --outdir dist .
	@$(PROOF)/bin/twine check dist/* && $(PROOF)/bin/check-wheel-contents dist/*.whl
	@$(BIN)/python -m automask.samples $(SAMPLES)
	@$(BIN)/python benchmarks/serve_load.py $(SAMPLES)

lint: $(DEV)  ## ruff and mypy
	@$(BIN)/ruff check automask tests benchmarks docs
	@$(BIN)/ruff format --check automask tests benchmarks docs
	@$(BIN)/mypy

check: lint docs test  ## what continuous integration runs: ruff, mypy, documentation, tests

setup: $(READY)  ## create .venv and install what masking needs

clean:  ## remove .venv and caches; input/, output/ and weights/ stay
	rm -rf $(VENV) $(READERS) $(PROOF) .pytest_cache .ruff_cache .mypy_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml Makefile
	@echo "setting up $(VENV): some minutes and 6 GB the first time"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "automask needs Python 3.10 or newer; say make PYTHON=/path/to/python3")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip setuptools wheel
	@$(PIP) "torch>=2.4" "torchvision>=0.19" "numpy>=1.26"
	@$(SAM2)
	@$(PIP) --editable ".[samples,export]"
	@touch $@

$(DEV): $(READY)
	@$(PIP) --editable ".[dev]"
	@touch $@
