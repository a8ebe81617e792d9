// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Checks increments of SQLite: an accepted increment is written again with the same bytes; an error
// is an integrity error with a message; a chain with it ends in an error or in whole pages.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/sqlite/chain.h"
#include "drivers/sqlite/pages.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/increments.h"

namespace {

namespace sqlite = siphon::sqlite;

// More than the pages of the input can have: the others would come from the full dump.
constexpr size_t kLongestState = size_t{1} << 20;

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireIntegrity(const absl::Status& status) {
  Require(siphon::errs::Is(status, siphon::errs::kIntegrity));
  Require(!status.message().empty());
}

// Reads the increment and writes it again.
absl::StatusOr<std::string> Copy(std::string_view bytes) {
  siphon::base::StringReader body(bytes);
  absl::StatusOr<std::unique_ptr<sqlite::PagesReader>> opened = sqlite::PagesReader::Open(&body);
  if (!opened.ok()) return opened.status();
  sqlite::PagesReader& reader = **opened;
  siphon::base::StringWriter out;
  sqlite::PagesWriter writer(&out);
  Require(writer.Begin(reader.header()).ok());
  uint32_t before = 0;
  while (reader.next() != 0) {
    const uint32_t number = reader.next();
    Require(number > before && number <= reader.header().pages);
    before = number;
    const absl::StatusOr<std::string_view> page = reader.ReadPage();
    if (!page.ok()) return page.status();
    Require(page->size() == reader.header().page_size);
    Require(writer.Add(number, *page).ok());
  }
  const absl::StatusOr<sqlite::PagesReader::Trailer> trailer = reader.Finish();
  if (!trailer.ok()) return trailer.status();
  Require(writer.Finish(trailer->parent, trailer->result).ok());
  return out.data();
}

// An empty database with pages of 512 bytes (https://www.sqlite.org/fileformat2.html).
std::string Image() {
  std::string image(512, '\0');
  constexpr std::string_view kHeader("SQLite format 3\0\2\0\1\1\0\x40\x20\x20", 24);
  kHeader.copy(image.data(), kHeader.size());
  return image;
}

// Reads the increment as one of a full dump.
void ReadInChain(std::string_view bytes) {
  const std::string image = Image();
  std::vector<siphon::driver::ChainMember> members;
  members.push_back({"BASE", std::make_unique<siphon::base::StringReader>(image)});
  members.push_back({"NEXT", std::make_unique<siphon::base::StringReader>(bytes)});
  const auto reader = sqlite::OpenChain(siphon::base::Context(), std::move(members));
  if (!reader.ok()) return RequireIntegrity(reader.status());
  const absl::StatusOr<std::string> state = siphon::base::ReadAll(**reader, kLongestState);
  if (state.ok()) {
    Require(!state->empty() && state->size() % 512 == 0);
  } else if (!siphon::errs::Is(state.status(), siphon::errs::kIo)) {
    RequireIntegrity(state.status());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<std::string> copy = Copy(bytes);
  siphon::base::StringReader body(bytes);
  const absl::Status verified = sqlite::VerifyIncrement(siphon::base::Context(), body);
  Require(copy.ok() == verified.ok());
  if (copy.ok()) {
    Require(*copy == bytes);
  } else {
    RequireIntegrity(copy.status());
    RequireIntegrity(verified);
  }
  ReadInChain(bytes);
  return 0;
}
