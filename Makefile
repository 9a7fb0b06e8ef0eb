# make run     from a fresh Debian 12 machine to a running portal
# make test    everything that CI runs
# make check   the quick gate before a commit
# make e2e     a browser against the real thing
# make bench   how fast it is
# make deb     the Debian package; make bundle: with all that it needs offline

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
.DEFAULT_GOAL := run
MAKEFLAGS += --no-print-directory

# Docker, ports and packages belong to root; building does not need it.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo -E)

SOURCES := go.mod go.sum $(shell find . -path ./var -prune -o -path ./bin -prune -o -path ./dist -prune -o -path ./tools -prune -o -type f \
	\( -name '*.go' -o -name '*.sql' -o -name '*.yaml' -o -path './static/*' -o -path './catalog/*' -o -path './nginxconf/*' \) -print)
INTEGRATION := -tags integration -timeout 15m
ALL_TAGS := integration,e2e,appliance

# Counts what Go downloads and compiles, so that nobody wonders whether it hangs.
progress = 2>&1 | awk -v what=$(1) ' \
	/^go: downloading / { if (++d % 100 == 0) { print "   " what ": " d " modules downloaded"; fflush() } next } \
	/^[A-Za-z0-9._\/~-]+$$/ { if (++c % 150 == 0) { print "   " what ": " c " packages compiled"; fflush() } next } \
	{ print; fflush() }'

.PHONY: run
run: ## install what is missing, build, start
	@$(MAKE) -j2 ready
	@exec $(SUDO) bin/seedbed serve

.PHONY: ready
ready: bin/consul prepared
	@:

.PHONY: prepared
prepared: bin/seedbed
	@$(SUDO) bin/seedbed prepare

bin/seedbed: $(SOURCES)
	@echo "Building Seedbed (about 2 minutes the first time)"
	@go build -v -o $@ ./cmd/server $(call progress,Seedbed)

bin/consul: tools/consul/go.mod tools/consul/go.sum
	@echo "Building Consul (about 4 minutes, only the first time)"
	@cd tools/consul && go build -v -ldflags '-s -w' -o $(CURDIR)/$@.new github.com/hashicorp/consul $(call progress,Consul)
	@mv $@.new $@ && touch $@

.PHONY: generate
generate: ## templates/*.templ → templates/*_templ.go
	@go tool templ generate -path . -log-level error

# Races are looked for in all but SQLite, which is C translated into Go, brings
# locks of its own and takes most of the time otherwise.
RACE := -race -gcflags='modernc.org/sqlite/...=-race=false -d=checkptr=0'

.PHONY: check
check: generate ## the quick gate
	@git diff --exit-code --stat -- '*_templ.go' || { echo "Generated code differs: run 'make generate' and commit it."; exit 1; }
	@test -z "$$(gofmt -l . )" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	@go vet -tags $(ALL_TAGS) ./...
	@go tool staticcheck -tags $(ALL_TAGS) ./...
	@go test $(RACE) ./...

.PHONY: test-packages
test-packages: bin/seedbed
	@$(SUDO) bin/seedbed prepare --for-tests

.PHONY: integration
integration: ## the adapters against the real Docker, Consul and nginx
	@DOCKER_HOST=$${DOCKER_HOST:-$$($(SUDO) bin/seedbed docker)} go test $(INTEGRATION) ./certs/... ./consul/... ./nginxconf/... ./marathon/... ./catalog/... ./storage/... ./static/ ./e2e/routing/

.PHONY: e2e
e2e: bin/consul test-packages e2e-run ## the whole in Chromium

.PHONY: e2e-run
e2e-run:
	@DOCKER_HOST=$${DOCKER_HOST:-$$($(SUDO) bin/seedbed docker)} go test -tags e2e -timeout 20m -count 1 -v ./e2e/

.PHONY: e2e-elsewhere
e2e-elsewhere: bin/consul test-packages e2e-elsewhere-run ## the same on a Marathon that the portals did not start

.PHONY: e2e-elsewhere-run
e2e-elsewhere-run:
	@DOCKER_HOST=$${DOCKER_HOST:-$$($(SUDO) bin/seedbed docker)} go test -tags e2e -timeout 20m -count 1 -v ./e2e/elsewhere/

.PHONY: bench
bench: bin/seedbed ## speed, as ratios within one run
	@DOCKER_HOST=$${DOCKER_HOST:-$$($(SUDO) bin/seedbed docker)} go test -tags integration -run '^$$' -bench . -benchtime 5x ./...

# Debian's order of versions: a later commit is a later version.
VERSION ?= 0.1~$(shell TZ=UTC git log -1 --format=%cd --date=format-local:%Y%m%d.%H%M%S)
ARCH := $(shell dpkg --print-architecture)
DEB := dist/seedbed_$(VERSION)_$(ARCH).deb

.PHONY: deb
deb: $(DEB) ## the Debian package, in dist/
	@echo "$(DEB)"

bin/nfpm: tools/nfpm/go.mod tools/nfpm/go.sum
	@cd tools/nfpm && go build -o $(CURDIR)/$@ github.com/goreleaser/nfpm/v2/cmd/nfpm

$(DEB): bin/nfpm bin/seedbed bin/consul $(wildcard appliance/*) docs/install.md docs/backups.md docs/design.md CHANGELOG.md
	@mkdir -p dist
	@VERSION='$(VERSION)' ARCH=$(ARCH) BIN=bin bin/nfpm package --config appliance/nfpm.yaml --packager deb --target $@.new
	@mv $@.new $@

.PHONY: bundle
bundle: $(DEB) ## the package with all that it needs where there is no internet, in dist/bundle
	@$(SUDO) bin/seedbed bundle --deb $(DEB) --to dist/bundle

NEWER_DEB := dist/seedbed_$(VERSION)+1_$(ARCH).deb

.PHONY: appliance-test
appliance-test: $(DEB) ## machines of their own, without internet, are installed from a bundle
	@$(MAKE) deb VERSION='$(VERSION)+1'
	@SEEDBED_DEB=$(CURDIR)/$(DEB) SEEDBED_NEWER_DEB=$(CURDIR)/$(NEWER_DEB) $(MAKE) appliance-run RUN=TestAppliance

.PHONY: appliance-test-online
appliance-test-online: $(DEB) ## one with internet is installed from the package alone; not part of “make test”
	@SEEDBED_DEB=$(CURDIR)/$(DEB) $(MAKE) appliance-run RUN=TestOnline

.PHONY: appliance-run
appliance-run:
	@DOCKER_HOST=$${DOCKER_HOST:-$$($(SUDO) bin/seedbed docker)} go test -tags appliance -timeout 25m -count 1 -v -run '^$(RUN)$$' ./e2e/appliance/

.PHONY: test
test: ## everything that CI runs
	@scripts/test

.PHONY: clean
clean: ## forget what was built; what runs and var/ stay
	rm -rf bin dist
