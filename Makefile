# Everything a contributor runs. `make help` lists it; Docs/HACKING.md says more.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# One configuration for running and for testing: what is tested is what runs, and nothing is built twice.
SWIFT_FLAGS := -c release -Xswiftc -enable-testing
NEEDLETAIL := .build/release/needletail

MODEL ?= smollm2-135m-instruct
EMBEDDER ?= all-minilm-l6-v2
HOST ?= 127.0.0.1
PORT ?= 8080
# --install installs what checking the arm64 kernels needs; without that they are skipped.
CROSS_FLAGS ?=
CONFORMANCE_VENV := .venv-conformance
SOURCES := Sources Tests Package.swift

.PHONY: help setup build models serve test unit cross conformance documents lint format bench clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: ## install missing system packages (Debian, Ubuntu) and check the Swift toolchain
	@scripts/setup

build: setup ## build everything that runs
	swift build $(SWIFT_FLAGS) --product needletail

models: build ## download a chat model (98 MB) and an embedding model (92 MB) unless they are there
	$(NEEDLETAIL) pull $(MODEL) $(EMBEDDER)

serve: models ## build, fetch the default models and serve them (HOST, PORT, MODEL, EMBEDDER)
	exec $(NEEDLETAIL) serve --model $(MODEL) --model $(EMBEDDER) --host $(HOST) --port $(PORT)

test: unit cross conformance ## run every test

# Built with the tests from the start: building the product first and the tests after it compiles modules twice.
unit: setup ## run the Swift tests
	swift build $(SWIFT_FLAGS) --build-tests
	$(NEEDLETAIL) pull $(MODEL) $(EMBEDDER)
	swift test $(SWIFT_FLAGS) --skip-build

cross: ## check the C kernels here and, under qemu, on arm64
	Tests/CrossArchitecture/run $(CROSS_FLAGS)

conformance: models $(CONFORMANCE_VENV)/.installed ## run real clients against the built server
	NEEDLETAIL_BINARY=$(abspath $(NEEDLETAIL)) NEEDLETAIL_MODEL=$(MODEL) \
		NEEDLETAIL_EMBEDDER=$(EMBEDDER) \
		$(CONFORMANCE_VENV)/bin/python -m pytest -q Tests/Conformance

# uv installs in seconds what takes pip more than a minute. The older openai lies beside the newer one and is imported
# by processes that ask for it.
$(CONFORMANCE_VENV)/.installed: $(wildcard Tests/Conformance/requirements*.txt)
	python3 -m venv $(CONFORMANCE_VENV)
	$(CONFORMANCE_VENV)/bin/pip install --quiet uv
	VIRTUAL_ENV=$(CONFORMANCE_VENV) $(CONFORMANCE_VENV)/bin/uv pip install --quiet \
		--requirement Tests/Conformance/requirements.txt
	$(CONFORMANCE_VENV)/bin/uv pip install --quiet --python $(CONFORMANCE_VENV) --target $(CONFORMANCE_VENV)/older \
		--requirement Tests/Conformance/requirements-older.txt
	touch $@

documents: ## write the parts of openapi.yaml and Docs/api.md that follow from the field tables
	NEEDLETAIL_WRITE_DOCUMENTS=1 swift test $(SWIFT_FLAGS) --filter GeneratedDocumentTests

lint: ## check the format of every Swift file
	swift format lint --strict --recursive $(SOURCES)

format: ## bring every Swift file into that format
	swift format --in-place --recursive $(SOURCES)

bench: models ## measure prompt and decode speed of the default model
	$(NEEDLETAIL) bench --model $(MODEL)

clean: ## remove what was built; models stay
	rm -rf .build $(CONFORMANCE_VENV)
