// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_OUTPUT_H_
#define SIPHON_CLI_OUTPUT_H_

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"
#include "siphon/base/event.h"
#include "siphon/cli/env.h"

namespace siphon::cli {

using Json = nlohmann::ordered_json;

// Prints results, events and errors. Results go to stdout, as text or as one JSON object. Events
// and errors go to stderr, as lines of text, with a progress line on a terminal, or as JSON lines.
class Output : public base::EventSink {
 public:
  struct Options {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool color = false;
  };
  // `env` must outlive the output.
  Output(Env* env, Options options) : env_(env), options_(options) {}

  // Prints the result of the command: `json` with --json, else `text`. Called once per command.
  // Bytes that are not UTF-8 are replaced in JSON.
  void Result(const Json& json, const std::function<void(std::ostream&)>& text);
  // Prints the error of the command: one line on stderr, or with --json the object
  // {"error": {...}} on stdout, in place of a result.
  void Failure(const absl::Status& status);

  // The result has shown the failure of the command, so Failure() prints nothing.
  void SetFailureShown() { failure_shown_ = true; }

  void Emit(const base::Event& event) override;

  bool json() const { return options_.json; }

 private:
  void EmitJson(const base::Event& event);
  void EmitText(const base::Event& event);
  void EmitProgress(const base::Event& event);
  // Draws a line for each worker below the progress line.
  void DrawWorkers(const base::Event& event);
  void ClearLine();
  // Prints a message after `mark`, which `color` paints, in lines that fit the terminal.
  void Say(std::string_view margin, std::string_view color, std::string_view mark,
           std::string_view text);
  std::string Paint(std::string_view color, std::string_view text) const;

  Env* env_;
  Options options_;
  std::mutex mutex_;
  bool failure_shown_ = false;
  bool cancelled_shown_ = false;  // An event has told that the command is cancelled.
  bool line_open_ = false;        // The terminal shows a progress line,
  bool worker_lines_ = false;     // and lines of workers below it,
  int line_columns_ = 0;          // drawn when it was this wide.
  std::chrono::steady_clock::time_point last_line_{};
};

// "backup  orders  [=====>    ]  45%  450 MiB of 1 GiB  230 MiB/s  2s left", shorter than
// `columns`. A narrow terminal gets the most important numbers.
std::string FormatProgress(const base::Event& event, int columns);

// `status` as JSON: {"op","code","cause","message","hint"}.
Json ErrorToJson(const absl::Status& status);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_OUTPUT_H_
