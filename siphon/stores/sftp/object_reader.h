// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_OBJECT_READER_H_
#define SIPHON_STORES_SFTP_OBJECT_READER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/stores/sftp/folder.h"

namespace siphon::sftp {

// Opens a file of the folder: errs::kNotFound, errs::kIo if it is no regular file. A file that is
// replaced or removed while it is read is read to its end, on servers that keep open files. The
// reader has at most 4 MiB under way.
absl::StatusOr<std::unique_ptr<base::Reader>> OpenObject(const base::Context& context,
                                                         Folder folder, const std::string& key);
absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenObjectAt(const base::Context& context,
                                                                 Folder folder,
                                                                 const std::string& key);

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_OBJECT_READER_H_
