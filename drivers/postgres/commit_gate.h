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

// This variable names a descriptor. The built-in pg_restore reads the permission to commit from it.
inline constexpr std::string_view kCommitVariable = "SIPHON_COMMIT_FD";

// Permits pg_restore to commit, once. Destroyed without Open(), it makes pg_restore roll back.
class CommitGate {
 public:
  static absl::StatusOr<std::unique_ptr<CommitGate>> Create();
  // pg_restore's end. Close it in this process with CloseToolEnd() after pg_restore has started.
  int tool_end() const { return tool_end_.get(); }
  void CloseToolEnd() { tool_end_.Reset(); }
  absl::Status Open();

 private:
  CommitGate(base::FileDescriptor own_end, base::FileDescriptor tool_end);
  base::FileDescriptor own_end_;
  base::FileDescriptor tool_end_;
};

// Holds back the last byte written until Finish(). Without that byte no pg_restore, the system's
// included, can reach the end of the archive and commit.
class HoldingWriter : public base::Writer {
 public:
  // `next` must outlive the writer, which does not finish it.
  explicit HoldingWriter(base::Writer* next) : next_(next) {}
  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override;

 private:
  base::Writer* next_;
  std::string held_;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_COMMIT_GATE_H_
