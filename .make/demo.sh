#!/bin/sh
# The demo: a run whose mixture follows the learnable potential, and one that expands a domain.
set -eu
versatune=$1

heading() { printf '\n== %s\n\n' "$1"; }

heading "1 of 2: detection (Algorithm 1), mastery ceilings, training with a moving mixture (Algorithm 2)"
rm -rf target/demo
"$versatune" train configs/demo.ron --set 'runs_dir="target/demo"' \
  --set 'screen.close_at_end=true'

heading "2 of 2: expand law as long as the others forget little (Algorithm 3)"
"$versatune" train configs/demo-expansion.ron --set 'runs_dir="target/demo"' \
  --set 'mixing.detected=File("target/demo/demo/detection.ron")' \
  --set 'mixing.reference=File("target/demo/demo/reference.ron")' \
  --set 'screen.close_at_end=true'

for run in demo demo-expansion; do
  "$versatune" report "target/demo/$run" --json > "target/demo/$run/report.json"
done
printf '\nThe runs are in target/demo/; plots: target/demo/*/weights.svg and losses.svg\n'
printf 'Look again with: %s report target/demo/demo\n' "$versatune"
