// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_MARIADB_CONNECTOR_C_BORINGSSL_COMPAT_H
#define SIPHON_MARIADB_CONNECTOR_C_BORINGSSL_COMPAT_H

// Included before the sources of Connector/C that use OpenSSL: what BoringSSL lacks and they name.

// No plugin uses this digest.
#define EVP_ripemd160() NULL
// BoringSSL's suites of TLS 1.3 are fixed; 0 makes the caller set those of TLS 1.2.
#define SSL_CTX_set_ciphersuites(context, names) 0

#endif  // SIPHON_MARIADB_CONNECTOR_C_BORINGSSL_COMPAT_H
