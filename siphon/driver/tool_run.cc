// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The part of toolbox.h that runs tools.

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/child_process.h"
#include "siphon/domain/sql/secrets.h"
#include "siphon/driver/toolbox.h"

namespace siphon::driver {
namespace {

constexpr std::string_view kOp = "tools";
// The kept length of a line, and the number of kept lines.
constexpr size_t kLongestLine = 2000;
constexpr size_t kMostLines = 12;
// Shorter secrets are not replaced: they would match parts of ordinary words.
constexpr size_t kShortestCut = 4;

base::ChildProcess::Stream StreamOf(ToolRun::Stream stream) {
  return stream == ToolRun::Stream::kPipe ? base::ChildProcess::Stream::kPipe
                                          : base::ChildProcess::Stream::kNull;
}

}  // namespace

struct ToolRun::State {
  State(const base::Context& outer, Options run_options)
      : outer(outer),
        context(outer.WithStop(stop.get_token())),
        options(std::move(run_options)),
        on_stop(outer.stop_token(), [this] { stop.request_stop(); }),
        output(options.dialect) {}
  ~State() {
    stop.request_stop();  // Kills the child and ends the reading thread.
    if (reader.joinable()) reader.join();
  }

  absl::Status Start();
  // Runs in the thread `reader` until the end of standard error.
  void ReadLines();
  void Take(std::string line);

  const base::Context outer;
  std::stop_source stop;
  const base::Context context;
  const Options options;
  std::stop_callback<std::function<void()>> on_stop;
  std::unique_ptr<base::ChildProcess> process;
  std::thread reader;
  sql::ToolOutput output;  // Used by `reader`.
  std::atomic<bool> ended = false;

  mutable std::mutex mutex;
  std::deque<std::string> last;     // All kinds of lines.
  std::deque<std::string> reasons;  // Warnings and details.
};

absl::Status ToolRun::State::Start() {
  base::ChildProcess::Options child;
  child.executable = options.tool.path;
  child.argv = {options.tool.argv0};
  child.argv.insert(child.argv.end(), options.arguments.begin(), options.arguments.end());
  for (const auto* variables : {&options.environment, &options.secrets}) {
    for (const auto& [name, value] : *variables) {
      child.environment.push_back(absl::StrCat(name, "=", value));
    }
  }
  child.in = StreamOf(options.in);
  child.out = StreamOf(options.out);
  child.err = base::ChildProcess::Stream::kPipe;
  child.inherit = options.inherit;
  ASSIGN_OR_RETURN(process, base::ChildProcess::Start(context, std::move(child)));
  try {
    reader = std::thread([this] { ReadLines(); });
  } catch (const std::system_error& error) {
    return errs::ErrnoError(kOp, "cannot start a thread", error.code().value());
  }
  return absl::OkStatus();
}

void ToolRun::State::ReadLines() {
  std::string line;
  std::vector<char> buffer(4096);
  while (true) {
    const absl::StatusOr<size_t> count = process->err().Read(absl::MakeSpan(buffer));
    if (!count.ok() || *count == 0) break;
    for (size_t i = 0; i < *count; ++i) {
      if (buffer[i] == '\n') {
        Take(std::exchange(line, std::string()));
      } else if (line.size() < kLongestLine) {
        line += buffer[i];
      }
    }
  }
  Take(std::move(line));
  ended = true;
}

void ToolRun::State::Take(std::string line) {
  for (const auto& [name, secret] : options.secrets) {
    if (secret.size() >= kShortestCut) absl::StrReplaceAll({{secret, "***"}}, &line);
  }
  // The text comes from a server: no control characters may reach the terminal.
  for (char& c : line) {
    if (c == '\t') c = ' ';
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  absl::StripTrailingAsciiWhitespace(&line);
  line = output.Line(line);
  if (line.empty()) return;
  const Line kind = options.classify == nullptr ? Line::kMessage : options.classify(line);
  if (kind == Line::kMessage) outer.Detail(options.stage, line);
  if (kind == Line::kWarning) outer.Warn(options.stage, line);
  const std::lock_guard lock(mutex);
  for (std::deque<std::string>* const lines : {&last, &reasons}) {
    if (lines == &reasons && (kind == Line::kMessage || kind == Line::kNoise)) continue;
    if (lines->size() == kMostLines) lines->pop_front();
    lines->push_back(line);
  }
}

ToolRun::Line ToolRun::ClassifyLine(std::string_view line) {
  if (absl::StrContains(line, "warning: ")) return Line::kWarning;
  for (const std::string_view word :
       {"error: ", "fatal: ", "detail: ", "hint: ", "DETAIL: ", "HINT: ", "CONTEXT: ",
        "STATEMENT: ", "ERROR: ", "FATAL: ", "Command was: "}) {
    if (absl::StrContains(line, word)) return Line::kDetail;
  }
  return Line::kMessage;
}

absl::StatusOr<std::unique_ptr<ToolRun>> ToolRun::Start(const base::Context& context,
                                                        Options options) {
  auto state = std::make_unique<State>(context, std::move(options));
  RETURN_IF_ERROR(state->Start());
  return std::unique_ptr<ToolRun>(new ToolRun(std::move(state)));
}

ToolRun::ToolRun(std::unique_ptr<State> state) : state_(std::move(state)) {}
ToolRun::~ToolRun() = default;

base::Writer& ToolRun::in() { return state_->process->in(); }
base::Reader& ToolRun::out() { return state_->process->out(); }
void ToolRun::CloseIn() { state_->process->CloseIn(); }

absl::Status ToolRun::Wait() {
  const absl::StatusOr<base::ChildProcess::Outcome> outcome = state_->process->Wait();
  if (state_->reader.joinable()) state_->reader.join();
  RETURN_IF_ERROR(errs::WithOp(state_->outer.Check(), kOp));
  RETURN_IF_ERROR(outcome.status());
  if (outcome->code == 0) return absl::OkStatus();
  std::string how = outcome->signal != 0 ? absl::StrCat("was ended by signal ", outcome->signal)
                                         : absl::StrCat("ended with code ", outcome->code);
  const std::lock_guard lock(state_->mutex);
  const std::deque<std::string>& lines = state_->reasons.empty() ? state_->last : state_->reasons;
  if (!lines.empty()) absl::StrAppend(&how, ": ", absl::StrJoin(lines, "; "));
  return errs::SystemError(kOp, errs::kDatabase, absl::StrCat(state_->options.tool.name, " ", how));
}

bool ToolRun::ended() const { return state_->ended; }

std::vector<std::string> ToolRun::LastLines() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->last.begin(), state_->last.end()};
}

absl::Status ExplainToolFailure(const absl::Status& status, absl::Span<const ToolFailure> known) {
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || !(error->cause == errs::kDatabase)) return status;
  for (const ToolFailure& failure : known) {
    if (!absl::StrContains(error->detail, failure.text)) continue;
    error->cause = failure.cause;
    if (failure.cause == errs::kIntegrity) error->code = errs::Code::kIntegrity;
    if (!failure.hint.empty()) error->hint = std::string(failure.hint);
    return errs::MakeStatus(*std::move(error));
  }
  return status;
}

}  // namespace siphon::driver
