// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/dump_source.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/chain.h"
#include "siphon/app/dumps.h"
#include "siphon/app/progress.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/loose_dump.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

using Attached = std::map<std::string, std::string>;

// A copy without the body.
dumps::OpenDump Description(const dumps::OpenDump& dump) {
  return {.sidecar = dump.sidecar, .envelope = dump.envelope, .body = nullptr};
}

class CatalogDump : public DumpSource {
 public:
  CatalogDump(Session* session, std::string id) : session_(session), id_(std::move(id)) {}

  absl::StatusOr<dumps::OpenDump> Describe(const base::Context& context) override {
    // This compares the sidecar with the envelope; the sidecar is not trusted before.
    return session_->catalog().Describe(context, id_);
  }
  absl::Status Verify(const base::Context& context, base::Stage& stage) override {
    return VerifyState(context, session_->catalog(), id_, &stage).status();
  }
  absl::StatusOr<dumps::OpenDump> Open(const base::Context& context) override {
    return OpenState(context, session_->catalog(), id_);
  }
  absl::StatusOr<std::optional<dumps::DumpFrames>> OpenFrames(
      const base::Context& context, const dumps::Sidecar& sidecar) override {
    return dumps::OpenFrames(context, session_->catalog().store(), sidecar,
                             session_->catalog().encryption());
  }
  absl::StatusOr<Attached> Attachments(const base::Context& context,
                                       const dumps::OpenDump& dump) override {
    return session_->catalog().Attachments(context, dump);
  }

 private:
  Session* session_;
  std::string id_;
};

// A dump without attachments.
class LooseDump : public DumpSource {
 public:
  absl::StatusOr<Attached> Attachments(const base::Context& /*context*/,
                                       const dumps::OpenDump& /*dump*/) override {
    return Attached();
  }
};

class FileDump : public LooseDump {
 public:
  FileDump(std::string path, const dumps::Encryption* encryption)
      : path_(std::move(path)), encryption_(encryption) {}

  absl::StatusOr<dumps::OpenDump> Describe(const base::Context& context) override {
    ASSIGN_OR_RETURN(const dumps::OpenDump dump, Open(context));
    return Description(dump);
  }
  absl::Status Verify(const base::Context& context, base::Stage& stage) override {
    ASSIGN_OR_RETURN(const dumps::OpenDump dump, Open(context));
    ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(dump.envelope.driver));
    ProgressReader body(dump.body.get(), &stage);
    return driver->VerifyBody(context, body).status();
  }
  absl::StatusOr<dumps::OpenDump> Open(const base::Context& /*context*/) override {
    ASSIGN_OR_RETURN(base::FileReader file, base::FileReader::Open(path_));
    return dumps::OpenLooseDump(std::make_unique<base::FileReader>(std::move(file)), path_,
                                encryption_);
  }

 private:
  std::string path_;
  const dumps::Encryption* encryption_;
};

class StreamDump : public LooseDump {
 public:
  StreamDump(std::unique_ptr<base::Reader> stream, const dumps::Encryption* encryption)
      : stream_(std::move(stream)), encryption_(encryption) {}

  absl::StatusOr<dumps::OpenDump> Describe(const base::Context& /*context*/) override {
    ASSIGN_OR_RETURN(
        opened_,
        dumps::OpenLooseDump(std::move(stream_), std::string(dumps::kStandardInput), encryption_));
    return Description(*opened_);
  }
  absl::Status Verify(const base::Context& /*context*/, base::Stage& /*stage*/) override {
    return absl::OkStatus();
  }
  absl::StatusOr<dumps::OpenDump> Open(const base::Context& /*context*/) override {
    if (!opened_.has_value())
      return errs::InternalError("restore", "opened before its description");
    return *std::exchange(opened_, std::nullopt);
  }

 private:
  std::unique_ptr<base::Reader> stream_;
  const dumps::Encryption* encryption_;
  std::optional<dumps::OpenDump> opened_;
};

}  // namespace

absl::StatusOr<std::optional<dumps::DumpFrames>> DumpSource::OpenFrames(
    const base::Context& /*context*/, const dumps::Sidecar& /*sidecar*/) {
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<DumpSource>> FromCatalog(const base::Context& context,
                                                        Session& session,
                                                        const dumps::Selector& selector) {
  ASSIGN_OR_RETURN(std::string id, FindDump(context, session, selector));
  return std::make_unique<CatalogDump>(&session, std::move(id));
}

std::unique_ptr<DumpSource> FromFile(std::string path, const dumps::Encryption* encryption) {
  return std::make_unique<FileDump>(std::move(path), encryption);
}

std::unique_ptr<DumpSource> FromStream(std::unique_ptr<base::Reader> stream,
                                       const dumps::Encryption* encryption) {
  return std::make_unique<StreamDump>(std::move(stream), encryption);
}

}  // namespace siphon::app
