// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/script_excerpt.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "drivers/mysqlcommon/dump_form.h"
#include "drivers/mysqlcommon/name_patterns.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/index.h"

namespace siphon::mysqlcommon {
namespace {

// Reads items one after another, and then `end`.
class ItemsReader : public base::Reader {
 public:
  ItemsReader(const base::Context* context, const driver::FramedBody* body,
              std::vector<const frames::Item*> items, std::string_view end)
      : context_(*context), body_(*body), items_(std::move(items)), end_(end) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    while (true) {
      if (reader_ != nullptr) {
        ASSIGN_OR_RETURN(const size_t count, reader_->Read(out));
        if (count > 0) return count;
        reader_.reset();
      }
      if (next_ == items_.size()) break;
      ASSIGN_OR_RETURN(reader_, body_.Open(context_, *items_[next_++]));
    }
    const size_t count = std::min(out.size(), end_.size());
    if (count > 0) std::memcpy(out.data(), end_.data(), count);
    end_.remove_prefix(count);
    return count;
  }

 private:
  const base::Context& context_;
  const driver::FramedBody& body_;
  const std::vector<const frames::Item*> items_;
  size_t next_ = 0;                       // In items_.
  std::unique_ptr<base::Reader> reader_;  // Of the item before.
  std::string_view end_;
};

}  // namespace

absl::Status CheckItems(const driver::FramedBody& body) {
  const std::vector<frames::Item>& items = body.items();
  if (items.size() >= 2 && items.front().name == "head" && items.back().name == "tail") {
    return absl::OkStatus();
  }
  return errs::IntegrityError("mysql.restore",
                              "the dump is damaged: its index does not have the items of a dump of "
                              "MySQL or MariaDB",
                              "make a new dump, or use another");
}

absl::StatusOr<std::unique_ptr<base::Reader>> OpenScriptExcerpt(
    const base::Context& context, const driver::ExcerptOptions& options,
    const driver::FramedBody& body) {
  RETURN_IF_ERROR(CheckItems(body));
  NamePatterns tables(options.restore.tables);
  const std::vector<frames::Item>& items = body.items();
  std::vector<const frames::Item*> chosen = {&items.front()};
  for (size_t i = 1; i + 1 < items.size(); ++i) {
    if (tables.Has(items[i].name)) chosen.push_back(&items[i]);
  }
  if (options.alone) {
    RETURN_IF_ERROR(tables.CheckAllUsed("dumps extract", "the dump"));
  } else {
    chosen.push_back(&items.back());
  }
  return std::make_unique<ItemsReader>(&context, &body, std::move(chosen),
                                       options.alone ? kDumpEnd : std::string_view());
}

}  // namespace siphon::mysqlcommon
