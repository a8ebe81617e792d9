// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/snapshot.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/driver/stream_snapshot.h"

namespace siphon::driver {
namespace {

// Writes the bytes of parts to a stream.
class StreamSink : public frames::PartSink {
 public:
  explicit StreamSink(base::Writer* writer) : writer_(writer) {}
  absl::Status Write(const base::Context&, std::string_view data) override {
    return data.empty() ? absl::OkStatus() : writer_->Write(data);
  }
  void Cut(uint64_t) override {}

 private:
  base::Writer* writer_;
};

// Writes the state that is open now.
absl::Status WriteState(const base::Context& context, Snapshot& snapshot, BackupTarget& target) {
  ASSIGN_OR_RETURN(base::Writer* const writer, target.Begin(snapshot.contents()));
  StreamSink sink(writer);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<frames::Part> part, snapshot.NextPart(context));
    if (!part.has_value()) break;
    RETURN_IF_ERROR(snapshot.Read(context, /*worker=*/0, *part, sink));
  }
  ASSIGN_OR_RETURN(std::vector<dumps::TableInfo> tables, snapshot.Finish(context));
  if (snapshot.contents().rows_estimated) target.SetTables(std::move(tables));
  return absl::OkStatus();
}

}  // namespace

absl::Status Snapshot::Reopen(const base::Context&) {
  return errs::InternalError("backup", "this snapshot cannot be opened again");
}

absl::StatusOr<std::unique_ptr<Snapshot>> OpenSnapshot(const base::Context& context,
                                                       Connection& connection,
                                                       const BackupOptions& options) {
  if (auto* const source = dynamic_cast<SnapshotSource*>(&connection); source != nullptr) {
    ASSIGN_OR_RETURN(std::unique_ptr<Snapshot> snapshot, source->OpenSnapshot(context, options));
    if (snapshot != nullptr) return snapshot;
  }
  return OpenStreamSnapshot(context, connection, options);
}

absl::Status WriteStream(const base::Context& context, Snapshot& snapshot, BackupTarget& target) {
  while (true) {
    absl::Status status = WriteState(context, snapshot, target);
    if (status.ok() || !snapshot.lost()) return status;
    RETURN_IF_ERROR(snapshot.Reopen(context));
  }
}

}  // namespace siphon::driver
