// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_STREAM_WRITER_H_
#define SIPHON_CLI_STREAM_WRITER_H_

#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "errs/error.h"
#include "siphon/base/io.h"

namespace siphon::cli {

// Writes standard output, a stream that must outlive the writer. `op` is the operation in errors.
class StreamWriter : public base::Writer {
 public:
  StreamWriter(std::string_view op, std::ostream* out) : op_(op), out_(out) {}

  absl::Status Write(std::string_view data) override {
    out_->write(data.data(), static_cast<std::streamsize>(data.size()));
    return Check();
  }
  absl::Status Finish() override {
    out_->flush();
    return Check();
  }

 private:
  absl::Status Check() const {
    if (out_->good()) return absl::OkStatus();
    return errs::SystemError(op_, errs::kIo, "cannot write to standard output",
                             "check the program that reads it");
  }

  const std::string op_;
  std::ostream* const out_;
};

}  // namespace siphon::cli

#endif  // SIPHON_CLI_STREAM_WRITER_H_
