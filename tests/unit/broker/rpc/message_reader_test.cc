// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/message_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/http2_client.h"

namespace belfry::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using Outcome = MessageReader::Outcome;

std::string Framed(std::string_view message) { return test::Http2Client::Framed(message); }

// Everything that can be taken now.
std::vector<std::string> TakeAll(MessageReader& reader,
                                 Outcome expected_end = Outcome::kIncomplete) {
  std::vector<std::string> messages;
  std::string_view message;
  Outcome outcome;
  while ((outcome = reader.Take(message)) == Outcome::kMessage) messages.emplace_back(message);
  EXPECT_EQ(outcome, expected_end);
  return messages;
}

TEST(MessageReader, TakesWholeMessagesWhereTheyLie) {
  MessageReader reader(100);
  const std::string chunk = Framed("one") + Framed("") + Framed("three");
  reader.Add(chunk);
  std::string_view message;
  ASSERT_EQ(reader.Take(message), Outcome::kMessage);
  EXPECT_EQ(message.data(), chunk.data() + 5);
  EXPECT_THAT(TakeAll(reader), ElementsAre("", "three"));
  reader.Keep();
  EXPECT_FALSE(reader.in_message());
}

TEST(MessageReader, PutsMessagesTogetherFromAnySplit) {
  const std::vector<std::string> messages = {"first", "", std::string(300, 'x'), "last"};
  std::string stream;
  for (const std::string& message : messages) stream += Framed(message);
  for (size_t split = 0; split <= stream.size(); ++split) {
    MessageReader reader(1000);
    std::vector<std::string> taken;
    for (const std::string& chunk : {stream.substr(0, split), stream.substr(split)}) {
      reader.Add(chunk);
      for (std::string& message : TakeAll(reader)) taken.push_back(std::move(message));
      reader.Keep();
    }
    EXPECT_THAT(taken, ElementsAreArray(messages)) << "split at " << split;
    EXPECT_FALSE(reader.in_message());
  }
}

TEST(MessageReader, PutsMessagesTogetherByteByByte) {
  const std::string stream = Framed("first") + Framed("") + Framed("third");
  MessageReader reader(10);
  std::vector<std::string> taken;
  for (const char byte : stream) {
    reader.Add({&byte, 1});
    for (std::string& message : TakeAll(reader)) taken.push_back(std::move(message));
    reader.Keep();
  }
  EXPECT_THAT(taken, ElementsAre("first", "", "third"));
}

TEST(MessageReader, KeepsForLaterWhatWasNotTaken) {
  MessageReader reader(100);
  {
    const std::string chunk = Framed("one") + Framed("two");
    reader.Add(chunk);
    std::string_view message;
    ASSERT_EQ(reader.Take(message), Outcome::kMessage);
    reader.Keep();
  }
  EXPECT_EQ(reader.held_bytes(), 8u);
  {
    const std::string chunk = Framed("three");
    reader.Add(chunk);
    reader.Keep();
  }
  EXPECT_EQ(reader.held_bytes(), 18u);
  EXPECT_THAT(TakeAll(reader), ElementsAre("two", "three"));
  reader.Keep();
  EXPECT_EQ(reader.held_bytes(), 0u);
}

TEST(MessageReader, TakesTheLargestAndRefusesOneByteMore) {
  const std::string chunk = Framed(std::string(100, 'x'));
  MessageReader reader(100);
  reader.Add(chunk);
  EXPECT_EQ(TakeAll(reader).size(), 1u);
  MessageReader strict(99);
  strict.Add(chunk);
  EXPECT_TRUE(TakeAll(strict, Outcome::kTooLarge).empty());
}

TEST(MessageReader, JudgesTheLengthBeforeTheBytesCome) {
  for (const size_t at_once : {1, 5}) {
    MessageReader reader(1000);
    const std::string prefix("\0\xff\xff\xff\xff", 5);
    Outcome outcome = Outcome::kIncomplete;
    for (size_t i = 0; i < prefix.size(); i += at_once) {
      reader.Add(std::string_view(prefix).substr(i, at_once));
      std::string_view message;
      outcome = reader.Take(message);
      reader.Keep();
    }
    EXPECT_EQ(outcome, Outcome::kTooLarge);
    EXPECT_LE(reader.held_bytes(), 5u);
  }
}

TEST(MessageReader, RefusesTheCompressedFlag) {
  MessageReader reader(1000);
  reader.Add(std::string_view("\1\0\0\0\1x", 6));
  EXPECT_TRUE(TakeAll(reader, Outcome::kCompressed).empty());
}

TEST(MessageReader, DiscardForgetsEverything) {
  MessageReader reader(1000);
  const std::string chunk = Framed("one").substr(0, 6);
  reader.Add(chunk);
  std::string_view message;
  EXPECT_EQ(reader.Take(message), Outcome::kIncomplete);
  reader.Keep();
  EXPECT_TRUE(reader.in_message());
  reader.Discard();
  EXPECT_EQ(reader.held_bytes(), 0u);
}

}  // namespace
}  // namespace belfry::rpc
