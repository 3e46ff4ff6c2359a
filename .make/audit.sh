#!/bin/sh
# cargo-deny over Cargo.lock by deny.toml. Exit code 0: everything that could be checked is in order; what
# could not is named.
set -eu
if ! command -v cargo-deny >/dev/null; then
    echo "make audit needs cargo-deny: cargo install --locked cargo-deny" >&2
    exit 1
fi
# Licences and sources are in the crates and the lock file, which cargo has already.
cargo deny --locked --offline check --hide-inclusion-graph licenses bans sources
if cargo deny --locked fetch db 2>/dev/null; then
    cargo deny --locked check --hide-inclusion-graph --disable-fetch advisories
    exit
fi
# An earlier database serves where the new one cannot be fetched.
if [ -n "$(find "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" -name '*.md' -print -quit 2>/dev/null)" ]; then
    echo "the database of advisories cannot be fetched: checked with the last one"
    cargo deny --locked --offline check --hide-inclusion-graph --disable-fetch advisories
else
    echo "NOT CHECKED: advisories (their database cannot be fetched, and there is no earlier one)"
fi
