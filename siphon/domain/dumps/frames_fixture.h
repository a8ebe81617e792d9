// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_FRAMES_FIXTURE_H_
#define SIPHON_DOMAIN_DUMPS_FRAMES_FIXTURE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/frame_scan.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {

// A dump of frames::SampleItems(), which tests damage.
class FramesTest : public CatalogTest {
 protected:
  void SetUp() override {
    CatalogTest::SetUp();
    const auto made = MakeFramesDump(frames::SampleItems(), {"3.46.1", {{"t", 1, 2}}, 0});
    ASSERT_THAT(made, IsOk());
    id_ = made->id;
    dump_ = ReadRaw(id_ + ".dump");
    sidecar_ = *made;
    pieces_ = PiecesOf(dump_.substr(kEnvelopeSize));
  }

  // The frames of a body, each with its chunk header; the last one is the index.
  static std::vector<std::string> PiecesOf(std::string_view body) {
    const base::RandomAccessString bytes(body);
    frames::FrameScan scan(&bytes, 0);
    std::vector<std::string> pieces;
    uint64_t end = 0;
    while (true) {
      const auto found = scan.Next(base::Context());
      if (!found.ok() || !found->has_value()) break;
      pieces.emplace_back(body.substr(end, (*found)->entry.end() - end));
      end = (*found)->entry.end();
    }
    pieces.emplace_back(body.substr(end));
    return pieces;
  }
  static std::string Join(const std::vector<std::string>& pieces) {
    std::string body;
    for (const std::string& piece : pieces) body += piece;
    return body;
  }

  // Replaces the body; size and checksum in the sidecar fit it.
  void WriteSealed(std::string_view body) {
    const std::string dump = absl::StrCat(dump_.substr(0, kEnvelopeSize), body);
    Sidecar sidecar = sidecar_;
    sidecar.size_bytes = dump.size();
    sidecar.checksum = DigestOf(dump);
    WriteRaw(id_ + ".dump", dump);
    WriteRaw(id_ + ".meta.json", EncodeSidecar(sidecar, absl::UTCTimeZone()));
  }
  std::string id_, dump_;
  Sidecar sidecar_;
  std::vector<std::string> pieces_;
};

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_FRAMES_FIXTURE_H_
