// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_ROUNDS_H_
#define TESTING_ROUNDS_H_

namespace siphon::testing {

// How often a test repeats an experiment whose moment is random, or on how many versions of a
// server it runs: `few` in every run of the tests, `all` in the target with the tag "long-rounds",
// which `--config=long` runs. Only a siphon_rounds_test may call it: that rule makes both targets
// and links each with its answer.
int Rounds(int all, int few);

}  // namespace siphon::testing

#endif  // TESTING_ROUNDS_H_
