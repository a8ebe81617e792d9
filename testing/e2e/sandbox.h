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

// A folder of its own for one test, in which siphon finds its home, its configuration and its
// dumps, and nothing of the user who runs the test. Removed at the end.
class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  const std::string& root() const { return root_; }
  // A path in it: Path("target.db").
  std::string Path(std::string_view name) const;
  // The same as a database URL.
  std::string Url(std::string_view name) const;
  std::string DumpDirectory() const;
  std::string DumpPath(std::string_view id) const;
  std::string SidecarPath(std::string_view id) const;

  // Variables beside those that make the sandbox; replaces what is there.
  std::map<std::string, std::string> environment;

  // How to run the shipped siphon with these arguments.
  ProcessOptions Options(std::vector<std::string> args) const;
  // Runs it. What keeps siphon from running is a failure of the test.
  ProcessResult Run(std::vector<std::string> args) const;
  ProcessResult RunAndSignal(std::vector<std::string> args, std::chrono::nanoseconds after,
                             int signal) const;

  // Backs the database up and returns the dump's id; a failure of the test when it does not work.
  std::string Backup(std::string_view name, std::vector<std::string> more = {}) const;
  // The ids that `siphon dumps list` prints.
  std::vector<std::string> ListedDumps() const;

 private:
  std::string root_;
};

// Files, for tests: a failure of the test, and something empty, when it does not work.
std::string ReadBytes(const std::string& path);
void WriteBytes(const std::string& path, std::string_view bytes);
void CopyBytes(const std::string& from, const std::string& to);
// The names in a folder, sorted; none for a folder that is not there.
std::vector<std::string> Names(const std::string& directory);
// Every regular file in a folder with its bytes.
std::map<std::string, std::string> Contents(const std::string& directory);
// Removes all that is in the folder, and makes it when it is not there.
void Clear(const std::string& directory);

}  // namespace siphon::testing

#endif  // TESTING_E2E_SANDBOX_H_
