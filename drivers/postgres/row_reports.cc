// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/row_reports.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.backup";
constexpr size_t kLongestLine = 100;

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

}  // namespace

std::optional<std::pair<std::string, int64_t>> ParseRowReport(std::string_view line) {
  const std::vector<std::string_view> words = absl::StrSplit(line, ' ');
  int64_t rows = 0;
  if (words.size() != 3 || words[0] != "rows" || !IsDigits(words[1]) || !IsDigits(words[2]) ||
      !absl::SimpleAtoi(words[2], &rows)) {
    return std::nullopt;
  }
  return std::make_pair(std::string(words[1]), rows);
}

absl::StatusOr<std::unique_ptr<RowReports>> RowReports::Create() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return errs::ErrnoError(kOp, "cannot make a pipe", errno);
  std::unique_ptr<RowReports> reports(
      new RowReports(base::FileDescriptor(fds[0]), base::FileDescriptor(fds[1])));
  try {
    reports->reader_ = std::thread([raw = reports.get()] { raw->Read(); });
  } catch (const std::system_error& error) {
    return errs::ErrnoError(kOp, "cannot start a thread", error.code().value());
  }
  return reports;
}

RowReports::RowReports(base::FileDescriptor read_end, base::FileDescriptor write_end)
    : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

RowReports::~RowReports() { Finish(); }

std::map<std::string, int64_t, std::less<>> RowReports::Finish() {
  CloseWriteEnd();
  if (reader_.joinable()) reader_.join();
  return rows_;
}

void RowReports::Read() {
  std::string line;
  char buffer[4096];
  while (true) {
    const ssize_t count = read(read_end_.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    for (ssize_t i = 0; i < count; ++i) {
      if (buffer[i] != '\n') {
        if (line.size() < kLongestLine) line += buffer[i];
        continue;
      }
      const auto report = ParseRowReport(line);
      if (report.has_value()) rows_[report->first] += report->second;
      line.clear();
    }
  }
}

}  // namespace siphon::postgres
