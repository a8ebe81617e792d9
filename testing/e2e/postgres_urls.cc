// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/postgres_urls.h"

namespace siphon::testing {

std::string PostgresUrl(const PostgresServer& server, std::string_view database,
                        const UrlChanges& changes) {
  return UrlOf("postgres", server, database, changes);
}

}  // namespace siphon::testing
