// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/zstd.h"

#define ZSTD_STATIC_LINKING_ONLY  // ZSTD_getCParams, ZSTD_getFrameHeader.
#include <zstd.h>  // In angle brackets: the header of zstd, not the one in this folder.

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::base {
namespace {

constexpr std::string_view kCompressOp = "zstd.compress";
constexpr std::string_view kDecompressOp = "zstd.decompress";

// The largest window that is written and accepted: 8 MiB, which RFC 8878 (section 3.1.1.1.2)
// recommends that every decoder supports.
constexpr int kWindowLogMax = 23;
// The size of a worker's job. zstd's default, four windows, is up to 32 MiB, several times per
// worker.
constexpr int kJobSize = 1024 * 1024;
constexpr int kMaxWorkers = 64;
constexpr int kMaxLevel = 19;

absl::Status CheckedSet(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  const size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
  if (!ZSTD_isError(result)) return absl::OkStatus();
  return errs::InternalError(kCompressOp, absl::StrCat("parameter ", static_cast<int>(parameter),
                                                       ": ", ZSTD_getErrorName(result)));
}

}  // namespace

struct ZstdWriter::State {
  explicit State(Writer* next_writer)
      : next(next_writer), context(ZSTD_createCCtx()), buffer(ZSTD_CStreamOutSize()) {}
  ~State() { ZSTD_freeCCtx(context); }

  // Compresses all of `data`; with the mode ZSTD_e_end also flushes all output.
  absl::Status Run(std::string_view data, ZSTD_EndDirective mode);

  Writer* next;
  ZSTD_CCtx* context;
  std::vector<char> buffer;
  bool unusable = false;  // Failed or finished.
};

absl::Status ZstdWriter::State::Run(std::string_view data, ZSTD_EndDirective mode) {
  if (unusable) return errs::InternalError(kCompressOp, "written to after its end");
  unusable = true;
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  while (true) {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    const size_t rest = ZSTD_compressStream2(context, &out, &in, mode);
    if (ZSTD_isError(rest)) {
      return errs::SystemError(kCompressOp, errs::kInternal, ZSTD_getErrorName(rest));
    }
    if (out.pos > 0) RETURN_IF_ERROR(next->Write(std::string_view(buffer.data(), out.pos)));
    if (in.pos == in.size && (mode == ZSTD_e_continue || rest == 0)) break;
  }
  unusable = false;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ZstdWriter>> ZstdWriter::Create(int level, int workers,
                                                               Writer* next) {
  if (level < 1 || level > kMaxLevel) {
    return errs::UserError(kCompressOp, errs::kInvalidArgument,
                           absl::StrCat("compression level ", level),
                           absl::StrCat("choose a level from 1 to ", kMaxLevel));
  }
  auto state = std::make_unique<State>(next);
  if (state->context == nullptr) return errs::InternalError(kCompressOp, "out of memory");
  RETURN_IF_ERROR(CheckedSet(state->context, ZSTD_c_compressionLevel, level));
  RETURN_IF_ERROR(CheckedSet(state->context, ZSTD_c_checksumFlag, 1));
  const int window_log = static_cast<int>(ZSTD_getCParams(level, 0, 0).windowLog);
  RETURN_IF_ERROR(
      CheckedSet(state->context, ZSTD_c_windowLog, std::min(window_log, kWindowLogMax)));
  if (workers > 0) {
    RETURN_IF_ERROR(CheckedSet(state->context, ZSTD_c_nbWorkers, std::min(workers, kMaxWorkers)));
    RETURN_IF_ERROR(CheckedSet(state->context, ZSTD_c_jobSize, kJobSize));
  }
  return std::unique_ptr<ZstdWriter>(new ZstdWriter(std::move(state)));
}

ZstdWriter::ZstdWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZstdWriter::~ZstdWriter() = default;

absl::Status ZstdWriter::Write(std::string_view data) { return state_->Run(data, ZSTD_e_continue); }

absl::Status ZstdWriter::Finish() {
  RETURN_IF_ERROR(state_->Run("", ZSTD_e_end));
  state_->unusable = true;
  return state_->next->Finish();
}

struct ZstdReader::State {
  explicit State(Reader* next_reader)
      : next(next_reader), context(ZSTD_createDCtx()), buffer(ZSTD_DStreamInSize()) {}
  ~State() { ZSTD_freeDCtx(context); }

  absl::StatusOr<size_t> Read(absl::Span<char> out);
  // Reads the header of the frame. Refuses other data and a window that is too large.
  absl::Status ReadHeader();
  // Refills the buffer when it is empty; notes the end of the input.
  absl::Status Fill();
  // Checks that nothing follows the frame, by reading `next` to its end.
  absl::Status ReadToEnd();

  Reader* next;
  ZSTD_DCtx* context;
  std::vector<char> buffer;
  ZSTD_inBuffer in{nullptr, 0, 0};
  bool header_read = false;
  bool input_ended = false;
  bool frame_ended = false;
  bool done = false;
  absl::Status failure;
};

absl::Status ZstdReader::State::ReadHeader() {
  header_read = true;
  ASSIGN_OR_RETURN(const size_t count,
                   ReadFull(*next, absl::MakeSpan(buffer).first(ZSTD_FRAMEHEADERSIZE_MAX)));
  in = {buffer.data(), count, 0};
  input_ended = count < ZSTD_FRAMEHEADERSIZE_MAX;
  ZSTD_frameHeader header;
  const size_t result = ZSTD_getFrameHeader(&header, buffer.data(), count);
  if (ZSTD_isError(result)) {
    return errs::IntegrityError(kDecompressOp,
                                absl::StrCat("not a zstd frame: ", ZSTD_getErrorName(result)));
  }
  if (result > 0) {
    return errs::IntegrityError(kDecompressOp, "the compressed data ends within its header");
  }
  if (header.frameType != ZSTD_frame) {
    return errs::IntegrityError(kDecompressOp, "found a skippable frame instead of data");
  }
  if (header.windowSize > (uint64_t{1} << kWindowLogMax)) {
    return errs::IntegrityError(kDecompressOp, absl::StrCat("a window of ", header.windowSize,
                                                            " bytes; at most 8 MiB are accepted"));
  }
  return absl::OkStatus();
}

absl::Status ZstdReader::State::Fill() {
  if (in.pos < in.size || input_ended) return absl::OkStatus();
  ASSIGN_OR_RETURN(const size_t count, next->Read(absl::MakeSpan(buffer)));
  in = {buffer.data(), count, 0};
  input_ended = count == 0;
  return absl::OkStatus();
}

absl::Status ZstdReader::State::ReadToEnd() {
  RETURN_IF_ERROR(Fill());
  if (in.pos < in.size) {
    return errs::IntegrityError(kDecompressOp, "bytes follow the end of the compressed data");
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> ZstdReader::State::Read(absl::Span<char> out) {
  if (done || out.empty()) return size_t{0};
  if (!header_read) RETURN_IF_ERROR(ReadHeader());
  while (!frame_ended) {
    RETURN_IF_ERROR(Fill());
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const size_t rest = ZSTD_decompressStream(context, &to, &in);
    if (ZSTD_isError(rest)) {
      return errs::IntegrityError(
          kDecompressOp, absl::StrCat("damaged compressed data: ", ZSTD_getErrorName(rest)));
    }
    frame_ended = rest == 0;
    if (to.pos > 0) return to.pos;
    if (!frame_ended && input_ended && in.pos == in.size) {
      return errs::IntegrityError(kDecompressOp, "the compressed data ends early");
    }
  }
  RETURN_IF_ERROR(ReadToEnd());
  done = true;
  return size_t{0};
}

absl::StatusOr<std::unique_ptr<ZstdReader>> ZstdReader::Create(Reader* next) {
  auto state = std::make_unique<State>(next);
  if (state->context == nullptr) return errs::InternalError(kDecompressOp, "out of memory");
  const size_t result = ZSTD_DCtx_setParameter(state->context, ZSTD_d_windowLogMax, kWindowLogMax);
  if (ZSTD_isError(result)) {
    return errs::InternalError(kDecompressOp, ZSTD_getErrorName(result));
  }
  return std::unique_ptr<ZstdReader>(new ZstdReader(std::move(state)));
}

ZstdReader::ZstdReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZstdReader::~ZstdReader() = default;

absl::StatusOr<size_t> ZstdReader::Read(absl::Span<char> out) {
  if (!state_->failure.ok()) return state_->failure;
  absl::StatusOr<size_t> count = state_->Read(out);
  if (!count.ok()) state_->failure = count.status();
  return count;
}

}  // namespace siphon::base
