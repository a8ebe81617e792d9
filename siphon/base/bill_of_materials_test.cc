// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/bill_of_materials.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace siphon::base {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(BillOfMaterialsTest, HoldsBothDocumentsAndTheLicences) {
  const BillOfMaterials& bill = GetBillOfMaterials();
  const nlohmann::json spdx = nlohmann::json::parse(bill.spdx);
  const nlohmann::json cyclone_dx = nlohmann::json::parse(bill.cyclone_dx);
  EXPECT_EQ(spdx["spdxVersion"], "SPDX-2.3");
  EXPECT_EQ(cyclone_dx["bomFormat"], "CycloneDX");
  // The SPDX document lists siphon, too.
  EXPECT_EQ(spdx["packages"].size(), cyclone_dx["components"].size() + 1);
  EXPECT_THAT(bill.licences, HasSubstr("GNU LESSER GENERAL PUBLIC LICENSE"));
  EXPECT_THAT(bill.spdx, EndsWith("}\n"));
  EXPECT_THAT(bill.cyclone_dx, EndsWith("}\n"));
  EXPECT_THAT(bill.licences, EndsWith("\n"));
  EXPECT_EQ(&bill, &GetBillOfMaterials());
}

}  // namespace
}  // namespace siphon::base
