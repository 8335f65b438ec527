#!/bin/sh
# Curves of a program that knows nothing of opttui: lines of JSON on its standard output will do. It needs jq.
#
#     opttui attach -- examples/printed.sh
#
# About a minute. Gradient descent on x² from x = 5, a step each tenth of a second.
steps=${1:-600}
x=5
step=0
while [ "$step" -lt "$steps" ]; do
	jq -cn --argjson step "$step" --argjson x "$x" '{step: $step, loss: ($x * $x), x: $x}'
	x=$(jq -n --argjson x "$x" '$x - 0.01 * 2 * $x')
	step=$((step + 1))
	sleep 0.1
done
