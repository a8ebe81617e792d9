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

// A root folder for siphon that holds only the shipped binary and the files of the test: no
// library, no /proc, no /dev, no /etc. Its path is short enough for a server's socket. The
// destructor removes it.
//
// A sanitizer's runtime needs the dynamic linker: with one, siphon runs in the folder, but not with
// it as the root.
class EmptyRoot {
 public:
  EmptyRoot();
  ~EmptyRoot();
  EmptyRoot(const EmptyRoot&) = delete;
  EmptyRoot& operator=(const EmptyRoot&) = delete;

  // The path, for the test, of the file that siphon sees as "/<name>": Outside("app.db").
  std::string Outside(std::string_view name) const;
  // The path of that file for siphon: "/<name>", or with a sanitizer the path outside.
  std::string Inside(std::string_view name) const;

  // Copies a file or folder into the root and creates missing folders. An error fails the test.
  void Put(const std::string& from, std::string_view name) const;
  // Creates a folder in the root, for a server's socket or siphon's output.
  void MakeFolder(std::string_view name) const;

  // Environment variables in addition to HOME, which is "/home" inside the root.
  std::map<std::string, std::string> environment;

  // The options to run siphon in the root; paths in the arguments are those of Inside().
  ProcessOptions Options(std::vector<std::string> args) const;
  // Runs siphon; the test fails if siphon cannot be started.
  ProcessResult Run(std::vector<std::string> args) const;
  // Runs siphon and expects success; returns its stripped standard output.
  std::string Succeed(std::vector<std::string> args) const;
  // Runs siphon and expects this exit code; returns its standard error.
  std::string Fail(int exit_code, std::vector<std::string> args) const;

 private:
  std::string path_;
};

}  // namespace siphon::testing

#endif  // TESTING_E2E_EMPTY_ROOT_H_
