// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_INPUT_READER_H_
#define SIPHON_CLI_INPUT_READER_H_

#include <istream>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "siphon/base/io.h"

namespace siphon::cli {

// Reads standard input, a stream that must outlive the reader. `op` is the operation in errors.
class InputReader : public base::Reader {
 public:
  InputReader(std::string_view op, std::istream* in) : op_(op), in_(in) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    in_->read(out.data(), static_cast<std::streamsize>(out.size()));
    if (in_->bad()) {
      return errs::SystemError(op_, errs::kIo, "standard input cannot be read",
                               "check the program that writes to it");
    }
    return static_cast<size_t>(in_->gcount());
  }

 private:
  const std::string op_;
  std::istream* const in_;
};

}  // namespace siphon::cli

#endif  // SIPHON_CLI_INPUT_READER_H_
