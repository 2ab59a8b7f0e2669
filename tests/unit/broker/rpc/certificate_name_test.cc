// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/certificate_name.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string_view>

namespace belfry::rpc {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate Make(std::string_view common_name, const char* alternative_names = nullptr) {
  Certificate certificate(X509_new(), X509_free);
  if (!common_name.empty()) {
    X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate.get()), NID_commonName,
                               V_ASN1_UTF8STRING,
                               reinterpret_cast<const unsigned char*>(common_name.data()),
                               static_cast<int>(common_name.size()), -1, 0);
  }
  if (alternative_names != nullptr) {
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_names);
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  return certificate;
}

TEST(CertificateName, IsTheCommonName) {
  EXPECT_EQ(CertificateName(*Make("node-1", "DNS:other")), "node-1");
  EXPECT_EQ(CertificateName(*Make("Z\xc3\xbc")), "Z\xc3\xbc");
}

TEST(CertificateName, ElseTheFirstDnsName) {
  EXPECT_EQ(CertificateName(*Make("", "email:a@b,IP:10.0.0.1,DNS:first,DNS:second")), "first");
}

TEST(CertificateName, ElseNothing) {
  EXPECT_EQ(CertificateName(*Make("")), "");
  EXPECT_EQ(CertificateName(*Make("", "IP:10.0.0.1")), "");
}

TEST(CertificateName, ANameWithAZeroByteIsNoName) {
  EXPECT_EQ(CertificateName(*Make(std::string_view("admin\0.evil", 11))), "");
}

}  // namespace
}  // namespace belfry::rpc
