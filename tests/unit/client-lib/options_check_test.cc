// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/options_check.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "client-lib/src/client_identity.h"
#include "client-lib/src/tls_files.h"

namespace belfry::client {
namespace {

std::string FieldRefused(const std::function<void(ClientOptions&)>& change) {
  ClientOptions options;
  change(options);
  const Error error = CheckOptions(options);
  if (error.ok()) return "";
  EXPECT_EQ(error.code, Error::kInvalidOption);
  return error.text.substr(0, error.text.find(':'));
}

TEST(OptionsCheck, DefaultsAreFine) { EXPECT_TRUE(CheckOptions(ClientOptions()).ok()); }

TEST(OptionsCheck, Endpoints) {
  const auto with = [](const std::string& endpoint) {
    return FieldRefused([&](ClientOptions& options) { options.endpoints = {endpoint}; });
  };
  for (const char* good : {"localhost:1", "10.0.0.1:7450", "[::1]:65535", "broker.example:80"}) {
    EXPECT_EQ(with(good), "") << good;
  }
  for (const char* bad : {"", "localhost", ":7450", "host:", "host:0", "host:65536", "host:80x",
                          "::1:80", "http://host:80", "[]:80"}) {
    EXPECT_EQ(with(bad), "endpoints") << bad;
  }
  EXPECT_EQ(FieldRefused([](ClientOptions& options) { options.endpoints.clear(); }), "endpoints");
}

TEST(OptionsCheck, NamesTheField) {
  EXPECT_EQ(FieldRefused([](auto& o) { o.client_id = std::string(129, 'a'); }), "client_id");
  EXPECT_EQ(FieldRefused([](auto& o) { o.client_id = "a\nb"; }), "client_id");
  EXPECT_EQ(FieldRefused([](auto& o) { o.handler_threads = 0; }), "handler_threads");
  EXPECT_EQ(FieldRefused([](auto& o) { o.publish_in_flight_bytes_max = 0; }),
            "publish_in_flight_bytes_max");
  EXPECT_EQ(FieldRefused([](auto& o) { o.subscription_queue_messages_max = 0; }),
            "subscription_queue_messages_max");
  EXPECT_EQ(FieldRefused([](auto& o) { o.subscription_queue_bytes_max = 0; }),
            "subscription_queue_bytes_max");
  EXPECT_EQ(FieldRefused([](auto& o) { o.connect_timeout = std::chrono::milliseconds(0); }),
            "connect_timeout");
  EXPECT_EQ(FieldRefused([](auto& o) { o.reconnect_backoff_max = std::chrono::milliseconds(1); }),
            "reconnect_backoff_min and reconnect_backoff_max");
  EXPECT_EQ(FieldRefused([](auto& o) { o.tls.cert_file = "x"; }), "tls.cert_file and tls.key_file");
  EXPECT_EQ(FieldRefused([](auto& o) { o.tls.cert_file = o.tls.key_file = "x"; }), "tls.ca_file");
  EXPECT_EQ(FieldRefused([](auto& o) { o.tls.ca_file = "/nonexistent/ca.pem"; }), "tls.ca_file");
}

TEST(OptionsCheck, TlsFilesMustBeFilesWithSomethingInside) {
  const std::string folder = testing::TempDir() + "tls_files";
  std::filesystem::create_directories(folder);
  const std::string empty = folder + "/empty.pem";
  const std::string full = folder + "/full.pem";
  std::ofstream(empty).close();
  std::ofstream(full) << "some text";
  const auto with = [](const std::string& ca, const std::string& cert, const std::string& key) {
    return FieldRefused([&](ClientOptions& options) { options.tls = {ca, cert, key}; });
  };
  EXPECT_EQ(with(full, full, full), "");
  for (const std::string& bad : {empty, folder, folder + "/none.pem"}) {
    EXPECT_EQ(with(bad, full, full), "tls.ca_file") << bad;
    EXPECT_EQ(with(full, bad, full), "tls.cert_file") << bad;
    EXPECT_EQ(with(full, full, bad), "tls.key_file") << bad;
  }
}

TEST(TlsFiles, AreReadAnewEachTime) {
  const std::string path = testing::TempDir() + "tls_files_anew.pem";
  std::ofstream(path) << "first";
  TlsOptions options;
  options.ca_file = path;
  TlsFiles files;
  ASSERT_TRUE(ReadTlsFiles(options, &files).ok());
  EXPECT_EQ(files.ca, "first");
  EXPECT_EQ(files.cert, "");
  std::ofstream(path, std::ios::trunc) << "second";
  ASSERT_TRUE(ReadTlsFiles(options, &files).ok());
  EXPECT_EQ(files.ca, "second");
  std::ofstream(path, std::ios::trunc).close();
  const Error error = ReadTlsFiles(options, &files);
  EXPECT_EQ(error.code, Error::kInvalidOption);
  EXPECT_NE(error.text.find(path), std::string::npos);
}

TEST(ClientIdentity, DefaultIdsAreShortAndDiffer) {
  const std::string id = DefaultClientId();
  EXPECT_LE(id.size(), 128u);
  EXPECT_NE(id, DefaultClientId());
  EXPECT_EQ(RandomBytes(16).size(), 16u);
}

}  // namespace
}  // namespace belfry::client
