# Wardkeeper. `make run` builds and reads the sample capture; `make test` is the one test command.
GO      ?= go
PKGS    := ./...
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X wardkeeper/run.Version=$(VERSION)
FUZZ    ?= 10s

.PHONY: build run test race proof corpus bench fuzz lint cross sample clean

build: ## the program, without cgo
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o wardkeeper ./cmd/wardkeeper

run: build ## what it says of the sample capture
	./wardkeeper read testdata/ward.pcapng

test: ## everything that needs Go and git alone; other programs are used where they are installed
	CGO_ENABLED=0 $(GO) vet $(PKGS)
	CGO_ENABLED=0 $(GO) test -timeout 20m $(PKGS)

race: ## the concurrent parts under the race detector (needs gcc)
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./sense/wire/... ./serve/... ./detect/...
	CGO_ENABLED=1 $(GO) test -race -timeout 20m -run 'Watch|Interrupt|Mirror|Loss|Stdin|HTML' ./run

proof: ## the search for identities with every form of every field (minutes)
	WARDKEEPER_THOROUGH=1 CGO_ENABLED=0 $(GO) test -count=1 -timeout 40m -run 'Canary' ./run

corpus: ## everything over the folder of real material named by WARDKEEPER_CORPUS
	@test -n "$$WARDKEEPER_CORPUS" || { echo "set WARDKEEPER_CORPUS to the folder with captures and messages"; exit 1; }
	CGO_ENABLED=0 $(GO) test -count=1 -run 'Corpus' $(PKGS)

bench: build ## throughput and memory beside other programs; BENCH is a folder with pcap/{dicom,hl7,mix}.pcap
	@test -n "$$BENCH" || { echo "set BENCH to a folder with pcap/dicom.pcap, pcap/hl7.pcap and pcap/mix.pcap"; exit 1; }
	$(GO) run ./lab/bench $(BENCHFLAGS) $$BENCH/pcap/dicom.pcap $$BENCH/pcap/hl7.pcap $$BENCH/pcap/mix.pcap

fuzz: ## every fuzz target for FUZZ (default 10s) each
	./scripts/fuzz.sh $(FUZZ)

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	$(GO) vet $(PKGS)
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 $(PKGS)

cross: ## the platforms that are built for
	for t in linux/amd64 linux/arm64 darwin/arm64 windows/amd64; do \
	  echo $$t; CGO_ENABLED=0 GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build -o /dev/null ./cmd/wardkeeper || exit 1; done

sample: ## makes testdata/ward.pcapng anew from real programs (root; see scripts/sample.sh)
	./scripts/sample.sh

clean:
	rm -f wardkeeper
