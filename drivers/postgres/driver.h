// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_DRIVER_H_
#define DRIVERS_POSTGRES_DRIVER_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "siphon/driver/version.h"

namespace siphon::postgres {

// The driver for PostgreSQL. The format of a body is "custom", the format of pg_dump -Fc.
class PostgresDriver : public driver::Driver,
                       public driver::FramedFormat,
                       public driver::ExcerptFormat {
 public:
  std::string_view name() const override { return "postgres"; }
  driver::Capabilities capabilities() const override;
  driver::Features features() const override;
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
  absl::StatusOr<frames::BodyFormat> ReadFormat(const base::Context& context,
                                                base::Reader& body) override;
  absl::Status CheckBackupOptions(const driver::BackupOptions& options) override;
  absl::StatusOr<std::unique_ptr<base::Reader>> OpenExcerpt(
      const base::Context& context, const driver::ExcerptOptions& options,
      const driver::FramedBody& body) override;
};

// The version of libpq and of the built-in tools.
driver::Version LibraryVersion();

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_DRIVER_H_
