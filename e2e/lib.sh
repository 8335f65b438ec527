# What the end-to-end scripts share: a program in tmux, keys for it, and checks that poll the screen. To be sourced from
# the project's folder, with the path of the program as the first argument; without one it is built.

dir=$(mktemp -d)
socket=opttui-e2e-$$
tm() { tmux -L "$socket" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null || true; rm -rf "$dir"' EXIT

program=${1:-$dir/opttui}
[ $# -gt 0 ] || go build -o "$program" ./cmd/opttui
program=$(realpath "$program")
export LC_ALL=C.UTF-8 TERM=xterm-256color
echo "PS1='shell> '" >"$dir/rc"
export XDG_STATE_HOME=$dir/state # sessions are kept there
unset NO_COLOR COLORTERM TMUX
patience=${PATIENCE:-60} # seconds
checks=0
servers=0

screen() { tm capture-pane -p -t t; }

fail() {
	echo "FAIL: $*"
	echo "---- the screen"
	screen || true
	exit 1
}

# poll WHAT COMMAND...: until the command succeeds.
poll() {
	local what=$1 end=$((SECONDS + patience))
	shift
	until "$@"; do
		((SECONDS < end)) || fail "$what"
		sleep 0.05
	done
	checks=$((checks + 1))
}
shows() { screen | grep -qE -- "$1"; }
hides() { ! shows "$1"; }
see() { poll "there is no /$1/" shows "$1"; }
gone() { poll "/$1/ stays" hides "$1"; }

press() { tm send-keys -t t "$@"; } # names of keys
enter() { tm send-keys -t t -l "$1"; tm send-keys -t t Enter; } # text and the enter key

# step prints the step in the title.
step() { screen | head -1 | sed -nE 's/.*step ([0-9][0-9 ]*) [·.] seed.*/\1/p' | tr -d ' '; }
step_is() { [ "$(step)" = "$1" ]; }
step_over() { local s && s=$(step) && [ -n "$s" ] && ((s > $1)); }

# rest pauses, and leaves in s the step at which the run rests. The screen says that it is paused as soon as the key was
# pressed, perhaps before the run has heard of it; but a change tells its step when it has been made, and is taken back.
told() { screen | sed -nE 's/^ ε ([^ ]+) at step ([0-9 ]*[0-9]) *$/\1 \2/p' | head -1; }
tells() { told | grep -q .; }
tells_other() { tells && [ "$(told)" != "$1" ]; }
rest() {
	local change
	press Space
	see 'paused'
	press ']'
	poll "a change is not told" tells
	change=$(told)
	s=$(echo "${change#* }" | tr -d ' ')
	press '['
	poll "a change is not taken back" tells_other "$change"
}

# shell W H: a fresh shell in a terminal of that size.
shell() {
	tm kill-server 2>/dev/null || true
	socket=opttui-e2e-$$-$((++servers)) # the old one may still be on its way out
	tm new-session -d -s t -x "$1" -y "$2" "bash --rcfile $dir/rc"
	tm set-option -g window-size manual
	see 'shell>'
}

# begin [ARGUMENTS]: the program in that shell. Its process id goes to a file, its exit code to the screen.
begin() {
	rm -f "$dir/pid"
	enter "bash -c 'echo \$\$ >$dir/pid; exec $program $*'; echo code=\$?"
}

# restored CODE: the program has ended with that code and the terminal is as it was.
flag() { [ "$(tm display-message -p -t t "#{$1}")" = "$2" ]; }
sane() { grep -qE '(^| )echo( |$)' "$dir/stty" 2>/dev/null && grep -qE '(^| )icanon( |$)' "$dir/stty"; }
restored() {
	see "^code=$1\$"
	poll "the alternate screen is still on" flag alternate_on 0
	poll "the mouse is still taken" flag mouse_any_flag 0
	poll "the cursor is still hidden" flag cursor_flag 1
	rm -f "$dir/stty"
	enter "stty -a >$dir/stty"
	poll "the terminal does not echo" sane
}

# kill_with SIGNAL: to the program.
kill_with() { kill -"$1" "$(cat "$dir/pid")"; }

part() { echo "- $*"; }

