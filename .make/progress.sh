#!/bin/sh
# Runs a command, and writes a line every 25 s, so that a log shows that it goes on where the command
# itself is silent for long: a large crate, the linking, a slow test. The first argument says what it
# does. On a terminal cargo's own progress bar does the same.
set -eu
what=$1
shift
[ -t 2 ] && exec "$@"

began=$(date +%s)
tell() {
  while sleep 25 < /dev/null > /dev/null 2>&1; do
    printf '… %s: %d s\n' "$what" $(($(date +%s) - began)) >&2
  done
}
tell &
teller=$!
trap 'kill $teller' EXIT
"$@"
