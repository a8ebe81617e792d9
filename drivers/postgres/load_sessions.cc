// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/load_sessions.h"

#include <chrono>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kStage = "restore";
constexpr std::chrono::milliseconds kPause{10};

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> LoadSessions::Take(const base::Context& context) {
  {
    const absl::MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Session> session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
    if (refused_) return nullptr;
    ++open_;
  }
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Connect(context, settings_);
  if (session.ok()) {
    const absl::Status set = (*session)->Execute(context, setup_);
    if (set.ok()) return session;
    session = set;
  }
  const absl::MutexLock lock(&mutex_);
  --open_;
  if (open_ == 0 || context.Stopped()) return session;
  refused_ = true;
  context.Detail(kStage,
                 absl::StrCat("a job has no connection of its own: ", session.status().message()));
  return nullptr;
}

absl::StatusOr<int> LoadSessions::Open(const base::Context& context, int wanted) {
  std::vector<std::unique_ptr<Session>> opened;
  while (static_cast<int>(opened.size()) < wanted) {
    ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Take(context));
    if (session == nullptr) break;
    opened.push_back(std::move(session));
  }
  const int count = static_cast<int>(opened.size());
  const absl::MutexLock lock(&mutex_);
  for (std::unique_ptr<Session>& session : opened) idle_.push_back(std::move(session));
  return count;
}

absl::Status LoadSessions::With(const base::Context& context,
                                absl::FunctionRef<absl::Status(Session&)> work) {
  std::unique_ptr<Session> session;
  while (session == nullptr) {
    RETURN_IF_ERROR(context.Check());
    ASSIGN_OR_RETURN(session, Take(context));
    if (session == nullptr) RETURN_IF_ERROR(context.Sleep(kPause));
  }
  absl::Status status = work(*session);
  const absl::MutexLock lock(&mutex_);
  if (session->broken()) {
    --open_;
    refused_ = refused_ && open_ > 0;
  } else {
    idle_.push_back(std::move(session));
  }
  return status;
}

void LoadSessions::Close() {
  const absl::MutexLock lock(&mutex_);
  open_ -= static_cast<int>(idle_.size());
  idle_.clear();
}

}  // namespace siphon::postgres
