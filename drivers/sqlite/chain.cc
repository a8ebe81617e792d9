// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/chain.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "drivers/sqlite/body.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/frame.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.chain";
constexpr std::string_view kReplaced =
    "a dump of the chain was replaced by another one; restore a full dump, or an increment before "
    "this one";

// Names the dump in an integrity error, unless the error has its id.
absl::Status NameDump(const absl::Status& status, std::string_view id) {
  const std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || error->cause != errs::kIntegrity) return status;
  if (absl::StrContains(error->detail, id)) return status;
  return errs::IntegrityError(
      kOp, absl::StrCat("dump ", id, ": ", error->detail),
      error->hint.empty() ? "restore a full dump, or an increment before this one" : error->hint);
}

std::string Describe(const FileState& state) {
  return absl::StrCat(state.pages, " pages of ", state.page_size, " bytes, hash ",
                      frames::ToHex(state.digest));
}

class ImageState : public StateReader {
 public:
  ImageState(std::string id, base::Reader* image) : id_(std::move(id)), image_(image) {}

  absl::Status Open() {
    page_.resize(kImageHeaderSize);
    absl::StatusOr<size_t> size = base::ReadFull(*image_, absl::MakeSpan(page_));
    RETURN_IF_ERROR(NameDump(size.status(), id_));
    const std::string_view head = std::string_view(page_).substr(0, *size);
    if (absl::StartsWith(head, "-- siphon") || absl::StartsWithIgnoreCase(head, "PRAGMA") ||
        absl::StartsWithIgnoreCase(head, "BEGIN")) {
      return errs::UserError(
          kOp, errs::kInvalidArgument,
          absl::StrCat("dump ", id_, " is a script, and increments need an image"),
          "make a full dump without --format, --table and the like");
    }
    const absl::StatusOr<ImageHeader> header = ParseImageHeader(head);
    if (!header.ok()) return NameDump(header.status(), id_);
    hash_.emplace(header->page_size);
    page_.resize(header->page_size);
    read_ = kImageHeaderSize;
    return absl::OkStatus();
  }

  uint32_t page_size() const override { return static_cast<uint32_t>(page_.size()); }

  absl::StatusOr<std::optional<Page>> Next() override {
    // The first page begins with the header that was read.
    absl::StatusOr<size_t> size =
        base::ReadFull(*image_, absl::MakeSpan(page_).subspan(std::exchange(read_, 0)));
    RETURN_IF_ERROR(NameDump(size.status(), id_));
    if (*size == 0 && hash_->pages() > 0) return std::nullopt;
    const size_t expected = page_.size() - (hash_->pages() == 0 ? kImageHeaderSize : 0);
    if (*size != expected) {
      return NameDump(errs::IntegrityError(kOp, absl::StrCat("the database image ends inside page ",
                                                             hash_->pages() + 1)),
                      id_);
    }
    const Page page = {.bytes = page_, .digest = frames::DigestOf(page_)};
    hash_->Add(page.digest);
    return page;
  }

  FileState state() const override { return hash_->Finish(); }

 private:
  std::string id_;
  base::Reader* image_;
  std::string page_;
  size_t read_ = 0;  // The bytes of the first page that were read before it.
  std::optional<StateHash> hash_;
};

// The ids of a chain, by which a link knows its neighbours.
struct Link {
  std::string base, parent, id;
};

// A state made of the one before and an increment.
class IncrementState : public StateReader {
 public:
  IncrementState(Link link, std::unique_ptr<StateReader> parent, base::Reader* body)
      : link_(std::move(link)), parent_(std::move(parent)), body_(body) {}

  absl::Status Open() {
    absl::StatusOr<std::unique_ptr<PagesReader>> reader = PagesReader::Open(body_);
    if (!reader.ok()) return NameDump(reader.status(), link_.id);
    reader_ = *std::move(reader);
    const PagesHeader& header = reader_->header();
    for (const auto& [name, recorded, actual] :
         {std::tuple("parent", header.parent_id, link_.parent),
          std::tuple("base", header.base_id, link_.base)}) {
      if (recorded == actual) continue;
      return errs::IntegrityError(kOp,
                                  absl::StrCat("increment ", link_.id, " was made for the ", name,
                                               " ", recorded, ", and stands on ", actual),
                                  kReplaced);
    }
    hash_.emplace(header.page_size);
    return absl::OkStatus();
  }

  uint32_t page_size() const override { return reader_->header().page_size; }

  absl::StatusOr<std::optional<Page>> Next() override {
    if (hash_->pages() == reader_->header().pages) {
      RETURN_IF_ERROR(Finish());
      return std::nullopt;
    }
    const uint32_t number = hash_->pages() + 1;
    std::optional<Page> page;
    // Pages of another size have other places, so the increment has all of them.
    if (parent_->page_size() == page_size() && !parent_ended_) {
      ASSIGN_OR_RETURN(page, parent_->Next());
      parent_ended_ = !page.has_value();
    }
    if (reader_->next() == number) {
      const absl::StatusOr<std::string_view> bytes = reader_->ReadPage();
      if (!bytes.ok()) return NameDump(bytes.status(), link_.id);
      page = Page{.bytes = *bytes, .digest = frames::DigestOf(*bytes)};
    }
    if (!page.has_value()) {
      return errs::IntegrityError(kOp,
                                  absl::StrCat("increment ", link_.id, " does not have page ",
                                               number, ", and neither has the state before it"),
                                  kReplaced);
    }
    hash_->Add(page->digest);
    return page;
  }

  FileState state() const override { return hash_->Finish(); }

 private:
  absl::Status Finish() {
    if (!parent_ended_) RETURN_IF_ERROR(parent_->ReadToEnd());
    parent_ended_ = true;
    const absl::StatusOr<PagesReader::Trailer> trailer = reader_->Finish();
    if (!trailer.ok()) return NameDump(trailer.status(), link_.id);
    if (const FileState before = parent_->state(); before != trailer->parent) {
      return errs::IntegrityError(
          kOp,
          absl::StrCat("increment ", link_.id, " was made from another state than that of dump ",
                       link_.parent, ": recorded are ", Describe(trailer->parent),
                       ", the dump has ", Describe(before)),
          kReplaced);
    }
    if (const FileState after = state(); after != trailer->result) {
      return errs::IntegrityError(
          kOp,
          absl::StrCat("the state of increment ", link_.id,
                       " is not the recorded one: recorded are ", Describe(trailer->result),
                       ", the result has ", Describe(after)),
          kReplaced);
    }
    return absl::OkStatus();
  }

  Link link_;
  std::unique_ptr<StateReader> parent_;
  bool parent_ended_ = false;
  base::Reader* body_;
  std::unique_ptr<PagesReader> reader_;
  std::optional<StateHash> hash_;
};

// The last state of a chain as bytes.
class ChainReader : public base::Reader {
 public:
  ChainReader(const base::Context& context, std::vector<driver::ChainMember> members)
      : context_(context), members_(std::move(members)) {}

  absl::Status Open() {
    const std::string& base = members_.front().id;
    ASSIGN_OR_RETURN(state_, OpenImageState(base, members_.front().body.get()));
    for (size_t i = 1; i < members_.size(); ++i) {
      auto next = std::make_unique<IncrementState>(
          Link{.base = base, .parent = members_[i - 1].id, .id = members_[i].id}, std::move(state_),
          members_[i].body.get());
      RETURN_IF_ERROR(next->Open());
      state_ = std::move(next);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    RETURN_IF_ERROR(failure_);
    size_t size = 0;
    while (size < out.size()) {
      if (rest_.empty()) {
        if (ended_ || size > 0) break;
        const absl::Status status = NextPage();
        if (!status.ok()) return failure_ = status;
        continue;
      }
      const size_t count = rest_.copy(out.data() + size, out.size() - size);
      rest_.remove_prefix(count);
      size += count;
    }
    return size;
  }

 private:
  absl::Status NextPage() {
    RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
    ASSIGN_OR_RETURN(const std::optional<Page> page, state_->Next());
    ended_ = !page.has_value();
    if (page.has_value()) rest_ = page->bytes;
    return absl::OkStatus();
  }

  base::Context context_;
  std::vector<driver::ChainMember> members_;
  std::unique_ptr<StateReader> state_;
  std::string_view rest_;  // Of the page that was read last.
  bool ended_ = false;
  absl::Status failure_;
};

}  // namespace

absl::Status StateReader::ReadToEnd() {
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<Page> page, Next());
    if (!page.has_value()) return absl::OkStatus();
  }
}

absl::StatusOr<std::unique_ptr<StateReader>> OpenImageState(const std::string& id,
                                                            base::Reader* image) {
  auto state = std::make_unique<ImageState>(id, image);
  RETURN_IF_ERROR(state->Open());
  return state;
}

absl::StatusOr<std::unique_ptr<base::Reader>> OpenChain(const base::Context& context,
                                                        std::vector<driver::ChainMember> members) {
  if (members.empty()) return errs::InternalError(kOp, "a chain without dumps");
  auto reader = std::make_unique<ChainReader>(context, std::move(members));
  RETURN_IF_ERROR(reader->Open());
  return reader;
}

absl::Status VerifyIncrement(const base::Context& context, base::Reader& body) {
  ASSIGN_OR_RETURN(const std::unique_ptr<PagesReader> reader, PagesReader::Open(&body));
  while (reader->next() != 0) {
    RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
    RETURN_IF_ERROR(reader->ReadPage().status());
  }
  return reader->Finish().status();
}

}  // namespace siphon::sqlite
