# A thin front door: the build itself is Meson's, the work is done by scripts/. `make help` lists the targets.

BUILD ?= build
PROJECT ?= demo
DATA ?= data
PORT ?= 8080
# Set-up brings a compiler cache; `make build CC=clang BUILD=build-clang` uses another compiler.
ifeq ($(origin CC),default)
CC := ccache gcc
endif
export CC

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what is missing (Debian packages, runtime, models, web packages)
	@scripts/setup build

.PHONY: build
build: setup ## compile to build/framehound and build/web
	@scripts/build "$(BUILD)"

.PHONY: run
run: build ## start the server, ingest VIDEO= (default: a street scene) into PROJECT=, print the address
	@BUILD="$(BUILD)" DATA="$(DATA)" PORT="$(PORT)" PROJECT="$(PROJECT)" \
	    scripts/run "$(VIDEO)"

.PHONY: stop
stop: ## stop the server that `make run` left running
	@DATA="$(DATA)" scripts/run --stop

.PHONY: test
test: build ## all tests; the last line says `N passed, N failed`
	@scripts/setup test
	@scripts/test "$(BUILD)" $(TEST_FLAGS)

.PHONY: test-live
test-live: build ## tests against real servers: Kafka, S3, Weaviate
	@scripts/setup test live
	@scripts/test-live "$(BUILD)"

.PHONY: test-live-short
test-live-short: build ## those that continuous integration runs: Kafka, S3, vectors; what cannot be fetched is skipped
	@scripts/setup test live-short
	@scripts/test-live "$(BUILD)" --short

.PHONY: image
image: ## build the container image; IMAGE_FLAGS='--base mmdebstrap' without a registry of images
	@scripts/setup image
	@scripts/image $(IMAGE_FLAGS)

.PHONY: test-image
test-image: ## look at the container image and run it
	@scripts/setup build image
	@scripts/test-image

.PHONY: test-chart
test-chart: ## check the Helm chart and the compose file
	@scripts/setup build k8s
	@scripts/test-chart

.PHONY: test-compose
test-compose: build ## start deploy/compose.yaml as a whole and try it; as root
	@scripts/setup build test live image compose
	@scripts/test-compose "$(BUILD)"

.PHONY: test-k8s
test-k8s: build ## the chart and the image on a real Kubernetes, built here the first time; as root
	@scripts/setup build test live image k8s k8s-servers
	@scripts/test-k8s "$(BUILD)"

# Less is optimised, and only what names a line of the source is noted: half the time of the compiler.
ASAN := -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 -Dc_args=-g1

.PHONY: asan
asan: setup ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/build build-asan $(ASAN)
	@scripts/test build-asan

.PHONY: asan-unit
asan-unit: build-asan-unit ## the C tests alone under these
	@scripts/test build-asan --unit

.PHONY: build-asan-unit
build-asan-unit: setup
	@scripts/build build-asan --unit $(ASAN)

.PHONY: tsan
tsan: setup ## the tests of threaded code under ThreadSanitizer
	@scripts/build build-tsan -Db_sanitize=thread -Db_lundef=false -Db_pie=true
	@scripts/test build-tsan

.PHONY: fuzz
fuzz: setup ## search for inputs that break a parser, FUZZ_SECONDS= (60) for each
	@scripts/setup lint
	@CC=clang CXX=clang++ scripts/build build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
	@scripts/fuzz build-fuzz

.PHONY: lint
lint: setup ## formatting, static analysis, headers, module direction, scripts, web
	@scripts/setup lint
	@scripts/lint "$(BUILD)"

.PHONY: fmt
fmt: setup ## format the C and web sources in place
	@scripts/setup lint
	@scripts/lint --fix

.PHONY: bench
bench: build ## measure throughput, queries and memory
	@scripts/setup bench
	@bench/run "$(BUILD)"

.PHONY: bench-scale
bench-scale: build ## measure how ingestion grows with its workers, over real servers (about half an hour)
	@scripts/setup live
	@bench/run "$(BUILD)" scale

.PHONY: docs
docs: build ## write the pages that are made from the program
	@"$(BUILD)/framehound" --describe-settings >docs/settings.md

.PHONY: screenshots
screenshots: build ## take the pictures of docs/screenshots anew
	@scripts/setup test
	@scripts/screenshots "$(BUILD)"

.PHONY: test-fresh
test-fresh: ## both commands of the README in a bare Debian 12
	@scripts/setup fresh
	@scripts/test-fresh

.PHONY: clean
clean: ## remove build folders; what set-up fetched stays (remove .deps/ for that)
	rm -rf build build-asan build-tsan build-fuzz build-lint
