#!/usr/bin/env bash
# The lecture's demo and recipes in a real terminal. Nothing waits for a fixed time: every check polls until it holds or
# its patience ends.
#
#   e2e/demo.sh [path to the program]      builds the program where none is given; needs tmux
set -euo pipefail
cd "$(dirname "$0")/.."

. e2e/lib.sh

part "the list"
"$program" demo --list >"$dir/list"
[ "$(wc -l <"$dir/list")" = 22 ] || fail "the list has $(wc -l <"$dir/list") scenarios"
grep -q '06-ravine' "$dir/list" || fail "the list lacks the ravine"

part "the demo opens at a scenario; arrows go on and back; a key works inside; escape leaves it"
shell 80 24
begin demo ravine
see '6/22 The ravine'
see '1 ε = 0.38 +ε 0.380'
press Right
see '7/22 Moving averages'
press Left
see '6/22 The ravine'
press '['
see '1 sgd +ε 0.190'
press Enter
see '1 ε = 0.38 +ε 0.380'
press -
gone '1 ε = 0.38 +ε 0.380'
press Escape
gone '6/22'
see 'the demo is over'
press d
see '6/22 The ravine'
press q
restored 0

part "d opens the lecture; autoplay goes on by itself"
shell 120 36
begin
see '^ opttui · Beale'
press d
see '1/22 The sign of the derivative'
press q
restored 0
shell 120 36
begin demo 1 --autoplay=0.5
see '([3-9]|1[0-9]|2[0-2])/22 '
press q
restored 0

part "a recipe of one's own: on the screen, headless, and wrong"
cat >"$dir/mine.json" <<'JSON'
{
  "version": 1,
  "title": "My own",
  "caption": ["At step 30 the rate is halved."],
  "runs": [
    {"problem": "beale", "optimizer": "sgd", "seed": 0, "set": {"lr": "0.002"},
     "journal": [{"step": 30, "command": {"op": "scale", "key": "lr", "factor": 0.5}}]}
  ],
  "view": {"steps": 50}
}
JSON
shell 80 24
begin --recipe "$dir/mine.json"
see 'My own'
see '1 sgd +ε 1.00e-3'
press q
restored 0
"$program" replay "$dir/mine.json" --headless >"$dir/rows"
[ "$(wc -l <"$dir/rows")" = 51 ] || fail "a headless replay has $(wc -l <"$dir/rows") rows"
"$program" replay "$dir/mine.json" --headless | cmp - "$dir/rows" || fail "a replay is not the same twice"
sed 's/"sgd"/"momentun"/' "$dir/mine.json" >"$dir/wrong.json"
code=0
"$program" replay "$dir/wrong.json" 2>"$dir/errors" || code=$?
[ "$code" = 2 ] || fail "a wrong recipe ends with $code"
grep -q 'wrong.json, line 6: runs\[0\].optimizer: .*did you mean "momentum"' "$dir/errors" || fail "the error is: $(cat "$dir/errors")"

echo "e2e: $checks checks hold"
