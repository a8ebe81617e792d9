// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/output.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "siphon/base/clock.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/base/utf8.h"
#include "siphon/cli/text_width.h"

namespace siphon::cli {
namespace {

constexpr std::chrono::seconds kPlainProgressInterval{5};
constexpr std::chrono::seconds kVerboseProgressInterval{1};
// The width of a table's name in the progress line.
constexpr int kShortestTable = 8, kLongestTable = 24;

std::string_view KindName(base::Event::Kind kind) {
  switch (kind) {
    case base::Event::Kind::kStarted:
      return "started";
    case base::Event::Kind::kProgress:
      return "progress";
    case base::Event::Kind::kDetail:
      return "detail";
    case base::Event::Kind::kMessage:
      return "message";
    case base::Event::Kind::kWarning:
      return "warning";
    case base::Event::Kind::kDone:
      return "done";
    case base::Event::Kind::kFailed:
      return "failed";
    case base::Event::Kind::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

// Average bytes per second since the start; 0 in the first 50 ms.
uint64_t Rate(const base::Event& event) {
  const double seconds = Seconds(event.elapsed);
  return seconds < 0.05 ? 0 : static_cast<uint64_t>(static_cast<double>(event.bytes) / seconds);
}

// "2s", "1m10s": the time that a stage still takes is no more exact than that.
std::string TimeLeft(uint64_t bytes, uint64_t rate) {
  const int64_t seconds = static_cast<int64_t>((bytes + rate - 1) / rate);
  return seconds < 60 ? absl::StrCat(seconds, "s") : base::FormatDuration(absl::Seconds(seconds));
}

// "450 MiB of 1 GiB  230 MiB/s  pipe 40% full  3 of 9 tables  70000 rows  2s left"; parts without a
// value are left out, and the least important ones if all have more than `limit` characters.
std::string ProgressNumbers(const base::Event& event,
                            size_t limit = std::numeric_limits<size_t>::max()) {
  struct Part {
    int rank;  // The highest is left out first, 0 never.
    std::string text;
  };
  std::vector<Part> parts = {{0, base::FormatSize(event.bytes)}};
  if (event.total_bytes.has_value()) {
    absl::StrAppend(&parts.back().text, " of ", base::FormatSize(*event.total_bytes));
  }
  const uint64_t rate = Rate(event);
  if (rate > 0) parts.push_back({2, absl::StrCat(base::FormatSize(rate), "/s")});
  if (event.fill_percent.has_value()) {
    parts.push_back({5, absl::StrCat("pipe ", *event.fill_percent, "% full")});
  }
  if (event.tables.has_value()) {
    parts.push_back({3, absl::StrCat(event.tables->done, " of ", event.tables->total, " tables")});
  }
  if (event.rows.has_value()) parts.push_back({4, absl::StrCat(*event.rows, " rows")});
  if (rate > 0 && event.total_bytes.value_or(0) > event.bytes) {
    parts.push_back({1, absl::StrCat(TimeLeft(*event.total_bytes - event.bytes, rate), " left")});
  }
  const auto join = [&parts] {
    return absl::StrJoin(
        parts, "  ", [](std::string* out, const Part& part) { absl::StrAppend(out, part.text); });
  };
  std::string text = join();
  while (text.size() > limit && parts.size() > 1) {
    parts.erase(
        std::max_element(parts.begin(), parts.end(),
                         [](const Part& one, const Part& other) { return one.rank < other.rank; }));
    text = join();
  }
  return text;
}

// "job 2: public.items (0,0)-(2048,0)  450 MiB  70000 rows", printable.
std::string WorkerLine(const base::WorkerProgress& worker) {
  std::string text = absl::StrCat("job ", worker.number, ": ", base::Printable(worker.part), "  ",
                                  base::FormatSize(worker.bytes));
  if (worker.rows > 0) absl::StrAppend(&text, "  ", worker.rows, " rows");
  return text;
}

// Whether siphon ended because it was told to, and there is nothing else to say.
bool IsPlainStop(const absl::Status& status) {
  const errs::Error error = errs::GetError(status).value_or(errs::Error{});
  return (error.code == errs::Code::kCancelled || error.code == errs::Code::kTerminated) &&
         error.detail.empty() && error.hint.empty();
}

// JSON text (RFC 8259) as it is printed: bytes that are not UTF-8 are replaced; DEL, C1 controls
// and line separators, which JSON allows in strings and terminals obey, are escaped.
std::string PrintedJson(const Json& json, int indent) {
  const std::string text = json.dump(indent, ' ', false, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const base::CodePoint point = base::DecodeUtf8(rest);
    const size_t length = std::max<size_t>(1, point.length);
    // Those of ASCII are escaped already, but for DEL and the line feeds between the values.
    if (point.value >= 0x7f && base::IsTerminalControl(point.value)) {
      absl::StrAppendFormat(&out, "\\u%04x", point.value);
    } else {
      out += rest.substr(0, length);
    }
    rest.remove_prefix(length);
  }
  return out;
}

}  // namespace

std::string FormatProgress(const base::Event& event, int columns) {
  std::string line = absl::StrCat("  ", event.stage, "  ");
  const bool has_share = event.total_bytes.value_or(0) > 0;
  const int room = columns - 1 - static_cast<int>(Width(line)) - (has_share ? 6 : 0);
  const std::string numbers = ProgressNumbers(event, static_cast<size_t>(std::max(0, room)));
  const auto left = [&](size_t more) {
    return columns - static_cast<int>(Width(line) + numbers.size() + more);
  };
  // The share and two blanks have nine characters at most.
  if (!event.table.empty() && left(9) >= kShortestTable) {
    const int width = std::min(left(9), kLongestTable);
    absl::StrAppend(&line, CutMiddle(base::Printable(event.table), static_cast<size_t>(width)),
                    "  ");
  }
  if (has_share) {
    const double done =
        std::min(1.0, static_cast<double>(event.bytes) / static_cast<double>(*event.total_bytes));
    if (const int width = std::min(left(10), 30); width >= 10) {
      const int filled = static_cast<int>(done * width);
      absl::StrAppend(&line, "[", std::string(filled, '='), filled < width ? ">" : "",
                      std::string(std::max(0, width - filled - 1), ' '), "] ");
    }
    absl::StrAppendFormat(&line, "%3d%%  ", static_cast<int>(done * 100));
  }
  absl::StrAppend(&line, numbers);
  while (columns > 1 && Width(line) >= static_cast<size_t>(columns)) line.pop_back();
  return line;
}

Json ErrorToJson(const absl::Status& status) {
  const errs::Error error = errs::GetError(status).value_or(errs::Error{});
  Json json;
  json["op"] = error.op;
  json["code"] = errs::ExitCode(status);
  json["cause"] = error.cause.id;
  json["message"] = status.message();
  json["hint"] = error.hint;
  return json;
}

void Output::Result(const Json& json, const std::function<void(std::ostream&)>& text) {
  const std::lock_guard lock(mutex_);
  ClearLine();
  if (options_.json) {
    *env_->out << PrintedJson(json, 2) << "\n";
  } else {
    std::ostringstream lines;
    text(lines);
    *env_->out << base::PrintableLines(lines.str());
  }
  env_->out->flush();
}

void Output::Failure(const absl::Status& status) {
  if (failure_shown_) return;
  if (options_.json) {
    Json json;
    json["error"] = ErrorToJson(status);
    Result(json, {});
    return;
  }
  const std::lock_guard lock(mutex_);
  std::string text = errs::Render(status);
  if (IsPlainStop(status)) {
    if (cancelled_shown_) return;
    const errs::Error error = errs::GetError(status).value_or(errs::Error{});
    text = absl::StrCat(error.op, " ", error.cause.text);
  }
  ClearLine();
  Say("", "31", "✗", text);
  env_->err->flush();
}

void Output::Emit(const base::Event& event) {
  if (event.kind == base::Event::Kind::kDetail && !options_.verbose) return;
  const std::lock_guard lock(mutex_);
  if (options_.json) {
    EmitJson(event);
  } else {
    EmitText(event);
  }
  env_->err->flush();
}

void Output::EmitJson(const base::Event& event) {
  if (options_.quiet && event.kind != base::Event::Kind::kWarning) return;
  Json json;
  json["event"] = KindName(event.kind);
  if (env_->clock != nullptr) {
    json["time"] = base::FormatRfc3339Nano(env_->clock->Now(), absl::UTCTimeZone());
  }
  if (!event.job.empty()) json["job"] = event.job;
  if (!event.dump.empty()) json["dump"] = event.dump;
  json["stage"] = event.stage;
  if (!event.message.empty()) json["message"] = event.message;
  if (event.bytes > 0) json["bytes"] = event.bytes;
  if (event.total_bytes.has_value()) json["total_bytes"] = *event.total_bytes;
  if (!event.table.empty()) json["table"] = event.table;
  if (event.fill_percent.has_value()) json["fill_percent"] = *event.fill_percent;
  if (event.tables.has_value()) {
    json["tables_done"] = event.tables->done;
    json["tables"] = event.tables->total;
  }
  if (event.rows.has_value()) json["rows"] = *event.rows;
  for (const base::WorkerProgress& worker : event.workers) {
    json["jobs"].push_back({{"job", worker.number},
                            {"part", worker.part},
                            {"bytes", worker.bytes},
                            {"rows", worker.rows}});
  }
  if (event.elapsed.count() > 0) {
    json["elapsed_ms"] =
        std::chrono::duration_cast<std::chrono::milliseconds>(event.elapsed).count();
  }
  *env_->err << PrintedJson(json, -1) << "\n";
}

void Output::EmitText(const base::Event& event) {
  using Kind = base::Event::Kind;
  if (options_.quiet && event.kind != Kind::kWarning) return;
  if (event.kind == Kind::kProgress) {
    EmitProgress(event);
    return;
  }
  ClearLine();
  const std::string elapsed = base::FormatDuration(absl::FromChrono(event.elapsed));
  switch (event.kind) {
    case Kind::kStarted:
      last_line_ = std::chrono::steady_clock::now();
      *env_->err << "==> " << event.stage << " started\n";
      break;
    case Kind::kDetail:
    case Kind::kMessage:
      Say("  ", "", "•", event.message);
      break;
    case Kind::kWarning:
      Say("  ", "33", "!", event.message);
      break;
    case Kind::kDone:
      *env_->err << "  " << Paint("32", "✓") << " " << event.stage << " done in " << elapsed;
      if (event.bytes > 0 && Rate(event) > 0) {
        *env_->err << " (" << base::FormatSize(event.bytes) << ", " << base::FormatSize(Rate(event))
                   << "/s)";
      }
      *env_->err << "\n";
      break;
    case Kind::kFailed:
      // The cause follows in the error of the command, see Failure().
      *env_->err << "  " << Paint("31", "✗") << " " << event.stage << " failed\n";
      break;
    case Kind::kCancelled:
      cancelled_shown_ = true;
      *env_->err << "  " << Paint("31", "✗") << " " << event.stage << " cancelled\n";
      break;
    case Kind::kProgress:
      break;
  }
}

void Output::EmitProgress(const base::Event& event) {
  if (env_->err_is_terminal) {
    ClearLine();
    line_columns_ = env_->err_columns();
    *env_->err << "\r" << FormatProgress(event, line_columns_) << "\r";
    line_open_ = true;
    if (options_.verbose) DrawWorkers(event);
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  const auto interval = options_.verbose ? kVerboseProgressInterval : kPlainProgressInterval;
  if (now - last_line_ < interval) return;
  last_line_ = now;
  *env_->err << "  • " << event.stage << ": " << ProgressNumbers(event) << "\n";
  if (!options_.verbose) return;
  for (const base::WorkerProgress& worker : event.workers) {
    *env_->err << "    " << WorkerLine(worker) << "\n";
  }
}

void Output::DrawWorkers(const base::Event& event) {
  if (event.workers.empty()) return;
  for (const base::WorkerProgress& worker : event.workers) {
    std::string line = absl::StrCat("    ", WorkerLine(worker));
    if (line_columns_ > 1) line = CutMiddle(line, static_cast<size_t>(line_columns_) - 1);
    *env_->err << "\n" << line;
  }
  // Back to the progress line.
  *env_->err << "\r\x1b[" << event.workers.size() << "A";
  worker_lines_ = true;
}

void Output::ClearLine() {
  if (!line_open_) return;
  // The cursor stays at the beginning of the line. There, the terminal shows the ^C that a user
  // types without a new line, and a terminal that became narrower and broke the line keeps the
  // cursor in the first part, so that all parts can be cleared.
  const bool whole_line = !worker_lines_ && env_->err_columns() == line_columns_;
  *env_->err << "\r\x1b[" << (whole_line ? "K" : "J");
  line_open_ = worker_lines_ = false;
}

void Output::Say(std::string_view margin, std::string_view color, std::string_view mark,
                 std::string_view text) {
  const size_t indent = margin.size() + 2;
  *env_->err << margin << (color.empty() ? std::string(mark) : Paint(color, mark)) << " "
             << WrapMessage(base::Printable(text), indent, env_->err_columns()) << "\n";
}

std::string Output::Paint(std::string_view color, std::string_view text) const {
  if (!options_.color) return std::string(text);
  return absl::StrCat("\x1b[", color, "m", text, "\x1b[0m");
}

}  // namespace siphon::cli
