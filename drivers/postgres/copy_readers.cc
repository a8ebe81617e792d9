// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/copy_readers.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.backup";
constexpr std::string_view kStage = "backup";
constexpr std::string_view kBegin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
// How often a worker's session for one range may be lost.
constexpr int kMostSessions = 3;
// Rows are passed on in batches of this size.
constexpr size_t kBatch = size_t{64} << 10;

// PostgreSQL's manual, chapter "Server Configuration". The order of the rows must not differ from
// one reading to the next.
constexpr std::pair<std::string_view, std::string_view> kSettings[] = {
    {"extra_float_digits", "3"}, {"synchronize_seqscans", "off"},
    {"lc_monetary", "DEFAULT"},  {"max_parallel_workers_per_gather", "0"},
    {"enable_tidscan", "on"},
};

}  // namespace

std::string ReadSettingsSql(std::string_view encoding, bool local) {
  const std::string_view set = local ? "SET LOCAL " : "SET ";
  std::string sql = absl::StrCat(set, "client_encoding = ", QuoteLiteral(encoding));
  for (const auto& [name, value] : kSettings) absl::StrAppend(&sql, "; ", set, name, " = ", value);
  return sql;
}

// Counts the rows of one COPY and passes them on, in batches. After Again() the same rows come from
// the beginning, and those that were passed on are dropped.
class CopyReaders::Rows {
 public:
  Rows(const base::Context* context, frames::PartSink* sink) : context_(*context), sink_(*sink) {}

  absl::Status Take(std::string_view row) {
    if (skip_ > 0) {
      --skip_;
      return absl::OkStatus();
    }
    if (!batch_.empty() && batch_.size() + row.size() > kBatch) RETURN_IF_ERROR(Flush());
    ++waiting_;
    if (row.size() >= kBatch) return Pass(row);
    batch_ += row;
    return absl::OkStatus();
  }

  absl::Status Flush() {
    if (waiting_ == 0) return absl::OkStatus();
    const std::string batch = std::exchange(batch_, "");
    return Pass(batch);
  }

  void Again() {
    batch_.clear();
    waiting_ = 0;
    skip_ = passed_;
  }

  // After all rows of a COPY.
  absl::StatusOr<int64_t> End() {
    RETURN_IF_ERROR(Flush());
    if (skip_ > 0) {
      return errs::InternalError(kOp, "a snapshot has fewer rows when it is read again");
    }
    return passed_;
  }

  bool failed() const { return failed_; }  // The sink.

 private:
  absl::Status Pass(std::string_view bytes) {
    absl::Status status = sink_.Write(context_, bytes);
    failed_ = !status.ok();
    if (failed_) return status;
    sink_.Cut(static_cast<uint64_t>(waiting_));
    passed_ += std::exchange(waiting_, 0);
    return absl::OkStatus();
  }

  const base::Context& context_;
  frames::PartSink& sink_;
  std::string batch_;
  int64_t waiting_ = 0;  // Rows that are not passed on yet.
  int64_t passed_ = 0, skip_ = 0;
  bool failed_ = false;
};

CopyReaders::CopyReaders(Session* leader, Options options)
    : options_(std::move(options)), leader_(leader), settings_(leader->settings()) {
  settings_["application_name"] = options_.application;
}

CopyReaders::Reader& CopyReaders::ReaderOf(int worker) {
  const absl::MutexLock lock(&mutex_);
  return readers_[worker];
}

absl::Status CopyReaders::Connect(const base::Context& context, Reader& reader) const {
  reader.locked.clear();
  reader.begun = false;
  ASSIGN_OR_RETURN(reader.session, Session::Connect(context, settings_));
  return reader.session->Execute(context, ReadSettingsSql(options_.encoding, /*local=*/false));
}

absl::Status CopyReaders::Begin(const base::Context& context, Reader& reader,
                                const std::string& table) const {
  if (reader.locked == table) return absl::OkStatus();
  reader.locked.clear();
  // Each table has a transaction of its own, so that a session needs the memory for one lock.
  RETURN_IF_ERROR(reader.session->Execute(
      context, absl::StrCat(std::exchange(reader.begun, true) ? "ROLLBACK; " : "", kBegin,
                            "; SET TRANSACTION SNAPSHOT ", QuoteLiteral(options_.snapshot),
                            "; LOCK TABLE ONLY ", table, " IN ACCESS SHARE MODE NOWAIT")));
  reader.locked = table;
  return absl::OkStatus();
}

absl::Status CopyReaders::CopyByLeader(const base::Context& context, const std::string& sql,
                                       Rows& rows) {
  const absl::MutexLock lock(&leader_mutex_);
  RETURN_IF_ERROR(context.Check());
  return leader_->CopyOut(context, sql, [&](std::string_view row) { return rows.Take(row); });
}

absl::StatusOr<bool> CopyReaders::CopyByWorker(const base::Context& context, const Request& request,
                                               Rows& rows) {
  Reader& reader = ReaderOf(request.worker);
  for (int lost = 0; !reader.refused; ++lost) {
    absl::Status status = reader.session == nullptr ? Connect(context, reader) : absl::OkStatus();
    if (!status.ok()) {
      RETURN_IF_ERROR(context.Check());
      context.Detail(kStage,
                     absl::StrCat("a job has no connection of its own: ", status.message()));
      reader.session.reset();
      reader.refused = true;
      break;
    }
    status = Begin(context, reader, request.table);
    if (errs::Is(status, errs::kBusy)) {
      context.Detail(kStage, absl::StrCat("another session waits for ", ToUtf8(request.table),
                                          "; the session that has locked it reads it"));
      break;
    }
    if (status.ok()) {
      status = reader.session->CopyOut(context, request.sql,
                                       [&](std::string_view row) { return rows.Take(row); });
    }
    if (status.ok()) return true;
    reader.locked.clear();
    RETURN_IF_ERROR(context.Check());
    if (rows.failed() || !reader.session->broken() || lost + 1 == kMostSessions) return status;
    reader.session.reset();
    rows.Again();
  }
  return false;
}

absl::StatusOr<int64_t> CopyReaders::Copy(const base::Context& context, const Request& request,
                                          BodyOrder& order, frames::PartSink& sink) {
  Rows rows(&context, &sink);
  bool copied = false;
  if (request.worker != 0 || !order.IsFirst(request.place)) {
    ASSIGN_OR_RETURN(copied, CopyByWorker(context, request, rows));
  }
  if (!copied) {
    RETURN_IF_ERROR(order.AwaitFirst(context, request.place));
    RETURN_IF_ERROR(CopyByLeader(context, request.sql, rows));
  }
  return rows.End();
}

}  // namespace siphon::postgres
