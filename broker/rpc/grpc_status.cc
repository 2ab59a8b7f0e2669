// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/grpc_status.h"

namespace belfry::rpc {
namespace {

constexpr size_t kMessageBytesMax = 1024;

}  // namespace

std::string PercentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7E && byte != '%') {
      encoded.push_back(c);
    } else {
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4]);
      encoded.push_back(kHex[byte & 15]);
    }
  }
  return encoded;
}

GrpcStatusText::GrpcStatusText(const Status& status)
    : code(std::to_string(static_cast<int>(status.code()))),  // canonical codes equal gRPC's
      message(PercentEncode(MessageOf(status).substr(0, kMessageBytesMax))) {}

}  // namespace belfry::rpc
