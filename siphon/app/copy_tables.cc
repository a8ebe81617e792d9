// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/copy_tables.h"

#include <memory>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/notify.h"
#include "siphon/base/excerpt.h"
#include "siphon/domain/schema/ddl.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"
#include "siphon/driver/table_copy.h"

namespace siphon::app {
namespace {

using Access = driver::Driver::Access;
using schema::Verdict;

constexpr std::string_view kOp = "sync";
// How many findings an error lists.
constexpr size_t kListed = 5;
// The size of a number, for progress.
constexpr uint64_t kNumberBytes = 8;

// Counts the rows that pass.
class CountingReader : public driver::RowReader {
 public:
  CountingReader(driver::RowReader* next, base::Stage* stage, uint64_t* bytes)
      : next_(next), stage_(stage), bytes_(bytes) {}
  absl::StatusOr<bool> Next(const base::Context& context, schema::Row& row) override {
    ASSIGN_OR_RETURN(const bool more, next_->Next(context, row));
    if (!more) return false;
    ++rows_;
    for (const schema::Value& value : row) *bytes_ += kNumberBytes + value.text.size();
    stage_->Progress(*bytes_);
    return true;
  }
  int64_t rows() const { return rows_; }

 private:
  driver::RowReader* next_;
  base::Stage* stage_;
  uint64_t* bytes_;
  int64_t rows_ = 0;
};

class Copier {
 public:
  Copier(const base::Context& context, Session& session, const CopyTablesRequest& request,
         base::Stage& stage)
      : context_(context), session_(session), request_(request), stage_(stage) {}

  absl::StatusOr<CopyTablesResult> Run() {
    const absl::Time started = session_.clock().Now();
    RETURN_IF_ERROR(Connect());
    RETURN_IF_ERROR(MakePlan());
    if (!request_.plan_only) {
      RETURN_IF_ERROR(CheckPlan());
      RETURN_IF_ERROR(Copy());
      CloseBoth();
    }
    result_.elapsed = session_.clock().Now() - started;
    return std::move(result_);
  }

 private:
  absl::Status Connect() {
    ASSIGN_OR_RETURN(const profile::Profile from, session_.FindProfile(request_.from));
    ASSIGN_OR_RETURN(const profile::Profile to, session_.FindProfile(request_.to));
    result_.from = from.name;
    result_.to = to.name;
    ASSIGN_OR_RETURN(driver::Driver* const from_driver, driver::Get(from.driver));
    ASSIGN_OR_RETURN(driver::Driver* const to_driver, driver::Get(to.driver));
    if (!request_.plan_only) {
      RETURN_IF_ERROR(session_.ConfirmDestructive(to, kOp, request_.assume_yes));
    }
    ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved_from, session_.Resolve(from));
    ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved_to, session_.Resolve(to));
    ASSIGN_OR_RETURN(source_, from_driver->Connect(context_, resolved_from, Access::kRead));
    ASSIGN_OR_RETURN(target_, to_driver->Connect(context_, resolved_to, Access::kCreate));
    table_source_ = dynamic_cast<driver::TableSource*>(source_.get());
    table_target_ = dynamic_cast<driver::TableTarget*>(target_.get());
    if (table_source_ == nullptr || table_target_ == nullptr) {
      return errs::UserError(
          kOp, errs::kDriverUnsupported,
          absl::StrCat("this version does not copy from ", from.driver, " to ", to.driver));
    }
    if (request_.plan_only) return absl::OkStatus();
    return target_->CheckTarget(context_, {});
  }

  absl::Status MakePlan() {
    ASSIGN_OR_RETURN(snapshot_,
                     table_source_->OpenTables(
                         context_, {.only = request_.tables, .except = request_.exclude_tables}));
    result_.plan = schema::MakePlan(snapshot_->tables(), table_target_->dialect().engine);
    result_.from_engine = std::string(schema::DisplayName(result_.plan.from));
    result_.to_engine = std::string(schema::DisplayName(result_.plan.to));
    if (!request_.schema_only) {
      for (size_t i = 0; i < result_.plan.tables.size(); ++i) RETURN_IF_ERROR(CheckValues(i));
    }
    schema::Ddl ddl = schema::WriteDdl(result_.plan, table_target_->dialect());
    result_.ddl = std::move(ddl.tables);
    for (std::string& sql : ddl.finish) result_.ddl.push_back(std::move(sql));
    return absl::OkStatus();
  }

  // Reads the values of the columns whose types take only some values.
  absl::Status CheckValues(size_t number) {
    const schema::PlannedTable& table = result_.plan.tables[number];
    std::vector<size_t> columns;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const schema::PlannedColumn& column = table.columns[i];
      if (column.checks != 0 && column.verdict != Verdict::kRefused) columns.push_back(i);
    }
    if (columns.empty()) return absl::OkStatus();
    stage_.SetTable(table.source);
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::RowReader> rows,
                     snapshot_->Read(context_, result_.plan.source.tables[number], columns));
    std::vector<int64_t> failures(columns.size());
    std::vector<std::string> reasons(columns.size());
    schema::Row row;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, rows->Next(context_, row));
      if (!more) break;
      for (size_t i = 0; i < columns.size(); ++i) {
        const schema::PlannedColumn& column = table.columns[columns[i]];
        const std::string_view failure = schema::Failure(column.checks, column.type, row[i]);
        if (failure.empty()) continue;
        if (++failures[i] > 1) continue;
        reasons[i] =
            row[i].is_null()
                ? std::string(failure)
                : absl::StrCat("\"", base::EscapedExcerpt(ValueText(row[i]), 40), "\" ", failure);
      }
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      if (failures[i] == 0) continue;
      result_.plan.findings.push_back(
          {Verdict::kRefused,
           absl::StrCat("table ", table.source, ", column ", table.columns[columns[i]].name),
           absl::StrCat(failures[i],
                        failures[i] == 1 ? " value: " : " values, the first one: ", reasons[i])});
    }
    return absl::OkStatus();
  }

  std::vector<std::string> Findings(Verdict verdict) const {
    std::vector<std::string> texts;
    for (const schema::Finding& finding : result_.plan.findings) {
      if (finding.verdict == verdict) {
        texts.push_back(absl::StrCat(finding.object, " ", finding.text));
      }
    }
    return texts;
  }

  absl::Status CheckPlan() const {
    const std::string what = absl::StrCat("the ", result_.from_engine, " database cannot be copied",
                                          " to ", result_.to_engine);
    if (const std::vector<std::string> refused = Findings(Verdict::kRefused); !refused.empty()) {
      return errs::UserError(kOp, errs::kDriverUnsupported,
                             absl::StrCat(what, ": ", base::ListSome(refused, kListed, "; ")),
                             "see --plan; leave tables out with --exclude-table");
    }
    const std::vector<std::string> warned = Findings(Verdict::kWarned);
    if (warned.empty()) return absl::OkStatus();
    if (request_.allow_lossy) {
      for (const std::string& warning : warned) context_.Warn(kOp, warning);
      return absl::OkStatus();
    }
    return errs::UserError(
        kOp, errs::kDriverUnsupported,
        absl::StrCat(what, " without losses: ", base::ListSome(warned, kListed, "; ")),
        "see --plan; use --allow-lossy to copy it with these losses");
  }

  absl::Status Copy() {
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::TableLoad> load,
                     table_target_->OpenTableLoad(context_));
    RETURN_IF_ERROR(load->Define(context_, result_.plan));
    for (size_t i = 0; i < result_.plan.tables.size(); ++i) {
      result_.rows.push_back(0);
      if (request_.schema_only) continue;
      RETURN_IF_ERROR(CopyRows(*load, i));
    }
    stage_.SetTable("");
    return load->Publish(context_);
  }

  absl::Status CopyRows(driver::TableLoad& load, size_t number) {
    const schema::Table& source = result_.plan.source.tables[number];
    const schema::PlannedTable& table = result_.plan.tables[number];
    std::vector<size_t> columns(source.columns.size());
    std::iota(columns.begin(), columns.end(), size_t{0});
    stage_.SetTable(table.source);
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::RowReader> rows,
                     snapshot_->Read(context_, source, columns));
    CountingReader counting(rows.get(), &stage_, &bytes_);
    const absl::StatusOr<int64_t> loaded = load.Load(context_, table, counting);
    if (!loaded.ok()) {
      const std::optional<errs::Error> error = errs::GetError(loaded.status());
      // A stop is no matter of the table.
      if (!error.has_value() || error->detail.empty()) return loaded.status();
      errs::Error named = *error;
      named.detail = absl::StrCat("table ", table.source, ": ", named.detail);
      return errs::MakeStatus(std::move(named));
    }
    result_.rows.back() = *loaded;
    if (*loaded == counting.rows()) return absl::OkStatus();
    return errs::IntegrityError(kOp, absl::StrCat("table ", table.source, ": ", counting.rows(),
                                                  " rows were read, but ", *loaded, " stored"));
  }

  // The target is complete, so an error from here on is only a warning.
  void CloseBoth() {
    snapshot_.reset();
    for (driver::Connection* const connection : {source_.get(), target_.get()}) {
      const absl::Status closed = connection->Close();
      if (!closed.ok()) context_.Warn(kOp, closed.message());
    }
  }

  const base::Context& context_;
  Session& session_;
  const CopyTablesRequest& request_;
  base::Stage& stage_;
  CopyTablesResult result_;
  std::unique_ptr<driver::Connection> source_, target_;
  driver::TableSource* table_source_ = nullptr;
  driver::TableTarget* table_target_ = nullptr;
  std::unique_ptr<driver::TableSnapshot> snapshot_;  // Of source_.
  uint64_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<bool> NeedsTableCopy(const Session& session, const std::string& from,
                                    const std::string& to) {
  ASSIGN_OR_RETURN(const profile::Profile source, session.FindProfile(from));
  ASSIGN_OR_RETURN(const profile::Profile target, session.FindProfile(to));
  if (source.driver == target.driver) return false;
  ASSIGN_OR_RETURN(const driver::Driver* const driver, driver::Get(target.driver));
  return !driver->Crosses(source.driver);
}

absl::StatusOr<CopyTablesResult> CopyTables(const base::Context& command, Session& session,
                                            const CopyTablesRequest& request) {
  ASSIGN_OR_RETURN(const profile::Profile from, session.FindProfile(request.from));
  ASSIGN_OR_RETURN(const profile::Profile to, session.FindProfile(request.to));
  const base::Context context = command.WithJob(absl::StrCat("sync ", from.name, " ", to.name));
  std::optional<JobNotice> notice;
  if (!request.plan_only) {
    notice.emplace(context, session, "sync", std::vector<std::string>{from.name, to.name});
  }
  base::Stage stage(context, kOp);
  absl::StatusOr<CopyTablesResult> result = Copier(context, session, request, stage).Run();
  const absl::Status status = stage.Finish(result.status());
  if (notice.has_value()) notice->Finish(status);
  RETURN_IF_ERROR(status);
  return result;
}

}  // namespace siphon::app
