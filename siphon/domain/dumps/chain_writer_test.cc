// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/chain_writer.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/catalog_fixture.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "testing/status_matchers.h"

namespace siphon::dumps {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ChainWriterTest : public CatalogTest {
 protected:
  absl::StatusOr<Sidecar> Make(std::string_view body, Placement place) {
    ASSIGN_OR_RETURN(const std::unique_ptr<PendingDump> dump,
                     CreateInChain(context_, *catalog_, clock_,
                                   {.profile = "prod",
                                    .driver = "sqlite",
                                    .compression = 1,
                                    .scope = {.kind = Kind::kFull}},
                                   std::move(place)));
    Contents contents;
    contents.engine_version = "3";
    ASSIGN_OR_RETURN(base::Writer* const writer, dump->Begin(contents));
    RETURN_IF_ERROR(writer->Write(body));
    clock_.now += absl::Seconds(1);
    return dump->Commit();
  }
  static ChainLink After(const Sidecar& base, const Sidecar& parent) {
    return {.base_id = base.id, .parent_id = parent.id, .format = std::string(kFormatPages)};
  }
};

TEST_F(ChainWriterTest, AnIncrementNamesItsPlaceInEnvelopeAndSidecar) {
  ASSERT_OK_AND_ASSIGN(const Sidecar base, Make("base", {}));
  ASSERT_OK_AND_ASSIGN(const Sidecar first, Make("first", {.link = After(base, base)}));
  ASSERT_OK_AND_ASSIGN(const Sidecar second, Make("second", {.link = After(base, first)}));
  EXPECT_EQ(second.base_id, base.id);
  EXPECT_EQ(second.parent_id, first.id);
  EXPECT_EQ(second.dump_format, "sqlite-pages-1");
  ASSERT_OK_AND_ASSIGN(const OpenDump described, catalog_->Describe(context_, second.id));
  EXPECT_EQ(described.envelope.type, "incremental");
  EXPECT_EQ(described.envelope.base_id, base.id);
  EXPECT_EQ(described.envelope.parent_id, first.id);
  EXPECT_OK(catalog_->Verify(context_, second.id));
  EXPECT_THAT(catalog_->Chain(context_, second.id),
              IsOkAndHolds(ElementsAre(IdIs(base.id), IdIs(first.id), IdIs(second.id))));
  EXPECT_THAT(catalog_->Resolve(context_, {.text = "latest:prod"}), IsOkAndHolds(second.id));
  EXPECT_THAT(
      catalog_->Remove(context_, base.id),
      AllOf(StatusIs(errs::kInvalidArgument, AllOf(HasSubstr(first.id), HasSubstr(second.id))),
            HasHint(HasSubstr("--chain"))));
}

TEST_F(ChainWriterTest, ARebuiltSidecarHasThePlace) {
  ASSERT_OK_AND_ASSIGN(const Sidecar base, Make("base", {}));
  ASSERT_OK_AND_ASSIGN(const Sidecar first, Make("first", {.link = After(base, base)}));
  RemoveRaw(first.id + ".meta.json");
  const auto check = [](const Envelope&,
                        base::Reader& body) -> absl::StatusOr<std::vector<TableInfo>> {
    RETURN_IF_ERROR(base::ReadAll(body, 1000).status());
    return std::vector<TableInfo>();
  };
  ASSERT_OK(catalog_->Rebuild(context_, "prod", false, check));
  ASSERT_OK_AND_ASSIGN(const Sidecar rebuilt, catalog_->Get(context_, first.id));
  EXPECT_EQ(rebuilt.dump_format, first.dump_format);
  EXPECT_EQ(rebuilt.base_id, base.id);
  EXPECT_EQ(rebuilt.parent_id, base.id);
  EXPECT_EQ(rebuilt.annotations, first.annotations);
}

TEST_F(ChainWriterTest, ADumpCanHaveTheTimeOfItsState) {
  const absl::Time then = clock_.now - absl::Hours(5);
  ASSERT_OK_AND_ASSIGN(const Sidecar merged, Make("merged", {.created = then}));
  EXPECT_EQ(merged.created, then);
  EXPECT_EQ(merged.dump_format, "custom");
  EXPECT_EQ(merged.base_id, "");
}

}  // namespace
}  // namespace siphon::dumps
