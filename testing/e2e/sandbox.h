// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_SANDBOX_H_
#define TESTING_E2E_SANDBOX_H_

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/process/process.h"

namespace siphon::testing {

// 1 when siphon was built with a sanitizer (then it is ten times slower, has other memory needs
// and no static linkage), else 0. Tests do less of the same there.
#ifndef SIPHON_SANITIZED
#define SIPHON_SANITIZED 0
#endif
inline constexpr bool kSanitized = SIPHON_SANITIZED != 0;

// The shipped binary's absolute path.
std::string SiphonBinary();

// A folder for one test with siphon's home, configuration and dumps, separate from those of the
// user who runs the test. The destructor removes it.
class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  const std::string& root() const { return root_; }
  // The path of a file in the sandbox: Path("target.db").
  std::string Path(std::string_view name) const;
  // The same as a database URL.
  std::string Url(std::string_view name) const;
  std::string DumpDirectory() const;
  std::string DumpPath(std::string_view id) const;
  std::string SidecarPath(std::string_view id) const;

  // Environment variables, added to those of the sandbox; they override them.
  std::map<std::string, std::string> environment;

  // The options to run the shipped siphon with these arguments.
  ProcessOptions Options(std::vector<std::string> args) const;
  // Runs siphon; the test fails if siphon cannot be started.
  ProcessResult Run(std::vector<std::string> args) const;
  ProcessResult RunAndSignal(std::vector<std::string> args, std::chrono::nanoseconds after,
                             int signal) const;

  // Backs up the database and returns the id of the dump; an error fails the test.
  std::string Backup(std::string_view name, std::vector<std::string> more = {}) const;
  // The ids that `siphon dumps list` prints.
  std::vector<std::string> ListedDumps() const;

 private:
  std::string root_;
};

// Helpers for files. An error fails the test, and the result is empty.
std::string ReadBytes(const std::string& path);
void WriteBytes(const std::string& path, std::string_view bytes);
void CopyBytes(const std::string& from, const std::string& to);
// The names in a folder, sorted; empty if the folder does not exist.
std::vector<std::string> Names(const std::string& directory);
// The names and contents of all regular files in a folder.
std::map<std::string, std::string> Contents(const std::string& directory);
// Removes the content of the folder, or creates the folder.
void Clear(const std::string& directory);

}  // namespace siphon::testing

#endif  // TESTING_E2E_SANDBOX_H_
