// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/loose_dump.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/agreement.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/dump_reader.h"

namespace siphon::dumps {

absl::Status EmptyInput(std::string_view op, std::string_view name) {
  return errs::IntegrityError(op, absl::StrCat(name, " is empty"),
                              name == kStandardInput
                                  ? "the program that should write a dump to it wrote nothing: "
                                    "look at its messages and its exit code"
                                  : "name a file that has a dump");
}

absl::StatusOr<OpenDump> OpenLooseDump(std::unique_ptr<base::Reader> object,
                                       const std::string& name, const Encryption* encryption) {
  OpenDump dump;
  auto reader = std::make_unique<FingerprintReader>(std::move(object), name, std::nullopt);
  absl::StatusOr<Envelope> envelope = ReadEnvelope(*reader, name);
  if (errs::Is(envelope.status(), errs::kIntegrity) && reader->Actual().size_bytes == 0) {
    return EmptyInput("restore", name);
  }
  RETURN_IF_ERROR(envelope.status());
  dump.envelope = *std::move(envelope);
  RETURN_IF_ERROR(CheckEnvelope(name, dump.envelope));
  RETURN_IF_ERROR(FillDetails(dump.envelope, name, encryption));
  ASSIGN_OR_RETURN(dump.body,
                   BodyReader::Create(std::move(reader), dump.envelope, name, encryption));
  Sidecar& sidecar = dump.sidecar;
  sidecar.id = name;
  sidecar.driver = dump.envelope.driver;
  sidecar.engine_version = dump.envelope.engine_version;
  sidecar.dump_format = DumpFormatOf(dump.envelope);
  sidecar.created = dump.envelope.created;
  if (!dump.envelope.rows_estimated) sidecar.tables = dump.envelope.tables;
  sidecar.annotations = dump.envelope.annotations;
  sidecar.encryption = dump.envelope.encryption;
  sidecar.details = dump.envelope.details;
  sidecar.scope.kind = dump.envelope.kind;
  sidecar.base_id = dump.envelope.base_id;
  sidecar.parent_id = dump.envelope.parent_id;
  return dump;
}

}  // namespace siphon::dumps
