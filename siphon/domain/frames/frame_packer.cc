// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/frame_packer.h"

#include <zstd.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.frames";
constexpr int kMaxLevel = 19;
constexpr int kWindowLogMax = 23;  // kMaxRaw.
static_assert(kMaxRaw == uint64_t{1} << kWindowLogMax);
static_assert(PackedLimit(kMaxRaw) > ZSTD_COMPRESSBOUND(kMaxRaw));

}  // namespace

struct FramePacker::State {
  State() : context(ZSTD_createCCtx()) {}
  ~State() { ZSTD_freeCCtx(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  absl::Status Set(ZSTD_cParameter parameter, int value) {
    const size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
    if (!ZSTD_isError(result)) return absl::OkStatus();
    return errs::InternalError(kOp, ZSTD_getErrorName(result));
  }

  ZSTD_CCtx* context;
  std::vector<char> buffer;  // Frames are copied out of it, so that each needs only its own size.
};

FramePacker::FramePacker(std::unique_ptr<State> state) : state_(std::move(state)) {}
FramePacker::FramePacker(FramePacker&&) noexcept = default;
FramePacker& FramePacker::operator=(FramePacker&&) noexcept = default;
FramePacker::~FramePacker() = default;

absl::StatusOr<FramePacker> FramePacker::Create(int level) {
  if (level < 1 || level > kMaxLevel) {
    return errs::UserError(kOp, errs::kInvalidArgument, absl::StrCat("compression level ", level),
                           absl::StrCat("choose a level from 1 to ", kMaxLevel));
  }
  auto state = std::make_unique<State>();
  if (state->context == nullptr) return errs::InternalError(kOp, "out of memory");
  RETURN_IF_ERROR(state->Set(ZSTD_c_compressionLevel, level));
  RETURN_IF_ERROR(state->Set(ZSTD_c_checksumFlag, 1));
  return FramePacker(std::move(state));
}

absl::StatusOr<PackedFrame> FramePacker::Pack(Frame frame, std::string_view raw) {
  if (raw.size() > kMaxRaw) {
    return errs::InternalError(kOp, absl::StrCat("a frame of ", raw.size(), " bytes"));
  }
  PackedFrame packed{std::move(frame), {}};
  if (packed.frame.stored) {
    packed.bytes = raw;
  } else {
    // A stage with its whole input at once needs no window of its own.
    const size_t bound = ZSTD_compressBound(raw.size());
    if (state_->buffer.size() < bound) state_->buffer.resize(bound);
    const size_t size = ZSTD_compress2(state_->context, state_->buffer.data(),
                                       state_->buffer.size(), raw.data(), raw.size());
    if (ZSTD_isError(size)) return errs::InternalError(kOp, ZSTD_getErrorName(size));
    packed.bytes.assign(state_->buffer.data(), size);
  }
  packed.frame.raw = raw.size();
  packed.frame.packed = packed.bytes.size();
  packed.frame.sha256 = DigestOf(packed.bytes);
  if (absl::Status status = CheckFrame(packed.frame, Describe(packed.frame)); !status.ok()) {
    return errs::InternalError(kOp, status.message());
  }
  return packed;
}

}  // namespace siphon::frames
