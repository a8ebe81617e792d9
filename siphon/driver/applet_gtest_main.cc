// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// gtest's main for a test whose program runs itself as an applet.

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/driver/applet.h"

int main(int argc, char** argv) {
  if (const std::optional<int> code = siphon::driver::RunApplet(argc, argv)) return *code;
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
