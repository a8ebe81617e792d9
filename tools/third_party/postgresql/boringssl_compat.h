// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_POSTGRESQL_BORINGSSL_COMPAT_H
#define SIPHON_POSTGRESQL_BORINGSSL_COMPAT_H

// Included before every source of libpq that speaks TLS: the names of OpenSSL that libpq uses
// and BoringSSL lacks.

#include <openssl/ssl.h>

// OpenSSL has these two as macros, and libpq defines them itself where they are none.
#define SSL_CTX_set_min_proto_version SSL_CTX_set_min_proto_version
#define SSL_CTX_set_max_proto_version SSL_CTX_set_max_proto_version

// Reasons of errors after which libpq hints at the protocol versions. The first is BoringSSL's
// under another name, the others never happen: BoringSSL's reasons are positive.
#define SSL_R_NO_PROTOCOLS_AVAILABLE SSL_R_NO_SUPPORTED_VERSIONS_ENABLED
#define SSL_R_BAD_PROTOCOL_VERSION_NUMBER (-1)
#define SSL_R_UNSUPPORTED_SSL_VERSION (-2)

#endif  // SIPHON_POSTGRESQL_BORINGSSL_COMPAT_H
