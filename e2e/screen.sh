#!/usr/bin/env bash
# The program in a real terminal: starts it in tmux, presses keys, reads the screen, and looks at what it
# leaves behind. Nothing waits for a fixed time: every check polls until it holds or its patience ends.
#
#   e2e/screen.sh [path to the program]      builds the program where none is given; needs tmux
set -euo pipefail
cd "$(dirname "$0")/.."

. e2e/lib.sh

part "the four panels at 80x24, and they move"
shell 80 24
begin
see '^ opttui · Beale'
see 'landscape'
see 'loss'
see 'runs'
see 'tune'
see '1 momentum'
see '2 adam'
poll "no steps are taken" step_over 5

part "pause, single steps, speed"
rest
press n
poll "n is not one step" step_is $((s + 1))
press N
poll "N is not ten steps" step_is $((s + 11))
for _ in 1 2 3 4 5; do press '>'; done
see 'unlimited'
press Space
gone 'paused'
poll "unlimited speed is slow" step_over 20000
press Space
see 'paused'

part "the optimizer: a list with a filter; escape leaves it"
press o
see 'type to filter'
press Escape
gone 'type to filter'
press o
see 'type to filter'
tm send-keys -t t -l nest
see '> nesterov +Nesterov|› nesterov +Nesterov'
press Enter
see '1 nesterov'

part "the learning rate with [ and ], a value with ="
begin_rate=$(screen | grep -m1 -oE '1 nesterov +ε [^ ]+' | awk '{print $NF}')
press '['
gone "1 nesterov +ε $begin_rate "
press ']'
see "1 nesterov +ε $begin_rate "
press '='
see 'enter sets'
press C-u
enter 5e9
see 'cannot be'
press Escape
press '='
see 'enter sets'
press C-u
enter 0.0123
see '1 nesterov +ε 0.0123'

part "problem, schedule, convention"
press p
see 'type to filter'
tm send-keys -t t -l rosenb
see 'Rosenbrock'
press Enter
see '^ opttui · Rosenbrock'
press S
see 'type to filter'
tm send-keys -t t -l exponential
see 'Exponential'
press Enter
see '(schedule|exponential).*(exponential|γ)'
press c
see 'torch'

part "a race: add, select, remove; restart with a new seed"
press a
see 'type to filter'
tm send-keys -t t -l lbfgs
press Enter
see '3 lbfgs'
press 3
see 'tune ── lbfgs'
press x
gone '3 lbfgs'
press R
see 'seed 1 '

part "help scrolls and closes; a key that does nothing says so"
press '?'
see 'keys ──'
press Down
press Escape
gone 'keys ──'
press i
see 'i does nothing here'

part "q restores the terminal"
press q
restored 0

part "160x45: settings beside the runs, curves beside the landscape"
shell 160 45
begin --problem himmelblau --optimizer sgd,adam,nesterov --start=1,1 --seed 7 --paused
see '^ opttui · Himmelblau.*paused · step 0 · seed 7'
see 'landscape.*loss'
see 'runs.*tune'
see '3 nesterov'
press Right
see 'learning rate'
press n
poll "n is not one step" step_is 1
press C-c
restored 0

part "signals restore the terminal and tell their number"
for signal in TERM:143 HUP:129 INT:130; do
	shell 100 30
	begin --speed max
	poll "no steps are taken" step_over 100
	kill_with "${signal%:*}"
	restored "${signal#*:}"
done

part "a storm of sizes, down to one cell"
shell 100 30
begin --speed max
see '^ opttui · Beale'
for _ in 1 2 3; do
	for size in 1x1 2x1 1x50 300x2 5x5 39x9 40x10 79x23 80x24 119x24 120x24 200x60 1x1 400x100 10x3 100x30; do
		tm resize-window -t t -x "${size%x*}" -y "${size#*x}"
	done
done
see '^ opttui · Beale'
see 'runs.*tune'
for size in 1x1 20x5 60x20; do
	tm resize-window -t t -x "${size%x*}" -y "${size#*x}"
	sleep 0.2
	flag alternate_on 1 || fail "it ended at $size"
done
tm resize-window -t t -x 30 -y 8
see '40'
tm resize-window -t t -x 100 -y 30
see '^ opttui · Beale'
press q
restored 0

part "without colour, and in ASCII"
shell 80 24
begin_colour() { begin "$@"; see '^ opttui'; see 'loss'; poll "no steps are taken" step_over 5; press q; restored 0; }
export NO_COLOR=1
shell 80 24
begin_colour
unset NO_COLOR
shell 80 24
begin --ascii
see '^ opttui'
poll "no steps are taken" step_over 20
if screen | LC_ALL=C grep -q '[^ -~]'; then fail "--ascii shows more than ASCII"; fi
press q
restored 0

part "no screen: a message that says what to do instead"
shell 100 30
enter "TERM=dumb $program; echo code=\$?"
see 'TERM=dumb'
see 'opttui run --problem'
see '^code=2$'
press C-l
enter "$program </dev/null; echo code=\$?"
see 'standard input is not a terminal'
see '^code=2$'
press C-l
enter "$program | cat; echo code=\${PIPESTATUS[0]}"
see 'standard output is not a terminal'
see '^code=2$'

part "a progress bar where the rows go to a file; ctrl-c keeps the rows"
shell 100 30
enter "$program run --steps 1e12 --every 1e6 --output $dir/rows.jsonl; echo code=\$?"
see 'steps/s|it/s|%'
poll "no rows are written" test -s "$dir/rows.jsonl"
press C-c
see '^code=130'
tail -c 2 "$dir/rows.jsonl" | grep -q '}' || fail "the last row is cut"

echo "e2e: $checks checks hold"
