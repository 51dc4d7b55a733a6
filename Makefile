# Everything runs on the Node that package.json pins (optionalDependencies node-linux-*), whatever `node` the machine has.
SHELL := /bin/bash
.DELETE_ON_ERROR:
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
RUNTIME := $(patsubst aarch64,arm64,$(patsubst x86_64,x64,$(shell uname -m)))
# what virtual machines are made and run by, program:Debian-package
VIRTUAL := qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio depmod:kmod mke2fs:e2fsprogs
# the tests of the agent's parts are in folders; of those beside them, most of which are of whole operations, what an emulator does in less than half a minute
QUICK := action-machine apply ceph-daemons device-reader history interrupted journal launcher-hangup metrics mounts operation-machine output-store \
  own-identity reboot refused-rpm restart service-name service-watch slot-guard status-line
UNITS := $(sort $(filter-out %.slow.test.ts %.long.test.ts,$(wildcard test/agent/*/*.test.ts test/agent/*/*/*.test.ts))) $(QUICK:%=test/agent/%.test.ts)
PROTO_FILES := $(shell cd proto && find uvs -name '*.proto' | sort)

.PHONY: help
help: ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

node_modules/.installed: package.json package-lock.json .npmrc
	npm install --no-save --loglevel=error
	@test -x node_modules/node-linux-$(RUNTIME)/bin/node || { echo 'npm left out the optional package node-linux-$(RUNTIME), the Node that everything runs on: see npm config get omit' >&2; exit 1; }
	ln -sfn ../node-linux-$(RUNTIME)/bin/node node_modules/.bin/node # npm 10 installs the package without its link
	touch $@

.PHONY: deps
deps: node_modules/.installed ## Install what the project needs (npm packages, and programs by apt)
	bash packaging/install-programs.sh

.PHONY: proto
proto: node_modules/.installed ## Generate the types of the .proto files into proto/gen
	rm -rf proto/gen
	proto-loader-gen-types --longs=String --enums=String --defaults --oneofs --grpcLib=@grpc/grpc-js --importFileExtension=.ts -I proto -O proto/gen $(PROTO_FILES)

.PHONY: check
check: node_modules/.installed ## Types, lint, format, proto lint, unused code
	tsc -p .
	oxlint --type-aware
	prettier --check --log-level warn .
	buf lint
	buf format --diff --exit-code proto
	knip

.PHONY: format
format: node_modules/.installed ## Bring all sources into the project's format
	prettier --write --log-level warn .
	buf format --write proto

SOURCES := $(shell find agent coordinator common cli proto -name '*.ts' -o -name '*.proto' -not -path 'proto/gen/*') packaging/build.ts packaging/manual.ts $(wildcard packaging/manual/*.ts)

dist/uvs/.built: node_modules/.installed $(SOURCES) package.json
	node packaging/build.ts
	node packaging/manual.ts
	touch $@

.PHONY: build
build: dist/uvs/.built ## What ships: four programs in dist/uvs, their manual pages and completions

.PHONY: test
test: deps build ## The everyday suite (or FILES=…); ends with `N passed, N failed`
	node test/run.ts $(FILES)

.PHONY: test-slow
test-slow: deps build ## The tests that take a minute or more each: a real Ceph, faults, cuts, planted bugs, the model; ends as `test` does
	bash packaging/install-programs.sh $(VIRTUAL)
	node test/run.ts --slow

.PHONY: test-arm64
test-arm64: deps build ## The agent's tests on arm64, by an emulator where this machine is of another kind; ends as `test` does
	@[ $(RUNTIME) = arm64 ] || bash packaging/install-programs.sh qemu-aarch64-static:qemu-user-static /usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1:libstdc++6-arm64-cross
	TAP_TIMEOUT=14400 node test/run.ts --arm64 $(FILES)

.PHONY: test-arm64-units
test-arm64-units: ## Of those the tests of the agent's parts, and what is quick of whole operations, a release that is applied among them: part of CI
	$(MAKE) test-arm64 FILES='$(UNITS)'

.PHONY: cuts
cuts: deps ## An agent killed, and the power cut, at every act of every kind of release (of which make test and make test-slow do some)
	TAP_TIMEOUT=14400 node test/run.ts $(sort $(wildcard test/cuts/*.test.ts))

.PHONY: test-power
test-power: deps ## Real power cuts of a virtual machine in the middle of updates: CUTS of them (40), about half a minute each
	bash packaging/install-programs.sh $(VIRTUAL)
	node test/power/main.ts --cuts $(or $(CUTS),40)

.PHONY: test-cgroups
test-cgroups: deps build ## The tests of tasks and limits on a booted node, on a virtual machine: it has control groups of version 2 whatever this one has
	bash packaging/install-programs.sh $(VIRTUAL)
	UVS_TEST_NODE=virtual TAP_TIMEOUT=3600 TAP_JOBS=1 node test/run.ts test/nodes/contained-tasks.test.ts test/nodes/reattached-tasks.test.ts test/nodes/limits-version2.slow.test.ts

.PHONY: test-arm
test-arm: deps build ## A rolling push over two emulated arm64 machines with the packages as they ship, and what an idle agent takes there (as root)
	bash packaging/install-programs.sh qemu-system-aarch64:qemu-system-arm mmdebstrap:mmdebstrap cpio:cpio depmod:kmod mke2fs:e2fsprogs systemd-sysusers:systemd unshare:util-linux ip:iproute2
	node test/arm-machine/main.ts

.PHONY: demo
demo: deps build ## A cluster of eight nodes on this machine, updated while you watch (KEEP=1 leaves it up; NODES=systemd: on booted machines, as root)
	node test/demo/main.ts $(if $(KEEP),--keep) $(if $(NODES),--nodes '$(NODES)')

.PHONY: bench
bench: deps build ## One table: apply, coordination, distribution, each beside its limit
	node test/bench/main.ts

.PHONY: bench-apply
bench-apply: deps build ## One table: the same tree installed by the agent, a shell script, and RAUC and SWUpdate where they are (ROUNDS=5; as root)
	node test/bench/install/main.ts

.PHONY: chaos
chaos: deps build ## A cluster under faults that SEED decides, for MINUTES (60); or an earlier run again: REPLAY=…/log.jsonl
	node test/chaos/main.ts $(if $(or $(MINUTES),$(if $(REPLAY),,60)),--minutes $(or $(MINUTES),60)) $(if $(SEED),--seed '$(SEED)') $(if $(REPLAY),--replay '$(REPLAY)')

.PHONY: fuzz
fuzz: node_modules/.installed ## Packages changed by what SEED decides, read for MINUTES (5); SAVE=DIR keeps the smallest one of each outcome
	node test/fuzz/main.ts --minutes $(or $(MINUTES),5) $(if $(SEED),--seed '$(SEED)') $(if $(SAVE),--save '$(SAVE)')

.PHONY: model
model: node_modules/.installed ## What happens without each rule of the slot protocol (RULE='token at begin' for one)
	node test/model/main.ts $(if $(RULE),'$(RULE)')

.PHONY: sim
sim: node_modules/.installed ## Simulated clusters: SEEDS of them from FROM on, or the story of one SEED or PLAN; BUG='…' plants a bug first
	node test/sim/main.ts --seeds $(or $(SEEDS),1000) --from $(or $(FROM),1) $(if $(SEED),--seed '$(SEED)') $(if $(PLAN),--plan '$(PLAN)') $(if $(BUG),--bug '$(BUG)')

.PHONY: packages
packages: deps build ## dist/packages: a .deb and a .rpm of each part, the runtime for amd64 and arm64 (ARCH=… for one of them)
	bash packaging/install-programs.sh rpmbuild:rpm dpkg-deb:dpkg
	node packaging/packages.ts

.PHONY: agent-tree
agent-tree: deps build ## dist/agent-tree: what a release needs to bring this agent to nodes (ARCH=arm64 for others)
	node packaging/agent-tree.ts

.PHONY: uvs-tree
uvs-tree: deps build ## dist/uvs-tree: the same with the coordinator and the command lines
	node packaging/agent-tree.ts dist/uvs-tree coordinator cli

.PHONY: upd
upd: deps build ## dist/releases/uvs_….upd: what brings this UVS to nodes by a rollout (KEY=vendor.key RELEASE_SEQ=17; RECIPIENT=age1… encrypts it; ARCH=arm64 for others)
	node packaging/upd.ts

.PHONY: clean
clean: ## Remove what was built
	rm -rf dist .tap
