// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/output_store.h"

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/base/ownership.h"
#include "siphon/domain/storage/store.h"

namespace siphon::storage {
namespace {

constexpr std::string_view kOp = "storage.output";
constexpr mode_t kFileMode = 0600;

class DroppingWriter : public ObjectWriter {
 public:
  absl::Status Write(std::string_view /*data*/) override { return absl::OkStatus(); }
  absl::Status Finish() override { return absl::OkStatus(); }
  absl::Status Commit() override { return absl::OkStatus(); }
};

class OutputStore : public Store {
 public:
  explicit OutputStore(std::string suffix) : suffix_(std::move(suffix)) {}

  absl::StatusOr<std::unique_ptr<ObjectWriter>> Create(const base::Context& context,
                                                       std::string_view key,
                                                       const CreateOptions& /*options*/) override {
    RETURN_IF_ERROR(context.Check());
    if (!absl::EndsWith(key, suffix_)) return std::make_unique<DroppingWriter>();
    return CreateOutput();
  }
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& /*context*/,
                                                     std::string_view key) override {
    return errs::UserError(kOp, errs::kNotFound, key);
  }
  absl::StatusOr<std::optional<uint64_t>> Stat(const base::Context& /*context*/,
                                               std::string_view /*key*/) override {
    return std::nullopt;
  }
  absl::Status Delete(const base::Context& /*context*/, std::string_view /*key*/) override {
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> List(const base::Context& /*context*/) override {
    return std::vector<std::string>();
  }
  absl::StatusOr<std::vector<std::string>> ListUncommitted(
      const base::Context& /*context*/) override {
    return std::vector<std::string>();
  }
  absl::Status RemoveStale(const base::Context& /*context*/,
                           const StaleVisitor& /*visit*/) override {
    return absl::OkStatus();
  }

 protected:
  virtual absl::StatusOr<std::unique_ptr<ObjectWriter>> CreateOutput() = 0;

 private:
  std::string suffix_;
};

absl::Status Exists(const std::string& path) {
  return errs::UserError(kOp, errs::kAlreadyExists, path, "remove it first, or name another file");
}

class FileWriter : public ObjectWriter {
 public:
  FileWriter(std::string path, std::string name, std::unique_ptr<base::AtomicFile> file)
      : path_(std::move(path)), name_(std::move(name)), file_(std::move(file)) {}
  absl::Status Write(std::string_view data) override { return file_->Write(data); }
  absl::Status Finish() override { return file_->Finish(); }
  absl::Status Commit() override {
    const absl::Status published = file_->Publish(name_, base::AtomicFile::IfExists::kFail);
    return errs::Is(published, errs::kAlreadyExists) ? Exists(path_) : published;
  }

 private:
  std::string path_, name_;
  std::unique_ptr<base::AtomicFile> file_;
};

class FileOutput : public OutputStore {
 public:
  FileOutput(std::string path, std::string suffix)
      : OutputStore(std::move(suffix)), path_(std::move(path)) {}
  std::string Description() const override { return path_; }

 protected:
  absl::StatusOr<std::unique_ptr<ObjectWriter>> CreateOutput() override {
    const auto [directory, name] = base::SplitPath(path_);
    const absl::Status links = base::ResolveLinks(kOp, directory).status();
    if (errs::Is(links, errs::kIo)) return links;
    struct stat info;
    if (lstat(path_.c_str(), &info) == 0) return Exists(path_);
    const std::string prefix = absl::StrCat(".", name.substr(0, 200), ".siphon-");
    // Left over by a backup that was killed.
    base::RemoveStaleFiles(directory, prefix).status().IgnoreError();
    ASSIGN_OR_RETURN(std::unique_ptr<base::AtomicFile> file,
                     base::AtomicFile::Create(directory, prefix, kFileMode));
    return std::make_unique<FileWriter>(path_, name, std::move(file));
  }

 private:
  std::string path_;
};

class StreamWriter : public ObjectWriter {
 public:
  explicit StreamWriter(base::Writer* out) : out_(out) {}
  absl::Status Write(std::string_view data) override { return out_->Write(data); }
  absl::Status Finish() override { return out_->Finish(); }
  absl::Status Commit() override { return absl::OkStatus(); }

 private:
  base::Writer* out_;
};

class StreamOutput : public OutputStore {
 public:
  StreamOutput(base::Writer* out, std::string suffix) : OutputStore(std::move(suffix)), out_(out) {}
  std::string Description() const override { return "standard output"; }

 protected:
  absl::StatusOr<std::unique_ptr<ObjectWriter>> CreateOutput() override {
    if (std::exchange(begun_, true)) {
      return errs::SystemError(
          kOp, errs::kIo,
          "the database was changed during its backup, which has to begin again, and a stream "
          "cannot",
          "write to a file with --output FILE");
    }
    return std::make_unique<StreamWriter>(out_);
  }

 private:
  base::Writer* out_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Store> MakeFileOutput(std::string path, std::string suffix) {
  return std::make_unique<FileOutput>(std::move(path), std::move(suffix));
}

std::unique_ptr<Store> MakeStreamOutput(base::Writer* out, std::string suffix) {
  return std::make_unique<StreamOutput>(out, std::move(suffix));
}

}  // namespace siphon::storage
