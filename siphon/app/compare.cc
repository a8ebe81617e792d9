// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/compare.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/schema/canonical.h"
#include "siphon/domain/schema/tables.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"
#include "siphon/driver/table_copy.h"

namespace siphon::app {
namespace {

constexpr std::string_view kOp = "compare";
// Rows are divided by the hashes of their keys, so that only some are in memory.
constexpr size_t kBuckets = 256;
constexpr int64_t kRowsInMemory = 200000;
constexpr size_t kKeyBytes = 60;
// The hex digits of half a hash, after "sha256:".
constexpr size_t kHead = 7, kHalf = 16;

// Half of a SHA-256. Sums of them do not depend on the order of rows, and count equal rows.
struct Hash {
  uint64_t high = 0, low = 0;
  void Add(const Hash& other) {
    high += other.high;
    low += other.low;
  }
  friend bool operator==(const Hash&, const Hash&) = default;
};

Hash HashOf(std::string_view bytes) {
  base::Sha256 sha256;
  sha256.Update(bytes);
  const std::string digest = sha256.Digest();
  Hash hash;
  if (!absl::SimpleHexAtoi(std::string_view(digest).substr(kHead, kHalf), &hash.high) ||
      !absl::SimpleHexAtoi(std::string_view(digest).substr(kHead + kHalf, kHalf), &hash.low)) {
    return {};
  }
  return hash;
}

struct Side {
  std::string name;
  std::unique_ptr<driver::Connection> connection;
  std::unique_ptr<driver::TableSnapshot> snapshot;  // Of the connection.
};

// A table of both sides, with the columns that both have.
struct Pair {
  const schema::Table* tables[2] = {nullptr, nullptr};
  std::vector<size_t> columns[2];
  std::vector<schema::Comparison> comparisons;
  std::vector<size_t> key;  // Of `columns`.
};

struct Sums {
  int64_t rows = 0;
  Hash all;
  std::array<Hash, kBuckets> buckets;
};

// The element with this name; if there is none, the only one with it in another case.
template <typename Element>
const Element* FindByName(const std::vector<Element>& elements, const std::string& name) {
  const Element* found = nullptr;
  for (const Element& element : elements) {
    if (element.name == name) return &element;
  }
  for (const Element& element : elements) {
    if (!absl::EqualsIgnoreCase(element.name, name)) continue;
    if (found != nullptr) return nullptr;
    found = &element;
  }
  return found;
}

class Comparer {
 public:
  Comparer(const base::Context& context, Session& session, const CompareRequest& request,
           base::Stage& stage)
      : context_(context), session_(session), request_(request), stage_(stage) {}

  absl::StatusOr<CompareResult> Run() {
    const absl::Time started = session_.clock().Now();
    RETURN_IF_ERROR(Open(request_.from,
                         {.only = request_.tables, .except = request_.exclude_tables}, sides_[0]));
    RETURN_IF_ERROR(Open(request_.to, {}, sides_[1]));
    result_.from = sides_[0].name;
    result_.to = sides_[1].name;
    std::vector<const schema::Table*> seen;
    for (const schema::Table& table : sides_[0].snapshot->tables().tables) {
      const schema::Table* const other =
          FindByName(sides_[1].snapshot->tables().tables, table.name);
      if (other == nullptr) {
        result_.only_from.push_back(schema::TableName(table));
        continue;
      }
      seen.push_back(other);
      RETURN_IF_ERROR(CompareTables(table, *other));
    }
    for (const schema::Table& table : sides_[1].snapshot->tables().tables) {
      const bool wanted = request_.tables.empty() && request_.exclude_tables.empty();
      if (wanted && std::find(seen.begin(), seen.end(), &table) == seen.end()) {
        result_.only_to.push_back(schema::TableName(table));
      }
    }
    result_.elapsed = session_.clock().Now() - started;
    return std::move(result_);
  }

 private:
  absl::Status Open(const std::string& name, const driver::TableChoice& choice, Side& side) {
    ASSIGN_OR_RETURN(const profile::Profile profile, session_.FindProfile(name));
    side.name = profile.name;
    ASSIGN_OR_RETURN(driver::Driver* const driver, driver::Get(profile.driver));
    ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved, session_.Resolve(profile));
    ASSIGN_OR_RETURN(side.connection,
                     driver->Connect(context_, resolved, driver::Driver::Access::kRead));
    auto* const source = dynamic_cast<driver::TableSource*>(side.connection.get());
    if (source == nullptr) {
      return errs::UserError(
          kOp, errs::kDriverUnsupported,
          absl::StrCat("this version does not compare tables of ", profile.driver));
    }
    ASSIGN_OR_RETURN(side.snapshot, source->OpenTables(context_, choice));
    return absl::OkStatus();
  }

  absl::Status CompareTables(const schema::Table& from, const schema::Table& to) {
    ComparedTable compared{.name = schema::TableName(from)};
    const Pair pair = MatchColumns(from, to, compared);
    Sums sums[2];
    for (const int side : {0, 1}) {
      RETURN_IF_ERROR(Scan(pair, side, [&](const std::string&, size_t bucket, const Hash& hash) {
        ++sums[side].rows;
        sums[side].all.Add(hash);
        sums[side].buckets[bucket].Add(hash);
      }));
    }
    compared.from_rows = sums[0].rows;
    compared.to_rows = sums[1].rows;
    compared.same_rows = sums[0].rows == sums[1].rows && sums[0].all == sums[1].all;
    if (!compared.same_rows && !pair.key.empty()) RETURN_IF_ERROR(FindKeys(pair, sums, compared));
    result_.tables.push_back(std::move(compared));
    return absl::OkStatus();
  }

  Pair MatchColumns(const schema::Table& from, const schema::Table& to, ComparedTable& compared) {
    Pair pair;
    pair.tables[0] = &from;
    pair.tables[1] = &to;
    std::vector<bool> seen(to.columns.size());
    for (size_t i = 0; i < from.columns.size(); ++i) {
      const schema::Column& column = from.columns[i];
      const schema::Column* const other = FindByName(to.columns, column.name);
      if (other == nullptr) {
        compared.columns.push_back(absl::StrCat(column.name, " only in ", sides_[0].name));
        continue;
      }
      const auto place = static_cast<size_t>(other - to.columns.data());
      seen[place] = true;
      const auto& key = from.primary_key;
      if (std::find(key.begin(), key.end(), i) != key.end())
        pair.key.push_back(pair.columns[0].size());
      pair.columns[0].push_back(i);
      pair.columns[1].push_back(place);
      pair.comparisons.push_back(schema::ComparisonOf(column.type.kind, other->type.kind));
    }
    for (size_t i = 0; i < seen.size(); ++i) {
      if (!seen[i]) {
        compared.columns.push_back(absl::StrCat(to.columns[i].name, " only in ", sides_[1].name));
      }
    }
    if (pair.key.size() != from.primary_key.size()) pair.key.clear();
    return pair;
  }

  // Calls `take` with each row's key, its bucket and its hash.
  template <typename Take>
  absl::Status Scan(const Pair& pair, int side, Take take) {
    stage_.SetTable(pair.tables[side]->name);
    if (pair.columns[side].empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::RowReader> rows,
                     sides_[side].snapshot->Read(context_, *pair.tables[side], pair.columns[side]));
    schema::Row row;
    std::string form, key, shown;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, rows->Next(context_, row));
      if (!more) return absl::OkStatus();
      form.clear();
      key.clear();
      shown.clear();
      for (size_t i = 0; i < row.size(); ++i) {
        schema::AppendCanonical(pair.comparisons[i], row[i], &form);
        bytes_ += row[i].text.size();
      }
      for (const size_t column : pair.key) {
        schema::AppendCanonical(pair.comparisons[column], row[column], &key);
        absl::StrAppend(&shown, shown.empty() ? "" : ", ",
                        base::EscapedExcerpt(ValueText(row[column]), kKeyBytes));
      }
      const Hash hash = HashOf(form);
      const size_t bucket = (pair.key.empty() ? hash : HashOf(key)).low % kBuckets;
      take(shown, bucket, hash);
      stage_.Progress(bytes_);
    }
  }

  // Reads the rows of the buckets that differ again, some at a time.
  absl::Status FindKeys(const Pair& pair, const Sums (&sums)[2], ComparedTable& compared) {
    const int64_t rows = std::max<int64_t>(1, std::max(sums[0].rows, sums[1].rows));
    const size_t at_once = std::clamp<size_t>(
        static_cast<size_t>(kRowsInMemory * static_cast<int64_t>(kBuckets) / rows), 1, kBuckets);
    std::vector<bool> wanted(kBuckets);
    size_t count = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      wanted[i] = !(sums[0].buckets[i] == sums[1].buckets[i]);
      count += wanted[i] ? 1 : 0;
      if (count < at_once && i + 1 < kBuckets) continue;
      if (count > 0) RETURN_IF_ERROR(FindKeysIn(pair, wanted, compared));
      if (compared.keys.size() >= request_.limit) return absl::OkStatus();
      wanted.assign(kBuckets, false);
      count = 0;
    }
    return absl::OkStatus();
  }

  absl::Status FindKeysIn(const Pair& pair, const std::vector<bool>& wanted,
                          ComparedTable& compared) {
    std::map<std::string, std::optional<Hash>> found[2];
    for (const int side : {0, 1}) {
      RETURN_IF_ERROR(
          Scan(pair, side, [&](const std::string& key, size_t bucket, const Hash& hash) {
            if (wanted[bucket]) found[side][key] = hash;
          }));
    }
    const auto add = [&](const std::string& key, std::string_view what) {
      if (compared.keys.size() < request_.limit) {
        compared.keys.push_back(absl::StrCat(key, " ", what));
      }
    };
    for (const auto& [key, hash] : found[0]) {
      const auto other = found[1].find(key);
      if (other == found[1].end()) {
        add(key, absl::StrCat("only in ", sides_[0].name));
      } else if (other->second != hash) {
        add(key, "differs");
      }
    }
    for (const auto& [key, hash] : found[1]) {
      if (!found[0].contains(key)) add(key, absl::StrCat("only in ", sides_[1].name));
    }
    return absl::OkStatus();
  }

  const base::Context& context_;
  Session& session_;
  const CompareRequest& request_;
  base::Stage& stage_;
  CompareResult result_;
  Side sides_[2];
  uint64_t bytes_ = 0;
};

}  // namespace

bool CompareResult::same() const {
  return only_from.empty() && only_to.empty() &&
         std::all_of(tables.begin(), tables.end(),
                     [](const ComparedTable& table) { return table.same(); });
}

absl::StatusOr<CompareResult> Compare(const base::Context& command, Session& session,
                                      const CompareRequest& request) {
  const base::Context context = command.WithJob("compare");
  base::Stage stage(context, kOp);
  absl::StatusOr<CompareResult> result = Comparer(context, session, request, stage).Run();
  RETURN_IF_ERROR(stage.Finish(result.status()));
  return result;
}

}  // namespace siphon::app
