#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The metrics page of a real broker, as Prometheus's own client library reads it.
set -euo pipefail
folder=$(mktemp -d)
"$BELFRY_BIN/belfryd" --set listen.grpc=127.0.0.1:0 --set listen.http=127.0.0.1:0 \
  --ports-file "$folder/ports" 2>"$folder/log" &
broker=$!
trap 'kill $broker 2>/dev/null; wait $broker || true; rm -rf "$folder"' EXIT
for _ in $(seq 600); do
  [ -f "$folder/ports" ] && break
  kill -0 $broker || { cat "$folder/log"; exit 1; }
  read -r -t 0.05 _ <> <(:) || true
done
port=$(sed 's/.*"http":\([0-9]*\).*/\1/' "$folder/ports")
curl -sS --max-time 20 "http://127.0.0.1:$port/metrics" >"$folder/page"
/usr/bin/python3 - "$folder/page" <<'PYTHON'
import sys
from prometheus_client.parser import text_string_to_metric_families

families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
names = {family.name for family in families}
for name in ("belfry_core_messages_in", "belfry_rpc_connections", "belfry_daemon_ready"):
    assert name in names, f"{name} is missing: {sorted(names)}"
for family in families:
    assert family.name.startswith("belfry_"), family.name
    assert family.documentation, f"{family.name} has no help"
    assert family.type in ("counter", "gauge"), f"{family.name} is a {family.type}"
print(f"{len(families)} metrics")
PYTHON
