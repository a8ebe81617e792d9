// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/sample_server.h"

#include <chrono>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
#include "testing/process/process.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

absl::Status Fill(PostgresServer& server, int megabytes) {
  RETURN_IF_ERROR(server.CreateDatabase(SampleServer::kSource));
  RETURN_IF_ERROR(LoadPostgresSample(server, SampleServer::kSource));
  return LoadPostgresBulk(server, SampleServer::kSource, megabytes, /*tables=*/2);
}

}  // namespace

std::unique_ptr<SampleServer> SampleServer::Start(int version, int megabytes) {
  absl::StatusOr<std::unique_ptr<PostgresServer>> server =
      PostgresServer::Start({.version = version});
  EXPECT_OK(server);
  if (!server.ok()) return nullptr;
  const absl::Status filled = Fill(**server, megabytes);
  EXPECT_OK(filled);
  if (!filled.ok()) return nullptr;
  return std::unique_ptr<SampleServer>(new SampleServer(*std::move(server)));
}

std::string SampleServer::NewTarget() {
  const std::string name = absl::StrCat("target_", ++targets_);
  EXPECT_OK(server_->CreateDatabase(name));
  return name;
}

std::string SampleServer::Difference(std::string_view database) {
  if (source_.empty()) {
    const absl::StatusOr<std::string> source = DescribePostgres(*server_, kSource);
    EXPECT_OK(source);
    source_ = source.value_or("source");
  }
  const absl::StatusOr<std::string> other = DescribePostgres(*server_, database);
  EXPECT_OK(other);
  return CompareDescriptions(source_, other.value_or("other"));
}

std::string SampleServer::Run(const std::vector<std::string>& argv) const {
  const auto result = RunProcess(
      {.argv = argv,
       .environment = {"PGHOST=" + server_->host(), absl::StrCat("PGPORT=", server_->port()),
                       "PGUSER=" + server_->superuser(), "PGPASSWORD=" + server_->password()},
       .limit = std::chrono::seconds(600)});
  EXPECT_OK(result);
  if (!result.ok()) return "";
  EXPECT_EQ(result->exit_code, 0) << result->err;
  return result->out;
}

}  // namespace siphon::testing
