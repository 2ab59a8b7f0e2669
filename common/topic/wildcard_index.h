// SPDX-License-Identifier: Apache-2.0
//
// Wildcard filters in a trie of segments. A node is a path of segments from the root; it has
// children by segment text, one child for "*", and up to two filters: the one that ends here, and
// the one that ends in
// ">" below here. Four filters, orders.*.paid  orders.>  orders.new.paid  *.new :
//
//   (root)
//    |-- orders          tail: orders.>
//    |     |-- new
//    |     |     `-- paid    end: orders.new.paid
//    |     `-- [*]
//    |           `-- paid    end: orders.*.paid
//    `-- [*]
//          `-- new           end: *.new
//
// Matching orders.new.paid goes down the literal child where there is one, and comes back for each
// [*] that it passed: root, orders, new, paid (a match), [*], paid (a match), then root's [*], new
// (not at the topic's end: none). The way back is by parent links, so there is no stack, no
// recursion and no allocation. A node has one path from the root, so it is entered at most once in
// a match: the cost is bounded by the nodes of each level, at most two ways on from each, and never
// by the ways to combine them.
//
// Pointers to Values stay valid until that filter is erased; nodes that hold nothing any more go at
// once. Threads: const functions may run side by side; a change needs the index alone. Ownership:
// owns all. Source of the idea: the token trie of NATS's sublist.go.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/topic/literal_index.h"
#include "common/topic/topic.h"
#include "common/topic/visit_count.h"

namespace belfry {

template <class Value>
class WildcardIndex {
 public:
  WildcardIndex() = default;
  ~WildcardIndex() {
    // Children before parents, one by one: a filter may be thousands of segments deep, and
    // destructors that call each other down that path would use as much stack.
    const std::vector<Node*> nodes = AllNodes();
    for (size_t i = nodes.size(); i-- > 0;) {
      nodes[i]->children.Clear();
      nodes[i]->star.reset();
    }
  }
  WildcardIndex(const WildcardIndex&) = delete;
  WildcardIndex& operator=(const WildcardIndex&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // A new Value is default constructed. What ValidateFilter would refuse is not refused here:
  // whatever is not a whole "*" or a last whole ">" is a segment that means itself, as in Matches.
  Value* FindOrInsert(std::string_view filter, bool* inserted = nullptr) {
    Node* node = &root_;
    bool tail = false;
    for (size_t begin = 0; begin <= filter.size();) {
      const Step step = StepAt(filter, begin);
      tail = step.is_tail;
      if (tail) break;
      node = FindOrInsertChild(node, step);
      begin = step.next;
    }
    std::optional<Value>& place = tail ? node->tail : node->end;
    const bool is_new = !place.has_value();
    if (is_new) {
      place.emplace();
      ++size_;
    }
    if (inserted != nullptr) *inserted = is_new;
    return &*place;
  }

  Value* Find(std::string_view filter) {
    return const_cast<Value*>(static_cast<const WildcardIndex*>(this)->Find(filter));
  }
  const Value* Find(std::string_view filter) const {
    const Place place = FindPlace(filter);
    if (place.node == nullptr) return nullptr;
    const std::optional<Value>& value = place.is_tail ? place.node->tail : place.node->end;
    return value.has_value() ? &*value : nullptr;
  }

  // False if it was not there.
  bool Erase(std::string_view filter) {
    const Place place = FindPlace(filter);
    if (place.node == nullptr) return false;
    Node* node = const_cast<Node*>(place.node);
    std::optional<Value>& value = place.is_tail ? node->tail : node->end;
    if (!value.has_value()) return false;
    value.reset();
    --size_;
    while (node != &root_ && node->IsBare()) {
      Node* const parent = node->parent;
      if (parent->star.get() == node) {
        parent->star.reset();
      } else {
        parent->children.Erase(node->segment);
      }
      node = parent;
    }
    return true;
  }

  // visit(Value&), each matching filter once, in no order. It must not change the index.
  template <class Visit>
  void Match(std::string_view topic, Visit&& visit) {
    NoVisitCount count;
    Walk(
        topic, [&](const Value& value) { visit(const_cast<Value&>(value)); }, count);
  }
  template <class Visit>
  void Match(std::string_view topic, Visit&& visit) const {
    NoVisitCount count;
    Walk(topic, visit, count);
  }
  // The same, and returns how many nodes were entered, the root included.
  template <class Visit>
  size_t MatchAndCountVisits(std::string_view topic, Visit&& visit) const {
    VisitCount count;
    Walk(topic, visit, count);
    return count.visits;
  }

  // visit(std::string_view filter, Value&), in no order. It must not change the index. Allocates.
  template <class Visit>
  void ForEach(Visit&& visit) {
    static_cast<const WildcardIndex*>(this)->ForEach(
        [&](std::string_view filter, const Value& value) {
          visit(filter, const_cast<Value&>(value));
        });
  }
  template <class Visit>
  void ForEach(Visit&& visit) const {
    for (const Node* node : AllNodes()) {
      if (node->end.has_value()) visit(std::string_view(TextOf(node, false)), *node->end);
      if (node->tail.has_value()) visit(std::string_view(TextOf(node, true)), *node->tail);
    }
  }

  // Nodes besides the root.
  size_t CountNodesForTest() const { return AllNodes().size() - 1; }

 private:
  struct Node {
    LiteralIndex<Node> children;  // by segment
    std::unique_ptr<Node> star;   // the child for "*"
    std::optional<Value> end;     // the filter that ends with this node's segment
    std::optional<Value> tail;    // the filter that goes on with ">"
    Node* parent = nullptr;       // null at the root
    std::string_view segment;     // "*" for a star, else the text held by parent->children

    bool IsBare() const { return !end && !tail && !star && children.empty(); }
  };

  struct Step {
    std::string_view segment;
    size_t next;  // start of the segment after it
    bool is_star;
    bool is_tail;  // the last ">"
  };
  static Step StepAt(std::string_view filter, size_t begin) {
    const size_t end = SegmentEnd(filter, begin);
    const std::string_view segment = filter.substr(begin, end - begin);
    return {segment, end + 1, segment == "*", segment == ">" && end == filter.size()};
  }

  static Node* FindOrInsertChild(Node* node, const Step& step) {
    if (step.is_star) {
      if (!node->star) {
        node->star = std::make_unique<Node>();
        node->star->parent = node;
        node->star->segment = "*";
      }
      return node->star.get();
    }
    bool inserted;
    auto* const entry = node->children.FindOrInsertEntry(step.segment, &inserted);
    if (inserted) {
      entry->value.parent = node;
      entry->value.segment = entry->text();
    }
    return &entry->value;
  }

  struct Place {
    const Node* node;  // null if there is no such path
    bool is_tail;
  };
  Place FindPlace(std::string_view filter) const {
    const Node* node = &root_;
    for (size_t begin = 0; begin <= filter.size() && node != nullptr;) {
      const Step step = StepAt(filter, begin);
      if (step.is_tail) return {node, true};
      node = step.is_star ? node->star.get() : node->children.Find(step.segment);
      begin = step.next;
    }
    return {node, false};
  }

  template <class Visit, class Count>
  void Walk(std::string_view topic, Visit&& visit, Count& count) const {
    const Node* node = &root_;
    size_t begin = 0;    // where the segment starts that the node's children stand for
    size_t pending = 0;  // stars passed on this path that are still to be tried
    for (;;) {
      // Enter `node`, then go down while there is a way.
      for (;;) {
        count.Node();
        if (begin > topic.size()) {
          if (node->end) visit(*node->end);
          break;
        }
        if (node->tail) visit(*node->tail);
        const size_t end = SegmentEnd(topic, begin);
        const Node* const child = node->children.Find(topic.substr(begin, end - begin));
        if (child != nullptr) {
          if (node->star) ++pending;
          node = child;
        } else if (node->star) {
          node = node->star.get();
        } else {
          break;
        }
        begin = end + 1;
      }
      if (pending == 0) return;
      // Climb to the nearest star that was passed by; it stands for the same segment as its
      // sibling.
      for (;;) {
        const Node* const parent = node->parent;
        const Node* const star = parent->star.get();
        if (star != nullptr && star != node) {
          node = star;
          break;
        }
        node = parent;
        const size_t end = begin - 1;                          // of the segment given back
        begin = end == 0 ? 0 : topic.rfind('.', end - 1) + 1;  // npos + 1 is 0: the first segment
      }
      --pending;
    }
  }

  static std::string TextOf(const Node* node, bool tail) {
    std::vector<std::string_view> segments;
    if (tail) segments.push_back(">");
    for (; node->parent != nullptr; node = node->parent) segments.push_back(node->segment);
    std::string text;
    for (size_t i = segments.size(); i-- > 0;) {
      text += segments[i];
      if (i > 0) text += '.';
    }
    return text;
  }

  // Every node, each after its parent.
  std::vector<Node*> AllNodes() const {
    std::vector<Node*> nodes{const_cast<Node*>(&root_)};
    for (size_t i = 0; i < nodes.size(); ++i) {
      Node* const node = nodes[i];
      if (node->star) nodes.push_back(node->star.get());
      node->children.ForEach([&](std::string_view, Node& child) { nodes.push_back(&child); });
    }
    return nodes;
  }

  Node root_;
  size_t size_ = 0;
};

}  // namespace belfry
