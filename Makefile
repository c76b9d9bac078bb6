# One word for each thing a person wants; CI runs the same words (.ci/run).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Another Node for the tests: make test-fast NODE=24
NODE ?=
ARGS ?=

TS := $(shell find agent operator scripts test bench -name '*.ts' 2>/dev/null)
BPF := $(shell find agent/bpf -name '*.c' -o -name '*.h' 2>/dev/null)
STAMPS := build/.stamps

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what building and running need (Debian packages, npm packages); nothing if it is there
	@scripts/setup.sh build

$(STAMPS)/node_modules: package-lock.json
	@scripts/setup.sh npm
	@mkdir -p $(@D) && touch $@

$(STAMPS)/typescript: $(STAMPS)/node_modules tsconfig.json $(TS)
	@node_modules/.bin/tsc -p tsconfig.json
	@mkdir -p $(@D) && touch $@

$(STAMPS)/bpf: $(BPF) scripts/build-bpf.sh
	@scripts/setup.sh build
	@scripts/build-bpf.sh
	@mkdir -p $(@D) && touch $@

.PHONY: build
build: $(STAMPS)/typescript $(STAMPS)/bpf ## Compile TypeScript and the BPF programs into build/

.PHONY: run
run: build ## Watch this host with the default rules; ARGS="..." are passed to `tiercel agent`
	@exec bin/tiercel agent $(ARGS)

.PHONY: demo
demo: build ## Do a dozen harmless versions of what attackers do and show what each raised
	@exec scripts/demo.sh

.PHONY: test
test: build ## Install what tests need and run all of them (root, BPF and containers for some)
	@scripts/setup.sh test
	@scripts/setup.sh image
	@scripts/setup.sh cluster
	@scripts/cluster-binaries.sh --for-tests
	@scripts/test.sh all

.PHONY: test-fast
test-fast: $(STAMPS)/typescript ## Run the tests that need neither root, kernel nor containers; NODE=24 picks another Node
	@NODE=$(NODE) scripts/test.sh fast

.PHONY: bundle
bundle: build ## Make what is shipped of our code: build/bundle
	@node --enable-source-maps build/scripts/bundle.js

.PHONY: image
image: bundle ## Build the image without Docker, from Debian's packages (root); ARCH=arm64, TIERCEL_IMAGE_TOOLS=1
	@scripts/setup.sh image
	@scripts/image.sh $(ARCH)

.PHONY: cluster-binaries
cluster-binaries: ## Build Kubernetes, Helm and CoreDNS for tests (Go, 12 minutes, once); ARGS=helm4 builds one, TIERCEL_KUBE_BIN names ready ones
	@scripts/setup.sh cluster
	@scripts/cluster-binaries.sh $(ARGS)

.PHONY: cluster-up
cluster-up: $(STAMPS)/typescript ## Start a Kubernetes of two nodes on this machine (root); prints the line that makes kubectl and helm talk to it; ARGS: archives of images
	@scripts/setup.sh test
	@scripts/setup.sh cluster
	@scripts/cluster-binaries.sh >/dev/null
	@node --enable-source-maps build/test/cluster/two-nodes/command.js up $(ARGS)

.PHONY: cluster-down
cluster-down: $(STAMPS)/typescript ## End it and remove all it left
	@node --enable-source-maps build/test/cluster/two-nodes/command.js down

.PHONY: lint
lint: $(STAMPS)/typescript ## Check formatting, types, unused code and generated files
	@node_modules/.bin/prettier --check --log-level warn .
	@node_modules/.bin/eslint .
	@node_modules/.bin/knip --no-progress
	@scripts/check-generated.sh

.PHONY: format
format: $(STAMPS)/node_modules ## Rewrite all files in the project's format
	@node_modules/.bin/prettier --write --log-level warn .

.PHONY: generate
generate: $(STAMPS)/typescript ## Make the generated files anew (C header and docs from the tables)
	@scripts/generate.sh

.PHONY: recordings
recordings: build ## Make the recordings of attacks anew (root, BPF, containers), and their golden alerts; review them
	@scripts/setup.sh test
	@node --enable-source-maps build/test/replay/make-recordings.js
	@UPDATE_GOLDEN=1 node_modules/.bin/mocha build/test/replay/replay.test.js

.PHONY: bench
bench: build ## Measure speed and cost; figures and how to read them are in docs/performance.md
	@exec scripts/bench.sh $(ARGS)

.PHONY: clean
clean: ## Remove what was built
	@rm -rf build
