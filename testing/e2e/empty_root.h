// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_EMPTY_ROOT_H_
#define TESTING_E2E_EMPTY_ROOT_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "testing/process/process.h"

namespace siphon::testing {

// A folder that holds the shipped siphon and what a test puts there, and that siphon sees as the
// whole system: no library, no /proc, no /dev, no /etc. Its path is short, so that a server's
// socket may be in it. Removed at the end.
//
// A sanitizer's runtime needs the dynamic linker: with one, siphon runs in the folder, but not with
// it as the root.
class EmptyRoot {
 public:
  EmptyRoot();
  ~EmptyRoot();
  EmptyRoot(const EmptyRoot&) = delete;
  EmptyRoot& operator=(const EmptyRoot&) = delete;

  // Where the test finds what siphon sees as "/<name>"; without a slash in front:
  // Outside("app.db").
  std::string Outside(std::string_view name) const;
  // What siphon has to be told for it: "/<name>", or with a sanitizer the path outside.
  std::string Inside(std::string_view name) const;

  // Copies a file or folder into it; missing folders are made. A failure of the test when that does
  // not work.
  void Put(const std::string& from, std::string_view name) const;
  // Makes a folder in it, for a server's socket or siphon's output.
  void MakeFolder(std::string_view name) const;

  // Variables beside HOME, which is "/home" inside.
  std::map<std::string, std::string> environment;

  // How to run siphon in it; arguments are as siphon sees them, see Inside().
  ProcessOptions Options(std::vector<std::string> args) const;
  // Runs it. What keeps siphon from running is a failure of the test.
  ProcessResult Run(std::vector<std::string> args) const;
  // Runs it and expects success; returns what it printed, without blanks around it.
  std::string Succeed(std::vector<std::string> args) const;
  // Runs it and expects a failure with this code; returns what it said.
  std::string Fail(int exit_code, std::vector<std::string> args) const;

 private:
  std::string path_;
};

}  // namespace siphon::testing

#endif  // TESTING_E2E_EMPTY_ROOT_H_
