// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_DRIVER_H_
#define DRIVERS_MYSQLCOMMON_DRIVER_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/fork.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/restoration.h"

namespace siphon::mysqlcommon {

// The driver for one fork.
class ForkDriver : public driver::Driver, public driver::ExcerptFormat {
 public:
  explicit ForkDriver(const Fork& fork) : fork_(fork) {}

  std::string_view name() const override { return fork_.name; }
  driver::Capabilities capabilities() const override;
  driver::Features features() const override;
  // True for the other fork.
  bool Crosses(std::string_view other) const override;
  std::string version() const override;
  absl::StatusOr<std::unique_ptr<driver::Connection>> Connect(
      const base::Context& context, const profile::ConnectionProfile& profile,
      Access access) override;
  absl::StatusOr<std::unique_ptr<driver::Connection>> OpenScratchOn(
      const base::Context& context, const profile::ConnectionProfile& profile) override;
  absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context,
                                                const driver::DeepVerifyOptions& options,
                                                base::Reader& body) override;
  absl::StatusOr<driver::VerifyReport> VerifyBody(const base::Context& context,
                                                  base::Reader& body) override;
  absl::Status CheckBackupOptions(const driver::BackupOptions& options) override;
  absl::StatusOr<std::unique_ptr<base::Reader>> OpenExcerpt(
      const base::Context& context, const driver::ExcerptOptions& options,
      const driver::FramedBody& body) override;

 private:
  const Fork& fork_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DRIVER_H_
