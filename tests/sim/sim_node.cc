// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_node.h"

namespace belfry::sim {

// As daemon::ReactorDestination over reactor::Inbox.
class SimNode::Link final : public core::Destination {
 public:
  Link(SimNode& node, Reactor from, Reactor to) : node_(node), from_(from), to_(to) {}

  size_t Offer(std::span<core::RoutedRecord> records) override {
    Inbox& inbox = node_.inboxes_[to_];
    size_t taken = 0;
    while (taken < records.size() && inbox.entries.size() < node_.inbox_capacity_) {
      inbox.entries.push_back({from_, std::move(records[taken++])});
    }
    if (taken < records.size()) node_.coverage_.Note(Seen::kInboxFull);
    return taken;
  }

  void NotifyWhenRoom(std::function<void()> callback) override {
    auto post = [&posted = node_.posted_[from_], callback = std::move(callback)] {
      posted.push_back(callback);
    };
    Inbox& inbox = node_.inboxes_[to_];
    if (inbox.entries.size() > node_.inbox_capacity_ / 2) {
      inbox.waiting.push_back(std::move(post));
    } else {
      post();
    }
  }

 private:
  SimNode& node_;
  const Reactor from_;
  const Reactor to_;
};

SimNode::SimNode(const Swarm& swarm, Coverage& coverage)
    : node(static_cast<Reactor>(swarm.reactors), swarm.memory_limit, /*first_session_id=*/1,
           /*memory_granularity=*/1),
      inbox_capacity_(swarm.inbox_capacity),
      coverage_(coverage),
      inboxes_(swarm.reactors),
      control_(swarm.reactors, std::vector<std::deque<Task>>(swarm.reactors)),
      posted_(swarm.reactors) {
  node.control = [this](Reactor reactor, Task task) {
    control_[reactor][current_].push_back(std::move(task));
  };
  for (size_t i = 0; i < swarm.reactors; ++i) {
    brokers_.push_back(std::make_unique<core::Broker>(static_cast<Reactor>(i), node, clock,
                                                      swarm.limits, swarm.bounds));
  }
  for (size_t i = 0; i < swarm.reactors; ++i) {
    for (size_t j = 0; j < swarm.reactors; ++j) {
      if (i == j) continue;
      links_.push_back(
          std::make_unique<Link>(*this, static_cast<Reactor>(i), static_cast<Reactor>(j)));
      brokers_[i]->Connect(static_cast<Reactor>(j), *links_.back());
    }
  }
}

SimNode::~SimNode() = default;

void SimNode::RunTasks(Reactor reactor, Prng* prng) {
  current_ = reactor;
  for (auto& callback : std::exchange(posted_[reactor], {})) callback();
  // A random part of each source's, in turns; without chance all.
  std::vector<std::deque<Task>>& sources = control_[reactor];
  const size_t first = prng == nullptr ? 0 : prng->Below(sources.size());
  for (size_t i = 0; i < sources.size(); ++i) {
    std::deque<Task>& tasks = sources[(first + i) % sources.size()];
    size_t count = tasks.size();
    if (prng != nullptr && count != 0 && prng->OneIn(3)) count = prng->Below(count + 1);
    for (; count > 0; --count) {
      const Task task = std::move(tasks.front());
      tasks.pop_front();
      task(*brokers_[reactor]);
    }
  }
}

void SimNode::DrainInbox(Reactor reactor, const OnArrival& arrive) {
  current_ = reactor;
  Inbox& inbox = inboxes_[reactor];
  std::deque<Inbox::Entry> entries;
  entries.swap(inbox.entries);
  std::vector<std::function<void()>> waiting;
  waiting.swap(inbox.waiting);
  for (const Inbox::Entry& entry : entries) arrive(entry.from, reactor, entry.routed);
  for (const auto& callback : waiting) callback();
}

bool SimNode::quiet() const {
  for (size_t i = 0; i < brokers_.size(); ++i) {
    if (!inboxes_[i].entries.empty() || !posted_[i].empty()) return false;
    for (const auto& tasks : control_[i]) {
      if (!tasks.empty()) return false;
    }
  }
  return true;
}

}  // namespace belfry::sim
