// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/folder.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/printable.h"
#include "siphon/stores/sftp/client.h"
#include "siphon/stores/sftp/packets.h"

namespace siphon::sftp {
namespace {

constexpr std::string_view kOp = "storage.sftp";
constexpr std::string_view kPosixRename = "posix-rename@openssh.com";
// No file of the usual file systems has a longer name, and servers have no code for that.
constexpr size_t kMaxName = 255;
constexpr uint32_t kFileMode = 0600, kFolderMode = 0700;
// A folder of dumps has some files for each dump. A server that names more is not believed.
constexpr size_t kMaxEntries = 2'000'000;

// "open /dumps/a", for messages.
std::string What(std::string_view verb, std::string_view path) {
  return absl::StrCat(verb, " ", base::Printable(path));
}

PacketBuilder ForPath(PacketType type, std::string_view path) {
  PacketBuilder packet(type);
  packet.Text(path);
  return packet;
}

}  // namespace

RemoteFile::~RemoteFile() {
  if (open_) client_->Send(ForPath(PacketType::kClose, handle_));
}

absl::StatusOr<Attributes> RemoteFile::Stat(const base::Context& context,
                                            std::string_view name) const {
  ASSIGN_OR_RETURN(const Answer answer,
                   client_->Ask(context, ForPath(PacketType::kFstat, handle_)));
  if (answer.type == PacketType::kAttrs) return answer.attributes;
  return ServerError(*client_, What("stat", name), answer);
}

absl::Status RemoteFile::Close(const base::Context& context, std::string_view name) {
  open_ = false;
  return ExpectOk(*client_, What("close", name),
                  client_->Ask(context, ForPath(PacketType::kClose, handle_)));
}

std::string Folder::PathOf(std::string_view name) const { return base::JoinPath(path_, name); }

absl::Status Folder::Make(const base::Context& context) {
  ASSIGN_OR_RETURN(std::optional<Attributes> found, StatPath(context, path_));
  if (found.has_value()) return absl::OkStatus();
  // From the top, because a server need not let its user see every folder above.
  for (size_t end = path_.find('/', 1);; end = path_.find('/', end + 1)) {
    const std::string path = path_.substr(0, end);
    ASSIGN_OR_RETURN(found, StatPath(context, path));
    if (!found.has_value()) {
      ASSIGN_OR_RETURN(
          const Answer made,
          client_->Ask(
              context,
              std::move(ForPath(PacketType::kMkdir, path).Attrs({.permissions = kFolderMode}))));
      // Another process may have made it in the meantime.
      if (!made.IsStatus(kOk)) {
        ASSIGN_OR_RETURN(found, StatPath(context, path));
        if (!found.has_value()) return ServerError(*client_, What("make the folder", path), made);
      }
    }
    if (end == std::string::npos) return absl::OkStatus();
  }
}

absl::StatusOr<std::optional<Attributes>> Folder::StatPath(const base::Context& context,
                                                           const std::string& path) {
  ASSIGN_OR_RETURN(const Answer answer, client_->Ask(context, ForPath(PacketType::kStat, path)));
  if (answer.type == PacketType::kAttrs) return answer.attributes;
  if (answer.IsStatus(kNoSuchFile)) return std::nullopt;
  return ServerError(*client_, What("stat", path), answer);
}

absl::StatusOr<std::optional<Attributes>> Folder::Stat(const base::Context& context,
                                                       std::string_view name) {
  if (name.size() > kMaxName) return std::nullopt;
  return StatPath(context, PathOf(name));
}

absl::StatusOr<std::unique_ptr<RemoteFile>> Folder::Open(const base::Context& context,
                                                         std::string_view name, uint32_t flags) {
  const std::string path = PathOf(name);
  PacketBuilder packet = ForPath(PacketType::kOpen, path);
  packet.Number(flags);
  packet.Attrs((flags & kOpenCreate) != 0 ? Attributes{.permissions = kFileMode} : Attributes());
  ASSIGN_OR_RETURN(Answer answer, client_->Ask(context, std::move(packet)));
  if (answer.type == PacketType::kHandle) {
    return std::make_unique<RemoteFile>(client_, std::move(answer.bytes));
  }
  if (answer.IsStatus(kNoSuchFile) && (flags & kOpenCreate) == 0) return nullptr;
  return ServerError(*client_, What("open", path), answer);
}

absl::Status Folder::Remove(const base::Context& context, std::string_view name) {
  if (name.size() > kMaxName) return absl::OkStatus();
  const std::string path = PathOf(name);
  ASSIGN_OR_RETURN(const Answer answer, client_->Ask(context, ForPath(PacketType::kRemove, path)));
  if (answer.IsStatus(kNoSuchFile)) return absl::OkStatus();
  return ExpectOk(*client_, What("remove", path), answer);
}

absl::Status Folder::SetTimes(const base::Context& context, std::string_view name,
                              Attributes::Times times) {
  const std::string path = PathOf(name);
  return ExpectOk(
      *client_, What("set the times of", path),
      client_->Ask(context,
                   std::move(ForPath(PacketType::kSetstat, path).Attrs({.times = times}))));
}

absl::StatusOr<Answer> Folder::Rename(const base::Context& context, std::string_view from,
                                      std::string_view to) {
  return client_->Ask(context,
                      std::move(ForPath(PacketType::kRename, PathOf(from)).Text(PathOf(to))));
}

absl::Status Folder::Replace(const base::Context& context, std::string_view from,
                             std::string_view to) {
  const std::string what = What("rename to", PathOf(to));
  if (client_->server().Has(kPosixRename, "1")) {
    PacketBuilder packet(PacketType::kExtended);
    packet.Text(kPosixRename).Text(PathOf(from)).Text(PathOf(to));
    return ExpectOk(*client_, what, client_->Ask(context, std::move(packet)));
  }
  ASSIGN_OR_RETURN(const Answer answer, Rename(context, from, to));
  if (answer.IsStatus(kOk)) return absl::OkStatus();
  // Version 3 lets nobody rename to a name that exists (section 6.5), so the old file goes first.
  ASSIGN_OR_RETURN(const std::optional<Attributes> old, Stat(context, to));
  if (!old.has_value()) return ServerError(*client_, what, answer);
  RETURN_IF_ERROR(Remove(context, to));
  return ExpectOk(*client_, what, Rename(context, from, to));
}

absl::Status Folder::RenameIfAbsent(const base::Context& context, std::string_view from,
                                    std::string_view to) {
  const absl::Status exists =
      errs::UserError(kOp, errs::kAlreadyExists, absl::StrCat(client_->place(), "/", to));
  // OpenSSH's server refuses to replace a file by kRename, without a gap between the check and the
  // rename. Some others replace it, so look first.
  ASSIGN_OR_RETURN(std::optional<Attributes> found, Stat(context, to));
  if (found.has_value()) return exists;
  ASSIGN_OR_RETURN(const Answer answer, Rename(context, from, to));
  if (answer.IsStatus(kOk)) return absl::OkStatus();
  ASSIGN_OR_RETURN(found, Stat(context, to));
  if (found.has_value()) return exists;
  return ServerError(*client_, What("rename to", PathOf(to)), answer);
}

absl::StatusOr<std::vector<NamedFile>> Folder::List(const base::Context& context) {
  const std::string what = What("list", path_);
  std::vector<NamedFile> files;
  ASSIGN_OR_RETURN(const Answer opened,
                   client_->Ask(context, ForPath(PacketType::kOpendir, path_)));
  if (opened.IsStatus(kNoSuchFile)) return files;
  if (opened.type != PacketType::kHandle) return ServerError(*client_, what, opened);
  const RemoteFile folder(client_, opened.bytes);
  while (true) {
    ASSIGN_OR_RETURN(Answer answer,
                     client_->Ask(context, ForPath(PacketType::kReaddir, folder.handle())));
    if (answer.IsStatus(kEof)) return files;
    if (answer.type != PacketType::kName || answer.names.empty()) {
      return ServerError(*client_, what, answer);
    }
    for (NamedFile& file : answer.names) {
      if (file.name != "." && file.name != "..") files.push_back(std::move(file));
    }
    if (files.size() > kMaxEntries) {
      return errs::SystemError(
          kOp, errs::kIo, absl::StrCat(client_->place(), " has more than ", kMaxEntries, " files"),
          "use a folder for dumps alone");
    }
  }
}

}  // namespace siphon::sftp
