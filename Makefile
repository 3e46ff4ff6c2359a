# Two commands matter: `make demo` and `make test`. See README.md.

TORCH_VERSION := 2.11.0
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/versatune
# A LIBTORCH set by the user wins; otherwise libtorch lies in the user's cache, outside the checkout.
ifeq ($(origin LIBTORCH),undefined)
LIBTORCH := $(CACHE)/libtorch-$(TORCH_VERSION)/torch
endif
export LIBTORCH

.PHONY: help libtorch env build parity demo test

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

libtorch: ## fetch libtorch into the cache, once
	@.make/libtorch.sh "$(LIBTORCH)" $(TORCH_VERSION)

env: ## the variables for plain cargo commands: eval "$$(make env)"
	@echo export LIBTORCH='$(LIBTORCH)'

build: libtorch ## the release binary: target/release/versatune
	cargo build --release --locked

parity: libtorch ## compare logits with transformers; CHECKPOINT=folder adds a model of yours
	@.make/parity.sh $(CHECKPOINT)
