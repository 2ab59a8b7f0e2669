// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/request_head.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace belfry::rpc {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The usual headers; those given replace them, or with an empty value take them away.
RequestHead Head(const Headers& changes = {}, ConnectionLimits limits = {}) {
  Headers all = {{":method", "POST"},
                 {":path", "/a.B/C"},
                 {":scheme", "http"},
                 {"content-type", "application/grpc"},
                 {"te", "trailers"}};
  RequestHead head;
  for (const auto& [name, value] : changes) {
    std::erase_if(all, [&name = name](const auto& pair) { return pair.first == name; });
    if (!value.empty()) all.emplace_back(name, value);
  }
  for (const auto& [name, value] : all) head.Add(name, value, limits);
  head.Finish();
  return head;
}

int HttpStatus(const RequestHead& head) {
  const auto refusal = head.Judge();
  return refusal.has_value() ? refusal->http_status : 0;
}

StatusCode Code(const RequestHead& head) {
  const auto refusal = head.Judge();
  return refusal.has_value() ? refusal->status.code() : StatusCode::kOk;
}

TEST(RequestHead, TakesAnOrdinaryRequest) {
  const RequestHead head = Head({{"x-token", "abc"}, {"grpc-timeout", "250m"}});
  EXPECT_EQ(head.Judge(), std::nullopt);
  EXPECT_EQ(head.path(), "/a.B/C");
  EXPECT_EQ(head.Find("x-token"), "abc");
  EXPECT_EQ(head.Find("x-other"), "");
  EXPECT_EQ(head.timeout(), Duration(std::chrono::milliseconds(250)));
}

TEST(RequestHead, TheFirstOfTwoValuesCounts) {
  RequestHead head;
  head.Add("x", "1", {});
  head.Add("x", "2", {});
  EXPECT_EQ(head.Find("x"), "1");
}

TEST(RequestHead, RefusesOtherMethods) { EXPECT_EQ(HttpStatus(Head({{":method", "GET"}})), 405); }

TEST(RequestHead, JudgesTheContentType) {
  for (const char* type : {"application/grpc", "application/grpc+proto",
                           "application/grpc;charset=utf-8", "application/grpc+proto;x=y"}) {
    EXPECT_EQ(HttpStatus(Head({{"content-type", type}})), 0) << type;
  }
  for (const char* type : {"", "text/html", "application/json", "application/grpc-web",
                           "application/grpc+json", "application/grpcx", "Application/Grpc"}) {
    EXPECT_EQ(HttpStatus(Head({{"content-type", type}})), 415) << type;
  }
}

TEST(RequestHead, WantsTeTrailers) {
  EXPECT_EQ(Code(Head({{"te", ""}})), StatusCode::kInternal);
  EXPECT_EQ(Code(Head({{"te", "gzip"}})), StatusCode::kInternal);
}

TEST(RequestHead, TakesOnlyIdentityEncoding) {
  EXPECT_EQ(Code(Head({{"grpc-encoding", "identity"}})), StatusCode::kOk);
  const RequestHead compressed = Head({{"grpc-encoding", "gzip"}});
  const auto refusal = compressed.Judge();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->status.code(), StatusCode::kUnimplemented);
  EXPECT_TRUE(refusal->name_accepted_encoding);
}

TEST(RequestHead, RefusesAMalformedTimeout) {
  EXPECT_EQ(Code(Head({{"grpc-timeout", "soon"}})), StatusCode::kInvalidArgument);
}

TEST(RequestHead, BoundsTheMetadataInBytes) {
  size_t used = 0;
  for (const char* text : {":methodPOST", ":path/a.B/C", ":schemehttp",
                           "content-typeapplication/grpc", "tetrailers"}) {
    used += std::string_view(text).size();
  }
  const size_t room = 8 * 1024 - used - 1;
  EXPECT_EQ(Code(Head({{"x", std::string(room, 'v')}})), StatusCode::kOk);
  EXPECT_EQ(Code(Head({{"x", std::string(room + 1, 'v')}})), StatusCode::kResourceExhausted);
}

TEST(RequestHead, BoundsTheMetadataInEntries) {
  Headers many;
  for (int i = 0; i < 59; ++i) many.emplace_back("x" + std::to_string(i), "v");
  EXPECT_EQ(Code(Head(many)), StatusCode::kOk);  // with the five usual ones: 64
  many.emplace_back("y", "v");
  EXPECT_EQ(Code(Head(many)), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace belfry::rpc
