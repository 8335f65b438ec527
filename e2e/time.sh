#!/usr/bin/env bash
# Back and forth in time, ghosts, branches, files, and sessions that survive kill -9, in a real terminal. Nothing waits for a
# fixed time but the kills, whose moment is random: KILLS says how many there are.
#
#   e2e/time.sh [path to the program]      builds the program where none is given; needs tmux
set -euo pipefail
cd "$(dirname "$0")/.."

. e2e/lib.sh

# value: the learning rate of the first run, as the screen shows it.
value() { screen | sed -nE 's/.*● 1 sgd +ε ([0-9.e-]+) .*/\1/p' | head -1; }
shows_value() { [ "$(value)" = "$1" ]; }
written() { compgen -G "$dir/work/$1" >/dev/null; }

mkdir -p "$dir/work"

part "back in time and on; what lay ahead is kept, then becomes a branch"
shell 160 45
enter "cd $dir/work"
begin --problem beale --optimizer sgd --paused
see '^ opttui · Beale'
press N N N
poll "no step 30" step_is 30
press u
poll "no step 20" step_is 20
see 'ahead to step 30'
press t
see 'time .* step 20 of 30'
press End
poll "not at the end" step_is 30
press Home
poll "not at the beginning" step_is 0
press Right Right Enter
poll "not at step 2" step_is 2
press ']'
see '├ left at 2, went to 30'

part "a ghost, a branch, ranks"
press N
poll "not at step 12" step_is 12
press g ']'
see 'ε 0.0400 at step 12'
press N
see '◌ untouched since 12'
press b
see '└ branched off run 1 at step 22'
press '['
see 'ε 0.0200 at step 22'
press N
see '2nd'
press q
restored 0

part "files"
begin --problem beale --optimizer sgd,adam --paused
see '^ opttui · Beale'
press N
poll "not at step 10" step_is 10
press ']' N
for kind in recipe csv jsonl tensorboard curves landscape screen schedule; do
	press E
	see 'write to the folder'
	enter "$kind"
	see "written: opttui-$kind-beale-"
done
press q
restored 0
for file in recipe-*.json csv-*.csv jsonl-*.jsonl tensorboard-*.tfevents curves-*.svg curves-*.png landscape-*.svg landscape-*.png screen-*.svg schedule-*.json schedule-*.py; do
	poll "no file $file" written "opttui-$file"
done
"$program" replay "$dir"/work/opttui-recipe-*.json --headless --steps 20 >"$dir/rows"
[ "$(wc -l <"$dir/rows")" = 42 ] || fail "the exported recipe replays $(wc -l <"$dir/rows") rows"
"$program" run --problem beale --optimizer sgd --schedule "manual:$(echo "$dir"/work/opttui-schedule-*.json)" --steps 20 >/dev/null

part "a recording"
begin --cast "$dir/work/a.cast"
see 'Beale'
press q
restored 0
head -1 "$dir/work/a.cast" | grep -q '"version":2' || fail "the recording begins with $(head -c 200 "$dir/work/a.cast")"

part "kill -9 at random moments loses nothing that was on the screen"
for ((i = 1; i <= ${KILLS:-4}; i++)); do
	shell 100 30
	begin --problem beale --optimizer sgd --lr 1e-3
	poll "the run does not begin" shows_value 1.00e-3
	for ((j = 0; j <= RANDOM % 3; j++)); do
		press =
		see 'learning rate'
		enter "0.00$((100 + RANDOM % 900))"
	done
	sleep "0.$((RANDOM % 400 + 100))"
	seen=$(value)
	kill_with KILL
	see 'code=137'
	"$program" resume --list --json >"$dir/sessions"
	# Between the look at the screen and the end another value may have been set: the last one counts.
	last=$(tail -n +2 "$XDG_STATE_HOME"/opttui/* | grep -oE 'ε [0-9.e-]+' | tail -1 | cut -d' ' -f2) || true
	tail -n +2 "$XDG_STATE_HOME"/opttui/* | grep -qF "ε $seen" || [ "$seen" = 1.00e-3 ] || fail "ε $seen was on the screen, but is not in $(cat "$XDG_STATE_HOME"/opttui/*)"
	shell 100 30
	begin resume
	poll "ε ${last:=1.00e-3} is not taken up again" shows_value "$last"
	press q
	restored 0
	rm -rf "$XDG_STATE_HOME"
done

part "a full disk, and a session that is damaged at its end"
begin --problem beale --optimizer sgd --paused
see 'Beale'
press N
poll "not at step 10" step_is 10
press ']'
see '▾'
kill_with KILL
see 'code=137'
printf 'half a rec' >>"$(echo "$XDG_STATE_HOME"/opttui/*)"
shell 100 30
begin resume
see 'ε'
poll "not at step 10" step_is 10
press q
restored 0
XDG_STATE_HOME=/dev/null "$program" resume --list >/dev/null 2>&1 && fail "a list of sessions in /dev/null"

echo "e2e: $checks checks hold"
