// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0
//
// load_sql SCRIPT DATABASE: makes a new SQLite database from an SQL script.

#include <sqlite3.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: load_sql SCRIPT DATABASE\n");
    return 1;
  }
  std::ifstream script(argv[1], std::ios::binary);
  std::ostringstream text;
  if (!script.is_open() || !(text << script.rdbuf())) {
    std::fprintf(stderr, "load_sql: cannot read %s\n", argv[1]);
    return 1;
  }
  if (std::ifstream(argv[2]).is_open()) {
    std::fprintf(stderr, "load_sql: %s exists already\n", argv[2]);
    return 1;
  }
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open(argv[2], &raw);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db(raw, sqlite3_close);
  if (opened != SQLITE_OK ||
      sqlite3_exec(db.get(), text.str().c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    std::fprintf(stderr, "load_sql: %s\n", sqlite3_errmsg(db.get()));
    return 2;
  }
  return 0;
}
