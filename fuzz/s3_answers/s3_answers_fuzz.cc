// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "absl/status/status.h"
#include "errs/error.h"
#include "siphon/stores/s3/answers.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void RequireError(const absl::Status& status) {
  Require(siphon::errs::Is(status, siphon::errs::kIo));
}

}  // namespace

// A text is an answer with all that siphon needs of it, or an error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  siphon::s3::ParseError(text);
  const auto objects = siphon::s3::ParseListPage(text);
  if (objects.ok()) {
    for (const siphon::s3::ListedObject& object : objects->objects) Require(!object.key.empty());
  } else {
    RequireError(objects.status());
  }
  const auto uploads = siphon::s3::ParseUploadPage(text);
  if (uploads.ok()) {
    for (const siphon::s3::ListedUpload& upload : uploads->uploads) {
      Require(!upload.key.empty() && !upload.id.empty());
    }
    Require(uploads->is_last || !uploads->next_key.empty());
  } else {
    RequireError(uploads.status());
  }
  const auto id = siphon::s3::ParseUploadId(text);
  id.ok() ? Require(!id->empty()) : RequireError(id.status());
  const auto completion = siphon::s3::ParseCompletion(text);
  if (!completion.ok()) RequireError(completion.status());
  siphon::s3::ParseHttpDate(text);
  return 0;
}
