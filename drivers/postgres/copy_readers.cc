// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/copy_readers.h"

#include <cstddef>
#include <cstdint>

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
// Of a large object, for one statement.
constexpr size_t kPiece = size_t{1} << 20;

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

// A session that is lost is followed by another one, which continues.
class CopyReaders::Reading {
 public:
  Reading(const base::Context* context, frames::PartSink* sink)
      : context_(*context), sink_(*sink) {}
  virtual ~Reading() = default;
  // Reads what was not passed on yet.
  virtual absl::Status Continue(Session& session) = 0;
  bool failed() const { return failed_; }  // The sink.

 protected:
  absl::Status Pass(std::string_view bytes, int64_t rows) {
    absl::Status status = sink_.Write(context_, bytes);
    failed_ = !status.ok();
    if (!failed_) sink_.Cut(static_cast<uint64_t>(rows));
    return status;
  }
  const base::Context& context_;

 private:
  frames::PartSink& sink_;
  bool failed_ = false;
};

// Counts the rows of one COPY and passes them on, in batches. Another session sends the same rows
// from the beginning, and those that were passed on are dropped.
class CopyReaders::Rows : public Reading {
 public:
  Rows(const base::Context* context, frames::PartSink* sink, const std::string& sql)
      : Reading(context, sink), sql_(sql) {}

  absl::Status Continue(Session& session) override {
    batch_.clear();
    waiting_ = 0;
    skip_ = passed_;
    return session.CopyOut(context_, sql_, [&](std::string_view row) { return Take(row); });
  }

  // After all rows.
  absl::StatusOr<int64_t> End() {
    RETURN_IF_ERROR(Flush());
    if (skip_ > 0) {
      return errs::InternalError(kOp, "a snapshot has fewer rows when it is read again");
    }
    return passed_;
  }

 private:
  absl::Status Take(std::string_view row) {
    if (skip_ > 0) {
      --skip_;
      return absl::OkStatus();
    }
    if (!batch_.empty() && batch_.size() + row.size() > kBatch) RETURN_IF_ERROR(Flush());
    ++waiting_;
    if (row.size() >= kBatch) return PassWaiting(row);
    batch_ += row;
    return absl::OkStatus();
  }

  absl::Status Flush() {
    if (waiting_ == 0) return absl::OkStatus();
    const std::string batch = std::exchange(batch_, "");
    return PassWaiting(batch);
  }

  absl::Status PassWaiting(std::string_view bytes) {
    RETURN_IF_ERROR(Pass(bytes, waiting_));
    passed_ += std::exchange(waiting_, 0);
    return absl::OkStatus();
  }

  const std::string& sql_;
  std::string batch_;
  int64_t waiting_ = 0;  // Rows that are not passed on yet.
  int64_t passed_ = 0, skip_ = 0;
};

// Reads a large object piece by piece.
class CopyReaders::Object : public Reading {
 public:
  Object(const base::Context* context, frames::PartSink* sink, uint32_t oid)
      : Reading(context, sink), oid_(oid) {}

  absl::Status Continue(Session& session) override {
    while (true) {
      ASSIGN_OR_RETURN(const std::string piece,
                       session.QueryBytes(context_, absl::StrCat("SELECT pg_catalog.lo_get(", oid_,
                                                                 "::pg_catalog.oid, ", offset_,
                                                                 "::pg_catalog.int8, ", kPiece,
                                                                 "::pg_catalog.int4)")));
      if (piece.size() > kPiece) {
        return errs::SystemError(kOp, errs::kDatabase,
                                 absl::StrCat("the server sends ", piece.size(), " bytes of large ",
                                              "object ", oid_, " instead of ", kPiece));
      }
      RETURN_IF_ERROR(Pass(piece, /*rows=*/0));
      offset_ += piece.size();
      if (piece.size() < kPiece) return absl::OkStatus();
    }
  }

 private:
  const uint32_t oid_;
  uint64_t offset_ = 0;  // Of what was not passed on yet.
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
  reader.begun = reader.reads = false;
  ASSIGN_OR_RETURN(reader.session, Session::Connect(context, settings_));
  return reader.session->Execute(context, ReadSettingsSql(options_.encoding, /*local=*/false));
}

absl::Status CopyReaders::Begin(const base::Context& context, Reader& reader,
                                const std::string& table) const {
  if (reader.reads && (table.empty() || reader.locked == table)) return absl::OkStatus();
  reader.reads = false;
  // Each table has a transaction of its own, so that a session needs the memory for one lock.
  std::string sql = absl::StrCat(std::exchange(reader.begun, true) ? "ROLLBACK; " : "", kBegin,
                                 "; SET TRANSACTION SNAPSHOT ", QuoteLiteral(options_.snapshot));
  if (!table.empty()) {
    absl::StrAppend(&sql, "; LOCK TABLE ONLY ", table, " IN ACCESS SHARE MODE NOWAIT");
  }
  RETURN_IF_ERROR(reader.session->Execute(context, sql));
  reader.reads = true;
  reader.locked = table;
  return absl::OkStatus();
}

absl::Status CopyReaders::CheckLeader(const base::Context& context) {
  const absl::MutexLock lock(&leader_mutex_);
  return leader_->Execute(context, "SELECT 1");
}

absl::Status CopyReaders::ReadByLeader(const base::Context& context, Reading& reading) {
  const absl::MutexLock lock(&leader_mutex_);
  RETURN_IF_ERROR(context.Check());
  return reading.Continue(*leader_);
}

absl::StatusOr<bool> CopyReaders::ReadByWorker(const base::Context& context, const Request& request,
                                               Reading& reading) {
  Reader& reader = ReaderOf(request.worker);
  for (int lost = 0; !reader.refused; ++lost) {
    const bool tries = lost < kMostSessions;
    absl::Status status;
    if (tries && reader.session == nullptr) status = Connect(context, reader);
    if (!tries || !status.ok()) {
      RETURN_IF_ERROR(context.Check());
      context.Detail(kStage, absl::StrCat("a job has no connection of its own: ",
                                          tries ? status.message() : "it is lost again and again"));
      reader.session.reset();
      reader.refused = true;
      break;
    }
    status = Begin(context, reader, request.table);
    if (errs::Is(status, errs::kBusy)) {
      context.Detail(kStage, absl::StrCat("another session waits for ", request.name,
                                          "; the session that has locked it reads it"));
      break;
    }
    const bool began = status.ok();
    if (began) status = reading.Continue(*reader.session);
    if (status.ok()) return true;
    reader.reads = false;
    RETURN_IF_ERROR(context.Check());
    if (reading.failed()) return status;
    if (!reader.session->broken()) {
      // A snapshot ends with its leader.
      if (!began) RETURN_IF_ERROR(CheckLeader(context));
      return status;
    }
    context.Message(kStage, absl::StrCat("a job continues ", request.name,
                                         " on a new connection: ", status.message()));
    reader.session.reset();
  }
  return false;
}

absl::Status CopyReaders::Read(const base::Context& context, const Request& request,
                               BodyOrder& order, Reading& reading) {
  if (request.worker != 0 || !order.IsFirst(request.place)) {
    ASSIGN_OR_RETURN(const bool read, ReadByWorker(context, request, reading));
    if (read) return absl::OkStatus();
  }
  RETURN_IF_ERROR(order.AwaitFirst(context, request.place));
  return ReadByLeader(context, reading);
}

absl::StatusOr<int64_t> CopyReaders::Copy(const base::Context& context, const Request& request,
                                          const std::string& sql, BodyOrder& order,
                                          frames::PartSink& sink) {
  Rows rows(&context, &sink, sql);
  RETURN_IF_ERROR(Read(context, request, order, rows));
  return rows.End();
}

absl::Status CopyReaders::ReadObject(const base::Context& context, const Request& request,
                                     uint32_t oid, BodyOrder& order, frames::PartSink& sink) {
  Object object(&context, &sink, oid);
  return Read(context, request, order, object);
}

}  // namespace siphon::postgres
