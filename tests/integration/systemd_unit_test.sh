#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks systemd/belfry.service without installing it: syntax (systemd-analyze verify) and exposure
# (systemd-analyze security, at most 1.1). Needs no running systemd. The program is replaced by
# /usr/bin/true in a copy, because it is not installed where the test runs.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
unit=$root/systemd/belfry.service
exposure_max_tenths=11

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
copy=$folder/belfry.service

fail() {
  echo "systemd_unit_test: $*" >&2
  exit 1
}

grep -q '^ExecStart=/usr/bin/belfryd --config /etc/belfry/belfry.toml$' "$unit" ||
  fail "ExecStart is not what the package installs"
grep -q '^Type=notify$' "$unit" || fail "Type is not notify"

sed 's|^ExecStart=.*|ExecStart=/usr/bin/true|' "$unit" >"$copy"

# "verify" returns 0 for a line that it does not know and ignores; it only says so.
SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$copy" >"$folder/verify" 2>&1 ||
  fail "systemd-analyze verify: $(cat "$folder/verify")"
if grep "belfry.service" "$folder/verify"; then
  fail "systemd-analyze verify complains (above)"
fi

systemd-analyze security --offline=true --no-pager --threshold=$exposure_max_tenths "$copy" \
  >"$folder/security" 2>&1 || fail "exposure above 1.1: $(cat "$folder/security")"
grep 'Overall exposure level' "$folder/security"
