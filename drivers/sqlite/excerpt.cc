// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/excerpt.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "drivers/sqlite/lazy_image.h"
#include "drivers/sqlite/reduce.h"
#include "drivers/sqlite/schema.h"
#include "drivers/sqlite/stage.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/signals.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.restore";
// Stores remove files of dead processes with this prefix.
constexpr std::string_view kPrefix = ".tmp-scratch-";

// Reads a staged file, and removes it at last.
class StageReader : public base::Reader {
 public:
  StageReader(std::unique_ptr<Stage> stage, base::FileReader file)
      : stage_(std::move(stage)), file_(std::move(file)) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override { return file_.Read(out); }

 private:
  std::unique_ptr<Stage> stage_;
  base::FileReader file_;
};

// The same context without events: the restore of the excerpt gives the warnings.
base::Context Silent(const base::Context& context) {
  const base::Context silent(context.stop_token(), nullptr);
  return context.deadline().has_value() ? silent.WithDeadline(*context.deadline()) : silent;
}

absl::StatusOr<std::unique_ptr<Stage>> Copy(const base::Context& context,
                                            const driver::ExcerptOptions& options, Database& from,
                                            const Stage::Place& place) {
  {
    Database::Scope scope(from, context, kOp);
    RETURN_IF_ERROR(CheckSchema(from));
  }
  CopyPlan plan;
  plan.tables = options.restore.tables;
  plan.rows = !options.restore.schema_only;
  plan.statistics = true;
  return Reduce(context, from, plan, place, kOp);
}

}  // namespace

absl::StatusOr<std::unique_ptr<base::Reader>> OpenImageExcerpt(
    const base::Context& context, const driver::ExcerptOptions& options,
    const driver::FramedBody& body) {
  if (body.items().size() != 1) {
    return errs::IntegrityError(kOp, "the index of the dump is not that of a database image");
  }
  const Stage::Place place = {.directory = options.directory, .prefix = std::string(kPrefix)};
  base::RemoveStaleFiles(place.directory, place.prefix).status().IgnoreError();
  if (!options.alone && !Stage::Empty(place).ok()) {
    // The catalogue can be read-only. A restore then stages the whole body next to its target.
    return std::unique_ptr<base::Reader>();
  }
  ASSIGN_OR_RETURN(std::unique_ptr<driver::ItemFrames> frames,
                   body.OpenFrames(context, body.items().front()));
  const base::Context silent = Silent(context);
  ASSIGN_OR_RETURN(const std::unique_ptr<LazyImage> image,
                   LazyImage::Create(silent, std::move(frames), place));
  // One call of a function in an index can take hours, and SQLite does not look at the stop within.
  const base::DeafWork deaf;
  ASSIGN_OR_RETURN(const std::unique_ptr<Database> from, image->Open());
  absl::StatusOr<std::unique_ptr<Stage>> excerpt = Copy(silent, options, *from, place);
  RETURN_IF_ERROR(image->failure());
  RETURN_IF_ERROR(excerpt.status());
  ASSIGN_OR_RETURN(base::FileReader file, base::FileReader::Open((*excerpt)->path()));
  return std::make_unique<StageReader>(*std::move(excerpt), std::move(file));
}

}  // namespace siphon::sqlite
