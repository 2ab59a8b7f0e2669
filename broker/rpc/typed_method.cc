// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/typed_method.h"

#include <fmt/format.h>

#include "common/check.h"

namespace belfry::rpc {

Status ParseMessage(std::string_view bytes, google::protobuf::MessageLite& message) {
  // Protobuf's sizes are ints; receive_bytes_max keeps us far below.
  BELFRY_CHECK(bytes.size() <= INT32_MAX);
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Status();
  return InvalidArgument(fmt::format("the bytes are not a valid {}", message.GetTypeName()));
}

void WriteMessage(Call& call, const google::protobuf::MessageLite& message) {
  const size_t bytes = message.ByteSizeLong();
  char* const room = call.StartMessage(bytes).Extend(bytes);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(room));
}

UnaryAnswer::~UnaryAnswer() { Fail(Internal("the method gave no answer")); }

void UnaryAnswer::Answer(const google::protobuf::MessageLite& response) {
  Call* const call = std::exchange(call_, nullptr);
  if (call == nullptr) return;
  WriteMessage(*call, response);
  call->Finish(Status());
}

void UnaryAnswer::Fail(const Status& status) {
  Call* const call = std::exchange(call_, nullptr);
  if (call != nullptr) call->Finish(status);
}

bool OneRequest::OnMessage(std::string_view bytes, google::protobuf::MessageLite& request) {
  if (failed_) return false;
  Status status;
  if (received_) {
    status =
        InvalidArgument(fmt::format("more than one {} came; this method takes one", type_name_));
  } else {
    status = ParseMessage(bytes, request);
  }
  received_ = true;
  if (status.ok()) return true;
  failed_ = true;
  call_.Finish(status);
  return false;
}

bool OneRequest::OnHalfClose() {
  if (failed_) return false;
  if (received_) return true;
  failed_ = true;
  call_.Finish(InvalidArgument(fmt::format("no {} came; this method takes one", type_name_)));
  return false;
}

}  // namespace belfry::rpc
