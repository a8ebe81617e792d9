// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/bench/program.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "siphon/base/environment.h"

namespace siphon::bench {

int Main(int argc, char** argv, const std::string& name, const std::string& description,
         CommonFlags& flags, const std::function<void(CLI::App&)>& add,
         const std::function<absl::Status()>& run) {
  const std::string temporary = base::Environment::OfProcess(environ).GetOrEmpty("TMPDIR");
  flags.directory = (temporary.empty() ? "/var/tmp" : temporary) + "/siphon-bench-" + name;
  CLI::App app(description, name);
  app.add_option("--siphon", flags.siphon, "The siphon to measure")->required();
  app.add_option("--dir", flags.directory, "Folder to work in, some six times the data's size")
      ->capture_default_str();
  app.add_option("--runs", flags.runs, "Runs of each way")->capture_default_str();
  add(app);
  CLI11_PARSE(app, argc, argv);
  flags.directory = std::filesystem::absolute(flags.directory).string();
  const absl::Status status = run();
  if (status.ok()) return EXIT_SUCCESS;
  std::cerr << name << ": " << status.message() << "\n";
  return EXIT_FAILURE;
}

}  // namespace siphon::bench
