#!/bin/sh
# cargo-deny over Cargo.lock, by the deny.toml beside this file. Exit code 0: everything that could be
# checked is in order; what could not is named.
set -eu
deny() { cargo deny --locked --config "$(dirname "$0")/deny.toml" "$@"; }
if ! command -v cargo-deny >/dev/null; then
    echo "make audit needs cargo-deny: cargo install --locked cargo-deny" >&2
    exit 1
fi
# Licences and sources are in the crates and the lock file, which cargo has already.
deny --offline check --hide-inclusion-graph licenses bans sources
if deny fetch db 2>/dev/null; then
    deny check --hide-inclusion-graph --disable-fetch advisories
    exit
fi
# An earlier database serves where the new one cannot be fetched.
if [ -n "$(find "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" -name '*.md' -print -quit 2>/dev/null)" ]; then
    echo "the database of advisories cannot be fetched: checked with the last one"
    deny --offline check --hide-inclusion-graph --disable-fetch advisories
else
    echo "NOT CHECKED: advisories (their database cannot be fetched, and there is no earlier one)"
fi
