// SPDX-License-Identifier: Apache-2.0
//
// The log: one line an event, as text or as a JSON object, with a fixed message and structured
// fields:
//
//   log.Info("listening", {{"address", address}, {"tls", true}});
//   2026-01-31T12:00:00.123456Z INFO  listening address=127.0.0.1:7450 tls=true
//
// Field values may come from outside: they are escaped and cut (escape.h). Messages and field names
// are ours, constant and without secrets; a message says what happened, the fields say to whom.
//
// Lifecycle: made first, passed by reference to whoever logs, outlives them all.
// Threads: Thread-safe. A line is written whole, by the thread that logs it; whoever reads stderr
// must keep reading. How it fails: a line that cannot be written is lost, nothing else happens.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "broker/observability/log_level.h"
#include "common/clock.h"

namespace belfry::observability {

// A view of a value for the length of one call. Converts from each of its types, so that fields are
// written as {"name", value}.
class LogValue {
 public:
  LogValue(std::string_view text) : value_(text) {}
  LogValue(const char* text) : value_(std::string_view(text)) {}
  LogValue(const std::string& text) : value_(std::string_view(text)) {}
  LogValue(bool flag) : value_(flag) {}
  LogValue(double number) : value_(number) {}
  template <std::signed_integral T>
  LogValue(T number) : value_(static_cast<int64_t>(number)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) LogValue(T number) : value_(static_cast<uint64_t>(number)) {}

  std::string Render(LogFormat format) const;

 private:
  std::variant<std::string_view, bool, double, int64_t, uint64_t> value_;
};

struct LogField {
  std::string_view name;
  LogValue value;
};

class Log {
 public:
  // Takes each finished line, without its end; called by one thread at a time, and must not log.
  using Writer = std::function<void(std::string_view line)>;

  // To stderr.
  Log(const Clock& clock, LogLevel level, LogFormat format);
  // To `writer`, for tests.
  Log(const Clock& clock, LogLevel level, LogFormat format, Writer writer);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kDebug, message, {fields.begin(), fields.size()});
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kInfo, message, {fields.begin(), fields.size()});
  }
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kWarn, message, {fields.begin(), fields.size()});
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(LogLevel::kError, message, {fields.begin(), fields.size()});
  }
  void Write(LogLevel level, std::string_view message, std::span<const LogField> fields);

  // For callers whose fields cost something to make.
  bool Shows(LogLevel level) const;
  void SetLevel(LogLevel level);

 private:
  struct Backend;
  std::string Line(LogLevel level, std::string_view message,
                   std::span<const LogField> fields) const;

  const Clock& clock_;
  const LogFormat format_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace belfry::observability
