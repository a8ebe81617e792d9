// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_REBUILD_H_
#define SIPHON_DOMAIN_FRAMES_REBUILD_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame_scan.h"
#include "siphon/domain/frames/index.h"

namespace siphon::frames {

// An incomplete item: some of its frames were found, others are missing.
struct BrokenItem {
  std::string name;
  uint64_t frames = 0, rows = 0;  // Those that were found.
  std::string why;
};

struct Rebuilt {
  // So many bytes at the beginning of the body stay; `index` replaces all bytes after them.
  uint64_t keep = 0;
  std::string index;
  // The beginning of `index`: what the layout puts before the pages.
  std::string before_pages;
  uint64_t index_offset = 0;  // Of the directory.
  Digest root = {};
  Directory directory;  // Of the complete items.
  // What is lost; at most FrameScan::kMostLosses are named.
  std::vector<FrameScan::Loss> losses;
  uint64_t loss_count = 0;
  std::vector<BrokenItem> broken;
  // The names of items without any frame; known only if the directory at the end of the body is
  // intact.
  std::vector<std::string> missing;
  // This directory has exactly the items that were found.
  bool confirmed = false;
};

// Rebuilds the index of a body from its chunk headers. The bytes before `begin` become the item
// kHeadItem. The new index has the complete items; Rebuilt names the others. The chunk headers do
// not show whether whole items are missing; an intact directory at the end of the body does. Reads
// the body twice. errs::kIntegrity if no frame was found.
absl::StatusOr<Rebuilt> RebuildIndex(const base::Context& context, const base::RandomAccess& body,
                                     uint64_t begin, const BodyLayout& layout,
                                     std::map<std::string, std::string> facts = {});

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_REBUILD_H_
