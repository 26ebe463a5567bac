#!/usr/bin/env bash
# Foreign clients against a running server: Python's grpcio with stubs made from the published
# contract alone, curl, promtool, systemd-analyze. Needs these, and cargo unless JUDGE_BINARY is there.
# With JUDGE_ROOT the server runs with that folder as its root, as a user without rights.
set -euo pipefail
cd "$(dirname "$0")/../../.."

work=$(mktemp -d)
server=
keeper=
trap 'for one in $server $keeper; do kill "$one" 2>/dev/null || :; done; rm -rf "$work"' EXIT

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
store=$work/judge.db
if [ -n "${JUDGE_ROOT:-}" ]; then
    run=(chroot --userspec=65532:65532 "$JUDGE_ROOT" /judge-server)
    store=/store/judge.db
    install --directory --owner=65532 "$JUDGE_ROOT/store"
fi
"${run[@]}" --grpc-listen 127.0.0.1:0 --http-listen 127.0.0.1:0 2>"$work/log" &
server=$!
# A second one keeps canaries. No test asks its source.
"${run[@]}" --grpc-listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --kayenta-listen 127.0.0.1:0 \
    --store "$store" --prometheus http://127.0.0.1:9 2>"$work/keeper.log" &
keeper=$!
addresses() { grep -o '"grpc":"[^"]*","http":"[^"]*"' "$work/log"; }
until addresses >"$work/addresses"; do
    kill -0 "$server" || { cat "$work/log" >&2; exit 1; }
done
grpc=$(cut -d'"' -f4 "$work/addresses") http=$(cut -d'"' -f8 "$work/addresses")
until grep -o '"kayenta":"[^"]*"' "$work/keeper.log" >"$work/kayenta"; do
    kill -0 "$keeper" || { cat "$work/keeper.log" >&2; exit 1; }
done
kayenta=$(cut -d'"' -f4 "$work/kayenta")

export PYTHONPATH=$work JUDGE_GRPC=$grpc JUDGE_HTTP=$http JUDGE_KAYENTA=$kayenta JUDGE_BINARY=$binary
"$venv/bin/python" -m unittest discover --start-directory judge-server/tests/foreign --pattern '*_test.py'
"$venv/bin/python" judge-server/examples/judge.py --server "$grpc" \
    fixtures/recorded/failing/request.json | grep VERDICT_FAIL >/dev/null

kill -TERM "$server"
wait "$server"
server=
