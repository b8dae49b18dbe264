# Bare make explains the targets: each is a line "name: ... ## what it does".
.DEFAULT_GOAL := help

EVENTS ?= 1000000
PURE := ./results/... ./scenarios/... ./report/...

.PHONY: help build test check bench bench-peers prove

help: ## explain the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the binary, ./pindrop
	go build -o pindrop ./cmd/pindrop

test: ## all tests; some need chromium
	go test ./...

check: ## gofmt, vet, staticcheck, and race tests of the pure packages and of one drill
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "run gofmt -w on: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go test -race -skip '^TestBrowser' $(PURE)
	go test -race -run TestDrill ./sim

bench: ## benchmarks; EVENTS=10000000 for a history of that size
	go test -run "^$$" -bench . -benchmem $$(go list ./... | grep -v cmd/pindrop)
	go test -run "^$$" -bench . -benchtime 1x -timeout 30m ./cmd/pindrop -events $(EVENTS)

prove: ## the long proofs: the catalogue on both clocks, the claims with ten seeds
	go test -tags prove -timeout 60m ./...

bench-peers: ## pindrop against nats bench on the same server, in turns; ratios count
	go run ./cmd/bench-peers
