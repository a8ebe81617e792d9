// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/certificates.h"

#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/pem.h"
#include "openssl/x509.h"
#include "openssl/x509_vfy.h"
#include "siphon/base/file.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;

bssl::UniquePtr<BIO> Open(const std::string& path) {
  return bssl::UniquePtr<BIO>(BIO_new_file(path.c_str(), "r"));
}

bssl::UniquePtr<X509> Read(const std::string& path) {
  return bssl::UniquePtr<X509>(PEM_read_bio_X509(Open(path).get(), nullptr, nullptr, nullptr));
}

class Certificates : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TestCertificates> made =
        TestCertificates::Make(::testing::TempDir() + "/certificates", "a client");
    ASSERT_OK(made);
    made_ = *std::move(made);
  }

  // The result of verifying the certificate with trust in `ca`: X509_V_OK or an error code.
  int Verify(const std::string& ca, const std::string& certificate, const char* host = nullptr,
             bool with_crl = false) {
    const bssl::UniquePtr<X509_STORE> store(X509_STORE_new());
    X509_STORE_add_cert(store.get(), Read(ca).get());
    if (with_crl) {
      const bssl::UniquePtr<X509_CRL> crl(
          PEM_read_bio_X509_CRL(Open(made_.crl).get(), nullptr, nullptr, nullptr));
      X509_STORE_add_crl(store.get(), crl.get());
      X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK);
    }
    const bssl::UniquePtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
    const bssl::UniquePtr<X509> leaf = Read(certificate);
    X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
    if (host != nullptr) {
      X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context.get()), host,
                                  std::strlen(host));
    }
    return X509_verify_cert(context.get()) == 1 ? X509_V_OK
                                                : X509_STORE_CTX_get_error(context.get());
  }

  TestCertificates made_;
};

TEST_F(Certificates, EachIsGoodOrBadAsItSays) {
  EXPECT_EQ(Verify(made_.ca, made_.server.certificate, "localhost", true), X509_V_OK);
  EXPECT_EQ(Verify(made_.ca, made_.client.certificate, nullptr, true), X509_V_OK);
  EXPECT_EQ(Verify(made_.ca, made_.expired.certificate), X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(Verify(made_.ca, made_.other_host.certificate, "localhost"),
            X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(Verify(made_.ca, made_.other_host.certificate, "db.example.org"), X509_V_OK);
  EXPECT_EQ(Verify(made_.ca, made_.wildcard.certificate, "a.0.0.1"), X509_V_OK);
  EXPECT_NE(Verify(made_.ca, made_.unknown.certificate), X509_V_OK);
  EXPECT_EQ(Verify(made_.other_ca, made_.unknown.certificate), X509_V_OK);
  EXPECT_EQ(Verify(made_.ca, made_.revoked.certificate), X509_V_OK);
  EXPECT_EQ(Verify(made_.ca, made_.revoked.certificate, nullptr, true), X509_V_ERR_CERT_REVOKED);
  EXPECT_EQ(Verify(made_.ca, made_.revoked_client.certificate, nullptr, true),
            X509_V_ERR_CERT_REVOKED);
  EXPECT_NE(Verify(made_.ca, made_.unknown_client.certificate), X509_V_OK);
}

TEST_F(Certificates, KeysAreForTheirOwnerOnly) {
  for (const CertificateFiles* files :
       {&made_.server, &made_.expired, &made_.other_host, &made_.wildcard, &made_.unknown,
        &made_.revoked, &made_.client, &made_.encrypted_client, &made_.revoked_client,
        &made_.unknown_client}) {
    struct stat info {};
    ASSERT_EQ(stat(files->key.c_str(), &info), 0) << files->key;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << files->key;
  }
}

TEST_F(Certificates, TheEncryptedKeyOpensWithItsPasswordOnly) {
  EXPECT_THAT(*base::ReadFile(made_.encrypted_client.key, 65536), HasSubstr("BEGIN ENCRYPTED"));
  EXPECT_THAT(*base::ReadFile(made_.client.key, 65536), HasSubstr("BEGIN PRIVATE KEY"));
  const auto read = [&](std::string password) {
    const bssl::UniquePtr<BIO> bio = Open(made_.encrypted_client.key);
    return bssl::UniquePtr<EVP_PKEY>(
        PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, password.data()));
  };
  const bssl::UniquePtr<EVP_PKEY> key = read(made_.key_password);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(X509_check_private_key(Read(made_.encrypted_client.certificate).get(), key.get()), 1);
  EXPECT_EQ(read("another password"), nullptr);
  ERR_clear_error();
}

TEST_F(Certificates, TheFolderHoldsTheListUnderItsIssuersHash) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(made_.crl_directory)) {
    EXPECT_EQ(entry.path().extension(), ".r0");
    EXPECT_EQ(*base::ReadFile(entry.path().string(), 65536), *base::ReadFile(made_.crl, 65536));
    ++files;
  }
  EXPECT_EQ(files, 1);
}

}  // namespace
}  // namespace siphon::testing
