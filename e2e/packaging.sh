#!/usr/bin/env bash
# The files under packaging/: what they start must start. Usage: e2e/packaging.sh
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$dir"' EXIT
checks=0
ok() { checks=$((checks + 1)); }
fail() { echo "packaging: $*" >&2; exit 1; }

# As the Dockerfile builds it: one file that needs no other.
build=$(sed -n 's|^RUN \(CGO_ENABLED=0 go build .*\) -o /out/opttui \(\./cmd/opttui\).*|\1 -o "$dir/root/opttui" \2|p' packaging/Dockerfile)
[ -n "$build" ] || fail "the Dockerfile does not build as expected"
mkdir -p "$dir/root/state"
eval "$build"
ok

# Every command line of the unit and the image is one that the program takes.
ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
cp "$dir/key.pub" "$dir/root/keys"
taken() { XDG_STATE_HOME=$dir/state "$dir/root/opttui" "$@" --check >/dev/null || fail "opttui $* is refused"; ok; }
port() { sed 's/:23234/127.0.0.1:0/'; }
unit=$(sed -n 's|^ExecStart=/usr/local/bin/opttui ||p' packaging/opttui.service | port | sed "s|/etc/opttui/authorized_keys|$dir/root/keys|")
image=$(sed -n 's/^CMD \[\(.*\)\]$/\1/p' packaging/Dockerfile | tr -d '",' | port)
[ -n "$unit" ] && [ -n "$image" ] || fail "there is no command line in the unit or the image"
# shellcheck disable=SC2086
taken $unit
# shellcheck disable=SC2086
taken $image

if command -v systemd-analyze >/dev/null; then
	sed "s|/usr/local/bin/opttui|$dir/root/opttui|; /^Documentation/d" packaging/opttui.service >"$dir/opttui.service"
	said=$(systemd-analyze verify "$dir/opttui.service" 2>&1 | grep opttui || true)
	[ -z "$said" ] || fail "systemd says: $said"
	systemd-analyze security --offline=true --threshold=20 "$dir/opttui.service" >/dev/null || fail "the unit is less hardened than it was"
	ok
else
	echo "packaging: systemd is not here, the unit is not read"
fi

# In an empty root and as nobody in particular, as in the image.
chroot=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot || true)
if [ "$(id -u)" = 0 ] && [ -n "$chroot" ]; then
	chown 65532:65532 "$dir/root/state"
	env -i XDG_STATE_HOME=/state "$chroot" --userspec=65532:65532 "$dir/root" /opttui serve --listen 127.0.0.1:0 --authorized-keys /keys >"$dir/out" 2>"$dir/err" &
	pid=$!
	for _ in $(seq 600); do
		grep -q '^who may come in' "$dir/out" && break
		sleep 0.1
	done
	at=$(sed -n 's/^to connect:.*-p \([0-9]*\) .*/\1/p' "$dir/out")
	[ -n "$at" ] || fail "it does not start in an empty root: $(cat "$dir/err")"
	# Without a terminal it says so: enough to know that the key opens.
	said=$(ssh -F none -T -p "$at" -i "$dir/key" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR 127.0.0.1 2>&1 || true)
	[[ $said == *"needs a terminal"* ]] || fail "the key does not open: $said"
	kill -TERM "$pid"
	wait "$pid" || fail "it does not end well on SIGTERM: $?"
	pid=
	[ "$(stat -c %a "$dir/root/state/opttui/serve/host_ed25519")" = 600 ] || fail "the host key can be read"
	ok
else
	echo "packaging: an empty root needs root"
fi
echo "packaging: $checks checks"
