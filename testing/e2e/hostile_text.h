// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_HOSTILE_TEXT_H_
#define TESTING_E2E_HOSTILE_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"

namespace siphon::testing {

// Clears the screen, sets the title, begins a line of its own, overwrites the present one, and uses
// the one-byte and the two-byte form of CSI. As long as a name may be in PostgreSQL.
inline constexpr char kEvil[] =
    "e\x1b[2J\x1b]0;owned\x07\nFORGED  line\r\tFORGED\x7f\xc2\x9b"
    "31m\xe2\x80\xae"
    "txet";

// The fault of a text that is sent to a terminal; empty if it has none.
std::string Complaint(std::string_view text);

// Runs siphon, and expects an exit code and no complaint.
ProcessResult RunInTerminal(const Sandbox& box, const std::vector<std::string>& args,
                            int exit_code);

}  // namespace siphon::testing

#endif  // TESTING_E2E_HOSTILE_TEXT_H_
