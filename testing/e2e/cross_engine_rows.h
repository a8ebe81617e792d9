// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_CROSS_ENGINE_ROWS_H_
#define TESTING_E2E_CROSS_ENGINE_ROWS_H_

#include <map>
#include <string>
#include <vector>

namespace siphon::testing {

// The rows of each table as texts, in the order of these texts. A value is NULL, or a text, number
// or date after a quote, or bytes as "\\x00ff".
using TableRows = std::map<std::string, std::vector<std::string>>;

// Reads a file with SQLite itself. `types`: with the storage class of each value ("'1:1").
TableRows ReadSqlite(const std::string& path, bool types = false);

// Compares table by table, so that a difference is short.
void ExpectSame(const TableRows& actual, const TableRows& expected);

}  // namespace siphon::testing

#endif  // TESTING_E2E_CROSS_ENGINE_ROWS_H_
