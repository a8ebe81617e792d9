// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_ROUNDS_H_
#define TESTING_ROUNDS_H_

#include <vector>

namespace siphon::testing {

// How often a test repeats an experiment whose moment is random, or on how many versions of a
// server it runs: `few` in every run of the tests, `all` in the target with the tag "long-rounds",
// which `--config=long` runs. Only a siphon_rounds_test may call it: that rule makes both targets
// and links each with its answer.
int Rounds(int all, int few);

// True in the target that `--config=long` runs.
inline bool IsLongForm() { return Rounds(1, 0) > 0; }

// For a test that runs the same cases on each version of a server: all `versions` in the long form,
// the first and the last in the short one. Of AllPostgresVersions() these are the oldest and the
// newest, of AllMysqlServers() the oldest MariaDB and MySQL.
template <typename Version>
std::vector<Version> VersionsToTest(std::vector<Version> versions) {
  if (versions.size() > 2 && !IsLongForm()) {
    versions.erase(versions.begin() + 1, versions.end() - 1);
  }
  return versions;
}

// The same for a test that costs much: all `versions` in the long form, the last in the short one.
template <typename Version>
std::vector<Version> NewestToTest(std::vector<Version> versions) {
  if (!versions.empty() && !IsLongForm()) versions.erase(versions.begin(), versions.end() - 1);
  return versions;
}

}  // namespace siphon::testing

#endif  // TESTING_ROUNDS_H_
