# Everything runs on the Node that package.json pins (optionalDependencies node-linux-*), whatever `node` the machine has.
SHELL := /bin/bash
.DELETE_ON_ERROR:
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
PROTO_FILES := $(shell cd proto && find uvs -name '*.proto' | sort)

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

node_modules/.installed: package.json package-lock.json .npmrc
	npm install --no-save --loglevel=error
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
