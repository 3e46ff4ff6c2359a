#!/bin/sh
# Runs a command and writes a line every 25 s, so that a log shows progress while the command itself is
# silent: a large crate, linking, a slow test. The first argument describes the command. On a terminal
# the command's own progress bar is enough.
set -eu
what=$1
shift
[ -t 2 ] && exec "$@"

began=$(date +%s)
report() {
  while sleep 25 < /dev/null > /dev/null 2>&1; do
    printf '… %s: %d s\n' "$what" $(($(date +%s) - began)) >&2
  done
}
report &
reporter=$!
trap 'kill $reporter' EXIT
"$@"
