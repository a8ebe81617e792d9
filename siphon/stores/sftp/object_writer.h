// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_OBJECT_WRITER_H_
#define SIPHON_STORES_SFTP_OBJECT_WRITER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/sftp/folder.h"
#include "siphon/stores/sftp/living_files.h"

namespace siphon::sftp {

// Creates the writer of an object: a file with the temporary name ".tmp-<key>-<number>", which
// Commit() renames and the destructor removes. At most 4 MiB are under way. `living` must outlive
// the writer.
absl::StatusOr<std::unique_ptr<storage::ObjectWriter>> CreateObject(
    const base::Context& context, Folder folder, LivingFiles* living, std::string key,
    const storage::CreateOptions& options);

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_OBJECT_WRITER_H_
