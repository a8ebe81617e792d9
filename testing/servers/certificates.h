// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_CERTIFICATES_H_
#define TESTING_SERVERS_CERTIFICATES_H_

#include <string>

#include "absl/status/statusor.h"

namespace siphon::testing {

// A certificate with its key, as paths of PEM files; the key is readable for its owner only.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

// Certificates for tests of TLS, freshly made: P-256, good for a day unless said otherwise.
struct TestCertificates {
  // The authority that has signed all the others, but for `unknown`.
  std::string ca;
  // Another authority's certificate, which has the same name.
  std::string other_ca;

  // For localhost, 127.0.0.1 and ::1.
  CertificateFiles server;
  // The same, but: its time is over; its names are others (db.example.org); `other_ca` has signed
  // it; the CRL names it.
  CertificateFiles expired, other_host, unknown, revoked;

  // A client's, with the common name that was asked for.
  CertificateFiles client;
  // The same certificate with its key encrypted (PKCS #8, AES-256).
  CertificateFiles encrypted_client;
  std::string key_password;
  // A client's that the CRL names, and one that `other_ca` has signed.
  CertificateFiles revoked_client, unknown_client;

  // The revocations of `ca`: as a file, and as a folder of files named by the issuer's hash, as
  // OpenSSL and BoringSSL look them up (sslcrl, sslcrldir).
  std::string crl;
  std::string crl_directory;

  // Writes all into `directory`, which is made when it is not there.
  static absl::StatusOr<TestCertificates> Make(const std::string& directory,
                                               const std::string& client_name = "postgres");
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_CERTIFICATES_H_
