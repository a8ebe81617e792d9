// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/fixed_float.h"

#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::ElementsAre;

constexpr double kHuge = std::numeric_limits<double>::max();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(FixedFloatTest, ReadsTypesWithDigits) {
  for (const std::string_view type :
       {"float(7,2)", "DOUBLE(20,3) unsigned", "double(255,30) unsigned zerofill", "float(1,0)"}) {
    EXPECT_TRUE(FixedFloat::Of(type).has_value()) << type;
  }
  for (const std::string_view type :
       {"", "float", "double", "float unsigned", "float(7)", "float(", "float(,)", "float(7,",
        "double(2,3)", "double(256,0)", "double(40,31)", "double(5,-1)", "decimal(5,2)",
        "float(1,2,3)", "enum('float(7,2)')"}) {
    EXPECT_FALSE(FixedFloat::Of(type).has_value()) << type;
  }
}

// The numbers are those of MariaDB and MySQL (kept_values_test.cc and types_test.cc ask them).
TEST(FixedFloatTest, StoresAsTheServersDo) {
  struct Case {
    std::string_view type;
    double number, stored;
    bool clipped;
  };
  for (const Case& c : {
           Case{"float(5,2)", 999.989990234375, 999.989990234375, false},
           Case{"float(5,2)", 1000, 999.989990234375, true},
           Case{"float(5,2)", -1e38, -999.989990234375, true},
           Case{"float(5,2)", 1.005, 1, false},
           Case{"float(5,2) unsigned", -1, 0, true},
           Case{"float(10,2)", 99999999.99, 100000000, false},
           Case{"float(10,2)", 100000000, 100000000, true},
           Case{"float(30,0)", 1.0000000150474662e30, 1.0000000150474662e30, true},
           Case{"float(30,0)", 1e30, 1.0000000150474662e30, false},
           Case{"float(255,0)", kHuge, 3.4028234663852886e38, true},
           Case{"double(20,3)", 1e18, 1e17, true},
           Case{"double(20,3)", 1e17, 1e17, false},
           Case{"double(5,2)", kInfinity, 999.99, true},
           Case{"double(5,2)", -kInfinity, -999.99, true},
           Case{"double(5,2)", std::numeric_limits<double>::quiet_NaN(), 0, true},
       }) {
    const std::optional<FixedFloat> type = FixedFloat::Of(c.type);
    ASSERT_TRUE(type.has_value()) << c.type;
    const FixedFloat::Stored stored = type->Store(c.number);
    EXPECT_EQ(stored.value, c.stored) << c.type << " " << c.number;
    EXPECT_EQ(stored.clipped, c.clipped) << c.type << " " << c.number;
  }
}

TEST(FixedFloatTest, FindsANumberThatIsStoredAsTheGreatest) {
  int moved = 0;
  // The servers round the greatest number of these again.
  std::set<std::string> without;
  for (const std::string_view word : {"float", "double"}) {
    for (int decimals = 0; decimals <= 30; ++decimals) {
      for (int digits = decimals == 0 ? 1 : decimals; digits <= 255; ++digits) {
        const std::string name = absl::StrCat(word, "(", digits, ",", decimals, ")");
        const std::optional<FixedFloat> type = FixedFloat::Of(name);
        ASSERT_TRUE(type.has_value()) << name;
        for (const double number : {kHuge, -kHuge}) {
          const double greatest = type->Store(number).value;
          const std::optional<double> source = type->SourceOf(greatest);
          if (!source.has_value()) {
            EXPECT_EQ(type->Store(greatest).value, std::nextafter(greatest, 0)) << name;
            without.insert(name);
            continue;
          }
          EXPECT_EQ(type->Store(*source).value, greatest) << name;
          EXPECT_FALSE(type->Store(*source).clipped) << name;
          if (*source != greatest) ++moved;
        }
      }
    }
  }
  EXPECT_GT(moved, 0);
  EXPECT_THAT(without, ElementsAre("double(12,11)"));
}

// Every number that an INSERT stored has a source, too.
TEST(FixedFloatTest, FindsANumberForWhatAnInsertStored) {
  for (const std::string_view name :
       {"float(5,2)", "float(7,3)", "float(10,2)", "float(20,10)", "float(30,0)", "float(40,30)",
        "double(5,2)", "double(10,4)", "double(17,2)", "double(20,3)", "double(16,15)"}) {
    const std::optional<FixedFloat> type = FixedFloat::Of(name);
    ASSERT_TRUE(type.has_value()) << name;
    double number = 1e-12;
    for (int i = 0; i < 2000; ++i, number *= -1.05) {
      const double stored = type->Store(number).value;
      const std::optional<double> source = type->SourceOf(stored);
      ASSERT_TRUE(source.has_value()) << name << " " << number;
      EXPECT_EQ(type->Store(*source).value, stored) << name << " " << number;
      EXPECT_FALSE(type->Store(*source).clipped) << name << " " << number;
      if (!type->Store(number).clipped) {
        EXPECT_TRUE(type->Keeps(stored)) << name << " " << number;
      }
    }
  }
}

TEST(FixedFloatTest, SaysWhatNoInsertStores) {
  const std::optional<FixedFloat> type = FixedFloat::Of("double(5,2)");
  ASSERT_TRUE(type.has_value());
  for (const double number : {1000.0, 1.234, -1e300, 999.995}) {
    EXPECT_EQ(type->SourceOf(number), std::nullopt) << number;
    EXPECT_FALSE(type->Keeps(number)) << number;
  }
}

TEST(FixedFloatTest, KeepsTheNearestNumberAlthoughItIsClipped) {
  const std::optional<FixedFloat> single = FixedFloat::Of("float(10,2)");
  ASSERT_TRUE(single.has_value());
  EXPECT_TRUE(single->Keeps(100000000));
  EXPECT_TRUE(single->Keeps(-100000000));
  EXPECT_FALSE(single->Keeps(100000010));
  EXPECT_FALSE(single->Keeps(1e300));
  EXPECT_FALSE(single->Keeps(kInfinity));
  EXPECT_FALSE(FixedFloat::Of("float(10,2) unsigned")->Keeps(-1));
}

}  // namespace
}  // namespace siphon::mysqlcommon
