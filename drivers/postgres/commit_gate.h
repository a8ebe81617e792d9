// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_COMMIT_GATE_H_
#define DRIVERS_POSTGRES_COMMIT_GATE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"

namespace siphon::postgres {

// The built-in pg_restore asks the descriptor that this variable names before it commits.
inline constexpr std::string_view kCommitVariable = "SIPHON_COMMIT_FD";

// Grants pg_restore its commit, once. Gone without Open(), it refuses it.
class CommitGate {
 public:
  static absl::StatusOr<std::unique_ptr<CommitGate>> Create();
  // The end for pg_restore. To be closed here with CloseToolEnd() once pg_restore has it.
  int tool_end() const { return tool_end_.get(); }
  void CloseToolEnd() { tool_end_.Reset(); }
  absl::Status Open();

 private:
  CommitGate(base::FileDescriptor own_end, base::FileDescriptor tool_end);
  base::FileDescriptor own_end_;
  base::FileDescriptor tool_end_;
};

// Keeps back the last byte of what is written until Finish(): without it no pg_restore, of the
// system's either, sees the end of an archive that ends with what it needs.
class HoldingWriter : public base::Writer {
 public:
  // `next` must outlive the writer. It is not finished by this one.
  explicit HoldingWriter(base::Writer* next) : next_(next) {}
  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override;

 private:
  base::Writer* next_;
  std::string held_;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_COMMIT_GATE_H_
