// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/logging.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cmath>
#include <ctime>
#include <iterator>
#include <mutex>

#include "broker/observability/escape.h"

namespace belfry::observability {
namespace {

// In the order of LogLevel; padded, so that messages of a text log stand in one column.
constexpr std::string_view kTextLevels[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};
constexpr std::string_view kJsonLevels[] = {"debug", "info", "warn", "error"};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::off;
}

// RFC 3339, in UTC with microseconds.
std::string Timestamp(int64_t unix_micros) {
  const std::time_t seconds = unix_micros / 1'000'000;
  std::tm parts = {};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     unix_micros % 1'000'000);
}

class WriterSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit WriterSink(Log::Writer writer) : writer_(std::move(writer)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    writer_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  Log::Writer writer_;
};

}  // namespace

struct Log::Backend {
  explicit Backend(spdlog::sink_ptr sink) : logger("belfry", std::move(sink)) {
    // The lines are made here, not by a pattern, because only here the fields are known.
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  }
  spdlog::logger logger;
};

std::string LogValue::Render(LogFormat format) const {
  if (const auto* text = std::get_if<std::string_view>(&value_)) {
    return format == LogFormat::kJson ? JsonField(*text) : TextField(*text);
  }
  // JSON has no word for an infinite number.
  if (const auto* number = std::get_if<double>(&value_);
      number != nullptr && !std::isfinite(*number) && format == LogFormat::kJson) {
    return "null";
  }
  return std::visit([](const auto& value) { return fmt::format("{}", value); }, value_);
}

Log::Log(const Clock& clock, LogLevel level, LogFormat format)
    : clock_(clock),
      format_(format),
      backend_(std::make_unique<Backend>(std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  SetLevel(level);
}

Log::Log(const Clock& clock, LogLevel level, LogFormat format, Writer writer)
    : clock_(clock),
      format_(format),
      backend_(std::make_unique<Backend>(std::make_shared<WriterSink>(std::move(writer)))) {
  SetLevel(level);
}

Log::~Log() = default;

std::string Log::Line(LogLevel level, std::string_view message,
                      std::span<const LogField> fields) const {
  const std::string time = Timestamp(clock_.WallUnixMicros());
  const auto rank = static_cast<size_t>(level);
  std::string line;
  const auto out = std::back_inserter(line);
  if (format_ == LogFormat::kText) {
    fmt::format_to(out, "{} {} {}", time, kTextLevels[rank], message);
    for (const LogField& field : fields) {
      fmt::format_to(out, " {}={}", field.name, field.value.Render(format_));
    }
    return line;
  }
  fmt::format_to(out, "{{\"time\":\"{}\",\"level\":\"{}\",\"message\":{}", time, kJsonLevels[rank],
                 JsonField(message));
  for (const LogField& field : fields) {
    fmt::format_to(out, ",{}:{}", JsonField(field.name), field.value.Render(format_));
  }
  line += '}';
  return line;
}

void Log::Write(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  if (!Shows(level)) return;
  const std::string line = Line(level, message, fields);
  backend_->logger.log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

bool Log::Shows(LogLevel level) const { return backend_->logger.should_log(ToSpdlog(level)); }

void Log::SetLevel(LogLevel level) { backend_->logger.set_level(ToSpdlog(level)); }

}  // namespace belfry::observability
