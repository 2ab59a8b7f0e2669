// SPDX-License-Identifier: Apache-2.0
#include "broker/config/load.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "broker/config/key_table.h"
#include "broker/config/key_value.h"
#include "broker/config/toml_entries.h"
#include "broker/config/validate.h"
#include "broker/config/value_text.h"

namespace belfry::config {
namespace {

// A hundred times the shipped file with all its comments.
constexpr size_t kFileBytesMax = size_t{1} << 20;
// How much of a name or value from outside an error repeats.
constexpr size_t kShownBytesMax = 80;
constexpr size_t kNodeIdBytesMax = 64;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Status Unreadable(const std::string& path, int error) {
  const StatusCode code = error == ENOENT ? StatusCode::kNotFound : StatusCode::kFailedPrecondition;
  return MakeStatus(
      code, fmt::format("cannot read the configuration file {}: {}", path, std::strerror(error)));
}

StatusOr<std::string> ReadFile(const std::string& path) {
  // Without O_NONBLOCK, opening a FIFO would hang a broker that reloads.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return Unreadable(path, errno);
  struct stat status;
  if (fstat(file.get(), &status) != 0) return Unreadable(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return FailedPrecondition(
        fmt::format("cannot read the configuration file {}: not a regular file", path));
  }

  std::string text;
  char chunk[16 * 1024];
  while (text.size() <= kFileBytesMax) {
    const ssize_t got = read(file.get(), chunk, sizeof(chunk));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(path, errno);
    if (got == 0) break;
    text.append(chunk, static_cast<size_t>(got));
  }
  if (text.size() > kFileBytesMax) {
    return FailedPrecondition(fmt::format("the configuration file {} is larger than {}", path,
                                          FormatSize(kFileBytesMax)));
  }
  // What a reload sees while an editor or a copy is writing the file anew, or after the disk was
  // full.
  if (text.empty()) {
    return FailedPrecondition(fmt::format(
        "the configuration file {} is empty; to run on the defaults, start without --config",
        path));
  }
  return text;
}

Status UnknownKey(const std::string& where, std::string_view name) {
  return InvalidArgument(fmt::format("{}: unknown key {}; the nearest known key is {}", where,
                                     Quoted(name, kShownBytesMax), NearestKey(name).name));
}

std::string Shown(const Literal& literal) {
  switch (literal.type) {
    case Literal::Type::kAny:
    case Literal::Type::kString:
      return Quoted(literal.text, kShownBytesMax);
    default:
      return literal.text;
  }
}

Status SetKey(const std::string& where, const Key& key, const Literal& literal, Config& config) {
  if (SetValue(config, key, literal)) return {};
  return InvalidArgument(fmt::format("{}: {} = {} is not allowed; allowed: {}", where, key.name,
                                     Shown(literal), AllowedValues(key)));
}

Status Apply(const TomlEntry& entry, const std::string& file, Config& config) {
  const std::string where = fmt::format("{}:{}", file, entry.line);
  if (const Key* key = FindKey(entry.key)) return SetKey(where, *key, entry.literal, config);
  if (!IsTable(entry.key)) return UnknownKey(where, entry.key);
  if (entry.is_table) return {};  // "[limits]" with nothing in it
  return InvalidArgument(
      fmt::format("{}: {} is a table; write [{}] and its keys below", where, entry.key, entry.key));
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Status ApplySet(std::string_view set, Config& config) {
  const size_t equals = set.find('=');
  if (equals == std::string_view::npos) {
    return InvalidArgument(
        fmt::format("--set {}: write it as key=value", Quoted(set, kShownBytesMax)));
  }
  const std::string_view name = Trimmed(set.substr(0, equals));
  const Key* key = FindKey(name);
  if (key == nullptr) return UnknownKey("--set", name);
  const Literal literal{Literal::Type::kAny, std::string(Trimmed(set.substr(equals + 1)))};
  return SetKey("--set", *key, literal, config);
}

// The machine's name is not bound to the alphabet of an id.
std::string DefaultNodeId() {
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0') return "belfry-node";
  std::string id = std::string("belfry-") + host;
  id.resize(std::min(id.size(), kNodeIdBytesMax));
  for (char& c : id) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!allowed) c = '-';
  }
  return id;
}

}  // namespace

StatusOr<Config> LoadText(std::string_view text, const std::string& file,
                          std::span<const std::string> sets) {
  Config config;
  StatusOr<std::vector<TomlEntry>> entries = ParseTomlEntries(text, file);
  if (!entries.ok()) return entries.status();
  for (const TomlEntry& entry : *entries) {
    if (Status status = Apply(entry, file, config); !status.ok()) return status;
  }
  for (const std::string& set : sets) {
    if (Status status = ApplySet(set, config); !status.ok()) return status;
  }
  if (config.node.id.empty()) config.node.id = DefaultNodeId();
  if (Status status = Validate(config); !status.ok()) return status;
  return config;
}

StatusOr<Config> Load(const std::optional<std::string>& path, std::span<const std::string> sets) {
  if (!path) return LoadText("", "", sets);
  StatusOr<std::string> text = ReadFile(*path);
  if (!text.ok()) return text.status();
  return LoadText(*text, *path, sets);
}

}  // namespace belfry::config
