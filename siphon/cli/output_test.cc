// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "errs/error.h"
#include "siphon/cli/text_width.h"

namespace siphon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Kind = base::Event::Kind;

base::Event Progress(uint64_t bytes, uint64_t total) {
  return {.kind = Kind::kProgress,
          .stage = "backup",
          .message = "",
          .bytes = bytes,
          .total_bytes = total,
          .elapsed = std::chrono::seconds(2)};
}

base::Event Plain(Kind kind, std::string message = "") {
  base::Event event;
  event.kind = kind;
  event.stage = "backup";
  event.message = std::move(message);
  return event;
}

class OutputTest : public ::testing::Test {
 protected:
  OutputTest() {
    env_.out = &out_;
    env_.err = &err_;
  }
  std::ostringstream out_, err_;
  Env env_;
};

TEST(FormatProgressTest, ShowsBarShareRateAndTimeLeft) {
  const std::string line = FormatProgress(Progress(512 << 20, 1024 << 20), 100);
  EXPECT_THAT(line, HasSubstr("[==============="));
  EXPECT_THAT(line, HasSubstr(" 50%"));
  EXPECT_THAT(line, HasSubstr("256 MiB/s"));
  EXPECT_THAT(line, HasSubstr("2s left"));
}

TEST(FormatProgressTest, ShowsHowFullThePipeIs) {
  base::Event event = Progress(512 << 20, 1024 << 20);
  event.fill_percent = 40;
  EXPECT_THAT(FormatProgress(event, 100), HasSubstr("256 MiB/s  pipe 40% full  2s left"));
  event.total_bytes.reset();
  event.elapsed = {};
  EXPECT_EQ(FormatProgress(event, 100), "  backup  512 MiB  pipe 40% full");
}

TEST(FormatProgressTest, TheTimeLeftIsInWholeSeconds) {
  EXPECT_THAT(FormatProgress(Progress(1023 << 20, 1024 << 20), 100), HasSubstr("  1s left"));
  EXPECT_THAT(FormatProgress(Progress(20 << 20, 1024 << 20), 100), HasSubstr("  1m41s left"));
}

TEST(FormatProgressTest, ANarrowTerminalShowsWholeNumbersAndTheMostImportantOnes) {
  base::Event event = Progress(512 << 20, 1024 << 20);
  event.tables = {.done = 3, .total = 9};
  event.rows = 70000;
  event.fill_percent = 40;
  EXPECT_EQ(FormatProgress(event, 90),
            "  backup   50%  512 MiB of 1 GiB  256 MiB/s  3 of 9 tables  70000 rows  2s left");
  EXPECT_EQ(FormatProgress(event, 79),
            "  backup   50%  512 MiB of 1 GiB  256 MiB/s  3 of 9 tables  2s left");
  EXPECT_EQ(FormatProgress(event, 60), "  backup   50%  512 MiB of 1 GiB  256 MiB/s  2s left");
  EXPECT_EQ(FormatProgress(event, 45), "  backup   50%  512 MiB of 1 GiB  2s left");
  EXPECT_EQ(FormatProgress(event, 40), "  backup   50%  512 MiB of 1 GiB");
}

TEST(FormatProgressTest, StaysWithinTheTerminal) {
  EXPECT_THAT(FormatProgress(Progress(1, 1024 << 20), 20), SizeIs(::testing::Lt(20u)));
}

TEST(FormatProgressTest, ShowsTheTable) {
  base::Event event = Progress(512 << 20, 1024 << 20);
  event.table = "billing.invoices";
  EXPECT_THAT(FormatProgress(event, 100), HasSubstr("  backup  billing.invoices  [="));
  event.table = "the_addresses_of_all_customers";
  EXPECT_THAT(FormatProgress(event, 100), HasSubstr("  backup  the_addresse…l_customers  [="));
  event.table = "äöüäöüäöüäöüäöüäöü";
  for (int columns = 10; columns < 120; ++columns) {
    EXPECT_LT(Width(FormatProgress(event, columns)), static_cast<size_t>(columns));
  }
}

TEST(FormatProgressTest, MoreBytesThanEstimatedAreAHundredPercent) {
  EXPECT_THAT(FormatProgress(Progress(2000, 1000), 100), HasSubstr("100%"));
}

TEST_F(OutputTest, PrintsEventsAsSiphonGoDoes) {
  Output output(&env_, Output::Options());
  output.Emit(Plain(Kind::kStarted));
  output.Emit(Plain(Kind::kMessage, "hello"));
  output.Emit(Plain(Kind::kWarning, "careful"));
  base::Event done = Plain(Kind::kDone);
  done.elapsed = std::chrono::milliseconds(1200);
  output.Emit(done);
  EXPECT_EQ(err_.str(),
            "==> backup started\n"
            "  • hello\n"
            "  ! careful\n"
            "  ✓ backup done in 1.2s\n");
  EXPECT_THAT(out_.str(), IsEmpty());
}

TEST_F(OutputTest, DetailsAreForVerbose) {
  Output plain(&env_, Output::Options());
  plain.Emit(Plain(Kind::kDetail, "table t"));
  Output plain_json(&env_, {.json = true, .quiet = false, .verbose = false, .color = false});
  plain_json.Emit(Plain(Kind::kDetail, "table t"));
  Output quiet(&env_, {.json = false, .quiet = true, .verbose = true, .color = false});
  quiet.Emit(Plain(Kind::kDetail, "table t"));
  EXPECT_THAT(err_.str(), IsEmpty());
  Output verbose(&env_, {.json = false, .quiet = false, .verbose = true, .color = false});
  verbose.Emit(Plain(Kind::kDetail, "table t"));
  EXPECT_EQ(err_.str(), "  • table t\n");
  err_.str("");
  Output json(&env_, {.json = true, .quiet = false, .verbose = true, .color = false});
  json.Emit(Plain(Kind::kDetail, "table t"));
  EXPECT_EQ(Json::parse(err_.str())["event"], "detail");
}

TEST_F(OutputTest, QuietKeepsWarningsAndErrors) {
  Output output(&env_, {.json = false, .quiet = true, .verbose = false, .color = false});
  output.Emit(Plain(Kind::kStarted));
  output.Emit(Plain(Kind::kWarning, "careful"));
  output.Failure(errs::UserError("backup", errs::kNotFound, "no profile \"x\"", "look again"));
  EXPECT_EQ(err_.str(),
            "  ! careful\n"
            "✗ backup failed: not found: no profile \"x\" (look again)\n");
}

TEST_F(OutputTest, JsonFailureIsOneObjectOnStdout) {
  Output output(&env_, {.json = true, .quiet = false, .verbose = false, .color = false});
  output.Failure(errs::IntegrityError("verify", "dump X differs", "make a new backup"));
  const Json json = Json::parse(out_.str());
  EXPECT_EQ(json["error"]["code"], 3);
  EXPECT_EQ(json["error"]["cause"], "integrity");
  EXPECT_EQ(json["error"]["hint"], "make a new backup");
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(OutputTest, JsonEventsAreOneLineEach) {
  Output output(&env_, {.json = true, .quiet = false, .verbose = false, .color = false});
  base::Event event = Progress(5, 10);
  event.fill_percent = 7;
  output.Emit(event);
  const Json json = Json::parse(err_.str());
  EXPECT_EQ(json["fill_percent"], 7);
  EXPECT_EQ(json["event"], "progress");
  EXPECT_EQ(json["bytes"], 5);
  EXPECT_EQ(json["total_bytes"], 10);
}

TEST_F(OutputTest, PlainProgressHasRateAndFillToo) {
  Output output(&env_, {.json = false, .quiet = false, .verbose = true, .color = false});
  base::Event event = Progress(512 << 20, 1024 << 20);
  event.fill_percent = 100;
  output.Emit(event);
  EXPECT_EQ(err_.str(), "  • backup: 512 MiB of 1 GiB  256 MiB/s  pipe 100% full  2s left\n");
}

base::Event ProgressOfJobs() {
  base::Event event = Progress(512 << 20, 1024 << 20);
  event.tables = {.done = 3, .total = 9};
  event.rows = 70000;
  event.workers = {{.number = 1, .part = "items (0,0)-(2048,0)", .bytes = 1 << 20, .rows = 12},
                   {.number = 4, .part = "large objects 7", .bytes = 2 << 20}};
  return event;
}

TEST_F(OutputTest, ProgressShowsTablesAndRows) {
  Output output(&env_, Output::Options());
  output.Emit(ProgressOfJobs());
  EXPECT_EQ(err_.str(),
            "  • backup: 512 MiB of 1 GiB  256 MiB/s  3 of 9 tables  70000 rows  2s left\n");
}

TEST_F(OutputTest, VerboseProgressHasALineForEachJob) {
  Output output(&env_, {.json = false, .quiet = false, .verbose = true, .color = false});
  output.Emit(ProgressOfJobs());
  EXPECT_THAT(err_.str(), HasSubstr("2s left\n"
                                    "    job 1: items (0,0)-(2048,0)  1 MiB  12 rows\n"
                                    "    job 4: large objects 7  2 MiB\n"));
}

TEST_F(OutputTest, ATerminalShowsTheJobsBelowTheProgressLine) {
  env_.err_is_terminal = true;
  env_.err_columns = [] { return 36; };
  Output output(&env_, {.json = false, .quiet = false, .verbose = true, .color = false});
  base::Event event = ProgressOfJobs();
  event.workers[0].part = "caf\u00e9\x1b[2J";
  output.Emit(event);
  EXPECT_THAT(err_.str(), HasSubstr("\n    job 1: caf\u00e9\\x\u2026J  1 MiB  12 rows\n"
                                    "    job 4: large objects 7  2 MiB\r"));
  EXPECT_THAT(err_.str(), ::testing::EndsWith("\r\x1b[2A"));
  // What follows replaces all of these lines.
  output.Emit(Plain(Kind::kMessage, "hello"));
  EXPECT_THAT(err_.str(), ::testing::EndsWith("\r\x1b[2A\r\x1b[J  • hello\n"));
}

TEST_F(OutputTest, JsonProgressHasTablesRowsAndJobs) {
  Output output(&env_, {.json = true, .quiet = false, .verbose = false, .color = false});
  output.Emit(ProgressOfJobs());
  const Json json = Json::parse(err_.str());
  EXPECT_EQ(json["tables_done"], 3);
  EXPECT_EQ(json["tables"], 9);
  EXPECT_EQ(json["rows"], 70000);
  ASSERT_EQ(json["jobs"].size(), 2u);
  EXPECT_EQ(json["jobs"][0]["job"], 1);
  EXPECT_EQ(json["jobs"][0]["part"], "items (0,0)-(2048,0)");
  EXPECT_EQ(json["jobs"][0]["bytes"], 1 << 20);
  EXPECT_EQ(json["jobs"][0]["rows"], 12);
}

TEST_F(OutputTest, BytesThatAreNotUtf8DoNotBreakJson) {
  Output output(&env_, {.json = true, .quiet = false, .verbose = false, .color = false});
  output.Result(Json{{"name", "caf\xe9"}}, {});
  EXPECT_THAT(Json::parse(out_.str())["name"].get<std::string>(), HasSubstr("caf"));
}

TEST_F(OutputTest, AProgressLineIsClearedBeforeTheNextLine) {
  env_.err_is_terminal = true;
  Output output(&env_, Output::Options());
  output.Emit(Progress(5, 10));
  output.Emit(Plain(Kind::kMessage, "hello"));
  EXPECT_THAT(err_.str(), HasSubstr("\r\x1b[K  • hello\n"));
}

TEST_F(OutputTest, TheCursorStaysAtTheBeginningOfTheProgressLine) {
  env_.err_is_terminal = true;
  env_.err_columns = [] { return 60; };
  Output output(&env_, Output::Options());
  output.Emit(Progress(5, 10));
  EXPECT_THAT(err_.str(), ::testing::EndsWith("5 B of 10 B  2 B/s  3s left\r"));
}

TEST_F(OutputTest, AProgressLineFollowsTheWidthOfTheTerminal) {
  int columns = 90;
  env_.err_is_terminal = true;
  env_.err_columns = [&columns] { return columns; };
  Output output(&env_, Output::Options());
  output.Emit(Progress(512 << 20, 1024 << 20));
  EXPECT_THAT(err_.str(), HasSubstr("[====="));
  columns = 40;
  err_.str("");
  // The terminal has broken the line: it is cleared to its end, in the next row.
  output.Emit(Progress(512 << 20, 1024 << 20));
  EXPECT_EQ(err_.str(), "\r\x1b[J\r  backup   50%  512 MiB of 1 GiB\r");
}

TEST_F(OutputTest, MessagesAreBrokenBetweenWords) {
  env_.err_columns = [] { return 40; };
  Output output(&env_, {.json = false, .quiet = false, .verbose = false, .color = true});
  output.Emit(Plain(Kind::kWarning, "the dump has no sidecar: 'siphon dumps rebuild' creates one"));
  EXPECT_EQ(err_.str(),
            "  \x1b[33m!\x1b[0m the dump has no sidecar:\n"
            "    'siphon dumps rebuild' creates one\n");
  err_.str("");
  output.Failure(errs::UserError("backup", errs::kNotFound, "no profile \"x\"", "look again"));
  EXPECT_EQ(err_.str(),
            "\x1b[31m✗\x1b[0m backup failed: not found: no profile\n"
            "  \"x\" (look again)\n");
}

TEST_F(OutputTest, ACancellationIsToldOnce) {
  const absl::Status cancelled = errs::MakeStatus({.op = "sqlite.backup",
                                                   .code = errs::Code::kCancelled,
                                                   .cause = errs::kCancelled,
                                                   .detail = "",
                                                   .hint = ""});
  Output output(&env_, Output::Options());
  output.Emit(Plain(Kind::kCancelled));
  output.Failure(cancelled);
  EXPECT_EQ(err_.str(), "  ✗ backup cancelled\n");
  err_.str("");
  Output quiet(&env_, {.json = false, .quiet = true, .verbose = false, .color = false});
  quiet.Emit(Plain(Kind::kCancelled));
  quiet.Failure(cancelled);
  EXPECT_EQ(err_.str(), "✗ sqlite.backup cancelled\n");
}

TEST_F(OutputTest, ColourOnlyWhenAsked) {
  Output plain(&env_, Output::Options());
  plain.Failure(errs::UserError("x", errs::kNotFound, "y"));
  EXPECT_THAT(err_.str(), Not(HasSubstr("\x1b")));
  Output colored(&env_, {.json = false, .quiet = false, .verbose = false, .color = true});
  colored.Failure(errs::UserError("x", errs::kNotFound, "y"));
  EXPECT_THAT(err_.str(), HasSubstr("\x1b[31m✗\x1b[0m"));
}

}  // namespace
}  // namespace siphon::cli
