# Everything a developer needs. Rust, Node, Python, a C compiler and the package registries are
# enough: the servers are fetched into .tools/ and run as child processes.

CARGO_DENY := .tools/cargo-deny/bin/cargo-deny --config .deny.toml
PROGRAMS := webhook-receiver sync-worker outbound-worker api chatwoot-sim axis

# Queries are checked against .sqlx/, whatever database the shell at hand points to.
export SQLX_OFFLINE = true

.DEFAULT_GOAL := help
.PHONY: help setup up test api-check faults bench lint queries clean
.PHONY: shell shell-test shell-e2e shell-lint shell-pictures shell-measure

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## fetch NATS and PostgreSQL, pinned and verified, into .tools/
	@tools/setup

up: setup shell ## run everything on this machine, at http://localhost:8000
	cargo run -p axis -- up

# What is random has a fixed seed here, so that what turns red is the change at hand; `cargo test` and `make faults` have
# one of their own each time. Most tests wait for servers and programs most of the time, hence more of them at once than
# processors.
SEEDS := CONVERGENCE_SEED FAULTS_SEED GAPS_SEED OUTBOUND_SEED PROPTEST_RNG_SEED
SEED := 1171355253
test: setup shell-test ## run every test
	@tools/setup openid
	@tools/setup s3
	$(foreach name,$(SEEDS),$(name)=$${$(name):-$(SEED)}) RUST_TEST_THREADS=$${RUST_TEST_THREADS:-$$((2 * $$(getconf _NPROCESSORS_ONLN)))} \
		cargo test --workspace --no-fail-fast
	@$(MAKE) --no-print-directory api-check SCHEMATHESIS_SEED=$${SCHEMATHESIS_SEED:-$(SEED)} EXTENT="--examples 40"
	@$(MAKE) --no-print-directory shell-e2e

# A seed of its own each time; `test` has a fixed one, and a count, so that what turns red is the change at hand.
EXTENT ?=

api-check: setup ## try every operation of the API with good and bad input: do answers fit its description?
	@tools/setup api
	cargo build -p axis
	tools/api-check $(EXTENT)

faults: setup ## kill, freeze and restart everything for minutes, with one NATS server and with three
	cargo build $(PROGRAMS:%=-p %)
	FAULTS_SECONDS=$${FAULTS_SECONDS:-300} cargo test -p axis --test faults -- --nocapture
	FAULTS_SECONDS=$${FAULTS_SECONDS:-300} FAULTS_CLUSTER=1 cargo test -p axis --test faults -- --nocapture

# What is measured are the programs as they are released, each a process of its own.
MEASURED := webhook-receiver sync-worker outbound-worker api
BENCH ?=

bench: setup ## measure speed and memory against the limit of the parts; BENCH="path --quick" for a part
	cargo build --release $(MEASURED:%=-p %)
	cargo bench -p axis --bench measure -- $(BENCH)

lint: shell-lint ## check format, lints, docs, dependencies, compose file, alerts, promises and queries
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps
	@tools/setup all
	$(CARGO_DENY) check --hide-inclusion-graph -A unused-wrapper -A duplicate bans licenses sources
	@if $(CARGO_DENY) fetch db >/dev/null 2>&1; \
		then $(CARGO_DENY) check --disable-fetch advisories; \
		else echo "lint: advisories NOT checked: their database cannot be reached from here"; fi
	cargo build $(PROGRAMS:%=-p %)
	tools/check-compose
	tools/check-promises
	tools/check-alerts
	NATS_NAME=check .tools/nats/nats-server -t --config nats/cluster.conf
	NATS_RECEIVER_PASSWORD=x NATS_SYNC_PASSWORD=x NATS_OUTBOUND_PASSWORD=x NATS_API_PASSWORD=x NATS_OPERATOR_PASSWORD=x \
		.tools/nats/nats-server -t --config nats/permissions.conf
	tools/queries --check

queries: setup ## describe the queries of crates/store anew, into .sqlx/
	tools/queries

# Where root's PostgreSQL could not be run from .tools/, copies say of which one they are.
# Where root could not keep the database in .axis/, it is where .axis/postgres/location says: removed only
# if it says in turn that it is of this folder, for in a copy of it the database is still the original's.
clean: ## remove what was built, fetched and stored
	@data=$$(cat .axis/postgres/location 2>/dev/null); \
	case $$data in \
		*..*) ;; \
		/var/lib/axis-postgres/?*) \
			if [ "$$(cat "$$data/of" 2>/dev/null)" = "$$(cd .axis/postgres && pwd -P)" ]; then rm -rf "$$data"; \
			else echo "clean: left $$data, which does not say that it is of this folder"; fi;; \
	esac
	@for of in /var/lib/axis-postgres/binaries-*/of; do \
		case $$(cat "$$of" 2>/dev/null) in "$$(pwd -P)/.tools/"*) rm -rf "$${of%/of}";; esac; \
	done
	rm -rf target .tools .axis shell/node_modules shell/dist

# The Shell is built by npm. Not `npm ci`, which refuses a lock file without the packages of every
# other platform; what is in the lock file is pinned and verified by `install` too.
ifneq ($(wildcard shell/package.json),)
shell: shell/dist/index.html
shell-test: shell/node_modules/.package-lock.json
	FC_SEED=$${FC_SEED:-$(SEED)} npm --prefix shell test
# In a real browser, on the real programs.
shell-e2e: setup shell
	@tools/setup browser
	@tools/setup openid
	cargo build -p axis
	npm --prefix shell run e2e
shell-pictures: setup shell ## take pictures of every screen, to be looked at, into shell/.pictures/
	@tools/setup browser
	cargo build -p axis
	npm --prefix shell run pictures
# What holds on programs that are not released holds on released ones.
shell-measure: setup shell ## measure the Shell in a browser against its budgets
	@tools/setup browser
	cargo build -p axis
	npm --prefix shell run measure
shell-lint: shell/node_modules/.package-lock.json
	npm --prefix shell run lint
shell/node_modules/.package-lock.json: shell/package-lock.json
	npm --prefix shell install --no-save --no-audit --no-fund
	@touch $@
# Not as git lists its files: in an unpacked archive, or for another user than the owner, it lists none.
NO_SOURCES := -name node_modules -o -name dist -o -name .results -o -name .pictures
shell/dist/index.html: shell/node_modules/.package-lock.json $(shell find shell \( $(NO_SOURCES) \) -prune -o -type f -print)
	npm --prefix shell run build
endif
