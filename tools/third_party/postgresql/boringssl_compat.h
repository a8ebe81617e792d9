// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_POSTGRESQL_BORINGSSL_COMPAT_H
#define SIPHON_POSTGRESQL_BORINGSSL_COMPAT_H

// Names of OpenSSL that libpq uses and BoringSSL lacks. Every source of libpq includes it first.

#include <openssl/ssl.h>

// Reasons of errors after which libpq adds a hint about protocol versions. The first has another
// name in BoringSSL. The others never occur, because BoringSSL's reasons are positive.
#define SSL_R_NO_PROTOCOLS_AVAILABLE SSL_R_NO_SUPPORTED_VERSIONS_ENABLED
#define SSL_R_BAD_PROTOCOL_VERSION_NUMBER (-1)
#define SSL_R_UNSUPPORTED_SSL_VERSION (-2)

#endif  // SIPHON_POSTGRESQL_BORINGSSL_COMPAT_H
