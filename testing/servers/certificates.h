// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_CERTIFICATES_H_
#define TESTING_SERVERS_CERTIFICATES_H_

#include <string>

#include "absl/status/statusor.h"

namespace siphon::testing {

// The paths of the PEM files of a certificate and its key. Only the owner can read the key.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

// New certificates for TLS tests: P-256, valid for one day unless stated otherwise.
struct TestCertificates {
  // The authority that signed all others except `unknown`.
  std::string ca;
  // The certificate of another authority with the same name.
  std::string other_ca;

  // For localhost, 127.0.0.1 and ::1.
  CertificateFiles server;
  // The same, but: its time is over; its names are others (db.example.org); `other_ca` has signed
  // it; the CRL names it.
  CertificateFiles expired, other_host, unknown, revoked;
  // For the name *.0.0.1, which looks like a part of addresses.
  CertificateFiles wildcard;

  // A client certificate with the requested common name.
  CertificateFiles client;
  // The same certificate with its key encrypted (PKCS #8, AES-256).
  CertificateFiles encrypted_client;
  std::string key_password;
  // Client certificates: one that the CRL revokes, one signed by `other_ca`.
  CertificateFiles revoked_client, unknown_client;

  // The revocation list of `ca`: as a file (sslcrl), and as a folder of files named by the hash of
  // the issuer, as OpenSSL and BoringSSL look them up (sslcrldir).
  std::string crl;
  std::string crl_directory;

  // Writes all files into `directory`, which is created if it does not exist.
  static absl::StatusOr<TestCertificates> Make(const std::string& directory,
                                               const std::string& client_name = "postgres");
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_CERTIFICATES_H_
