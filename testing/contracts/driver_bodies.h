// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_DRIVER_BODIES_H_
#define TESTING_CONTRACTS_DRIVER_BODIES_H_

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/driver/driver.h"

namespace siphon::testing {

// A backup target that keeps the body in memory. `on_write` is called before each write with the
// number of bytes so far; its error becomes the result of the write.
class MemoryTarget : public driver::BackupTarget, public base::Writer {
 public:
  using Hook = std::function<absl::Status(size_t)>;
  explicit MemoryTarget(Hook on_write = nullptr) : on_write_(std::move(on_write)) {}

  absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) override {
    ++begins_;
    contents_ = contents;
    data_.clear();
    return this;
  }
  absl::Status Write(std::string_view data) override {
    if (on_write_ != nullptr) {
      const absl::Status status = on_write_(data_.size());
      if (!status.ok()) return status;
    }
    data_.append(data);
    return absl::OkStatus();
  }
  absl::Status Finish() override { return absl::InternalError("a driver must not Finish()"); }
  void SetTables(std::vector<dumps::TableInfo> tables) override {
    contents_.tables = std::move(tables);
    contents_.rows_estimated = false;
  }

  const std::string& data() const { return data_; }
  // The contents passed to the last Begin().
  const dumps::Contents& contents() const { return contents_; }
  int begins() const { return begins_; }

 private:
  Hook on_write_;
  int begins_ = 0;
  std::string data_;
  dumps::Contents contents_;
  std::vector<dumps::TableInfo> tables_;
};

// Reads a body in pieces of at most `piece` bytes. `on_read` is called before each read, also at
// the end, with the number of bytes so far; its error becomes the result of the read.
class PieceReader : public base::Reader {
 public:
  using Hook = std::function<absl::Status(size_t)>;
  // `data` must outlive the reader.
  explicit PieceReader(std::string_view data, size_t piece = 65536, Hook on_read = nullptr)
      : data_(data), piece_(piece), on_read_(std::move(on_read)) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    if (on_read_ != nullptr) {
      const absl::Status status = on_read_(offset_);
      if (!status.ok()) return status;
    }
    const size_t size = std::min({out.size(), piece_, data_.size() - offset_});
    if (size > 0) std::memcpy(out.data(), data_.data() + offset_, size);
    offset_ += size;
    return size;
  }
  size_t offset() const { return offset_; }

 private:
  std::string_view data_;
  size_t piece_;
  Hook on_read_;
  size_t offset_ = 0;
};

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_DRIVER_BODIES_H_
