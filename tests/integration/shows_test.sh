#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the README shows by hand, with the real command: and that wrong usage says so.
set -euo pipefail
PATH=$BELFRY_BIN:$PATH
folder=$(mktemp -d)
belfryd --set listen.grpc=127.0.0.1:0 --set listen.http= --ports-file "$folder/ports" 2>"$folder/log" &
broker=$!
# Readers that a failed check left behind go too.
trap 'kill $(jobs -p) 2>/dev/null; wait || true; rm -rf "$folder"' EXIT
fail() {
  echo "shows: $1" >&2
  exit 1
}
for _ in $(seq 600); do
  [ -f "$folder/ports" ] && break
  kill -0 $broker || { cat "$folder/log"; exit 1; }
  read -r -t 0.05 _ <> <(:) || true
done
BELFRY_SERVER=127.0.0.1:$(sed 's/.*"grpc":\([0-9]*\).*/\1/' "$folder/ports")
export BELFRY_SERVER

belfry wait --timeout 30s >/dev/null
belfry sub 'town.>' --count 1 >"$folder/sub" &
reader=$!
belfry wait --timeout 30s --subscribers town.square=1 >/dev/null
belfry pub town.square hello | grep -q 'ok: accepted, 1 subscriber on 1 node' || fail "pub's outcome"
wait $reader || fail "sub must exit 0 after --count"
grep -q 'town.square hello' "$folder/sub" || fail "the message did not arrive"

belfry --json sub 'town.>' --count 2 >"$folder/json" &
reader=$!
belfry wait --timeout 30s --subscribers town.hall=1 >/dev/null
printf 'one\ntwo\n' | belfry pub town.hall --lines >/dev/null
wait $reader
grep -q '"type":"subscribed","filter":"town.>"' "$folder/json" || fail "no subscribed line"
[ "$(grep -c '"type":"message","topic":"town.hall"' "$folder/json")" = 2 ] || fail "two message lines"
belfry --json pub town.hall x | grep -q '"outcome":"ok","achieved":"accepted"' || fail "pub --json"
belfry --json status | grep -q '"ready":true' || fail "status --json"

expect() {
  local want=$1
  shift
  local got=0
  "$@" >"$folder/out" 2>"$folder/err" || got=$?
  [ "$got" = "$want" ] || fail "exit status $got, not $want: $*"
  [ "$want" = 0 ] || grep -q '^belfry: ' "$folder/err" || fail "no 'belfry: ' on stderr: $*"
}
expect 2 belfry
expect 2 belfry no-such-command
expect 2 belfry pub
expect 2 belfry sub t --from earliest
expect 2 belfry cluster
expect 2 belfry pub t x --ack stored
expect 2 belfry pub '$bad' x
expect 1 belfry --timeout 1s wait --subscribers nobody.home=1
expect 1 belfry --server 127.0.0.1:1 --timeout 1s status
for command in pub sub status wait "bench fanout" "bench latency"; do
  # shellcheck disable=SC2086
  expect 0 belfry $command --help
  grep -q 'belfry ' "$folder/out" || fail "no example in the help of $command"
done
