// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_FOLDER_H_
#define SIPHON_STORES_SFTP_FOLDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/stores/sftp/client.h"
#include "siphon/stores/sftp/packets.h"

namespace siphon::sftp {

// An open file on the server. The destructor closes it and does not wait for that.
class RemoteFile {
 public:
  RemoteFile(std::shared_ptr<Client> client, std::string handle)
      : client_(std::move(client)), handle_(std::move(handle)) {}
  ~RemoteFile();
  RemoteFile(const RemoteFile&) = delete;
  RemoteFile& operator=(const RemoteFile&) = delete;

  Client& client() const { return *client_; }
  const std::string& handle() const { return handle_; }
  absl::StatusOr<Attributes> Stat(const base::Context& context, std::string_view name) const;
  // Closes it, and returns what the server says about its content.
  absl::Status Close(const base::Context& context, std::string_view name);

 private:
  std::shared_ptr<Client> client_;
  std::string handle_;
  bool open_ = true;
};

// The operations on the files of one folder of the server, for one connection. Names are those of
// files in the folder. Thread-safe. Errors: errs::kIo with the name and the answer of the server,
// errs::kConnectionFailed.
class Folder {
 public:
  // `path` is absolute or begins at the server's choice, the home of the user.
  Folder(std::shared_ptr<Client> client, std::string path)
      : client_(std::move(client)), path_(std::move(path)) {}

  Client& client() const { return *client_; }
  std::string PathOf(std::string_view name) const;

  // Makes the folder and those above it, with mode 0700, if they do not exist.
  absl::Status Make(const base::Context& context);
  // Nothing if there is no such file. Follows links.
  absl::StatusOr<std::optional<Attributes>> Stat(const base::Context& context,
                                                 std::string_view name);
  // Opens with these flags (kOpenRead, ...). A file that is created has mode 0600. Null if there is
  // no such file.
  absl::StatusOr<std::unique_ptr<RemoteFile>> Open(const base::Context& context,
                                                   std::string_view name, uint32_t flags);
  // Succeeds also if there is no such file.
  absl::Status Remove(const base::Context& context, std::string_view name);
  absl::Status SetTimes(const base::Context& context, std::string_view name,
                        Attributes::Times times);
  // Replaces a file named `to`, in one step if the server can.
  absl::Status Replace(const base::Context& context, std::string_view from, std::string_view to);
  // errs::kAlreadyExists if there is a file named `to`.
  absl::Status RenameIfAbsent(const base::Context& context, std::string_view from,
                              std::string_view to);
  // All entries but "." and "..", also folders; none if the folder does not exist.
  absl::StatusOr<std::vector<NamedFile>> List(const base::Context& context);

 private:
  absl::StatusOr<std::optional<Attributes>> StatPath(const base::Context& context,
                                                     const std::string& path);
  absl::StatusOr<Answer> Rename(const base::Context& context, std::string_view from,
                                std::string_view to);

  std::shared_ptr<Client> client_;
  std::string path_;
};

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_FOLDER_H_
