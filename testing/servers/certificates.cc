// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/certificates.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/status_macros.h"
#include "openssl/bio.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/err.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/pem.h"
#include "openssl/x509.h"
#include "openssl/x509v3.h"
#include "siphon/base/file.h"

namespace siphon::testing {
namespace {

constexpr long kDay = 24 * 60 * 60;

absl::Status Failed(std::string_view what) {
  char text[256] = "no reason given";
  if (const uint32_t code = ERR_get_error(); code != 0) {
    ERR_error_string_n(code, text, sizeof(text));
  }
  return absl::InternalError(absl::StrCat("certificates: ", what, ": ", text));
}

struct Signed {
  bssl::UniquePtr<X509> certificate;
  bssl::UniquePtr<EVP_PKEY> key;
};

// The properties of a certificate to be made.
struct Wish {
  std::string_view common_name;
  std::string_view names;  // subjectAltName as in openssl.cnf; empty: none.
  std::string_view usage;  // extendedKeyUsage; empty: an authority's certificate.
  long serial = 1;
  long from = -kDay;  // In seconds from now.
  long to = kDay;
};

bssl::UniquePtr<EVP_PKEY> NewKey() {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  if (ec == nullptr || key == nullptr || !EC_KEY_generate_key(ec.get()) ||
      !EVP_PKEY_set1_EC_KEY(key.get(), ec.get())) {
    return nullptr;
  }
  return key;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, std::string_view value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const bssl::UniquePtr<X509_EXTENSION> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, nid, std::string(value).c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1);
}

bool AddExtensions(const Wish& wish, X509* certificate, X509* issuer) {
  if (!AddExtension(certificate, issuer, NID_subject_key_identifier, "hash") ||
      !AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid")) {
    return false;
  }
  if (wish.usage.empty()) {
    return AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE") &&
           AddExtension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  return AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
         AddExtension(certificate, issuer, NID_ext_key_usage, wish.usage) &&
         (wish.names.empty() ||
          AddExtension(certificate, issuer, NID_subject_alt_name, wish.names));
}

// A certificate signed by `issuer`, or by itself when that is null.
absl::StatusOr<Signed> Sign(const Wish& wish, const Signed* issuer) {
  Signed made{.certificate = bssl::UniquePtr<X509>(X509_new()), .key = NewKey()};
  X509* const x509 = made.certificate.get();
  if (x509 == nullptr || made.key == nullptr) return Failed("no key");
  X509* const signer = issuer == nullptr ? x509 : issuer->certificate.get();
  EVP_PKEY* const signing_key = issuer == nullptr ? made.key.get() : issuer->key.get();
  X509_NAME* const name = X509_get_subject_name(x509);
  if (!X509_set_version(x509, X509_VERSION_3) ||
      !ASN1_INTEGER_set(X509_get_serialNumber(x509), wish.serial) ||
      X509_gmtime_adj(X509_getm_notBefore(x509), wish.from) == nullptr ||
      X509_gmtime_adj(X509_getm_notAfter(x509), wish.to) == nullptr ||
      !X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const uint8_t*>(wish.common_name.data()),
                                  static_cast<ossl_ssize_t>(wish.common_name.size()), -1, 0) ||
      !X509_set_issuer_name(x509, X509_get_subject_name(signer)) ||
      !X509_set_pubkey(x509, made.key.get()) || !AddExtensions(wish, x509, signer) ||
      !X509_sign(x509, signing_key, EVP_sha256())) {
    return Failed(wish.common_name);
  }
  return made;
}

std::string Text(BIO* bio) {
  const uint8_t* data = nullptr;
  size_t size = 0;
  return BIO_mem_contents(bio, &data, &size)
             ? std::string(reinterpret_cast<const char*>(data), size)
             : "";
}

// Writes PEM files into a folder.
class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  std::string Path(std::string_view name) const { return absl::StrCat(path_, "/", name); }

  absl::StatusOr<std::string> Certificate(const Signed& made, std::string_view name) const {
    const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
    if (!PEM_write_bio_X509(bio.get(), made.certificate.get())) return Failed(name);
    return Write(absl::StrCat(name, ".crt"), Text(bio.get()), 0644);
  }

  // An empty password leaves the key in the clear.
  absl::StatusOr<CertificateFiles> Both(const Signed& made, std::string_view name,
                                        std::string password = "") const {
    CertificateFiles files;
    ASSIGN_OR_RETURN(files.certificate, Certificate(made, name));
    const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
    if (!PEM_write_bio_PKCS8PrivateKey(bio.get(), made.key.get(),
                                       password.empty() ? nullptr : EVP_aes_256_cbc(),
                                       password.empty() ? nullptr : password.data(),
                                       static_cast<int>(password.size()), nullptr, nullptr)) {
      return Failed(name);
    }
    ASSIGN_OR_RETURN(files.key, Write(absl::StrCat(name, ".key"), Text(bio.get()), 0600));
    return files;
  }

  absl::StatusOr<std::string> Write(std::string_view name, std::string_view text,
                                    mode_t mode) const {
    const std::string path = Path(name);
    RETURN_IF_ERROR(base::WriteFileAtomically(path, text, mode));
    return path;
  }

 private:
  std::string path_;
};

// The list of certificates that `issuer` has revoked, as PEM.
absl::StatusOr<std::string> RevocationList(const Signed& issuer,
                                           std::initializer_list<const Signed*> revoked) {
  const bssl::UniquePtr<X509_CRL> crl(X509_CRL_new());
  const bssl::UniquePtr<ASN1_TIME> now(X509_gmtime_adj(nullptr, -60));
  const bssl::UniquePtr<ASN1_TIME> next(X509_gmtime_adj(nullptr, kDay));
  if (!X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) ||
      !X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.certificate.get())) ||
      !X509_CRL_set1_lastUpdate(crl.get(), now.get()) ||
      !X509_CRL_set1_nextUpdate(crl.get(), next.get())) {
    return Failed("crl");
  }
  for (const Signed* each : revoked) {
    bssl::UniquePtr<X509_REVOKED> entry(X509_REVOKED_new());
    if (!X509_REVOKED_set_serialNumber(entry.get(),
                                       X509_get_serialNumber(each->certificate.get())) ||
        !X509_REVOKED_set_revocationDate(entry.get(), now.get()) ||
        !X509_CRL_add0_revoked(crl.get(), entry.get())) {
      return Failed("crl");
    }
    entry.release();  // The list's own now.
  }
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  if (!X509_CRL_sort(crl.get()) || !X509_CRL_sign(crl.get(), issuer.key.get(), EVP_sha256()) ||
      !PEM_write_bio_X509_CRL(bio.get(), crl.get())) {
    return Failed("crl");
  }
  return Text(bio.get());
}

constexpr std::string_view kHere = "DNS:localhost,IP:127.0.0.1,IP:::1";
constexpr std::string_view kServer = "serverAuth";
constexpr std::string_view kClient = "clientAuth";

}  // namespace

absl::StatusOr<TestCertificates> TestCertificates::Make(const std::string& directory,
                                                        const std::string& client_name) {
  TestCertificates made;
  made.key_password = "the key's password";
  const Folder folder(directory);
  made.crl_directory = folder.Path("crls");
  RETURN_IF_ERROR(base::CreateDirectories(made.crl_directory, 0755));

  const Wish authority{.common_name = "siphon's test authority", .names = "", .usage = ""};
  ASSIGN_OR_RETURN(const Signed ca, Sign(authority, nullptr));
  ASSIGN_OR_RETURN(const Signed other_ca, Sign(authority, nullptr));
  ASSIGN_OR_RETURN(made.ca, folder.Certificate(ca, "ca"));
  ASSIGN_OR_RETURN(made.other_ca, folder.Certificate(other_ca, "other-ca"));

  long serial = 1;
  const auto make = [&](std::string_view name, const Signed& issuer, Wish wish, Signed* out,
                        CertificateFiles* files) -> absl::Status {
    wish.serial = ++serial;
    ASSIGN_OR_RETURN(*out, Sign(wish, &issuer));
    ASSIGN_OR_RETURN(*files, folder.Both(*out, name));
    return absl::OkStatus();
  };
  const Wish server{.common_name = "localhost", .names = kHere, .usage = kServer};
  const Wish client{.common_name = client_name, .names = "", .usage = kClient};
  Wish expired = server, other_host = server, wildcard = server;
  expired.from = -2 * kDay;
  expired.to = -kDay;
  other_host.common_name = "db.example.org";
  other_host.names = "DNS:db.example.org,IP:192.0.2.1";
  wildcard.common_name = "*.0.0.1";
  wildcard.names = "DNS:*.0.0.1";

  Signed each, revoked, revoked_client, client_pair;
  RETURN_IF_ERROR(make("server", ca, server, &each, &made.server));
  RETURN_IF_ERROR(make("expired", ca, expired, &each, &made.expired));
  RETURN_IF_ERROR(make("other-host", ca, other_host, &each, &made.other_host));
  RETURN_IF_ERROR(make("wildcard", ca, wildcard, &each, &made.wildcard));
  RETURN_IF_ERROR(make("unknown", other_ca, server, &each, &made.unknown));
  RETURN_IF_ERROR(make("revoked", ca, server, &revoked, &made.revoked));
  RETURN_IF_ERROR(make("client", ca, client, &client_pair, &made.client));
  RETURN_IF_ERROR(make("revoked-client", ca, client, &revoked_client, &made.revoked_client));
  RETURN_IF_ERROR(make("unknown-client", other_ca, client, &each, &made.unknown_client));
  ASSIGN_OR_RETURN(made.encrypted_client,
                   folder.Both(client_pair, "encrypted-client", made.key_password));

  ASSIGN_OR_RETURN(const std::string crl, RevocationList(ca, {&revoked, &revoked_client}));
  ASSIGN_OR_RETURN(made.crl, folder.Write("ca.crl", crl, 0644));
  const std::string hash =
      absl::StrFormat("crls/%08x.r0", X509_NAME_hash(X509_get_subject_name(ca.certificate.get())));
  RETURN_IF_ERROR(folder.Write(hash, crl, 0644).status());
  return made;
}

}  // namespace siphon::testing
