// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_SAMPLE_ARCHIVE_H_
#define DRIVERS_POSTGRES_SAMPLE_ARCHIVE_H_

#include <string>
#include <string_view>

#include "drivers/postgres/archive.h"

namespace siphon::postgres {

// The file `name` of testdata/, which testdata/README.md describes: "sample-1.16-zstd.dump". A
// failure fails the test.
std::string LoadSample(std::string_view name);

// Its header and table of contents.
Archive OpenSample(std::string_view name);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SAMPLE_ARCHIVE_H_
