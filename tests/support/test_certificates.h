// SPDX-License-Identifier: Apache-2.0
//
// Certificates for tests, made by the openssl command in a folder of their own: authorities, and
// what they sign. Keys are P-256 (quick to make), valid for two days.
//
// Lifecycle: the folder and all in it are removed with the object.
// Threads: Confined to its owner. How it fails: a failed openssl call ends the test process
// (CHECK).
#pragma once

#include <string>
#include <string_view>

namespace belfry::test {

struct CertificateFiles {
  std::string cert;
  std::string key;
};

class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  // Paths of a self-signed authority.
  CertificateFiles MakeAuthority(std::string_view name);
  // Signed by `authority`; good as server (for localhost, 127.0.0.1 and ::1) and as client.
  CertificateFiles Issue(const CertificateFiles& authority, std::string_view name);

  // Writes a file of the test's own into the folder and returns its path.
  std::string Write(std::string_view name, std::string_view text);
  std::string Path(std::string_view name) const;

 private:
  // Runs openssl with shell-quoted arguments in the folder.
  void OpenSsl(const std::string& arguments);

  std::string folder_;
};

}  // namespace belfry::test
