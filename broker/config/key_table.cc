// SPDX-License-Identifier: Apache-2.0
#include "broker/config/key_table.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace belfry::config {
namespace {

constexpr uint64_t kKiB = uint64_t{1} << 10;
constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;
constexpr uint64_t kMilli = 1'000'000;
constexpr uint64_t kSecond = 1'000 * kMilli;
constexpr uint64_t kHour = 3'600 * kSecond;

// Names compared by edit distance are cut here, so that a name of a megabyte costs nothing.
constexpr size_t kComparedBytesMax = 64;

// clang-format off
const Key kKeys[] = {
    {.name = "node.id", .kind = KeyKind::kName,
     .field = +[](Config& c) { return &c.node.id; }, .may_be_empty = true,
     .doc = "The name of this node; empty: belfry- and the name of the machine"},

    {.name = "listen.grpc", .kind = KeyKind::kAddress,
     .field = +[](Config& c) { return &c.listen.grpc; },
     .doc = "Where clients connect"},
    {.name = "listen.http", .kind = KeyKind::kAddress,
     .field = +[](Config& c) { return &c.listen.http; }, .may_be_empty = true,
     .doc = "Where /metrics, /healthz and /readyz are served; empty: nowhere"},

    {.name = "io.threads", .kind = KeyKind::kInteger,
     .field = +[](Config& c) { return &c.io.threads; }, .min = 0, .max = 64,
     .doc = "Reactors, each one thread; 0: one per core"},

    {.name = "cluster.id", .kind = KeyKind::kName,
     .field = +[](Config& c) { return &c.cluster.id; },
     .doc = "The name of the cluster, told to every client"},

    {.name = "limits.payload_bytes", .kind = KeyKind::kSize,
     .field = +[](Config& c) { return &c.limits.payload_bytes; }, .min = 1, .max = 16 * kMiB,
     .doc = "Largest payload of a message, framing not counted"},
    {.name = "limits.topic_bytes", .kind = KeyKind::kSize,
     .field = +[](Config& c) { return &c.limits.topic_bytes; }, .min = 1, .max = 4 * kKiB,
     .doc = "Longest topic or filter"},
    {.name = "limits.subscriptions", .kind = KeyKind::kInteger,
     .field = +[](Config& c) { return &c.limits.subscriptions; }, .min = 1, .max = 1'000'000,
     .doc = "Most subscriptions of one session"},
    {.name = "limits.connections", .kind = KeyKind::kInteger,
     .field = +[](Config& c) { return &c.limits.connections; }, .min = 1, .max = 1'000'000,
     .doc = "Most client connections at a time"},
    {.name = "limits.connections_per_address", .kind = KeyKind::kInteger,
     .field = +[](Config& c) { return &c.limits.connections_per_address; },
     .min = 1, .max = 1'000'000,
     .doc = "Most client connections at a time from one IP address"},
    {.name = "limits.accept_rate", .kind = KeyKind::kInteger,
     .field = +[](Config& c) { return &c.limits.accept_rate; }, .min = 1, .max = 1'000'000,
     .doc = "New connections taken per second"},
    {.name = "limits.frame_bytes", .kind = KeyKind::kSize,
     .field = +[](Config& c) { return &c.limits.frame_bytes; }, .min = 64 * kKiB, .max = 64 * kMiB,
     .doc = "Largest frame taken from a client"},
    {.name = "limits.topics", .kind = KeyKind::kInteger,
     .field = +[](Config& c) { return &c.limits.topics; }, .min = 0, .max = 1'000'000,
     .doc = "Most published topics whose numbers are kept for operators; 0: none"},

    {.name = "limits.memory", .kind = KeyKind::kSize,
     .field = +[](Config& c) { return &c.limits.memory; }, .min = 0, .max = 1024 * kGiB,
     .doc = "Memory that this node may use; 0: half of what the machine or its control group has"},

    {.name = "session.heartbeat", .kind = KeyKind::kDuration,
     .field = +[](Config& c) { return &c.session.heartbeat; }, .min = 100 * kMilli, .max = kHour,
     .doc = "Time between signs of life; a session is dead after three missed ones"},
    {.name = "session.hello_timeout", .kind = KeyKind::kDuration,
     .field = +[](Config& c) { return &c.session.hello_timeout; }, .min = 100 * kMilli, .max = kHour,
     .doc = "How long a new stream may wait with its Hello"},
    {.name = "session.grace", .kind = KeyKind::kDuration,
     .field = +[](Config& c) { return &c.session.grace; }, .min = 0, .max = kHour,
     .doc = "How long a broken session waits for its client to come back"},
    {.name = "session.resume_window", .kind = KeyKind::kSize,
     .field = +[](Config& c) { return &c.session.resume_window; }, .min = 0, .max = 256 * kMiB,
     .doc = "How much a session keeps of what it sent and its client did not acknowledge"},
    {.name = "session.drain_window", .kind = KeyKind::kDuration,
     .field = +[](Config& c) { return &c.session.drain_window; }, .min = 0, .max = kHour,
     .doc = "Time over which sessions are asked to leave on SIGTERM"},

    {.name = "slow.queue_bytes", .kind = KeyKind::kSize,
     .field = +[](Config& c) { return &c.slow.queue_bytes; }, .min = 64 * kKiB, .max = 16 * kGiB,
     .reloadable = true,
     .doc = "Most unsent bytes of a lane; a session has one for each overflow policy in use"},
    {.name = "slow.queue_messages", .kind = KeyKind::kInteger,
     .field = +[](Config& c) { return &c.slow.queue_messages; }, .min = 1, .max = 100'000'000,
     .reloadable = true,
     .doc = "Most unsent messages of a lane"},
    {.name = "slow.queue_age", .kind = KeyKind::kDuration,
     .field = +[](Config& c) { return &c.slow.queue_age; }, .min = 10 * kMilli, .max = 24 * kHour,
     .reloadable = true,
     .doc = "Longest time a message may wait unsent"},

    {.name = "log.level", .kind = KeyKind::kChoice,
     .field = +[](Config& c) { return &c.log.level; }, .reloadable = true,
     .doc = "The least level that is logged"},
    {.name = "log.format", .kind = KeyKind::kChoice,
     .field = +[](Config& c) { return &c.log.format; },
     .doc = "One line of text, or one JSON object a line"},

    {.name = "security.insecure", .kind = KeyKind::kBoolean,
     .field = +[](Config& c) { return &c.security.insecure; },
     .doc = "Listen beyond loopback without TLS and client certificates"},
    {.name = "security.tls.cert", .kind = KeyKind::kPath,
     .field = +[](Config& c) { return &c.security.tls.cert; }, .may_be_empty = true,
     .reloadable = true,
     .doc = "PEM file: the certificate of this node and its chain"},
    {.name = "security.tls.key", .kind = KeyKind::kPath,
     .field = +[](Config& c) { return &c.security.tls.key; }, .may_be_empty = true,
     .reloadable = true,
     .doc = "PEM file: the private key of that certificate"},
    {.name = "security.tls.client_ca", .kind = KeyKind::kPath,
     .field = +[](Config& c) { return &c.security.tls.client_ca; }, .may_be_empty = true,
     .reloadable = true,
     .doc = "PEM file: who signs the certificates that clients must show"},
};
// clang-format on

// Levenshtein's distance, two rows at a time.
size_t EditDistance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= from.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= to.size(); ++j) {
      const size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string_view LastSegment(std::string_view name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

std::span<const Key> Keys() { return kKeys; }

const Key* FindKey(std::string_view name) {
  const auto found = std::find_if(std::begin(kKeys), std::end(kKeys),
                                  [&](const Key& key) { return key.name == name; });
  return found == std::end(kKeys) ? nullptr : &*found;
}

bool IsTable(std::string_view name) {
  return std::any_of(std::begin(kKeys), std::end(kKeys), [&](const Key& key) {
    return key.name.size() > name.size() && key.name.substr(0, name.size()) == name &&
           key.name[name.size()] == '.';
  });
}

const Key& NearestKey(std::string_view name) {
  name = name.substr(0, kComparedBytesMax);
  const auto distance = [&](const Key& key) {
    // A right word in the wrong table is nearer than any misspelling of three letters.
    if (LastSegment(key.name) == LastSegment(name)) return size_t{2};
    return EditDistance(name, key.name);
  };
  return *std::min_element(
      std::begin(kKeys), std::end(kKeys),
      [&](const Key& left, const Key& right) { return distance(left) < distance(right); });
}

}  // namespace belfry::config
