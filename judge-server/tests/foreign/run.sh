#!/usr/bin/env bash
# Foreign clients against a running server: Python's grpcio with stubs made from the published
# contract alone, curl, promtool, systemd-analyze. Needs these, and cargo unless JUDGE_BINARY is there.
# With JUDGE_ROOT the server runs with that folder as its root, as a user without rights.
set -euo pipefail
cd "$(dirname "$0")/../../.."

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

venv=${JUDGE_TEST_VENV:-$work/venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r judge-server/tests/foreign/requirements.txt
"$venv/bin/python" -m grpc_tools.protoc -I proto --python_out="$work" --grpc_python_out="$work" \
    proto/canary/judge/v1/*.proto

binary=${JUDGE_BINARY:-}
if [ -z "$binary" ]; then
    cargo build --quiet --locked -p canary-judge-server
    binary=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/judge-server
fi
run=("$binary")
[ -z "${JUDGE_ROOT:-}" ] || run=(chroot --userspec=65532:65532 "$JUDGE_ROOT" /judge-server)
"${run[@]}" --grpc-listen 127.0.0.1:0 --http-listen 127.0.0.1:0 2>"$work/log" &
server=$!
addresses() { grep -o '"grpc":"[^"]*","http":"[^"]*"' "$work/log"; }
until addresses >"$work/addresses"; do
    kill -0 "$server" || { cat "$work/log" >&2; exit 1; }
done
grpc=$(cut -d'"' -f4 "$work/addresses") http=$(cut -d'"' -f8 "$work/addresses")

export PYTHONPATH=$work JUDGE_GRPC=$grpc JUDGE_HTTP=$http JUDGE_BINARY=$binary
"$venv/bin/python" -m unittest discover --start-directory judge-server/tests/foreign --pattern '*_test.py'
"$venv/bin/python" judge-server/examples/judge.py --server "$grpc" \
    fixtures/recorded/failing/request.json | grep VERDICT_FAIL >/dev/null

kill -TERM "$server"
wait "$server"
server=
