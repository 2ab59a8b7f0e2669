#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A reader that is stopped while a million messages come: its publisher is not held up, and what it gets
# afterwards, messages and gaps together, is exactly that million.
set -euo pipefail
PATH=$BELFRY_BIN:$PATH
folder=$(mktemp -d)
belfryd --set listen.grpc=127.0.0.1:0 --set listen.http= --ports-file "$folder/ports" 2>"$folder/log" &
trap 'kill -CONT $(jobs -p) 2>/dev/null; kill $(jobs -p) 2>/dev/null; wait || true; rm -rf "$folder"' EXIT
pause() { read -r -t "$1" _ <> <(:) || true; }
for _ in $(seq 600); do
  [ -f "$folder/ports" ] && break
  pause 0.05
done
BELFRY_SERVER=127.0.0.1:$(sed 's/.*"grpc":\([0-9]*\).*/\1/' "$folder/ports")
export BELFRY_SERVER

count=1000000
belfry --json sub big >"$folder/sub" &
reader=$!
belfry wait --timeout 30s --subscribers big=1 >/dev/null
kill -STOP $reader
belfry pub big hello --count $count >"$folder/pub"
grep -q "$count ok" "$folder/pub" || { cat "$folder/pub"; exit 1; }
kill -CONT $reader

# What has come so far: messages and what gaps tell; and how many gaps the broker told.
sums() {
  awk -F'"count":' '/"type":"message"/ { sum += 1 }
    /"type":"gap"/ { split($2, number, /[,}]/); sum += number[1] }
    /"cause":"overflow"/ { gaps += 1 }
    END { printf "%d %d\n", sum, gaps }' "$folder/sub"
}
for _ in $(seq 600); do
  [ "$(sums | cut -d' ' -f1)" -ge $count ] && break
  pause 0.1
done
read -r total gaps < <(sums)
[ "$total" = $count ] || { echo "messages and gaps make $total, not $count" >&2; exit 1; }
[ "$gaps" -ge 1 ] || { echo "the broker told no gap" >&2; exit 1; }
