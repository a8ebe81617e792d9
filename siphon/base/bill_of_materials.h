// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_BILL_OF_MATERIALS_H_
#define SIPHON_BASE_BILL_OF_MATERIALS_H_

#include <string_view>

namespace siphon::base {

// What this binary is made of. tools/bom/bom.py writes the texts from tools/third_party/deps.bzl.
struct BillOfMaterials {
  std::string_view spdx;        // A JSON document of SPDX 2.3.
  std::string_view cyclone_dx;  // A JSON document of CycloneDX 1.5.
  std::string_view licences;    // The texts of all licences, for people.
};

// Returns the same object each time. The texts end with a line feed.
const BillOfMaterials& GetBillOfMaterials();

}  // namespace siphon::base

#endif  // SIPHON_BASE_BILL_OF_MATERIALS_H_
