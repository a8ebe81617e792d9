// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/object_writer.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "openssl/rand.h"
#include "siphon/base/context.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/sftp/client.h"
#include "siphon/stores/sftp/folder.h"
#include "siphon/stores/sftp/living_files.h"
#include "siphon/stores/sftp/packets.h"

namespace siphon::sftp {
namespace {

constexpr std::string_view kOp = "storage.sftp";
constexpr std::string_view kFsync = "fsync@openssh.com";
constexpr std::string_view kStatvfs = "statvfs@openssh.com";
// The most bytes that were sent and not yet acknowledged.
constexpr size_t kWindow = size_t{4} << 20;
// How long a destructor tries to remove its file. A file that stays is removed when it is stale.
constexpr std::chrono::seconds kCleaning{10};
constexpr int kAttempts = 10;

// A number of up to ten digits, by which a local store on the server recognizes that the writer of
// the file holds no lock.
std::string RandomNumber() {
  uint32_t number = 0;
  RAND_bytes(reinterpret_cast<uint8_t*>(&number), sizeof number);
  return absl::StrCat(number);
}

class SftpObjectWriter : public storage::ObjectWriter {
 public:
  SftpObjectWriter(const base::Context& context, Folder folder, LivingFiles* living,
                   std::string key, std::string name, std::unique_ptr<RemoteFile> file,
                   const storage::CreateOptions& options)
      : context_(context),
        folder_(std::move(folder)),
        living_(living),
        key_(std::move(key)),
        name_(std::move(name)),
        options_(options),
        file_(std::move(file)) {}
  ~SftpObjectWriter() override;

  // Lets the file live; called once.
  absl::Status Begin();
  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override;
  absl::Status Commit() override;

 private:
  struct Piece {
    Client::Ticket ticket;
    size_t size;
  };

  absl::Status SendBuffer();
  // Waits until at most `most` bytes are under way.
  absl::Status Await(size_t most);
  absl::Status Sync();
  // `failure`, with the cause if the file system of the server is full.
  absl::Status ExplainFailure(const Answer& answer);

  const base::Context context_;
  Folder folder_;
  LivingFiles* const living_;
  const std::string key_, name_;
  const storage::CreateOptions options_;
  std::unique_ptr<RemoteFile> file_;  // Null after Finish().
  std::string buffer_;
  std::deque<Piece> pieces_;
  size_t under_way_ = 0;
  uint64_t offset_ = 0;  // Of the buffer.
  bool finished_ = false, published_ = false;
};

SftpObjectWriter::~SftpObjectWriter() {
  living_->Remove(name_);
  if (published_) return;
  file_.reset();
  // Another context, so that it also works after a cancellation.
  const base::Context cleaning =
      base::Context().WithDeadline(std::chrono::steady_clock::now() + kCleaning);
  folder_.Remove(cleaning, name_).IgnoreError();
}

absl::Status SftpObjectWriter::Begin() {
  ASSIGN_OR_RETURN(const Attributes attributes, file_->Stat(context_, name_));
  // Without times of the server nobody takes the file for dead.
  if (!attributes.times.has_value()) return absl::OkStatus();
  return living_->Add(folder_, name_, attributes.times->modified);
}

absl::Status SftpObjectWriter::Write(std::string_view data) {
  if (file_ == nullptr) return errs::InternalError(kOp, "written after its end");
  const size_t piece = folder_.client().max_write();
  while (!data.empty()) {
    RETURN_IF_ERROR(context_.Check());
    const size_t count = std::min(data.size(), piece - buffer_.size());
    buffer_.append(data.substr(0, count));
    data.remove_prefix(count);
    if (buffer_.size() == piece) RETURN_IF_ERROR(SendBuffer());
  }
  return context_.Check();
}

absl::Status SftpObjectWriter::SendBuffer() {
  RETURN_IF_ERROR(Await(kWindow - std::min(kWindow, buffer_.size())));
  PacketBuilder packet(PacketType::kWrite);
  packet.Text(file_->handle()).LongNumber(offset_).Text(buffer_);
  pieces_.push_back({.ticket = folder_.client().Send(std::move(packet)), .size = buffer_.size()});
  under_way_ += buffer_.size();
  offset_ += buffer_.size();
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status SftpObjectWriter::Await(size_t most) {
  while (under_way_ > most) {
    ASSIGN_OR_RETURN(const Answer answer, folder_.client().Await(context_, pieces_.front().ticket));
    under_way_ -= pieces_.front().size;
    pieces_.pop_front();
    if (!answer.IsStatus(kOk)) return ExplainFailure(answer);
  }
  return absl::OkStatus();
}

absl::Status SftpObjectWriter::ExplainFailure(const Answer& answer) {
  const absl::Status failure =
      ServerError(folder_.client(), absl::StrCat("write ", folder_.PathOf(name_)), answer);
  if (!answer.IsStatus(kFailure) || !folder_.client().server().Has(kStatvfs, "2")) return failure;
  // OpenSSH's PROTOCOL, section 4.4: block size, fragment size, blocks, free, available, ...
  PacketBuilder packet(PacketType::kExtended);
  packet.Text(kStatvfs).Text(folder_.PathOf(name_));
  const absl::StatusOr<Answer> reply = folder_.client().Ask(context_, std::move(packet));
  if (!reply.ok() || reply->type != PacketType::kExtendedReply) return failure;
  PacketParser parser(reply->bytes);
  for (int i = 0; i < 4; ++i) parser.LongNumber();
  if (parser.LongNumber() != 0 || !parser.ok()) return failure;
  return errs::SystemError(
      kOp, errs::kIo, absl::StrCat(folder_.client().place(), ": the file system has no free space"),
      "free some, or keep fewer dumps (siphon dumps prune)");
}

absl::Status SftpObjectWriter::Sync() {
  if (!folder_.client().server().Has(kFsync, "1")) return absl::OkStatus();
  PacketBuilder packet(PacketType::kExtended);
  packet.Text(kFsync).Text(file_->handle());
  ASSIGN_OR_RETURN(const Answer answer, folder_.client().Ask(context_, std::move(packet)));
  return answer.IsStatus(kOk) ? absl::OkStatus() : ExplainFailure(answer);
}

absl::Status SftpObjectWriter::Finish() {
  RETURN_IF_ERROR(context_.Check());
  if (file_ == nullptr) return errs::InternalError(kOp, "finished twice");
  if (!buffer_.empty()) RETURN_IF_ERROR(SendBuffer());
  RETURN_IF_ERROR(Await(0));
  RETURN_IF_ERROR(Sync());
  ASSIGN_OR_RETURN(const Attributes attributes, file_->Stat(context_, name_));
  if (attributes.size != offset_) {
    return errs::SystemError(
        kOp, errs::kIo,
        absl::StrCat(folder_.client().place(), ": ", name_, " has ",
                     attributes.size.has_value() ? absl::StrCat(*attributes.size) : "no size",
                     " instead of ", offset_, " bytes"),
        "check whether another program changes the files there");
  }
  RETURN_IF_ERROR(file_->Close(context_, folder_.PathOf(name_)));
  file_.reset();
  finished_ = true;
  return absl::OkStatus();
}

absl::Status SftpObjectWriter::Commit() {
  if (!finished_ || published_) return errs::InternalError(kOp, "committed too early, or twice");
  RETURN_IF_ERROR(context_.Check());
  RETURN_IF_ERROR(options_.if_absent ? folder_.RenameIfAbsent(context_, name_, key_)
                                     : folder_.Replace(context_, name_, key_));
  published_ = true;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<storage::ObjectWriter>> CreateObject(
    const base::Context& context, Folder folder, LivingFiles* living, std::string key,
    const storage::CreateOptions& options) {
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(folder.Make(context));
  constexpr uint32_t kFlags = kOpenWrite | kOpenCreate | kOpenExclusive;
  std::string name;
  std::unique_ptr<RemoteFile> file;
  for (int attempt = 1; file == nullptr; ++attempt) {
    name = absl::StrCat(storage::kTemporaryPrefix, key, "-", RandomNumber());
    absl::StatusOr<std::unique_ptr<RemoteFile>> opened = folder.Open(context, name, kFlags);
    if (opened.ok()) {
      file = *std::move(opened);
      continue;
    }
    // Another file may have the number.
    ASSIGN_OR_RETURN(const std::optional<Attributes> other, folder.Stat(context, name));
    if (!other.has_value() || attempt == kAttempts) return opened.status();
  }
  auto writer =
      std::make_unique<SftpObjectWriter>(context, std::move(folder), living, std::move(key),
                                         std::move(name), std::move(file), options);
  RETURN_IF_ERROR(writer->Begin());
  return writer;
}

}  // namespace siphon::sftp
