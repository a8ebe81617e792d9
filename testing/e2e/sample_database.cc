// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/sample_database.h"

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/status_macros.h"
#include "testing/e2e/database.h"

namespace siphon::testing {
namespace {

// Rows of each kind in one round; a round adds about 280 KiB.
constexpr int kEvents = 1200;
constexpr int kCustomers = 60;
constexpr int kDocuments = 20;
constexpr int kImages = 4;
constexpr int kRoundsPerCommit = 32;

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): the
// same numbers on every machine, whatever the standard library.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  int64_t Below(int64_t limit) {
    return static_cast<int64_t>(Next() % static_cast<uint64_t>(limit));
  }

 private:
  uint64_t state_;
};

constexpr std::array<std::string_view, 20> kSyllables = {
    "an", "be",  "cor", "da",  "el", "for", "ga",  "hin", "is",  "jo",
    "ka", "lem", "mi",  "nor", "ot", "pra", "qui", "ros", "sta", "ver"};

// One of about 8,000 words; short words are the most frequent.
std::string Word(Random& random) {
  std::string word;
  const int64_t spread = random.Below(4) == 0 ? 20 : 6;
  for (int64_t i = 1 + random.Below(3); i > 0; --i) {
    word += kSyllables[static_cast<size_t>(random.Below(spread))];
  }
  return word;
}

std::string Words(Random& random, size_t bytes) {
  std::string text;
  while (text.size() < bytes) absl::StrAppend(&text, Word(random), " ");
  text.resize(bytes);
  return text;
}

// A blob that compresses like an image: a repetitive header and tables, then noise.
std::string Image(Random& random, size_t bytes) {
  std::string image = "\x89PNG\r\n\x1a\n";
  while (image.size() < bytes / 2) absl::StrAppend(&image, "IDAT", image.size() % 1024);
  while (image.size() < bytes) {
    const uint64_t noise = random.Next();
    image.append(reinterpret_cast<const char*>(&noise), sizeof(noise));
  }
  return image;
}

constexpr std::string_view kSchema = R"sql(
CREATE TABLE events (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, customer INTEGER NOT NULL, kind TEXT NOT NULL,
  amount REAL, note TEXT);
CREATE INDEX events_by_customer ON events (customer, at);
CREATE INDEX events_by_kind ON events (kind);
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, street TEXT, town TEXT,
  zip TEXT, country TEXT, phone TEXT, created TEXT, updated TEXT, locale TEXT, plan TEXT,
  credit REAL, visits INTEGER, active INTEGER, referrer TEXT, tags TEXT, settings TEXT, token BLOB,
  remarks TEXT);
CREATE TABLE documents (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE images (id INTEGER PRIMARY KEY, name TEXT NOT NULL, content BLOB NOT NULL);
CREATE VIEW spending AS
  SELECT customer, sum(amount) AS total FROM events GROUP BY customer;
)sql";

// Fills one database.
class Filler {
 public:
  Filler(Database& database, uint64_t seed) : database_(database), random_(seed) {}

  absl::Status Prepare() {
    ASSIGN_OR_RETURN(
        event_, testing::Prepare(database_, "INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?)"));
    ASSIGN_OR_RETURN(customer_, testing::Prepare(database_,
                                                 "INSERT INTO customers VALUES (NULL, ?, ?, ?, ?, "
                                                 "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    ASSIGN_OR_RETURN(document_,
                     testing::Prepare(database_, "INSERT INTO documents VALUES (NULL, ?, ?)"));
    ASSIGN_OR_RETURN(image_, testing::Prepare(database_, "INSERT INTO images VALUES (NULL, ?, ?)"));
    return absl::OkStatus();
  }

  absl::Status Round() {
    for (int i = 0; i < kCustomers; ++i) RETURN_IF_ERROR(AddCustomer());
    for (int i = 0; i < kEvents; ++i) RETURN_IF_ERROR(AddEvent());
    for (int i = 0; i < kDocuments; ++i) {
      BindText(document_, 1, Words(random_, 30));
      BindText(document_, 2, Words(random_, 500 + static_cast<size_t>(random_.Below(6000))));
      RETURN_IF_ERROR(Run(document_));
    }
    for (int i = 0; i < kImages; ++i) {
      const std::string image = Image(random_, 2000 + static_cast<size_t>(random_.Below(40000)));
      BindText(image_, 1, absl::StrCat(Word(random_), ".png"));
      sqlite3_bind_blob(image_.get(), 2, image.data(), static_cast<int>(image.size()),
                        SQLITE_TRANSIENT);
      RETURN_IF_ERROR(Run(image_));
    }
    return absl::OkStatus();
  }

 private:
  static void BindText(const Statement& statement, int index, std::string_view text) {
    sqlite3_bind_text(statement.get(), index, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
  }

  absl::Status Run(const Statement& statement) {
    const int result = sqlite3_step(statement.get());
    sqlite3_reset(statement.get());
    return result == SQLITE_DONE ? absl::OkStatus() : database_.Error("filling");
  }

  std::string Time() {
    seconds_ += random_.Below(40);
    return absl::StrFormat("2025-%02d-%02d %02d:%02d:%02d", seconds_ / 2419200 % 12 + 1,
                           seconds_ / 86400 % 28 + 1, seconds_ / 3600 % 24, seconds_ / 60 % 60,
                           seconds_ % 60);
  }

  absl::Status AddEvent() {
    static constexpr std::array<std::string_view, 5> kKinds = {"login", "purchase", "refund",
                                                               "view", "logout"};
    BindText(event_, 1, Time());
    sqlite3_bind_int64(event_.get(), 2, 1 + random_.Below(customers_));
    BindText(event_, 3, kKinds[static_cast<size_t>(random_.Below(kKinds.size()))]);
    sqlite3_bind_double(event_.get(), 4, static_cast<double>(random_.Below(1000000)) / 100);
    if (random_.Below(3) == 0) {
      sqlite3_bind_null(event_.get(), 5);
    } else {
      BindText(event_, 5, Words(random_, 10 + static_cast<size_t>(random_.Below(50))));
    }
    return Run(event_);
  }

  absl::Status AddCustomer() {
    ++customers_;
    const uint64_t token = random_.Next();
    const std::string name = Word(random_);
    const std::string time = Time();
    int column = 0;
    BindText(customer_, ++column, absl::StrCat(name, " ", Word(random_)));
    BindText(customer_, ++column, absl::StrCat(name, ".", customers_, "@example.org"));
    BindText(customer_, ++column, absl::StrCat(Word(random_), " street ", random_.Below(200)));
    BindText(customer_, ++column, Word(random_));
    BindText(customer_, ++column, absl::StrFormat("%05d", random_.Below(99999)));
    BindText(customer_, ++column, random_.Below(2) == 0 ? "NL" : "NO");
    BindText(customer_, ++column, absl::StrFormat("+31 %09d", random_.Below(999999999)));
    BindText(customer_, ++column, time);
    BindText(customer_, ++column, time);
    BindText(customer_, ++column, "en_GB");
    BindText(customer_, ++column, random_.Below(5) == 0 ? "business" : "free");
    sqlite3_bind_double(customer_.get(), ++column, static_cast<double>(random_.Below(10000)) / 4);
    sqlite3_bind_int64(customer_.get(), ++column, random_.Below(5000));
    sqlite3_bind_int64(customer_.get(), ++column, random_.Below(2));
    sqlite3_bind_null(customer_.get(), ++column);
    BindText(customer_, ++column,
             absl::StrCat("[\"", Word(random_), "\",\"", Word(random_), "\"]"));
    BindText(customer_, ++column,
             absl::StrCat("{\"theme\":\"dark\",\"newsletter\":", random_.Below(2), "}"));
    sqlite3_bind_blob(customer_.get(), ++column, &token, sizeof(token), SQLITE_TRANSIENT);
    BindText(customer_, ++column, Words(random_, static_cast<size_t>(random_.Below(200))));
    return Run(customer_);
  }

  Database& database_;
  Random random_;
  Statement event_, customer_, document_, image_;
  int64_t customers_ = 0;
  int64_t seconds_ = 0;
};

}  // namespace

absl::Status MakeSampleDatabase(const std::string& path, const SampleOptions& options) {
  ASSIGN_OR_RETURN(Database database, Database::Open(path));
  RETURN_IF_ERROR(database.Execute(absl::StrCat("PRAGMA page_size = ", options.page_size)));
  RETURN_IF_ERROR(database.Execute("PRAGMA synchronous = OFF"));
  RETURN_IF_ERROR(database.Execute("PRAGMA cache_size = -16384"));
  RETURN_IF_ERROR(database.Execute(kSchema));
  Filler filler(database, options.seed);
  RETURN_IF_ERROR(filler.Prepare());
  uint64_t bytes = 0;
  while (bytes < options.bytes) {
    RETURN_IF_ERROR(database.Execute("BEGIN"));
    for (int i = 0; i < kRoundsPerCommit && bytes < options.bytes; ++i) {
      RETURN_IF_ERROR(filler.Round());
      ASSIGN_OR_RETURN(const int64_t pages, database.QueryInteger("PRAGMA page_count"));
      bytes = static_cast<uint64_t>(pages) * static_cast<uint64_t>(options.page_size);
    }
    RETURN_IF_ERROR(database.Execute("COMMIT"));
  }
  // Set last, so that filling does not create a WAL of the size of the database.
  return database.Execute(absl::StrCat("PRAGMA journal_mode = ", options.journal_mode));
}

absl::Status MakeSampleDatabaseWithAWal(const std::string& path, SampleOptions options) {
  namespace fs = std::filesystem;
  options.journal_mode = "wal";
  const std::string live = path + ".live";
  RETURN_IF_ERROR(MakeSampleDatabase(live, options));
  ASSIGN_OR_RETURN(Database database, Database::Open(live));
  RETURN_IF_ERROR(database.Execute("PRAGMA wal_autocheckpoint = 0"));
  RETURN_IF_ERROR(database.Execute(
      "INSERT INTO documents (title, body) SELECT 'late', body FROM documents LIMIT 10"));
  std::error_code error;
  for (const std::string_view suffix : {"", "-wal", "-shm"}) {
    fs::copy_file(absl::StrCat(live, suffix), absl::StrCat(path, suffix),
                  fs::copy_options::overwrite_existing, error);
    if (error) return absl::InternalError(absl::StrCat("copying ", live, ": ", error.message()));
  }
  database = *Database::Open(":memory:");  // Closes the live one, which ends its WAL.
  fs::remove(live, error);
  return absl::OkStatus();
}

}  // namespace siphon::testing
