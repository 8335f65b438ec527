#!/usr/bin/env bash
# The user's own problems in a real terminal: formulas, data, models, and planes through what has many parameters.
#
#   e2e/own.sh [path to the program]      builds the program where none is given; needs tmux
set -euo pipefail
cd "$(dirname "$0")/.."
. e2e/lib.sh

part "a formula on the command line, with a parameter to turn"
shell 100 30
begin '--expr "a*x^2 + b*y^2" --set b=25 --optimizer sgd,momentum --domain=-2:2'
see 'landscape.*x ∈ \[-2.00, 2.00\]'
poll "no steps are taken" step_over 5
press Space
place() { screen | sed -nE 's/.* ([0-9]+) of [0-9]+ ──.*/\1/p' | head -1; } # of the cursor among the settings
moved() { [ "$(place)" != "$1" ]; }
for _ in 1 2 3 4 5 6 7 8; do
	at=$(place)
	press Up
	poll "the cursor stays at setting $at" moved "$at"
	shows '› b ' && break
done
see '› b +25'
press Right
see 'b 40.0 at step'
press q
restored 0

part "a formula typed in the program: a mistake is marked, a preview follows, enter starts it"
shell 120 36
begin --paused
see '^ opttui · Beale'
press F
see 'formula ── enter starts it'
tm send-keys -t t -l 'sin(x'
see '\^ '
tm send-keys -t t -l ') + 0.1*x^2 + c*y^2'
see '2 variables x, y, 1 parameter c'
press Tab
tm send-keys -t t -l -- '-8:8'
press Enter
see 'x ∈ \[-8.00, 8.00\]'
see '1 momentum'
press F
see 'sin\(x\) \+ 0.1\*x\^2'
press Escape
gone 'formula ── enter'
press p
see 'type to filter'
tm send-keys -t t -l formula
see '› formula'
press Escape
gone 'type to filter'
press q
restored 0

part "one variable: the steps, zooming, and a zero"
shell 80 24
begin --problem double_well --optimizer newton,sgd --speed 10
see 'function.*x ∈ \[-2.00, 2.00\]'
press z
see 'x ∈ \[-1.[0-9]+, 1'
press q
restored 0

part "many dimensions: a plane through the run, other planes, other dimensions"
shell 160 45
begin --problem rosenbrock --set dim=20 --optimizer adam,lbfgs
see 'plane ── principal components of the path'
see 'outside .* % of the path · true − plane'
press v
see 'random directions, seed 0'
press V
see 'random directions, seed 1'
press v
see 'parameters 1 and 2'
press V
see 'two numbers from 1 to 20'
enter '3,9'
see 'parameters 3 and 9'
see 'x3 ∈'
press q
restored 0

part "the user's own data: classes found out, models that fit, missing values told with their place"
cp internal/dataset/data/wine.csv "$dir/cellar.csv"
shell 120 36
begin --data "$dir/cellar.csv" --target cultivar --optimizer adam --speed max
see '^ opttui · cellar.csv, softmax regression'
see 'accuracy ── held out'
see 'samples/s'
press p
see 'type to filter'
tm send-keys -t t -l cellar/mlp
see '› cellar/mlp'
press Enter
see '^ opttui · cellar.csv, neural network'
press v
see 'principal components of the path'
press q
restored 0
sed '5s/^[^,]*/?/' "$dir/cellar.csv" >"$dir/gaps.csv"
enter "clear; $program run --data $dir/gaps.csv --target cultivar --steps 1; echo code=\$?"
see 'line 5, column alcohol: a value is missing'
see '^code=2$'
enter "clear; $program run --data $dir/gaps.csv --target cultivr --missing mean --steps 1; echo code=\$?"
see 'did you mean "cultivar"'
see '^code=2$'
enter "clear; $program run --data $dir/gaps.csv --target cultivar --missing mean --optimizer adam --steps 200 --every 200 --format csv | tail -1 | cut -d, -f1; echo code=\$?"
see '^200$'
see '^code=0$'

part "a syntax error in a formula points to the column"
enter "clear; $program run --expr '(1-x)^2 + 100*(y-x^2)^2)'; echo code=\$?"
see '^ +\^'
see '^code=2$'

part "the initial learning rate: found beside the run, taken, taken back"
shell 120 36
begin --problem quadratic --optimizer sgd --lr 0.0123
see '1 sgd +ε 0.0123'
press f
see 'learning rate of sgd'
see 'theory: stable below 0.0200'
see 'enter takes'
press Enter
gone 'learning rate of sgd'
gone '1 sgd +ε 0.0123'
press u
see '1 sgd +ε 0.0123'

part "a sweep as a heat map: a cell is taken, and taken back"
press w
see 'sweep over the learning rate and'
tm send-keys -t t -l optim
see '› optimizer'
press Enter
see 'learning rate × optimizer'
see '◆'
press Up
press Enter
gone 'learning rate × optimizer'
gone '1 sgd' # the rule of the cell is taken
press u
see '1 sgd +ε 0.0123'
press q
restored 0
enter "clear; $program lrfind --problem quadratic --optimizer sgd --no-check | tail -1; echo code=\$?"
see '^use --lr 0.01'
enter "clear; $program sweep --problem quadratic --optimizer momentum --grid lr=1e-4:0.1:log:4 --grid momentum=0,0.9; echo code=\$?"
see 'best: loss'

part "saddles outnumber minima in many dimensions"
enter "clear; $program saddles --dim 1,2,8 --tries 100; echo code=\$?"
see 'saddles'
see '^code=0$'

echo "e2e: $checks checks hold"
