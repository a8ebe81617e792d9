// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_LAZY_IMAGE_H_
#define DRIVERS_SQLITE_LAZY_IMAGE_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/stage.h"
#include "siphon/base/context.h"
#include "siphon/driver/restoration.h"

namespace siphon::sqlite {

// A database image in frames, for reading. Its temporary file has the size of the image and is
// empty at first (a sparse file); when SQLite reads a page, the frame with this page is read once
// and written to the file. So a query reads only the frames that it needs.
class LazyImage {
 public:
  // Reads the first frame. errs::kIntegrity if the image has no header, or another size than its
  // header says. `context` must outlive the image.
  static absl::StatusOr<std::unique_ptr<LazyImage>> Create(
      const base::Context& context, std::unique_ptr<driver::ItemFrames> frames,
      const Stage::Place& place);
  ~LazyImage();

  // The image must outlive the database.
  absl::StatusOr<std::unique_ptr<Database>> Open();
  // Why a frame could not be read or written: the cause of an error of the database, which only
  // tells that a read failed.
  const absl::Status& failure() const;

 private:
  struct State;
  explicit LazyImage(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_LAZY_IMAGE_H_
