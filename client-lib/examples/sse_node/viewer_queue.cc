// SPDX-License-Identifier: Apache-2.0
#include "client-lib/examples/sse_node/viewer_queue.h"

#include <utility>

#include "client-lib/examples/sse_node/gap_event.h"

namespace sse_node {
namespace {

// One write of a socket; more would only wait in memory.
constexpr size_t kPopBytes = 64 * 1024;

}  // namespace

void ViewerQueue::Push(ViewerEvent event) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  bytes_ += event.text->size();
  events_.push_back(std::move(event));
  while (events_.size() > bounds_.events || (bytes_ > bounds_.bytes && events_.size() > 1)) {
    const ViewerEvent& oldest = events_.front();
    lost_count_known_ = lost_count_known_ && oldest.messages.has_value();
    lost_ += oldest.messages.value_or(1);
    bytes_ -= oldest.text->size();
    events_.pop_front();
  }
  changed_.notify_one();
}

void ViewerQueue::SetState(std::shared_ptr<const std::string> text) {
  const std::lock_guard lock(mutex_);
  state_ = std::move(text);
  changed_.notify_one();
}

void ViewerQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

ViewerQueue::Popped ViewerQueue::Pop(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience,
                    [this] { return closed_ || state_ != nullptr || !events_.empty(); });
  Popped popped;
  popped.closed = closed_;
  if (closed_) return popped;
  if (state_ != nullptr) popped.text += *std::exchange(state_, nullptr);
  if (lost_ > 0) {
    popped.text +=
        GapEvent("viewer_overflow", lost_count_known_ ? std::optional(lost_) : std::nullopt);
    lost_ = 0;
    lost_count_known_ = true;
  }
  while (!events_.empty() && popped.text.size() < kPopBytes) {
    popped.text += *events_.front().text;
    bytes_ -= events_.front().text->size();
    events_.pop_front();
  }
  return popped;
}

}  // namespace sse_node
