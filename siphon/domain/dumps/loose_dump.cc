// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/loose_dump.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/agreement.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/dump_reader.h"

namespace siphon::dumps {

absl::StatusOr<OpenDump> OpenLooseDump(std::unique_ptr<base::Reader> object,
                                       const std::string& name) {
  OpenDump dump;
  auto reader = std::make_unique<FingerprintReader>(std::move(object), name, std::nullopt);
  ASSIGN_OR_RETURN(dump.envelope, ReadEnvelope(*reader, name));
  RETURN_IF_ERROR(CheckEnvelope(name, dump.envelope));
  ASSIGN_OR_RETURN(dump.body, BodyReader::Create(std::move(reader), dump.envelope, name));
  Sidecar& sidecar = dump.sidecar;
  sidecar.id = name;
  sidecar.driver = dump.envelope.driver;
  sidecar.engine_version = dump.envelope.engine_version;
  sidecar.dump_format = DumpFormatOf(dump.envelope);
  sidecar.created = dump.envelope.created;
  if (!dump.envelope.rows_estimated) sidecar.tables = dump.envelope.tables;
  sidecar.annotations = dump.envelope.annotations;
  sidecar.scope.kind = dump.envelope.kind;
  sidecar.base_id = dump.envelope.base_id;
  sidecar.parent_id = dump.envelope.parent_id;
  return dump;
}

}  // namespace siphon::dumps
