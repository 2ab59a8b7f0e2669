// SPDX-License-Identifier: Apache-2.0
//
// Globs in a radix tree by literal prefix: the bytes before the first '*', '?' or '[' (escapes
// taken away), which every match must start with. A node holds the globs whose prefix ends there.
// news.*  news.[ab]  newt*  *now :
//
//   ""                 holds *now
//    `-- "new"
//          |-- "s."    holds news.*  news.[ab]
//          `-- "t"     holds newt*
//
// Insertion may split an edge. Adding ne?t (prefix "ne") puts a new node into the edge "new":
//
//   "" -- "new" -- ...     becomes     "" -- "ne" -- "w" -- ...      ("ne" holds ne?t)
//
// and erasing it joins the two again. The *lower* node keeps its identity in both, so what points
// at it stays right. Matching walks down the topic's bytes once, on one path, and tries at each
// node what is left of its globs on what is left of the topic (glob.h says what that costs). No
// recursion, no allocation in a match.
//
// Pointers to Values stay valid until that glob is erased.
// Threads: const functions may run side by side; a change needs the index alone. Ownership: owns
// all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/topic/glob.h"
#include "common/topic/literal_index.h"
#include "common/topic/visit_count.h"

namespace belfry {

template <class Value>
class GlobIndex {
 public:
  GlobIndex() = default;
  ~GlobIndex() {
    // Children before parents, one by one: prefixes of each other can make the tree as deep as a
    // topic is long, and destructors that call each other down that path would use as much stack.
    const std::vector<const Node*> nodes = AllNodes();
    for (size_t i = nodes.size(); i-- > 0;) const_cast<Node*>(nodes[i])->children.clear();
  }
  GlobIndex(const GlobIndex&) = delete;
  GlobIndex& operator=(const GlobIndex&) = delete;

  size_t size() const { return globs_.size(); }
  bool empty() const { return globs_.empty(); }

  // A new Value is default constructed.
  Value* FindOrInsert(std::string_view glob, bool* inserted = nullptr) {
    bool is_new;
    Entry* const entry = globs_.FindOrInsertEntry(glob, &is_new);
    if (inserted != nullptr) *inserted = is_new;
    if (is_new) {
      const GlobPrefix prefix = LiteralPrefixOf(glob);
      Node* const node = FindOrInsertNode(prefix.bytes);
      entry->value.node = node;
      entry->value.rest = static_cast<uint32_t>(prefix.rest);
      entry->value.place = static_cast<uint32_t>(node->globs.size());
      node->globs.push_back(entry);
    }
    return &entry->value.value;
  }

  Value* Find(std::string_view glob) {
    Slot* const slot = globs_.Find(glob);
    return slot == nullptr ? nullptr : &slot->value;
  }
  const Value* Find(std::string_view glob) const {
    const Slot* const slot = globs_.Find(glob);
    return slot == nullptr ? nullptr : &slot->value;
  }

  // False if it was not there.
  bool Erase(std::string_view glob) {
    Slot* const slot = globs_.Find(glob);
    if (slot == nullptr) return false;
    Node* const node = slot->node;
    Entry* const last = node->globs.back();
    node->globs[slot->place] = last;
    last->value.place = slot->place;
    node->globs.pop_back();
    globs_.Erase(glob);
    if (node->globs.empty()) Prune(node);
    return true;
  }

  // visit(Value&), each matching glob once, in no order. It must not change the index.
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
  // The same, and returns the nodes entered plus the bytes looked at by globs.
  template <class Visit>
  size_t MatchAndCountVisits(std::string_view topic, Visit&& visit) const {
    VisitCount count;
    Walk(topic, visit, count);
    return count.visits;
  }

  // visit(std::string_view glob, Value&), in no order. It must not change the index.
  template <class Visit>
  void ForEach(Visit&& visit) {
    globs_.ForEach([&](std::string_view glob, Slot& slot) { visit(glob, slot.value); });
  }
  template <class Visit>
  void ForEach(Visit&& visit) const {
    globs_.ForEach([&](std::string_view glob, const Slot& slot) { visit(glob, slot.value); });
  }

  // Nodes besides the root.
  size_t CountNodesForTest() const { return AllNodes().size() - 1; }

 private:
  struct Node;
  struct Slot {
    Value value{};
    Node* node = nullptr;  // where the glob hangs
    uint32_t place = 0;    // in node->globs
    uint32_t rest = 0;     // where in the text the part after the literal prefix begins
  };
  using Entry = typename LiteralIndex<Slot>::Entry;

  struct Edge {
    uint8_t first;  // of node->label, so that a search stays within the vector
    std::unique_ptr<Node> node;
  };
  struct Node {
    std::string label;           // bytes of the edge from the parent; only the root's is empty
    std::vector<Edge> children;  // by first byte, all different
    std::vector<Entry*> globs;
    Node* parent = nullptr;
  };

  template <class NodeType>
  static auto EdgePosition(NodeType* node, char first) {
    return std::lower_bound(node->children.begin(), node->children.end(),
                            static_cast<uint8_t>(first),
                            [](const Edge& edge, uint8_t byte) { return edge.first < byte; });
  }
  static const Node* ChildAt(const Node* node, char first) {
    const auto it = EdgePosition(node, first);
    if (it == node->children.end() || it->first != static_cast<uint8_t>(first)) return nullptr;
    return it->node.get();
  }

  Node* FindOrInsertNode(std::string_view prefix) {
    Node* node = &root_;
    while (!prefix.empty()) {
      const auto it = EdgePosition(node, prefix[0]);
      if (it == node->children.end() || it->first != static_cast<uint8_t>(prefix[0])) {
        auto leaf = std::make_unique<Node>();
        leaf->label = prefix;
        leaf->parent = node;
        Node* const added = leaf.get();
        node->children.insert(it, Edge{static_cast<uint8_t>(prefix[0]), std::move(leaf)});
        return added;
      }
      Node* const child = it->node.get();
      const auto [in_label, in_prefix] =
          std::mismatch(child->label.begin(), child->label.end(), prefix.begin(), prefix.end());
      const size_t shared = in_label - child->label.begin();
      node = shared == child->label.size() ? child : Split(&it->node, shared);
      prefix.remove_prefix(shared);
    }
    return node;
  }

  // Puts a new node above *owner, with the first `shared` bytes of its label. Returns the new node.
  static Node* Split(std::unique_ptr<Node>* owner, size_t shared) {
    auto upper = std::make_unique<Node>();
    Node* const lower = owner->get();
    upper->label = lower->label.substr(0, shared);
    upper->parent = lower->parent;
    lower->label.erase(0, shared);
    lower->parent = upper.get();
    upper->children.push_back(Edge{static_cast<uint8_t>(lower->label[0]), std::move(*owner)});
    *owner = std::move(upper);
    return owner->get();
  }

  // A node without globs stays only where the tree forks.
  void Prune(Node* node) {
    if (node == &root_) return;
    Node* const parent = node->parent;
    const auto it = EdgePosition(parent, node->label[0]);
    if (node->children.size() == 1) {
      JoinWithChild(&it->node);
    } else if (node->children.empty()) {
      parent->children.erase(it);
      const bool needless = parent->globs.empty() && parent->children.size() == 1;
      if (needless && parent != &root_) {
        JoinWithChild(&EdgePosition(parent->parent, parent->label[0])->node);
      }
    }
  }

  // Puts the only child of *owner in its place.
  static void JoinWithChild(std::unique_ptr<Node>* owner) {
    Node* const upper = owner->get();
    std::unique_ptr<Node> lower = std::move(upper->children.front().node);
    lower->label.insert(0, upper->label);
    lower->parent = upper->parent;
    *owner = std::move(lower);
  }

  template <class Visit, class Count>
  void Walk(std::string_view topic, Visit&& visit, Count& count) const {
    if (topic.empty()) {  // Redis: only the empty pattern matches an empty topic
      count.Node();
      if (const Value* value = Find(topic)) visit(*value);
      return;
    }
    const Node* node = &root_;
    std::string_view left = topic;
    for (;;) {
      count.Node();
      for (const Entry* glob : node->globs) {
        if (count.GlobRest(glob->text().substr(glob->value.rest), left)) visit(glob->value.value);
      }
      if (left.empty()) return;
      node = ChildAt(node, left[0]);
      if (node == nullptr || !left.starts_with(node->label)) return;
      left.remove_prefix(node->label.size());
    }
  }

  // Every node, each after its parent.
  std::vector<const Node*> AllNodes() const {
    std::vector<const Node*> nodes{&root_};
    for (size_t i = 0; i < nodes.size(); ++i) {
      for (const Edge& edge : nodes[i]->children) nodes.push_back(edge.node.get());
    }
    return nodes;
  }

  LiteralIndex<Slot> globs_;
  Node root_;
};

}  // namespace belfry
