// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_CHAIN_H_
#define DRIVERS_SQLITE_CHAIN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/pages.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/driver/increments.h"

// The states of a database file that the dumps of a chain describe. They are made page by page
// while they are read: nothing is staged, and memory holds a page and a buffer for each dump.
namespace siphon::sqlite {

// A page of a state. The bytes are valid until the next page is read.
struct Page {
  std::string_view bytes;
  frames::Digest digest;
};

// One state, read from its first page to its last.
class StateReader {
 public:
  virtual ~StateReader() = default;
  virtual uint32_t page_size() const = 0;
  // The next page; nothing after the last. Before it returns nothing, everything that the state is
  // made of was read to its end and compared with its records: errs::kIntegrity.
  virtual absl::StatusOr<std::optional<Page>> Next() = 0;
  // What was read; call it after the last page.
  virtual FileState state() const = 0;

  // Reads the rest.
  absl::Status ReadToEnd();
};

// The state in an image (body.h). errs::kInvalidArgument if the body of dump `id` is not an image.
// `image` must outlive the reader.
absl::StatusOr<std::unique_ptr<StateReader>> OpenImageState(const std::string& id,
                                                            base::Reader* image);

// See driver::IncrementFormat::OpenChain().
absl::StatusOr<std::unique_ptr<base::Reader>> OpenChain(const base::Context& context,
                                                        std::vector<driver::ChainMember> members);

// See driver::IncrementFormat::VerifyIncrement().
absl::Status VerifyIncrement(const base::Context& context, base::Reader& body);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_CHAIN_H_
