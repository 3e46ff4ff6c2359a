#!/bin/sh
# Makes the README's pictures from the record of the demo's second run, as of step 114.
set -eu
versatune=$1
record=target/demo/demo-expansion/events.jsonl
pictures=configs/demo/screens
[ -e "$record" ] || { echo "error: no $record: run \`make demo\` first" >&2; exit 1; }
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
sed '/"event":"threshold_tested","step":114,/q' "$record" > "$run/events.jsonl"
mkdir -p "$pictures"
picture() { "$versatune" snapshot "$run" --svg --size "$3" --screen "$2" > "$pictures/$1.svg"; }
picture overview 1 110x34
picture curves 3 110x26
picture mixture 4 110x30
picture samples 7 110x24
ls -l "$pictures"
