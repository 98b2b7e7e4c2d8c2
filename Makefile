# axisor: every way to build, check and try it. `make help` lists them.
#
# `make demo` and `make test` are all a newcomer needs. What they need and do not find (PostgreSQL, a C compiler for
# the race detector) scripts/ensure-tools installs, after saying so.

# An account without a usable home directory (a service account, an empty environment) still gets a build cache.
ifeq ($(shell test -n "$$HOME" && test -d "$$HOME" && test -w "$$HOME" && echo yes),)
export HOME := $(CURDIR)/.tools/home
endif

GO      ?= go
PKGS    ?= ./...
# The race detector watches the packages that start goroutines, or lock against those of others. It costs several times
# the processor time, so the rest is tested without it.
RACE    ?= -race
RACED   ?= $(shell scripts/concurrent)
# These take minutes and begin first.
LONG    ?= ./pkg/backup ./internal/guard ./pkg/migrate ./cmd ./cmd/guard ./test/docs ./test/script
PARALLEL ?= 3
TIMEOUT ?= 15m

DIST     ?= dist

LINT_VERSION := v2.15.0
LINT         := .tools/golangci-lint-$(LINT_VERSION)

MODULE  := github.com/axisor/axisor
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
# The commit's own date, so that the same source gives the same program.
DATE    ?= $(shell TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null || echo unknown)
STAMP   := -X $(MODULE)/internal/buildinfo.version=$(VERSION) -X $(MODULE)/internal/buildinfo.commit=$(COMMIT) -X $(MODULE)/internal/buildinfo.date=$(DATE)
# We stamp the version ourselves: Go's own stamping fails in a checkout that belongs to somebody else.
# Without cgo: what we release is static, and loading a C library would cost every start a millisecond.
LDFLAGS := -s -w $(STAMP)
GOBUILD := CGO_ENABLED=0 $(GO) build -buildvcs=false -trimpath -ldflags "$(LDFLAGS)"
# What packages call the time of their files.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

# What is compiled without the race detector is compiled as a release is: for lint, documents, release and tests alike,
# so that all of them share one build cache.
PLAIN := CGO_ENABLED=0 GOFLAGS=-trimpath

# How scripts/test is called, whichever server the tests run against.
RUNTESTS = GO="$(GO)" RACE="$(RACE)" RACED="$(RACED)" PKGS="$(PKGS)" LONG="$(LONG)" PLAIN="$(PLAIN)" \
	scripts/test -vet=off -ldflags "-s -w" -p $(PARALLEL) -timeout $(TIMEOUT)

RELEASES ?= linux-amd64 linux-arm64 darwin-amd64 darwin-arm64

.DEFAULT_GOAL := build
.PHONY: help build demo test race test-pg take-out check vulncheck vet lint fmt fmt-check docs docs-check fuzz bench bench-kills release release-check interop clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  %-12s %s\n", $$1, $$2}'

build: ## build bin/axisor
	@scripts/ensure-tools go
	$(GOBUILD) -o bin/axisor .

demo: ## the main job, end to end, on a private PostgreSQL and a simulated exchange (under 90 s)
	@scripts/ensure-tools go postgres
	@scripts/with-tools scripts/demo

test: ## all tests, what is concurrent with the race detector, against a real PostgreSQL
	@scripts/ensure-tools go cc postgres
	@scripts/with-tools env $(RUNTESTS)

race: ## all tests with the race detector
	@$(MAKE) --no-print-directory test RACED=./...

PG ?= 18
test-pg: ## all tests against another major version of PostgreSQL: make test-pg PG=18, with PKGS=./pkg/migrate for some
	@scripts/ensure-tools go cc
	@bin=$$(scripts/postgres-major $(PG)) && export AXISOR_PG_BIN="$$bin" PATH="$$bin:$$PATH" && \
		env $(RUNTESTS)

FUZZTIME ?= 1m
fuzz: ## every fuzz target, FUZZTIME each (1m); FUZZ=Reader for some; what is found becomes a seed in testdata/fuzz
	@scripts/ensure-tools go
	@GO="$(GO)" FUZZTIME="$(FUZZTIME)" FUZZ="$(FUZZ)" $(PLAIN) scripts/fuzz

take-out: ## the attacks of test/abuse, each with a protection taken out of the program (minutes)
	@scripts/ensure-tools go postgres
	@AXISOR_TEST_TAKE_OUT=1 AXISOR_TEST_REQUIRE_DB=1 $(PLAIN) $(GO) test -count=1 -timeout 90m -run 'TestTakeOut$$' -v ./test/script

check: fmt-check lint docs-check vulncheck test ## everything CI checks, and known holes of what is linked

vulncheck: ## govulncheck, where its database can be reached
	@scripts/ensure-tools go
	@scripts/vulncheck

vet: ## go vet
	$(GO) vet $(PKGS)

$(LINT):
	@scripts/ensure-tools go
	@echo "axisor: building golangci-lint $(LINT_VERSION) into .tools (once; one to three minutes)" >&2
	@GOBIN=$(CURDIR)/.tools $(GO) install -trimpath -ldflags "-s -w" github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@mv .tools/golangci-lint $@

# Most of what it allocates stays until its end: collecting garbage less often saves a third of its time.
lint: $(LINT) ## golangci-lint, as configured in .golangci.yaml; go vet is a part of it
	GOGC=300 $(PLAIN) $(LINT) run $(PKGS)

fmt: $(LINT) ## format the code
	$(LINT) fmt

fmt-check: $(LINT)
	@diff=$$($(LINT) fmt --diff) || { printf '%s\n' "$$diff"; echo "axisor: not formatted; run: make fmt" >&2; exit 1; }

docs: ## regenerate the reference from the command tree
	$(PLAIN) $(GO) run ./internal/docgen

docs-check:
	@$(PLAIN) scripts/check-generated

SIZE ?= full

bench: build ## every claim of speed beside its rival, one table, docs/benchmarks.md (SIZE=small: minutes)
	@scripts/ensure-tools postgres
	@scripts/with-tools $(GO) run ./bench -size $(SIZE) -write docs/benchmarks.md

bench-kills: build ## backup, restore and rekey killed at random moments (minutes)
	@scripts/ensure-tools postgres
	@scripts/with-tools $(GO) run ./bench/backup -mb 20 -kills 100
	@scripts/with-tools $(GO) run ./bench/rekey -kills 20

release: ## programs, packages, bills of materials and checksums for every platform, in dist/
	@scripts/ensure-tools go
	@VERSION=$(VERSION) DATE=$(DATE) LDFLAGS="$(LDFLAGS)" RELEASES="$(RELEASES)" scripts/release $(DIST)

release-check: ## build the packages of this machine twice, compare, install one, verify units, manual and completions
	@scripts/ensure-tools go systemd groff promtool
	$(PLAIN) $(GO) test -count=1 -tags release -timeout $(TIMEOUT) ./test/release

interop: ## Prisma on our schema, the SDK on our simulator, Node.js on our ciphertexts (needs Node.js and npm)
	@scripts/ensure-tools go postgres
	AXISOR_TEST_REQUIRE_DB=1 scripts/with-tools $(GO) test -count=1 -v -tags interop -timeout 20m ./test/prisma ./test/lnsdk ./test/nodecrypto

clean: ## remove what was built; the data of `axisor dev` stays
	rm -rf bin dist .tools coverage.*
