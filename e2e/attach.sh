#!/usr/bin/env bash
# Programs of the user's own: started, tuned, stopped and left alone from a real terminal and without one; their logs
# watched; their learning rate looked for.
#
#   e2e/attach.sh [path to the program]      builds the program where none is given; needs tmux and python3
set -euo pipefail
cd "$(dirname "$0")/.."

. e2e/lib.sh

# What still runs when this fails is ended.
trap 'pkill -f "$dir/train.py" 2>/dev/null || true; tm kill-server 2>/dev/null || true; sleep 0.2; rm -rf "$dir"' EXIT

clients=$PWD/clients/python
cat >"$dir/train.py" <<'P'
import sys, time
sys.path.insert(0, sys.argv[1])
import opttui

class Optimizer:  # as torch's: a list of groups
    param_groups = [{"params": [], "lr": 0.01, "momentum": 0.0}]

group = Optimizer.param_groups[0]
run = opttui.connect("bowl")
run.bind(Optimizer)
run.on_checkpoint(lambda: "bowl.pt")
x, v = 5.0, 0.0
print("training begins", flush=True)
for step in range(int(sys.argv[2])):
    loss = 0.5 * x * x + 1e-6
    v = group["momentum"] * v - group["lr"] * x
    x += v
    run.log(step=step, loss=loss, held_loss=2 * loss)
    open(sys.argv[3], "w").write(f"{step} {group['lr']} {group['momentum']}")
    if run.stopping:
        break
    time.sleep(0.02)
print("training ends", flush=True)
P
python=$(command -v python3)
train() { echo "$python $dir/train.py $clients $1 $dir/now"; }
now() { cut -d' ' -f"$1" "$dir/now" 2>/dev/null; }
now_is() { [ "$(now "$1")" = "$2" ]; }
moves() { local m && m=$(now 3) && [ -n "$m" ] && [ "$m" != 0.0 ]; }
goes_on() { local s && s=$(now 1) && [ -n "$s" ] && sleep 0.2 && [ "$(now 1)" -gt "$s" ]; }
rests() { local s && s=$(now 1) && sleep 0.3 && [ "$(now 1)" = "$s" ]; }
child() { pgrep -f "$dir/train.py" | head -1; }
no_child() { [ -z "$(child)" ]; }

part "a program is watched and tuned, by the keys of the runs at home"
shell 120 36
begin attach -- $(train 100000)
see 'bowl'
see '─ tune ─'
see 'lr +0\.0100'
see 'training begins'
press ']'
see 'lr 0\.0200 at step'
poll "the program has another rate" now_is 2 0.02
press Down Right
poll "the program has no momentum" moves
press = ; tm send-keys -t t -l '0.5'; press Enter
poll "the program has not the momentum that was typed" now_is 3 0.5
press = ; tm send-keys -t t -l '7'; press Enter
see 'allowed is'
press Escape
gone 'momentum = '
part "it rests, goes on, writes a checkpoint and stops"
press Space
see '‖ paused'
poll "the program does not rest" rests
press Space
see '▶ running'
poll "the program does not go on" goes_on
press C
see 'checkpoint was written.*bowl\.pt'
press X
see '· ended'
see 'training ends'
press q
see 'code=0'
poll "the program goes on" no_child

part "the program outlives the screen, however that ends"
shell 80 24
begin attach -- $(train 100000)
see 'lr +0\.0100'
press q
see 'the program goes on as process'
poll "the program does not go on" goes_on
kill "$(child)"
poll "the program stays" no_child
begin attach -- $(train 100000)
see 'lr +0\.0100'
kill -9 "$(cat "$dir/pid")"
poll "the program does not go on after a crash" goes_on
kill "$(child)"
poll "the program stays" no_child
shell 80 24
begin attach --stop -- $(train 100000)
see 'lr +0\.0100'
press q
see 'code='
poll "the program goes on though it was to stop" no_child

part "without a screen: values at steps, exit codes and signals"
"$program" attach --headless --at 5:lr=0.5 --at 10:momentum=0.25 --at 30:stop -- $(train 100000) >"$dir/rows" 2>"$dir/err"
grep -q '"type":"applied".*"name":"lr","value":0.5' "$dir/rows" || fail "the rate was not applied: $(tail -3 "$dir/rows")"
grep -q '"type":"applied".*"name":"momentum","value":0.25' "$dir/rows" || fail "the momentum was not applied"
now_is 2 0.5 && now_is 3 0.25 || fail "the program ended with $(cat "$dir/now")"
grep -q 'training ends' "$dir/err" || fail "what the program prints is lost"
"$program" attach --headless --format csv -- $(train 5) 2>/dev/null >"$dir/csv"
[ "$(wc -l <"$dir/csv")" = 6 ] && [ "$(head -1 "$dir/csv" | cut -d, -f1,2)" = step,loss ] || fail "the table is $(cat "$dir/csv")"
code=0
"$program" attach --headless -- sh -c 'exit 7' >/dev/null 2>&1 || code=$?
[ "$code" = 7 ] || fail "exit code $code, not 7"
rm "$dir/rows"
"$program" attach --headless -- $(train 100000) >"$dir/rows" 2>/dev/null &
attached=$!
poll "nothing is told" grep -q metrics "$dir/rows"
kill -TERM $attached
code=0
wait $attached || code=$?
[ "$code" = 143 ] || fail "SIGTERM gives $code"
poll "the program goes on after SIGTERM" no_child
checks=$((checks + 6))

part "logs are watched as they grow"
mkdir "$dir/runs"
printf '{"step": 1, "loss": 0.5}\n' >"$dir/runs/a.jsonl"
shell 80 24
begin watch "$dir/runs"
see 'a\.jsonl +0\.500 at 1'
printf '{"step": 2, "loss": 0.25}\n{"step": 3, "lo' >>"$dir/runs/a.jsonl"
see 'a\.jsonl +0\.250 at 2'
printf 'ss": 0.125}\n' >>"$dir/runs/a.jsonl"
see 'a\.jsonl +0\.125 at 3'
mv "$dir/runs/a.jsonl" "$dir/old"
printf '{"step": 4, "loss": 0.0625}\n' >"$dir/runs/a.jsonl"
see 'a\.jsonl +0\.0625 at 4'
printf 'epoch,train_loss\n1,3\n2,1.5\n' >"$dir/runs/b.csv"
see 'b\.csv +1\.50 at 2'
press ']'
see 'only watched'
press q
see 'code=0'

part "a learning rate is looked for, broken off, and found"
cat >"$dir/descend.py" <<'P'
import json, sys
x = 1.0
for step in range(int(sys.argv[2])):
    print(json.dumps({"step": step, "loss": 10 * x * x}))
    x -= float(sys.argv[1]) * 20 * x
    if abs(x) > 1e100: break
P
find="$program lrfind --no-check --json --range 1e-3:1 -- $python $dir/descend.py {lr} {steps}"
kept() { cat "$dir"/state/opttui/trials/*.jsonl 2>/dev/null | wc -l; }
some_kept() { (($(kept) > 3)); }
$find >/dev/null 2>&1 &
attached=$!
poll "nothing is kept" some_kept
kill -INT $attached 2>/dev/null || true
wait $attached || true
before=$(kept)
$find >"$dir/found" 2>"$dir/err" || fail "nothing is found: $(cat "$dir/err")"
grep -q 'known from before' "$dir/err" || fail "what was kept is not known"
(($(kept) >= before)) || fail "what was kept is lost"
"$python" - "$dir/found" <<'P' || fail "the rate is another one: $(head -c 300 "$dir/found")"
import json, sys
r = json.load(open(sys.argv[1]))
assert 0.03 < r["best_lr"] < 0.07 and 0.09 < r["edge_lr"] < 0.12, r["best_lr"]
P
checks=$((checks + 3))

if /usr/bin/python3 -c 'import torch' 2>/dev/null; then
	part "PyTorch: a network on digits, tuned by keys"
	shell 120 36
	begin attach -- /usr/bin/python3 examples/pytorch_digits.py
	see 'weight_decay'
	see 'loss +[0-9.]+'
	press ']'
	see 'lr 0\.0200 at step'
	see 'lr +0\.0200 +at [0-9 ]+' # in the list of what the program itself logs
	press X
	see '· ended'
	press q
	see 'code=0'
else
	echo "PyTorch is not here: its part is skipped"
fi

echo "attach: $checks checks hold"
