// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/options_check.h"

#include <charconv>
#include <string>
#include <string_view>

#include "client-lib/src/make_error.h"
#include "client-lib/src/tls_files.h"
#include "common/topic/topic.h"

namespace belfry::client {
namespace {

// The wire's bound on Hello.client_id.
constexpr size_t kClientIdBytesMax = 128;
// More threads than any machine has cores are a mistake.
constexpr int kHandlerThreadsMax = 1024;

Error Invalid(std::string text) { return MakeError(ErrorCode::kInvalidOption, text); }

Error CheckTls(const TlsOptions& tls) {
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return Invalid("tls.cert_file and tls.key_file: give both or neither");
  }
  if (!tls.cert_file.empty() && tls.ca_file.empty()) {
    return Invalid("tls.ca_file: needed to know the broker when a certificate is given");
  }
  TlsFiles files;
  return ReadTlsFiles(tls, &files);
}

}  // namespace

bool IsEndpoint(std::string_view endpoint) {
  const size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = endpoint.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
  if (!bracketed && host.find_first_of("[]:/ ") != std::string_view::npos) return false;
  const std::string_view port = endpoint.substr(colon + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number >= 1 &&
         number <= 65'535;
}

Error CheckOptions(const ClientOptions& options) {
  if (options.endpoints.empty()) return Invalid("endpoints: at least one HOST:PORT is needed");
  for (const std::string& endpoint : options.endpoints) {
    if (!IsEndpoint(endpoint)) return Invalid("endpoints: \"" + endpoint + "\" is not HOST:PORT");
  }
  if (options.client_id.size() > kClientIdBytesMax || !IsPlainText(options.client_id)) {
    return Invalid("client_id: at most 128 bytes of UTF-8 without control characters");
  }
  if (options.handler_threads < 1 || options.handler_threads > kHandlerThreadsMax) {
    return Invalid("handler_threads: 1 to 1024");
  }
  if (options.publish_in_flight_bytes_max == 0) {
    return Invalid("publish_in_flight_bytes_max: must be greater than 0");
  }
  if (options.subscription_queue_messages_max == 0) {
    return Invalid("subscription_queue_messages_max: must be greater than 0");
  }
  if (options.subscription_queue_bytes_max == 0) {
    return Invalid("subscription_queue_bytes_max: must be greater than 0");
  }
  if (options.connect_timeout.count() <= 0) {
    return Invalid("connect_timeout: must be greater than 0");
  }
  if (options.reconnect_backoff_min.count() <= 0 ||
      options.reconnect_backoff_max < options.reconnect_backoff_min) {
    return Invalid(
        "reconnect_backoff_min and reconnect_backoff_max: the first must be greater than 0 and not "
        "greater than the second");
  }
  return CheckTls(options.tls);
}

}  // namespace belfry::client
