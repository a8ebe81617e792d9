// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/sample_archive.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {

std::string LoadSample(std::string_view name) {
  absl::StatusOr<std::string> data =
      base::ReadFile(absl::StrCat("drivers/postgres/testdata/", name), size_t{1} << 20);
  EXPECT_OK(data);
  return data.ok() ? *std::move(data) : "";
}

Archive OpenSample(std::string_view name) {
  const std::string data = LoadSample(name);
  ArchiveHeadProgress progress;
  const absl::StatusOr<std::optional<size_t>> size = MeasureArchiveHead(data, progress);
  EXPECT_OK(size);
  const ptrdiff_t end = size.ok() ? static_cast<ptrdiff_t>(size->value_or(0)) : 0;
  absl::StatusOr<Archive> archive = ParseArchiveHead({data.begin(), data.begin() + end});
  EXPECT_OK(archive);
  return archive.ok() ? *std::move(archive) : Archive();
}

}  // namespace siphon::postgres
