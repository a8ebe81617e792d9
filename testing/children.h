// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CHILDREN_H_
#define TESTING_CHILDREN_H_

#include <sys/types.h>

#include <set>

namespace siphon::testing {

// The ids of this process's children, running or not reaped.
std::set<pid_t> ChildrenOfThisProcess();

}  // namespace siphon::testing

#endif  // TESTING_CHILDREN_H_
