// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/request_head.h"

#include <fmt/format.h>

#include "broker/rpc/grpc_timeout.h"

namespace belfry::rpc {
namespace {

bool IsGrpcContentType(std::string_view type) {
  constexpr std::string_view kGrpc = "application/grpc";
  if (!type.starts_with(kGrpc)) return false;
  const std::string_view rest = type.substr(kGrpc.size());
  return rest.empty() || rest.front() == ';' || rest == "+proto" || rest.starts_with("+proto;");
}

}  // namespace

void RequestHead::Add(std::string_view name, std::string_view value,
                      const ConnectionLimits& limits) {
  counted_bytes_ += name.size() + value.size();
  ++counted_entries_;
  if (counted_bytes_ > limits.metadata_bytes_max ||
      counted_entries_ > limits.metadata_entries_max) {
    over_limit_ = true;
    return;
  }
  if (name == ":path") {
    path_ = value;
  } else if (name == ":method") {
    method_ = value;
  } else {
    entries_.push_back(Entry{static_cast<uint32_t>(bytes_.size()),
                             static_cast<uint32_t>(name.size()),
                             static_cast<uint32_t>(value.size())});
    bytes_.append(name).append(value);
  }
}

void RequestHead::Finish() {
  bytes_.shrink_to_fit();
  entries_.shrink_to_fit();
  const std::string_view text = Find("grpc-timeout");
  if (text.empty()) return;
  timeout_ = ParseGrpcTimeout(text);
  timeout_malformed_ = !timeout_.has_value();
}

std::string_view RequestHead::Find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    const std::string_view bytes(bytes_);
    if (bytes.substr(entry.offset, entry.name_bytes) == name) {
      return bytes.substr(entry.offset + entry.name_bytes, entry.value_bytes);
    }
  }
  return {};
}

std::optional<RequestHead::Refusal> RequestHead::Judge() const {
  if (over_limit_) {
    return Refusal{
        200, ResourceExhausted("the request's metadata is larger than this server takes"), false};
  }
  if (method_ != "POST") {
    return Refusal{405, Internal("gRPC requests use the method POST"), false};
  }
  if (!IsGrpcContentType(Find("content-type"))) {
    return Refusal{415,
                   Internal("the content-type must be application/grpc or application/grpc+proto"),
                   false};
  }
  if (Find("te") != "trailers") {
    return Refusal{
        200, Internal("\"te: trailers\" is missing: a proxy in between does not pass trailers on"),
        false};
  }
  const std::string_view encoding = Find("grpc-encoding");
  if (!encoding.empty() && encoding != "identity") {
    return Refusal{
        200, Unimplemented(fmt::format("grpc-encoding \"{}\" is not supported", encoding)), true};
  }
  if (timeout_malformed_) {
    return Refusal{200, InvalidArgument("grpc-timeout is malformed"), false};
  }
  return std::nullopt;
}

}  // namespace belfry::rpc
