// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_CATALOG_FIXTURE_H_
#define SIPHON_DOMAIN_DUMPS_CATALOG_FIXTURE_H_

#include <stdlib.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/storage/local_store.h"
#include "siphon/domain/storage/store.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {

// A clock with a fixed time that a test can change.
class TestClock : public base::Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::TimeZone Local() const override { return zone; }
  absl::TimeZone zone = absl::FixedTimeZone(2 * 60 * 60);
  absl::Time now = absl::FromCivil(absl::CivilSecond(2026, 3, 1, 11, 22, 33), absl::UTCTimeZone());
};

// As in a sidecar: "sha256:" and 64 hex digits.
inline std::string DigestOf(std::string_view data) {
  base::Sha256 hash;
  hash.Update(data);
  return hash.Digest();
}

// A catalogue in a temporary directory.
class CatalogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/catalog-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    store_ = storage::MakeLocalStore(directory_);
    catalog_ = std::make_unique<Catalog>(store_.get(), &clock_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // Writes a complete dump of `body` and advances the clock by a second.
  absl::StatusOr<Sidecar> MakeDump(std::string_view body, int compression = 1,
                                   const Contents& contents = {}) {
    ASSIGN_OR_RETURN(const std::unique_ptr<PendingDump> dump,
                     catalog_->Create(context_, {"prod", "sqlite", compression}));
    ASSIGN_OR_RETURN(base::Writer * writer, dump->Begin(contents));
    RETURN_IF_ERROR(writer->Write(body));
    clock_.now += absl::Seconds(1);
    return dump->Commit();
  }

  // The same with a body in frames.
  absl::StatusOr<Sidecar> MakeFramesDump(const std::vector<frames::SampleItem>& items,
                                         const Contents& contents = {}) {
    ASSIGN_OR_RETURN(const std::unique_ptr<PendingDump> dump,
                     catalog_->Create(context_, {"prod", "sqlite", 1}));
    ASSIGN_OR_RETURN(frames::Appender * appender, dump->BeginFrames(contents, plain_));
    ASSIGN_OR_RETURN(frames::FramePacker packer, frames::FramePacker::Create(1));
    for (const frames::SampleItem& item : items) {
      for (size_t part = 0; part < item.parts.size(); ++part) {
        RETURN_IF_ERROR(frames::WritePart(context_, packer, *appender, item, part));
      }
    }
    clock_.now += absl::Seconds(1);
    return dump->Commit();
  }

  // Opens a dump and reads its body.
  absl::StatusOr<std::string> ReadBody(std::string_view id) {
    ASSIGN_OR_RETURN(const OpenDump dump, catalog_->Open(context_, id));
    return base::ReadAll(*dump.body, size_t{256} << 20);
  }

  void WriteRaw(const std::string& name, std::string_view data) const {
    std::ofstream(Path(name), std::ios::binary) << data;
  }
  std::string ReadRaw(const std::string& name) const {
    std::ifstream file(Path(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  void RemoveRaw(const std::string& name) const { std::filesystem::remove(Path(name)); }
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  // All names in the directory, temporary ones included.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  // The bytes of a bare full dump, written from docs/contracts.md#dump-file without siphon's code.
  static std::string HandMadeDump(std::string_view json, std::string_view body) {
    std::string dump = absl::StrCat("SIPH", json);
    dump.append(4095 - dump.size(), ' ');
    return absl::StrCat(dump, "\n", body);
  }

  // Writes a valid dump and sidecar, with `extra` appended to the JSON of both, such as
  // `,"base_id":"B"`.
  void PutHandMade(const std::string& id, std::string_view type, std::string_view extra,
                   std::string_view created = "2026-03-01T13:22:33+02:00") const {
    const std::string dump =
        HandMadeDump(absl::StrCat(R"({"siphon":"1.0","type":")", type, R"(","driver":"sqlite")",
                                  extra, R"(,"created":"2026-03-01T11:22:33Z"})"),
                     "body of " + id);
    WriteRaw(id + ".dump", dump);
    WriteRaw(id + ".meta.json",
             absl::StrCat("{\"id\":\"", id, "\",\"profile\":\"p\",\"driver\":\"sqlite\"",
                          ",\"engine_version\":\"\",\"dump_format\":\"",
                          type == "base" ? "custom" : "jsonl-changes",
                          "\",\"size_bytes\":", dump.size(), ",\"checksum\":\"", DigestOf(dump),
                          "\",\"created\":\"", created, "\",\"tables\":null", extra, "}"));
  }

  base::Context context_;
  TestClock clock_;
  std::shared_ptr<const frames::BodyLayout> plain_ = std::make_shared<frames::BodyLayout>();
  std::string directory_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Catalog> catalog_;
};

MATCHER_P(IdIs, matcher, "") {
  return ::testing::ExplainMatchResult(matcher, arg.id, result_listener);
}

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_CATALOG_FIXTURE_H_
