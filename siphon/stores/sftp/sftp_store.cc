// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/sftp_store.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "openssl/rand.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/storage/local_leases.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/sftp/client.h"
#include "siphon/stores/sftp/folder.h"
#include "siphon/stores/sftp/living_files.h"
#include "siphon/stores/sftp/object_reader.h"
#include "siphon/stores/sftp/object_writer.h"
#include "siphon/stores/sftp/packets.h"

namespace siphon::sftp {
namespace {

// The beginning of the name of a file by which a store learns the time of the server.
constexpr std::string_view kClockPrefix = ".siphon-clock-";
// Files of a local store have longer numbers in their names. Their writers hold locks, which only a
// program on the server can see.
constexpr size_t kNumberMax = 10;

// The key of a temporary file whose writer holds no lock; empty for other names.
std::string_view KeyOfTemporary(std::string_view name) {
  if (!absl::ConsumePrefix(&name, storage::kTemporaryPrefix)) return "";
  const size_t dash = name.rfind('-');
  if (dash == name.npos) return "";
  const std::string_view number = name.substr(dash + 1);
  const bool right = !number.empty() && number.size() <= kNumberMax &&
                     std::all_of(number.begin(), number.end(), [](char c) {
                       return absl::ascii_isdigit(static_cast<unsigned char>(c));
                     });
  const std::string_view key = name.substr(0, dash);
  return right && storage::ValidateKey(key).ok() ? key : "";
}

// The key of any temporary file.
std::string_view KeyOfAnyTemporary(std::string_view name) {
  if (!absl::ConsumePrefix(&name, storage::kTemporaryPrefix)) return "";
  const std::string_view key = name.substr(0, name.rfind('-'));
  return key.size() < name.size() && storage::ValidateKey(key).ok() ? key : "";
}

class SftpStore : public storage::Store {
 public:
  explicit SftpStore(StoreOptions options)
      : options_(std::move(options)), living_(options_.lifetime) {}

  std::string Description() const override { return options_.description; }
  absl::StatusOr<std::unique_ptr<storage::ObjectWriter>> Create(
      const base::Context& context, std::string_view key,
      const storage::CreateOptions& options) override {
    ASSIGN_OR_RETURN(Folder folder, FolderFor(context, key));
    return CreateObject(context, std::move(folder), &living_, std::string(key), options);
  }
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                     std::string_view key) override {
    ASSIGN_OR_RETURN(Folder folder, FolderFor(context, key));
    return OpenObject(context, std::move(folder), std::string(key));
  }
  absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenAt(const base::Context& context,
                                                             std::string_view key) override {
    ASSIGN_OR_RETURN(Folder folder, FolderFor(context, key));
    return OpenObjectAt(context, std::move(folder), std::string(key));
  }
  absl::StatusOr<std::optional<uint64_t>> Stat(const base::Context& context,
                                               std::string_view key) override;
  absl::Status Delete(const base::Context& context, std::string_view key) override {
    ASSIGN_OR_RETURN(Folder folder, FolderFor(context, key));
    return folder.Remove(context, key);
  }
  absl::StatusOr<std::vector<std::string>> List(const base::Context& context) override;
  absl::StatusOr<std::vector<std::string>> ListUncommitted(const base::Context& context) override;
  absl::Status RemoveStale(const base::Context& context, const StaleVisitor& visit) override;

 private:
  // The folder on the living connection, or on a new one.
  absl::StatusOr<Folder> Connected(const base::Context& context);
  absl::StatusOr<Folder> FolderFor(const base::Context& context, std::string_view key) {
    RETURN_IF_ERROR(context.Check());
    RETURN_IF_ERROR(storage::ValidateKey(key));
    return Connected(context);
  }
  // True for a regular file, and for a link to one.
  absl::StatusOr<bool> IsFile(const base::Context& context, Folder& folder, const NamedFile& file);
  // The time of the server; nothing if the user may not create files there.
  absl::StatusOr<std::optional<uint32_t>> ServerTime(const base::Context& context, Folder& folder);

  const StoreOptions options_;
  LivingFiles living_;
  absl::Mutex mutex_;
  std::shared_ptr<Client> client_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<Folder> SftpStore::Connected(const base::Context& context) {
  const absl::MutexLock lock(&mutex_);
  if (client_ == nullptr || !client_->alive()) {
    client_.reset();
    ASSIGN_OR_RETURN(std::unique_ptr<Channel> channel, options_.connect(options_.description));
    ASSIGN_OR_RETURN(client_, Client::Connect(context, std::move(channel), options_.description,
                                              options_.timing));
  }
  return Folder(client_, options_.path);
}

absl::StatusOr<std::optional<uint64_t>> SftpStore::Stat(const base::Context& context,
                                                        std::string_view key) {
  ASSIGN_OR_RETURN(Folder folder, FolderFor(context, key));
  ASSIGN_OR_RETURN(const std::optional<Attributes> found, folder.Stat(context, key));
  if (!found.has_value()) return std::nullopt;
  if (found->permissions.has_value() && !found->IsRegular()) return std::nullopt;
  if (!found->size.has_value()) return ProtocolError("it tells no size of a file");
  return found->size;
}

absl::StatusOr<bool> SftpStore::IsFile(const base::Context& context, Folder& folder,
                                       const NamedFile& file) {
  if (file.attributes.IsRegular()) return true;
  if (file.attributes.IsDirectory()) return false;
  ASSIGN_OR_RETURN(const std::optional<Attributes> found, folder.Stat(context, file.name));
  return found.has_value() && (!found->permissions.has_value() || found->IsRegular());
}

absl::StatusOr<std::vector<std::string>> SftpStore::List(const base::Context& context) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(Folder folder, Connected(context));
  ASSIGN_OR_RETURN(const std::vector<NamedFile> files, folder.List(context));
  std::vector<std::string> keys;
  for (const NamedFile& file : files) {
    if (!storage::ValidateKey(file.name).ok() || absl::StartsWith(file.name, kClockPrefix) ||
        absl::StartsWith(file.name, storage::kLeasePrefix)) {
      continue;
    }
    ASSIGN_OR_RETURN(const bool is_file, IsFile(context, folder, file));
    if (is_file) keys.push_back(file.name);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

absl::StatusOr<std::vector<std::string>> SftpStore::ListUncommitted(const base::Context& context) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(Folder folder, Connected(context));
  ASSIGN_OR_RETURN(const std::vector<NamedFile> files, folder.List(context));
  std::vector<std::string> keys;
  for (const NamedFile& file : files) {
    const std::string_view key = KeyOfAnyTemporary(file.name);
    if (!key.empty()) keys.emplace_back(key);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

absl::StatusOr<std::optional<uint32_t>> SftpStore::ServerTime(const base::Context& context,
                                                              Folder& folder) {
  uint64_t number = 0;
  RAND_bytes(reinterpret_cast<uint8_t*>(&number), sizeof number);
  const std::string name = absl::StrCat(kClockPrefix, absl::Hex(number));
  constexpr uint32_t kFlags = kOpenWrite | kOpenCreate | kOpenExclusive;
  absl::StatusOr<std::unique_ptr<RemoteFile>> file = folder.Open(context, name, kFlags);
  RETURN_IF_ERROR(context.Check());
  // Whoever may only read cannot remove anything either.
  if (!file.ok() && folder.client().alive()) return std::nullopt;
  RETURN_IF_ERROR(file.status());
  const absl::StatusOr<Attributes> attributes = (*file)->Stat(context, name);
  RETURN_IF_ERROR(folder.Remove(context, name));
  RETURN_IF_ERROR(attributes.status());
  if (!attributes->times.has_value()) return std::nullopt;
  return attributes->times->modified;
}

absl::Status SftpStore::RemoveStale(const base::Context& context, const StaleVisitor& visit) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(Folder folder, Connected(context));
  ASSIGN_OR_RETURN(std::vector<NamedFile> files, folder.List(context));
  std::erase_if(files, [](const NamedFile& file) {
    return KeyOfTemporary(file.name).empty() && !absl::StartsWith(file.name, kClockPrefix);
  });
  if (files.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<uint32_t> now, ServerTime(context, folder));
  if (!now.has_value()) return absl::OkStatus();
  for (const NamedFile& file : files) {
    RETURN_IF_ERROR(context.Check());
    // The time of the list may be old by now, or missing.
    ASSIGN_OR_RETURN(const std::optional<Attributes> found, folder.Stat(context, file.name));
    if (!found.has_value() || !found->times.has_value() || !found->IsRegular()) continue;
    const absl::Duration age = absl::Seconds(int64_t{*now} - int64_t{found->times->modified});
    if (age <= options_.lifetime) continue;
    const std::string_view key = KeyOfTemporary(file.name);
    if (!key.empty()) RETURN_IF_ERROR(visit(std::string(key)));
    RETURN_IF_ERROR(folder.Remove(context, file.name));
  }
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<storage::Store> MakeSftpStore(StoreOptions options) {
  return std::make_unique<SftpStore>(std::move(options));
}

}  // namespace siphon::sftp
