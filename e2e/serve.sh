#!/usr/bin/env bash
# The program over SSH, with the real client in a real terminal: what it shows, how it ends, and that nothing of a visit is
# left on the server, however the client goes. Nothing waits for a fixed time but the look at the processor's time.
#
#   e2e/serve.sh [path to the program]      builds the program where none is given; needs tmux and ssh
set -euo pipefail
cd "$(dirname "$0")/.."

. e2e/lib.sh

server=
trap 'kill "$server" 2>/dev/null || true; tm kill-server 2>/dev/null || true; tw kill-server 2>/dev/null || true; rm -rf "$dir"' EXIT

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

# looking W H: the client of somebody else, in a terminal of its own. The file of its key is $key, "" for none.
tw() { tmux -L "opttui-e2e-$$-w" -f /dev/null "$@"; }
looking() {
	tw kill-server 2>/dev/null || true
	poll "the other terminal stays" unseen
	tw new-session -d -s w -x "$1" -y "$2" "env -u SSH_AUTH_SOCK ssh -F /dev/null -p $port -o UserKnownHostsFile=$dir/known -o StrictHostKeyChecking=yes -o HostKeyAlias=opttui -o LogLevel=ERROR -o IdentitiesOnly=yes -o IdentityFile=${key:-none} localhost; echo code=\$?; cat"
}
seen() { tw capture-pane -p -t w 2>/dev/null | grep -qE -- "$1"; }
unseen() { ! tw has-session 2>/dev/null; }
sees() { poll "the other terminal has no /$1/" seen "$1"; }
missing() { ! seen "$1"; }
loses() { poll "/$1/ stays in the other terminal" missing "$1"; }
theirs() { tw send-keys -t w "$@"; }

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

kill "$server"
served 0

part "a lecture: its driver at 160×45, a viewer without a key at 80×24"
ssh-keygen -q -t ed25519 -N '' -C driver -f "$dir/driver"
ssh-keygen -q -t ed25519 -N '' -C other -f "$dir/other"
{ printf 'role="driver" ' && cat "$dir/driver.pub"; } >"$dir/keys"
"$program" serve --lecture --authorized-keys "$dir/keys" --listen 127.0.0.1:0 --check >"$dir/check"
grep -q 'who drives: .*SHA256.* in line 1' "$dir/check" || fail "--check does not say who drives"
serve --lecture --authorized-keys "$dir/keys" --public
shell 160 45
key= looking 80 24
sees 'the lecture has not begun'
sees '‖ paused · step 0 '
visit -o IdentitiesOnly=yes -i "$dir/driver"
see '^ opttui · Beale .* 1 watches   . keys$'
see '^│› ● 1 momentum .* step [0-9]'
sees '^ lecture  b branch .* q leave$'
press o
sees 'optimizer ── type to filter'
press Escape
gone 'type to filter'
press Space
see 'paused'
sees '‖ paused'
s=$(step)
theirs n r Space
theirs '?'
sees 'your keys change nothing in it'
press n
see "· step $((s + 1)) ·"
theirs Escape
loses 'your keys change'
sees "· step $((s + 1)) ·"
theirs PageDown
sees 'convention'

part "a branch of the lecture, and back"
theirs b
sees "└ branched off the lecture's run 1"
sees 'q or esc leads back to the lecture'
gone '1 watches'
theirs n
sees "· step $((s + 2)) ·"
see "· step $((s + 1)) ·"
theirs Escape
sees '^ lecture  b branch'
sees "· step $((s + 1)) ·"
see '1 watches'

part "the driver goes and comes back; a key that is not in the file"
press q
restored 0
sees '^ the driver is away '
visit -o IdentitiesOnly=yes -i "$dir/driver" -o BatchMode=yes
see "· step $((s + 1)) · .* 1 watches"
sees '^ lecture '
theirs q
poll "the viewer does not leave" seen '^code=0$'
gone '1 watches'
key=$dir/other looking 100 30
sees '^ lecture '
press q
restored 0
kill "$server"
served 0

part "a lecture for the holders of keys alone"
serve --lecture --authorized-keys "$dir/keys"
key=$dir/other looking 100 30
sees 'Permission denied'
kill "$server"
served 0

part "nobody else without a key"
code=0
"$program" serve --listen :0 2>"$dir/refused" || code=$?
[ "$code" = 2 ] || fail "exit code $code"
grep -q -- '--authorized-keys' "$dir/refused" || fail "it does not say why"

echo "e2e: $checks checks hold"
