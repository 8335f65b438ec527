#!/bin/bash
# A shell script that can be tuned, paused and stopped: it speaks the protocol itself (docs/protocol.md), with jq and
# nc -U (netcat-openbsd) or socat.
#
#     opttui attach -- examples/steered.sh
#
# About a minute. Gradient descent on x² from x = 5, a step each tenth of a second, whose learning rate can be tuned.
steps=${1:-600}
x=5
lr=0.01
paused=false

if [ -z "$OPTTUI_SOCKET" ]; then
	coproc opttui { cat >/dev/null; }
elif command -v socat >/dev/null; then
	coproc opttui { socat - "UNIX-CONNECT:$OPTTUI_SOCKET"; }
else
	coproc opttui { nc -U "$OPTTUI_SOCKET"; }
fi
exec 3<&"${opttui[0]}" 4>&"${opttui[1]}"

tell() { jq -cn "$@" >&4; }

# obey LINE carries out a command.
obey() {
	local id value
	case $(jq -r .type <<<"$1") in
	set)
		id=$(jq .id <<<"$1")
		value=$(jq -r .value <<<"$1")
		if [ "$(jq -r .name <<<"$1")" = lr ]; then
			lr=$value
			tell --argjson id "$id" --argjson v "$lr" --argjson s $((step + 1)) '{type: "applied", id: $id, name: "lr", value: $v, step: $s}'
		else
			tell --argjson id "$id" '{type: "refused", id: $id, why: "there is only lr"}'
		fi
		;;
	pause)
		paused=true
		tell --argjson s "$step" '{type: "state", state: "paused", step: $s}'
		;;
	resume)
		paused=false
		tell --argjson s "$step" '{type: "state", state: "running", step: $s}'
		;;
	checkpoint) tell '{type: "refused", id: 0, why: "there is nothing to save"}' ;;
	stop)
		tell --argjson s "$step" '{type: "state", state: "stopped", step: $s}'
		exit 0
		;;
	esac
}

tell --argjson lr "$lr" '{type: "hello", v: 1, name: "x²", tunables: [{name: "lr", value: $lr, min: 0, max: 2, scale: "log"}]}'
for ((step = 0; step < steps; step++)); do
	tell --argjson s "$step" --argjson x "$x" --argjson lr "$lr" '{type: "metrics", step: $s, loss: ($x * $x), lr: $lr}'
	x=$(jq -n --argjson x "$x" --argjson lr "$lr" '$x - $lr * 2 * $x')
	while read -r -t 0.1 line <&3; do obey "$line"; done
	while $paused && read -r line <&3; do obey "$line"; done
done
