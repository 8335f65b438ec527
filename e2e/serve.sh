#!/usr/bin/env bash
# The program over SSH, with the real client in a real terminal: what it shows, how it ends, and that nothing of a visit is
# left on the server, however the client goes. Nothing waits for a fixed time but the look at the processor's time.
#
#   e2e/serve.sh [path to the program]      builds the program where none is given; needs tmux and ssh
set -euo pipefail
cd "$(dirname "$0")/.."

. e2e/lib.sh

server=
trap 'kill "$server" 2>/dev/null || true; tm kill-server 2>/dev/null || true; rm -rf "$dir"' EXIT

logged() { grep -qE -- "$1" "$dir/log"; }
ended() { [ "$(grep -c 'msg=ends' "$dir/log")" = "$1" ]; }

# serve [ARGUMENTS]: a server on a free port.
serve() {
	"$program" serve --listen 127.0.0.1:0 "$@" >"$dir/out" 2>"$dir/log" &
	server=$!
	poll "the server does not say where it is" grep -q 'to connect' "$dir/out"
	port=$(sed -nE 's/^to connect: +ssh -p ([0-9]+) .*/\1/p' "$dir/out")
}

# served CODE: the server has ended with that code.
served() {
	local code=0
	wait "$server" || code=$?
	[ "$code" = "$1" ] || fail "the server ended with $code"
	checks=$((checks + 1))
}

# visit [OPTIONS]: the client in that shell, with $command if there is one. Its process id goes to a file, its exit code to the screen.
visit() {
	rm -f "$dir/pid"
	enter "clear; bash -c 'echo \$\$ >$dir/pid; exec ssh -F /dev/null -p $port -o UserKnownHostsFile=$dir/known -o StrictHostKeyChecking=${known:-yes} -o HostKeyAlias=opttui -o LogLevel=ERROR $* localhost ${command:-}'; echo code=\$?"
}

# idle: the server does nothing, as one whose visitors have all gone. Ticks are hundredths of a second.
ticks() { awk '{print $14 + $15}' "/proc/$server/stat"; }
idle() {
	[ -r "/proc/$server/stat" ] || return 0
	local before
	before=$(ticks)
	sleep 1
	(($(ticks) - before < 10))
}

part "the whole lab at once, at the size of the terminal; q restores it"
serve
[ "$(stat -c %a "$dir/state/opttui/serve/host_ed25519" 2>/dev/null || echo 600)" = 600 ] || fail "others can read the host key"
shell 120 36
known=accept-new visit
see '^ opttui · Beale'
see 'landscape'
see '1 momentum'
poll "no steps are taken" step_over 5
rest
press n
poll "n is not one step" step_is $((s + 1))
press E
see 'nothing is written here'
tm resize-window -t t -x 80 -y 24
see '^ opttui · Beale .* step .{0,30}keys *$'
press q
restored 0
poll "the visit goes on" ended 1

part "no commands, no files, no terminal: a sentence"
known=yes
command="ls /" visit
see 'neither commands nor files'
see '^code=1$'
visit -T
see 'opttui needs a terminal'
command=sftp visit -s
see '^code=255$'

part "the client goes by ~., by kill -9, with its master"
n=1
for way in escape kill master; do
	shell 100 30
	case $way in
	master) visit -M -S "$dir/ctl" ;;
	*) visit ;;
	esac
	see '^ opttui · Beale'
	case $way in
	escape) press Enter '~' . ;;
	kill) kill -9 "$(cat "$dir/pid")" ;;
	master) ssh -F /dev/null -S "$dir/ctl" -O exit localhost 2>/dev/null ;;
	esac
	n=$((n + 1))
	poll "$way: the visit goes on" ended "$n"
	logged 'why="the (connection was lost|person left)".* here=0$' || fail "$way: somebody is still here"
	poll "$way: the server computes for nobody" idle
done

part "SIGTERM: a good-bye, a terminal as it was, exit code 0"
shell 100 30
visit
see '^ opttui · Beale'
kill "$server"
see 'opttui: the server is being stopped: good-bye'
restored 0
served 0

part "the key is kept; a client that was stopped is cut off"
serve --idle 10s
shell 100 30
visit
see '^ opttui · Beale'
kill -STOP "$(cat "$dir/pid")"
poll "the visit of a stopped client goes on" ended 1
poll "the server computes for a stopped client" idle
kill -KILL "$(cat "$dir/pid")"

part "nobody else without a key"
code=0
"$program" serve --listen :0 2>"$dir/refused" || code=$?
[ "$code" = 2 ] || fail "exit code $code"
grep -q -- '--authorized-keys' "$dir/refused" || fail "it does not say why"
kill "$server"
served 0

echo "e2e: $checks checks hold"
