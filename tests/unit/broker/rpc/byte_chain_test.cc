// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/byte_chain.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

namespace belfry::rpc {
namespace {

class Payload final : public RefCounted {
 public:
  explicit Payload(std::string text, bool* gone = nullptr) : text(std::move(text)), gone_(gone) {}
  ~Payload() override {
    if (gone_ != nullptr) *gone_ = true;
  }
  const std::string text;

 private:
  bool* gone_;
};

std::string TextOf(const ByteChain& chain) {
  iovec pieces[256];
  const size_t count = chain.FillIovec(pieces, 256);
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return text;
}

size_t PiecesOf(const ByteChain& chain) {
  iovec pieces[256];
  return chain.FillIovec(pieces, 256);
}

TEST(ByteChain, JoinsSmallAppendsIntoOnePiece) {
  ByteChain chain;
  chain.Append("one ");
  chain.Append("two ");
  std::memcpy(chain.Extend(5), "three", 5);
  EXPECT_EQ(TextOf(chain), "one two three");
  EXPECT_EQ(PiecesOf(chain), 1u);
  EXPECT_EQ(chain.size(), 13u);
}

TEST(ByteChain, EmptyThingsLeaveNoPiece) {
  ByteChain chain;
  chain.Append("");
  EXPECT_EQ(chain.Extend(0), nullptr);
  chain.AppendReference(Ref<const RefCounted>(), "");
  EXPECT_TRUE(chain.empty());
  EXPECT_EQ(PiecesOf(chain), 0u);
}

TEST(ByteChain, ReferencesWithoutCopyingAndLetsGoWhenConsumed) {
  bool gone = false;
  auto payload = Ref<Payload>::Adopt(new Payload(std::string(5000, 'p'), &gone));
  const std::string_view bytes = payload->text;
  ByteChain chain;
  chain.Append("head");
  chain.AppendReference(Ref<const RefCounted>(payload), bytes);
  chain.Append("tail");
  payload = Ref<Payload>();
  iovec pieces[8];
  ASSERT_EQ(chain.FillIovec(pieces, 8), 3u);
  EXPECT_EQ(pieces[1].iov_base, bytes.data());
  chain.Consume(4 + 4999);
  EXPECT_FALSE(gone);
  chain.Consume(1);
  EXPECT_TRUE(gone);
  EXPECT_EQ(TextOf(chain), "tail");
}

TEST(ByteChain, MovesSmallPiecesAsCopiesAndLargeOnesAsReferences) {
  auto payload = Ref<Payload>::Adopt(new Payload(std::string(10'000, 'p')));
  ByteChain from, to;
  from.Append("head");
  from.AppendReference(Ref<const RefCounted>(payload), payload->text);
  to.Append("before ");
  from.MoveFront(4 + 8'000, to);
  EXPECT_EQ(TextOf(to), "before head" + std::string(8'000, 'p'));
  EXPECT_EQ(from.size(), 2'000u);
  iovec pieces[8];
  ASSERT_EQ(to.FillIovec(pieces, 8), 2u);
  EXPECT_EQ(pieces[1].iov_base, payload->text.data());
  from.MoveFront(2'000, to);
  EXPECT_TRUE(from.empty());
  EXPECT_EQ(to.size(), 11u + 10'000u);
}

TEST(ByteChain, KeepsItsBlockWhenSmallMessagesComeAndGo) {
  ByteChain chain;
  chain.Append("first");
  iovec piece;
  ASSERT_EQ(chain.FillIovec(&piece, 1), 1u);
  const void* const place = piece.iov_base;
  for (int i = 0; i < 100; ++i) {
    chain.Clear();
    chain.Append("another");
    ASSERT_EQ(chain.FillIovec(&piece, 1), 1u);
    EXPECT_EQ(piece.iov_base, place);
  }
}

// Another chain may still read from the block: it must not be written over.
TEST(ByteChain, DoesNotReuseABlockThatWasMovedAway) {
  ByteChain from, to;
  from.Append(std::string(4096, 'a'));
  from.MoveFront(4096, to);  // large enough to go as a reference
  from.Append(std::string(4096, 'b'));
  EXPECT_EQ(TextOf(to), std::string(4096, 'a'));
}

TEST(ByteChain, StaysWhatWasWrittenThroughAnyMixOfOperations) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    ByteChain chain, other;
    std::string expected, expected_other;
    for (int step = 0; step < 100; ++step) {
      const size_t size = random() % 3 == 0 ? random() % 9000 : random() % 200;
      const std::string bytes(size, static_cast<char>('a' + random() % 26));
      switch (random() % 5) {
        case 0:
          chain.Append(bytes);
          expected += bytes;
          break;
        case 1: {
          auto payload = Ref<Payload>::Adopt(new Payload(bytes));
          chain.AppendReference(Ref<const RefCounted>(payload), payload->text);
          expected += bytes;
          break;
        }
        case 2: {
          if (char* room = chain.Extend(size)) std::memcpy(room, bytes.data(), size);
          expected += bytes;
          break;
        }
        case 3: {
          const size_t taken = std::min(size, expected.size());
          chain.Consume(taken);
          expected.erase(0, taken);
          break;
        }
        case 4: {
          const size_t moved = std::min(size, expected.size());
          chain.MoveFront(moved, other);
          expected_other += expected.substr(0, moved);
          expected.erase(0, moved);
          break;
        }
      }
      ASSERT_EQ(chain.size(), expected.size());
    }
    // FillIovec in TextOf sees at most 256 pieces; these chains have fewer.
    ASSERT_EQ(TextOf(chain), expected);
    ASSERT_EQ(TextOf(other), expected_other);
  }
}

}  // namespace
}  // namespace belfry::rpc
