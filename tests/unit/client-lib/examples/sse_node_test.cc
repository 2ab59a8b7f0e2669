// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "client-lib/examples/sse_node/gap_event.h"
#include "client-lib/examples/sse_node/options.h"
#include "client-lib/examples/sse_node/plain_text.h"
#include "client-lib/examples/sse_node/room_id.h"
#include "client-lib/examples/sse_node/sse_event.h"
#include "client-lib/examples/sse_node/viewer_queue.h"

namespace sse_node {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RoomId, TakesShortPlainNames) {
  EXPECT_TRUE(IsRoomId("lobby"));
  EXPECT_TRUE(IsRoomId("A-b_9"));
  EXPECT_TRUE(IsRoomId(std::string(64, 'x')));
}

TEST(RoomId, RefusesWhatATopicOrAUrlWouldRead) {
  for (const char* id : {"", "a.b", "*", ">", "a b", "a/b", "%2e", "ä", "$x"}) {
    EXPECT_FALSE(IsRoomId(id)) << id;
  }
  EXPECT_FALSE(IsRoomId(std::string(65, 'x')));
  EXPECT_FALSE(IsRoomId(std::string("a\0b", 3)));
}

TEST(SseEvent, FieldsInOrder) {
  EXPECT_EQ(EventText("message", "7-1", "hello"), "id: 7-1\nevent: message\ndata: hello\n\n");
  EXPECT_EQ(EventText("ready", "", "A"), "event: ready\ndata: A\n\n");
}

TEST(SseEvent, EveryLineOfDataIsAFieldOfItsOwn) {
  EXPECT_EQ(EventText("", "", "a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(EventText("", "", "a\n"), "data: a\ndata: \n\n");
  EXPECT_EQ(EventText("", "", ""), "data: \n\n");
  EXPECT_EQ(EventText("", "", "\r\r\n"), "data: \ndata: \ndata: \n\n");
}

TEST(SseEvent, DataCannotEndAnEventOrBeginAnother) {
  const std::string text = EventText("message", "", "x\n\nevent: gap\ndata: {}");
  EXPECT_EQ(text.find("\n\n"), text.size() - 2);
  EXPECT_NE(text.find("\ndata: event: gap\n"), std::string::npos);
}

TEST(PlainText, IsUtf8WithoutNul) {
  EXPECT_TRUE(IsPlainText("Grüße 🔔\n"));
  EXPECT_FALSE(IsPlainText(std::string("a\0", 2)));
  for (const char* bytes : {"\x80", "\xc0\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf0\x90\x80", "\xff"}) {
    EXPECT_FALSE(IsPlainText(bytes));
  }
  EXPECT_EQ(Base64("\xff\x01"), "/wE=");
}

std::shared_ptr<const std::string> Shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

TEST(ViewerQueue, HandsOutWhatCameInOrder) {
  ViewerQueue queue;
  queue.Push({Shared("a"), 1});
  queue.Push({Shared("b"), 1});
  EXPECT_EQ(queue.Pop(seconds(10)).text, "ab");
  EXPECT_EQ(queue.Pop(milliseconds(0)).text, "") << "nothing more: time for a heartbeat";
}

TEST(ViewerQueue, LosesTheOldestAndSaysHowMany) {
  ViewerQueue queue({.events = 2, .bytes = 1000});
  for (const char* text : {"a", "b", "c", "d", "e"}) queue.Push({Shared(text), 1});
  EXPECT_EQ(queue.Pop(seconds(10)).text, GapEvent("viewer_overflow", 3) + "de");
  queue.Push({Shared("f"), 1});
  EXPECT_EQ(queue.Pop(seconds(10)).text, "f") << "a gap is told once";
}

TEST(ViewerQueue, IsBoundedInBytesToo) {
  ViewerQueue queue({.events = 100, .bytes = 10});
  queue.Push({Shared("123456"), 1});
  queue.Push({Shared("789012"), 1});
  EXPECT_EQ(queue.Pop(seconds(10)).text, GapEvent("viewer_overflow", 1) + "789012");
  queue.Push({Shared("one larger than the bound"), 1});
  EXPECT_EQ(queue.Pop(seconds(10)).text, "one larger than the bound");
}

TEST(ViewerQueue, ALostGapKeepsItsCount) {
  ViewerQueue queue({.events = 1, .bytes = 1000});
  queue.Push({Shared("gap"), 5});
  queue.Push({Shared("a"), 1});
  queue.Push({Shared("b"), 1});
  EXPECT_EQ(queue.Pop(seconds(10)).text, GapEvent("viewer_overflow", 6) + "b");
  queue.Push({Shared("gap"), std::nullopt});
  queue.Push({Shared("c"), 1});
  EXPECT_EQ(queue.Pop(seconds(10)).text, GapEvent("viewer_overflow", std::nullopt) + "c");
}

TEST(ViewerQueue, TheLatestStateComesFirst) {
  ViewerQueue queue;
  queue.Push({Shared("a"), 1});
  queue.SetState(Shared("old "));
  queue.SetState(Shared("new "));
  EXPECT_EQ(queue.Pop(seconds(10)).text, "new a");
}

TEST(ViewerQueue, CloseWakesTheViewer) {
  ViewerQueue queue;
  std::thread closer([&queue] { queue.Close(); });
  EXPECT_TRUE(queue.Pop(seconds(60)).closed);
  closer.join();
  queue.Push({Shared("late"), 1});
  EXPECT_EQ(queue.Pop(seconds(60)).text, "");
}

struct Arguments {
  std::vector<std::string> words;
  std::string Parse(Options& options) {
    std::vector<char*> pointers = {const_cast<char*>("sse_node")};
    for (std::string& word : words) pointers.push_back(word.data());
    return ParseOptions(static_cast<int>(pointers.size()), pointers.data(), options);
  }
};

TEST(Options, TakesAll) {
  Options options;
  Arguments arguments{
      {"--listen", "[::1]:0", "--server", "a:1,b:2", "--name", "A", "--ports-file", "/x"}};
  EXPECT_EQ(arguments.Parse(options), "");
  EXPECT_EQ(options.listen_host, "::1");
  EXPECT_EQ(options.listen_port, 0);
  EXPECT_EQ(options.server, "a:1,b:2");
  EXPECT_EQ(options.name, "A");
  EXPECT_EQ(options.ports_file, "/x");
}

TEST(Options, RefusesWhatItDoesNotKnow) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--nope"},
                                             {"--listen"},
                                             {"--listen", "8080"},
                                             {"--listen", "h:x"},
                                             {"--listen", "h:70000"},
                                             {"--listen", ":1"},
                                             {"--name", ""},
                                             {"--name", "a\nb"},
                                             {"extra"}}) {
    Options options;
    EXPECT_NE(Arguments{words}.Parse(options), "") << words[0];
  }
}

}  // namespace
}  // namespace sse_node
