// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "benchmark/benchmark.h"
#include "curl/curl.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libpq-fe.h"
#include "lz4frame.h"
#include "mysql.h"
#include "nlohmann/json.hpp"
#include "openssl/sha.h"
#include "openssl/ssl.h"
#include "re2/re2.h"
#include "sqlite3.h"
#include "yaml-cpp/yaml.h"
#include "zlib.h"
#include "zstd.h"

// mysql/client_plugin.h is not valid C++.
struct st_mysql_client_plugin;
extern "C" st_mysql_client_plugin* mysql_client_find_plugin(MYSQL*, const char* name, int type);

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Query(sqlite3* db, const char* sql) {
  std::string out;
  char* error = nullptr;
  const auto add = [](void* to, int columns, char** values, char**) {
    for (int i = 0; i < columns; ++i) {
      absl::StrAppend(static_cast<std::string*>(to), values[i] == nullptr ? "NULL" : values[i],
                      "|");
    }
    return 0;
  };
  if (sqlite3_exec(db, sql, add, &out, &error) != SQLITE_OK) {
    out = absl::StrCat("error: ", error);
    sqlite3_free(error);
  }
  return out;
}

TEST(DependenciesTest, AbseilAndRe2Answer) {
  absl::StatusOr<int> refused = absl::NotFoundError("no such dump");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kNotFound);
  absl::flat_hash_map<std::string, int> counts;
  counts["a"] = 2;
  EXPECT_EQ(absl::StrFormat("%d", counts["a"]), "2");
  EXPECT_EQ(absl::FormatDuration(absl::Seconds(90)), "1m30s");
  EXPECT_TRUE(RE2::FullMatch("siphon-2026", R"((\w+)-(\d+))"));
}

TEST(DependenciesTest, BoringSslHashesAndMakesATlsContext) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>("abc"), 3, digest);
  EXPECT_EQ(absl::BytesToHexString(
                absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  SSL_CTX* context = SSL_CTX_new(TLS_method());
  ASSERT_NE(context, nullptr);
  SSL_CTX_free(context);
}

TEST(DependenciesTest, ZstdCompressesWithSeveralWorkers) {
  const std::string input(1 << 22, 's');
  ZSTD_CCtx* compressor = ZSTD_createCCtx();
  ASSERT_FALSE(ZSTD_isError(ZSTD_CCtx_setParameter(compressor, ZSTD_c_nbWorkers, 2)));
  std::string packed(ZSTD_compressBound(input.size()), '\0');
  const size_t size =
      ZSTD_compress2(compressor, packed.data(), packed.size(), input.data(), input.size());
  ZSTD_freeCCtx(compressor);
  ASSERT_FALSE(ZSTD_isError(size)) << ZSTD_getErrorName(size);
  std::string unpacked(input.size(), '\0');
  EXPECT_EQ(ZSTD_decompress(unpacked.data(), unpacked.size(), packed.data(), size), input.size());
  EXPECT_EQ(unpacked, input);
}

TEST(DependenciesTest, SqliteHasWhatSchemasInTheWildUse) {
  EXPECT_STREQ(sqlite3_libversion(), SQLITE_VERSION);
  EXPECT_EQ(sqlite3_threadsafe(), 1);
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
  EXPECT_EQ(Query(db, "CREATE VIRTUAL TABLE f5 USING fts5(body)"), "");
  EXPECT_EQ(Query(db, "CREATE VIRTUAL TABLE f4 USING fts4(body)"), "");
  EXPECT_EQ(Query(db, "CREATE VIRTUAL TABLE f3 USING fts3(body)"), "");
  EXPECT_EQ(Query(db, "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1)"), "");
  EXPECT_EQ(Query(db, "CREATE VIRTUAL TABLE g USING geopoly(a)"), "");
  EXPECT_EQ(Query(db, "CREATE TABLE s(a INTEGER PRIMARY KEY, b) STRICT, WITHOUT ROWID"),
            "error: missing datatype for s.b");
  EXPECT_EQ(Query(db, "SELECT \"double quoted\""), "double quoted|");
  EXPECT_EQ(Query(db, "SELECT ceil(sqrt(2)), json('{}')"), "2.0|{}|");
  EXPECT_EQ(Query(db, "SELECT count(*) > 0 FROM sqlite_dbpage"), "1|");
  EXPECT_EQ(Query(db, "SELECT count(*) > 0 FROM dbstat"), "1|");
  EXPECT_THAT(Query(db, "SELECT load_extension('x')"), HasSubstr("no such function"));
  sqlite3_close(db);
}

TEST(DependenciesTest, LibpqIsThreadSafeAndHasTls) {
  EXPECT_EQ(PQlibVersion() / 10000, 18);
  EXPECT_EQ(PQisthreadsafe(), 1);
  EXPECT_STREQ(PQsslAttribute(nullptr, "library"), "OpenSSL");
  std::vector<std::string> names;
  for (const char* const* name = PQsslAttributeNames(nullptr); *name != nullptr; ++name) {
    names.emplace_back(*name);
  }
  EXPECT_THAT(names,
              ElementsAre("library", "key_bits", "cipher", "compression", "protocol", "alpn"));
}

TEST(DependenciesTest, LibpqSaysWhyItCannotConnect) {
  PGconn* connection = PQconnectdb("host=/nowhere user=u dbname=d sslmode=verify-full");
  EXPECT_EQ(PQstatus(connection), CONNECTION_BAD);
  EXPECT_THAT(PQerrorMessage(connection), HasSubstr("/nowhere/.s.PGSQL.5432"));
  PQfinish(connection);
}

TEST(DependenciesTest, ConnectorCHasItsVersionTlsAndEveryPluginBuiltIn) {
  ASSERT_EQ(mysql_library_init(0, nullptr, nullptr), 0);
  EXPECT_STREQ(MARIADB_PACKAGE_VERSION, "3.3.19");
  char tls[64] = "";
  EXPECT_EQ(mariadb_get_infov(nullptr, MARIADB_TLS_LIBRARY, static_cast<void*>(tls)), 0);
  constexpr int kAuthentication = 2;  // MYSQL_CLIENT_AUTHENTICATION_PLUGIN
  MYSQL* const connection = mysql_init(nullptr);
  ASSERT_NE(connection, nullptr);
  for (const char* const name :
       {"mysql_native_password", "caching_sha2_password", "sha256_password", "client_ed25519",
        "dialog", "mysql_clear_password"}) {
    EXPECT_NE(mysql_client_find_plugin(connection, name, kAuthentication), nullptr)
        << mysql_error(connection);
  }
  EXPECT_EQ(mysql_client_find_plugin(connection, "auth_gssapi_client", kAuthentication), nullptr);
  EXPECT_THAT(mysql_error(connection), HasSubstr("it is not built in"));
  mysql_close(connection);
}

TEST(DependenciesTest, ConnectorCSaysWhyItCannotConnect) {
  MYSQL* const connection = mysql_init(nullptr);
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(mysql_real_connect(connection, nullptr, "u", "p", "d", 0, "/nowhere/mysqld.sock", 0),
            nullptr);
  EXPECT_THAT(mysql_error(connection), HasSubstr("/nowhere/mysqld.sock"));
  mysql_close(connection);
}

TEST(DependenciesTest, CurlHasHttpOnBoringSslAlone) {
  const curl_version_info_data* const info = curl_version_info(CURLVERSION_NOW);
  EXPECT_STREQ(info->version, "8.14.1");
  EXPECT_STREQ(info->ssl_version, "BoringSSL");
  EXPECT_EQ(info->libz_version, nullptr);
  std::vector<std::string> protocols;
  for (const char* const* name = info->protocols; *name != nullptr; ++name) {
    protocols.emplace_back(*name);
  }
  EXPECT_THAT(protocols, ElementsAre("http", "https"));
  EXPECT_NE(info->features & CURL_VERSION_IPV6, 0);
  EXPECT_NE(info->features & CURL_VERSION_ASYNCHDNS, 0);
  EXPECT_NE(info->features & CURL_VERSION_THREADSAFE, 0);
}

TEST(DependenciesTest, ZlibAndLz4Compress) {
  const std::string input(1 << 16, 's');
  std::string packed(compressBound(input.size()), '\0');
  uLongf size = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                     reinterpret_cast<const Bytef*>(input.data()), input.size()),
            Z_OK);
  std::string unpacked(input.size(), '\0');
  uLongf unpacked_size = unpacked.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(unpacked.data()), &unpacked_size,
                       reinterpret_cast<const Bytef*>(packed.data()), size),
            Z_OK);
  EXPECT_EQ(unpacked, input);

  packed.resize(LZ4F_compressFrameBound(input.size(), nullptr));
  const size_t framed =
      LZ4F_compressFrame(packed.data(), packed.size(), input.data(), input.size(), nullptr);
  ASSERT_FALSE(LZ4F_isError(framed)) << LZ4F_getErrorName(framed);
  EXPECT_LT(framed, input.size() / 10);
}

TEST(DependenciesTest, JsonYamlAndCli11Parse) {
  EXPECT_EQ(nlohmann::json::parse(R"({"n": 9007199254740993})")["n"].get<int64_t>(),
            9007199254740993);
  EXPECT_EQ(YAML::Load("profiles: {prod: {engine: sqlite}}")["profiles"]["prod"]["engine"]
                .as<std::string>(),
            "sqlite");
  CLI::App app("siphon");
  int level = 0;
  app.add_option("--compression", level);
  app.parse("--compression 3");
  EXPECT_EQ(level, 3);
}

TEST(DependenciesTest, BenchmarkLinks) {
  std::vector<int> kept = {1, 2};
  benchmark::DoNotOptimize(kept.data());
  EXPECT_EQ(benchmark::GetBenchmarkVersion(), "v1.9.1");
}

}  // namespace
