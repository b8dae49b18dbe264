# Bare make explains the targets: each is a line "name: ... ## what it does".
.DEFAULT_GOAL := help

EVENTS ?= 1000000
PURE := ./results/... ./scenarios/... ./report/...

.PHONY: help build dist test check fuzz soak bench bench-peers prove examples

help: ## explain the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the binary, ./pindrop
	go build -o pindrop ./cmd/pindrop

dist: ## dist/pindrop, which carries the guest and needs no Go toolchain to run clusters on the virtual clock
	mkdir -p dist
	go run ./cmd/build-guest dist/guest > sim/guest/pindrop-guest.id
	gzip --best --no-name --stdout dist/guest > sim/guest/pindrop-guest.gz
	go build -trimpath -tags carried -o dist/pindrop ./cmd/pindrop
	rm dist/guest sim/guest/pindrop-guest.gz sim/guest/pindrop-guest.id

test: ## all tests; some need chromium (vet is in make check)
	GOGC=400 go test -vet=off -p 3 -parallel 4 -timeout 30m ./...

check: ## gofmt, vet, staticcheck, race tests of the pure packages and of one drill, and ten seconds of each fuzz target
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "run gofmt -w on: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go test -race -skip '^TestBrowser' $(PURE)
	go test -race -run TestDrill ./sim
	@$(MAKE) --no-print-directory fuzz FUZZ_TIME=10s

FUZZ_TIME ?= 5m

fuzz: ## an hour of fuzzing: every reader of files in turn; FUZZ_TIME=30m for more of each
	@grep -r --include='*_test.go' '^func Fuzz' . | sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z]*).*|\1 \2|' | sort | while read -r dir name; do \
		echo "$$dir $$name"; \
		go test "$$dir" -vet=off -run '^$$' -fuzz "^$$name\$$" -fuzzminimizetime 10x -fuzztime $(FUZZ_TIME) || exit 1; \
	done

SOAK_TIME ?= 1h

soak: ## random commands against random servers, interrupted and killed, for an hour; SOAK_TIME=10m for less
	go test -tags soak ./cmd/pindrop -run TestSoak -v -timeout 0 -soak $(SOAK_TIME)

bench: ## benchmarks; EVENTS=10000000 for a history of that size
	go test -run "^$$" -bench . -benchmem $$(go list ./... | grep -v cmd/pindrop)
	go test -run "^$$" -bench . -benchtime 1x -timeout 30m ./cmd/pindrop -events $(EVENTS)

prove: ## the long proofs: the catalogue on both clocks, the claims with ten seeds
	GOGC=400 go test -tags prove -timeout 60m ./...

bench-peers: ## pindrop against nats bench on the same server, in turns; ratios count
	go run ./cmd/bench-peers

EXAMPLES := docs/examples/results
SHOT := chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=5000

examples: build ## the example reports in docs/examples, anew; takes three minutes, and chromium for the pictures
	rm -rf $(EXAMPLES)
	./pindrop run kill-mid-batch --clock both --repeat 3 --out $(EXAMPLES) --quiet
	./pindrop tune far --out $(EXAMPLES) --quiet
	./pindrop report $(EXAMPLES)
	find $(EXAMPLES) -type f ! -name report.html ! -name index.html -delete
	$(SHOT) --window-size=1200,1350 --screenshot=docs/examples/drill.png "file://$$(ls $(CURDIR)/$(EXAMPLES)/kill-mid-batch/*/report.html | head -1)"
	$(SHOT) --window-size=1200,1350 --screenshot=docs/examples/tuning.png "file://$$(ls $(CURDIR)/$(EXAMPLES)/far/*/report.html | head -1)"
