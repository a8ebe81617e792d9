// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/object_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/stores/sftp/client.h"
#include "siphon/stores/sftp/folder.h"
#include "siphon/stores/sftp/packets.h"

namespace siphon::sftp {
namespace {

constexpr std::string_view kOp = "storage.sftp";
// The most bytes that were requested and not yet read.
constexpr size_t kWindow = size_t{4} << 20;

// An open object, and what its readers share.
struct Opened {
  std::unique_ptr<RemoteFile> file;
  std::string path;
  uint64_t size;

  Client::Ticket Request(uint64_t offset, size_t count) const {
    PacketBuilder packet(PacketType::kRead);
    packet.Text(file->handle()).LongNumber(offset).Number(static_cast<uint32_t>(count));
    return file->client().Send(std::move(packet));
  }
  // The bytes of such a request: from 1 to `count`.
  absl::StatusOr<std::string> Take(const base::Context& context, const Client::Ticket& ticket,
                                   size_t count) const;
};

absl::StatusOr<std::string> Opened::Take(const base::Context& context, const Client::Ticket& ticket,
                                         size_t count) const {
  ASSIGN_OR_RETURN(Answer answer, file->client().Await(context, ticket));
  if (answer.IsStatus(kEof)) {
    return errs::SystemError(
        kOp, errs::kIo,
        absl::StrCat(file->client().place(), ": ", path, " became shorter while it was read"),
        "try again");
  }
  if (answer.type != PacketType::kData) {
    return ServerError(file->client(), absl::StrCat("read ", path), answer);
  }
  if (answer.bytes.empty() || answer.bytes.size() > count) {
    return ProtocolError(absl::StrCat("it answered a request for ", count, " bytes with ",
                                      answer.bytes.size(), " bytes"));
  }
  return std::move(answer.bytes);
}

absl::StatusOr<Opened> OpenFile(const base::Context& context, Folder folder,
                                const std::string& key) {
  RETURN_IF_ERROR(context.Check());
  Opened opened{.file = nullptr, .path = folder.PathOf(key), .size = 0};
  // Opening a FIFO would block the server.
  ASSIGN_OR_RETURN(const std::optional<Attributes> found, folder.Stat(context, key));
  if (found.has_value() && found->permissions.has_value() && !found->IsRegular()) {
    return errs::SystemError(
        kOp, errs::kIo,
        absl::StrCat(folder.client().place(), ": ", opened.path, " is not a regular file"),
        "move it out of the folder of the dumps");
  }
  if (found.has_value()) {
    ASSIGN_OR_RETURN(opened.file, folder.Open(context, key, kOpenRead));
  }
  if (opened.file == nullptr) {
    return errs::UserError(kOp, errs::kNotFound,
                           absl::StrCat(folder.client().place(), "/", key, " does not exist"));
  }
  ASSIGN_OR_RETURN(const Attributes attributes, opened.file->Stat(context, opened.path));
  if (!attributes.size.has_value()) return ProtocolError("it tells no size of a file");
  opened.size = *attributes.size;
  return opened;
}

class SftpReader : public base::Reader {
 public:
  SftpReader(const base::Context& context, Opened opened)
      : context_(context), opened_(std::move(opened)) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    RETURN_IF_ERROR(context_.Check());
    if (used_ == bytes_.size()) {
      RequestMore();
      if (pieces_.empty()) return 0;
      const Piece piece = pieces_.front();
      ASSIGN_OR_RETURN(bytes_, opened_.Take(context_, piece.ticket, piece.size));
      pieces_.pop_front();
      under_way_ -= piece.size;
      used_ = 0;
      if (bytes_.size() < piece.size)
        Request(true, piece.offset + bytes_.size(), piece.size - bytes_.size());
      // A reader that needs only the beginning of an object does not cause the transfer of more.
      window_ = std::min(kWindow, window_ * 2);
      RequestMore();
    }
    const size_t count = std::min(out.size(), bytes_.size() - used_);
    std::memcpy(out.data(), bytes_.data() + used_, count);
    used_ += count;
    return count;
  }

 private:
  struct Piece {
    Client::Ticket ticket;
    uint64_t offset;
    size_t size;
  };

  void Request(bool next, uint64_t offset, size_t size) {
    Piece piece{.ticket = opened_.Request(offset, size), .offset = offset, .size = size};
    under_way_ += size;
    if (next) {
      pieces_.push_front(std::move(piece));
    } else {
      pieces_.push_back(std::move(piece));
    }
  }
  void RequestMore() {
    const size_t largest = opened_.file->client().max_read();
    while (requested_ < opened_.size && (pieces_.empty() || under_way_ < window_)) {
      const size_t size =
          static_cast<size_t>(std::min<uint64_t>(largest, opened_.size - requested_));
      Request(false, requested_, size);
      requested_ += size;
    }
  }

  const base::Context context_;
  const Opened opened_;
  std::deque<Piece> pieces_;
  size_t under_way_ = 0, window_ = 1;
  uint64_t requested_ = 0;
  std::string bytes_;  // The current piece, of which `used_` bytes have been read.
  size_t used_ = 0;
};

class SftpRandomAccess : public base::RandomAccess {
 public:
  SftpRandomAccess(const base::Context& context, Opened opened)
      : context_(context), opened_(std::move(opened)) {}
  uint64_t size() const override { return opened_.size; }

 protected:
  absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override {
    RETURN_IF_ERROR(context_.Check());
    const size_t largest = opened_.file->client().max_read();
    const size_t total = std::min(out.size(), kWindow);
    std::deque<std::pair<Client::Ticket, size_t>> pieces;
    for (size_t at = 0; at < total;) {
      const size_t size = std::min(largest, total - at);
      pieces.emplace_back(opened_.Request(offset + at, size), size);
      at += size;
    }
    size_t done = 0;
    for (const auto& [ticket, size] : pieces) {
      ASSIGN_OR_RETURN(const std::string bytes, opened_.Take(context_, ticket, size));
      std::memcpy(out.data() + done, bytes.data(), bytes.size());
      done += bytes.size();
      // The caller asks for the rest again.
      if (bytes.size() < size) break;
    }
    return done;
  }

 private:
  const base::Context context_;
  const Opened opened_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<base::Reader>> OpenObject(const base::Context& context,
                                                         Folder folder, const std::string& key) {
  ASSIGN_OR_RETURN(Opened opened, OpenFile(context, std::move(folder), key));
  return std::make_unique<SftpReader>(context, std::move(opened));
}

absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenObjectAt(const base::Context& context,
                                                                 Folder folder,
                                                                 const std::string& key) {
  ASSIGN_OR_RETURN(Opened opened, OpenFile(context, std::move(folder), key));
  return std::make_unique<SftpRandomAccess>(context, std::move(opened));
}

}  // namespace siphon::sftp
