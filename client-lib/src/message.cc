// SPDX-License-Identifier: Apache-2.0
#include "belfry/message.h"

#include "client-lib/src/record.h"

namespace belfry {

std::string_view Message::topic() const { return record_->view.topic; }
std::string_view Message::payload() const { return record_->view.payload; }
std::string_view Message::key() const { return record_->view.key; }
std::string_view Message::publisher() const { return record_->view.publisher; }
std::chrono::system_clock::time_point Message::time() const {
  return std::chrono::system_clock::time_point(
      std::chrono::microseconds(record_->view.time_unix_us));
}
std::optional<Position> Message::position() const { return record_->position; }

void Message::ForEachHeader(
    const std::function<void(std::string_view name, std::string_view value)>& visit) const {
  record_->view.headers.ForEach(
      [&](const wire::HeaderView& header) { visit(header.key, header.value); });
}

std::optional<std::string_view> Message::Header(std::string_view name) const {
  std::optional<std::string_view> found;
  record_->view.headers.ForEach([&](const wire::HeaderView& header) {
    if (!found && header.key == name) found = header.value;
  });
  return found;
}

}  // namespace belfry
