// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "errs/error.h"
#include "siphon/stores/sftp/packets.h"

namespace {

using siphon::sftp::Answer;
using siphon::sftp::NamedFile;
using siphon::sftp::PacketBuilder;
using siphon::sftp::PacketType;
using siphon::sftp::ParseAnswer;
using siphon::sftp::ParseVersion;

void Require(bool holds) {
  if (!holds) std::abort();
}

// The answer as a packet again.
std::string Written(const Answer& answer) {
  PacketBuilder packet(answer.type, answer.id);
  switch (answer.type) {
    case PacketType::kStatus:
      packet.Number(answer.code).Text(answer.bytes).Text("");
      break;
    case PacketType::kName:
      packet.Number(static_cast<uint32_t>(answer.names.size()));
      for (const NamedFile& file : answer.names) {
        packet.Text(file.name).Text("").Attrs(file.attributes);
      }
      break;
    case PacketType::kAttrs:
      packet.Attrs(answer.attributes);
      break;
    default:
      packet.Text(answer.bytes);
  }
  return std::move(packet).Take().substr(4);
}

}  // namespace

// Bytes are an answer that can be written and read again, or an error. Nothing that is read is
// longer than the packet.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<Answer> answer = ParseAnswer(body);
  if (!answer.ok()) {
    Require(siphon::errs::Is(answer.status(), siphon::errs::kIo));
  } else {
    Require(answer->bytes.size() <= size && answer->names.size() <= size / 12);
    if (answer->type != PacketType::kExtendedReply) {
      const absl::StatusOr<Answer> again = ParseAnswer(Written(*answer));
      Require(again.ok() && *again == *answer);
    }
  }
  const auto version = ParseVersion(body);
  if (!version.ok()) Require(siphon::errs::Is(version.status(), siphon::errs::kIo));
  return 0;
}
