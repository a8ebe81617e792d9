// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/btree_estimate.h"

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

constexpr int kWalks = 64;
// SQLite's own limit (BTCURSOR_MAX_DEPTH).
constexpr int kDeepest = 20;

// Page types, the first byte of a page's header.
constexpr int kInnerIndex = 2;
constexpr int kInnerTable = 5;
constexpr int kLeafIndex = 10;
constexpr int kLeafTable = 13;

class Page {
 public:
  // `header` is 100 on page 1, after the file's header.
  static std::optional<Page> Parse(std::string data, size_t header) {
    Page page(std::move(data), header);
    if (page.data_.size() < header + 12) return std::nullopt;
    const int type = page.type();
    if (type != kInnerIndex && type != kInnerTable && type != kLeafIndex && type != kLeafTable) {
      return std::nullopt;
    }
    if (page.pointers() + 2 * static_cast<size_t>(page.cells()) > page.data_.size()) {
      return std::nullopt;
    }
    return page;
  }

  int type() const { return static_cast<unsigned char>(data_[header_]); }
  bool leaf() const { return type() == kLeafIndex || type() == kLeafTable; }
  bool index() const { return type() == kInnerIndex || type() == kLeafIndex; }
  int cells() const { return static_cast<int>(BigEndian(header_ + 3, 2)); }

  // The child with this number, from 0 to cells() inclusive; 0 when the pointer is invalid.
  int64_t Child(int number) const {
    if (number == cells()) return BigEndian(header_ + 8, 4);
    const size_t cell = Cell(number);
    return cell + 4 <= data_.size() ? BigEndian(cell, 4) : 0;
  }

  // The number of overflow pages of the cells of a leaf (section 1.6, "overflow").
  int64_t OverflowPages(int64_t usable) const {
    const int64_t local_max = index() ? (usable - 12) * 64 / 255 - 23 : usable - 35;
    const int64_t local_min = (usable - 12) * 32 / 255 - 23;
    int64_t pages = 0;
    for (int i = 0; i < cells(); ++i) {
      const int64_t payload = Varint(Cell(i));
      if (payload <= local_max) continue;
      int64_t local = local_min + (payload - local_min) % (usable - 4);
      if (local > local_max) local = local_min;
      pages += (payload - local + usable - 5) / (usable - 4);
    }
    return pages;
  }

 private:
  Page(std::string data, size_t header) : data_(std::move(data)), header_(header) {}

  size_t pointers() const { return header_ + (leaf() ? 8 : 12); }
  size_t Cell(int number) const {
    return static_cast<size_t>(BigEndian(pointers() + 2 * static_cast<size_t>(number), 2));
  }
  int64_t BigEndian(size_t offset, size_t size) const {
    int64_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<unsigned char>(data_[offset + i]);
    }
    return value;
  }
  // The length of a payload, which never needs more than five bytes.
  int64_t Varint(size_t offset) const {
    int64_t value = 0;
    for (int i = 0; i < 5 && offset < data_.size(); ++i, ++offset) {
      const auto byte = static_cast<unsigned char>(data_[offset]);
      value = value << 7 | (byte & 0x7f);
      if ((byte & 0x80) == 0) break;
    }
    return value;
  }

  std::string data_;
  size_t header_;
};

class Estimator {
 public:
  static absl::StatusOr<Estimator> Create(Database* database) {
    ASSIGN_OR_RETURN(const int64_t page_size, database->QueryInt("PRAGMA main.page_size"));
    ASSIGN_OR_RETURN(Statement read, database->Prepare("SELECT data FROM sqlite_dbpage('main')"
                                                       " WHERE pgno = ?1"));
    return Estimator(database, page_size, std::move(read));
  }

  absl::StatusOr<BtreeSize> Run(int64_t root) {
    root_ = root;
    ASSIGN_OR_RETURN(const Page top, Read(root));
    const int walks = top.leaf() ? 1 : kWalks;
    double pages = 0, rows = 0;
    for (int walk = 0; walk < walks; ++walk) {
      ASSIGN_OR_RETURN(const Walk found, WalkDown());
      pages += found.pages;
      rows += found.rows;
    }
    BtreeSize size;
    size.bytes = std::llround(pages / walks) * page_size_;
    size.rows = std::llround(rows / walks);
    size.exact = top.leaf();
    return size;
  }

 private:
  struct Walk {
    double pages = 0;
    double rows = 0;
  };

  Estimator(Database* database, int64_t page_size, Statement read)
      : database_(database), page_size_(page_size), read_(std::move(read)) {}

  absl::StatusOr<Walk> WalkDown() {
    Walk walk;
    double same = 1;  // The number of pages of this level that the current one represents.
    int64_t number = root_;
    for (int depth = 0; depth < kDeepest; ++depth) {
      ASSIGN_OR_RETURN(const Page page, Read(number));
      walk.pages += same;
      if (page.leaf()) {
        walk.rows += same * page.cells();
        walk.pages += same * static_cast<double>(page.OverflowPages(page_size_));
        return walk;
      }
      if (page.index()) walk.rows += same * page.cells();
      same *= page.cells() + 1;
      random_ = random_ * 6364136223846793005u + 1442695040888963407u;
      number = page.Child(static_cast<int>((random_ >> 33) % (page.cells() + 1)));
    }
    return Damaged(root_);
  }

  absl::StatusOr<Page> Read(int64_t number) {
    read_.Reset();
    read_.BindInt(1, number);
    ASSIGN_OR_RETURN(const bool found, read_.Step());
    if (!found) return Damaged(number);
    std::optional<Page> page = Page::Parse(std::string(read_.Bytes(0)), number == 1 ? 100 : 0);
    read_.Reset();
    if (!page.has_value()) return Damaged(number);
    return *std::move(page);
  }

  absl::Status Damaged(int64_t number) {
    return errs::IntegrityError(
        database_->operation(),
        absl::StrCat(database_->path(), ": page ", number,
                     " is not a valid page of the b-tree with root page ", root_));
  }

  Database* database_;
  int64_t page_size_;
  Statement read_;
  int64_t root_ = 0;
  // Always the same walks, so that an unchanged database has the same estimates.
  uint64_t random_ = 1;
};

}  // namespace

absl::StatusOr<BtreeSize> MeasureBtree(Database& database, std::string_view name,
                                       bool rows_in_all_pages) {
  ASSIGN_OR_RETURN(Statement statement, database.Prepare("SELECT sum(pgsize), sum(ncell),"
                                                         " sum(iif(pagetype = 'leaf', ncell, 0))"
                                                         " FROM dbstat('main') WHERE name = ?1"));
  statement.BindText(1, name);
  ASSIGN_OR_RETURN(const bool row, statement.Step());
  BtreeSize size;
  size.exact = true;
  if (!row) return size;
  size.bytes = statement.Int(0);
  size.rows = statement.Int(rows_in_all_pages ? 1 : 2);
  return size;
}

absl::StatusOr<BtreeSize> EstimateBtree(Database& database, int64_t root) {
  ASSIGN_OR_RETURN(Estimator estimator, Estimator::Create(&database));
  return estimator.Run(root);
}

}  // namespace siphon::sqlite
