// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_certificates.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/check.h"

namespace belfry::test {
namespace {

constexpr char kNewKey[] = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";

}  // namespace

TestCertificates::TestCertificates() {
  std::string name = std::filesystem::temp_directory_path() / "belfry_certificates.XXXXXX";
  BELFRY_CHECK(mkdtemp(name.data()) != nullptr);
  folder_ = name;
}

TestCertificates::~TestCertificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TestCertificates::Path(std::string_view name) const {
  return fmt::format("{}/{}", folder_, name);
}

std::string TestCertificates::Write(std::string_view name, std::string_view text) {
  const std::string path = Path(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

void TestCertificates::OpenSsl(const std::string& arguments) {
  const std::string command = fmt::format("cd {} && openssl {} 2>openssl.log", folder_, arguments);
  if (std::system(command.c_str()) == 0) return;
  std::ifstream log(Path("openssl.log"));
  std::fprintf(stderr, "openssl %s failed:\n%s\n", arguments.c_str(),
               std::string(std::istreambuf_iterator<char>(log), {}).c_str());
  BELFRY_CHECK(!"openssl failed");
}

CertificateFiles TestCertificates::MakeAuthority(std::string_view name) {
  const CertificateFiles files = {Path(fmt::format("{}.pem", name)),
                                  Path(fmt::format("{}.key", name))};
  OpenSsl(
      fmt::format("req -x509 {} -subj '/CN={}' -keyout {} -out {} "
                  "-addext 'keyUsage=critical,keyCertSign,cRLSign'",
                  kNewKey, name, files.key, files.cert));
  return files;
}

CertificateFiles TestCertificates::Issue(const CertificateFiles& authority, std::string_view name) {
  const CertificateFiles files = {Path(fmt::format("{}.pem", name)),
                                  Path(fmt::format("{}.key", name))};
  OpenSsl(
      fmt::format("req -x509 {} -subj '/CN={}' -keyout {} -out {} -CA {} -CAkey {} "
                  "-addext 'basicConstraints=critical,CA:FALSE' "
                  "-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' "
                  "-addext 'extendedKeyUsage=serverAuth,clientAuth'",
                  kNewKey, name, files.key, files.cert, authority.cert, authority.key));
  return files;
}

}  // namespace belfry::test
