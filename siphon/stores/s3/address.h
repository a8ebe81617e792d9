// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_ADDRESS_H_
#define SIPHON_STORES_S3_ADDRESS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/base/aws/sigv4.h"

namespace siphon::s3 {

// Where a bucket is, and how requests name it.
class Address {
 public:
  struct Options {
    std::string bucket = {};
    std::string region = {};    // Empty: us-east-1.
    std::string endpoint = {};  // "https://host:port/path", or without "https://". Empty: AWS.
    // True: https://host/bucket/key; false: https://bucket.host/key. Not set: true with an
    // endpoint, and for a bucket whose name cannot be part of a host's name.
    std::optional<bool> path_style = {};
  };
  // errs::kConfigInvalid.
  static absl::StatusOr<Address> Make(const Options& options);

  // The path of an object, percent-encoded; of the bucket if `key` is empty.
  std::string Path(std::string_view key) const;
  // The whole URL for a path and a query.
  std::string Url(std::string_view path, const aws::Pairs& query) const;
  // The value of the header Host.
  const std::string& host() const { return host_; }
  const std::string& region() const { return region_; }

 private:
  std::string scheme_, host_, root_, region_;
};

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_ADDRESS_H_
