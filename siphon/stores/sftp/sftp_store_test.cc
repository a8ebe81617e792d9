// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/sftp_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "siphon/base/io.h"
#include "siphon/domain/storage/store.h"
#include "siphon/domain/storage/store_contract.h"
#include "siphon/stores/sftp/channel.h"
#include "siphon/stores/sftp/packets.h"
#include "siphon/stores/sftp/ssh_channel.h"
#include "siphon/stores/sftp/ssh_command.h"
#include "siphon/stores/sftp/testing.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/openssh.h"
#include "testing/status_matchers.h"

namespace siphon::sftp {
namespace {

namespace fs = std::filesystem;

using ::siphon::testing::FaultProxy;
using ::siphon::testing::SshServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

// The program sftp-server of OpenSSH, without a network. `lacks` are requests that it refuses and
// does not offer.
absl::StatusOr<std::unique_ptr<Channel>> StartSftpServer(std::string_view lacks,
                                                         const std::string& place) {
  ASSIGN_OR_RETURN(const std::string programs, testing::OpensshPrograms());
  std::vector<std::string> argv = {programs + "/sftp-server"};
  if (!lacks.empty()) argv.insert(argv.end(), {"-P", std::string(lacks)});
  return StartSsh(std::move(argv), {"PATH=/usr/bin:/bin"}, place);
}

constexpr std::string_view kAllExtensions =
    "posix-rename,hardlink,fsync,limits,statvfs,fstatvfs,lsetstat,expand-path,copy-data,"
    "home-directory,users-groups-by-id";

StoreOptions DirectOptions(const std::string& path, std::string_view lacks = "") {
  StoreOptions options{.description = "sftp://test" + path, .path = path};
  options.connect = [lacks = std::string(lacks)](const std::string& place) {
    return StartSftpServer(lacks, place);
  };
  return options;
}

StoreOptions SshdOptions(const SshServer& server, std::string_view user, int port) {
  SshOptions ssh{.host = "127.0.0.1",
                 .user = std::string(user),
                 .port = port,
                 .identity_file = server.identity(),
                 .known_hosts = server.known_hosts(),
                 .ssh_config = server.empty_file()};
  EXPECT_OK(CheckSshOptions(ssh));
  StoreOptions options{.description = "sftp://test", .path = server.folder() + "/a/b"};
  options.connect = [ssh](const std::string& place) -> absl::StatusOr<std::unique_ptr<Channel>> {
    ASSIGN_OR_RETURN(const std::string programs, testing::OpensshPrograms());
    return StartSsh(SshCommand(ssh),
                    SshEnvironment(base::Environment({{"PATH", programs + ":/usr/bin:/bin"}})),
                    place);
  };
  return options;
}

std::string NewFolder() {
  static std::atomic<int> number{0};
  const fs::path path =
      fs::absolute(::testing::TempDir()) / absl::StrCat("sftp-", getpid(), "-", ++number);
  fs::create_directories(path);
  return path.lexically_normal().string();
}

class DirectFixture : public testing::StoreFixture {
 public:
  explicit DirectFixture(std::string_view lacks) : lacks_(lacks) {}
  ~DirectFixture() override { fs::remove_all(root_); }
  std::unique_ptr<storage::Store> Connect() override {
    return MakeSftpStore(DirectOptions(root_ + "/made/on demand", lacks_));
  }

 private:
  const std::string lacks_;
  const std::string root_ = NewFolder();
};

class SshdFixture : public testing::StoreFixture {
 public:
  SshdFixture() {
    auto server = SshServer::Start();
    EXPECT_OK(server);
    server_ = *std::move(server);
  }
  std::unique_ptr<storage::Store> Connect() override {
    return MakeSftpStore(SshdOptions(*server_, server_->user(), server_->port()));
  }

 private:
  std::unique_ptr<SshServer> server_;
};

}  // namespace
}  // namespace siphon::sftp

namespace siphon::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Sftp, StoreContract,
    ::testing::Values(
        StoreFactory{.name = "sftp_server",
                     .make = [] { return std::make_unique<sftp::DirectFixture>(""); }},
        StoreFactory{
            .name = "sftp_server_without_extensions",
            .make = [] { return std::make_unique<sftp::DirectFixture>(sftp::kAllExtensions); }},
        StoreFactory{.name = "sshd", .make = [] { return std::make_unique<sftp::SshdFixture>(); }}),
    StoreName);

}  // namespace
}  // namespace siphon::testing

namespace siphon::sftp {
namespace {

std::vector<std::string> Names(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status Put(storage::Store& store, std::string_view key, std::string_view data) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::ObjectWriter> object, store.Create({}, key));
  RETURN_IF_ERROR(object->Write(data));
  RETURN_IF_ERROR(object->Finish());
  return object->Commit();
}

absl::StatusOr<std::string> Get(storage::Store& store, std::string_view key) {
  ASSIGN_OR_RETURN(std::unique_ptr<base::Reader> object, store.Open({}, key));
  return base::ReadAll(*object, size_t{64} << 20);
}

std::string SomeBytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 131 % 251);
  return bytes;
}

class SftpStoreTest : public ::testing::Test {
 protected:
  ~SftpStoreTest() override { fs::remove_all(folder_); }

  // A store whose server lies.
  std::unique_ptr<storage::Store> LyingStore(Lies lies, std::string_view lacks = "") {
    StoreOptions options = DirectOptions(folder_);
    options.connect = [lies = std::move(lies), lacks = std::string(lacks)](
                          const std::string& place) -> absl::StatusOr<std::unique_ptr<Channel>> {
      ASSIGN_OR_RETURN(std::unique_ptr<Channel> real, StartSftpServer(lacks, place));
      return std::make_unique<LyingChannel>(std::move(real), lies);
    };
    return MakeSftpStore(std::move(options));
  }
  // Writes a file as another program would, with a time of modification before now.
  void MakeFile(std::string_view name, std::chrono::seconds age = std::chrono::seconds(0)) {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path) << "x";
    fs::last_write_time(path, fs::last_write_time(path) - age);
  }

  const std::string folder_ = NewFolder();
  const std::unique_ptr<storage::Store> store_ = MakeSftpStore(DirectOptions(folder_));
};

TEST_F(SftpStoreTest, AnObjectIsAFileForItsOwnerAlone) {
  ASSERT_OK(Put(*store_, "a.dump", "data"));
  EXPECT_THAT(Names(folder_), ElementsAre("a.dump"));
  struct stat info;
  ASSERT_EQ(stat((folder_ + "/a.dump").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SftpStoreTest, ManyRequestsAreUnderWayAndTheirBytesArriveInOrder) {
  const std::string bytes = SomeBytes(9'000'001);
  ASSERT_OK(Put(*store_, "a", bytes));
  const absl::StatusOr<std::string> read = Get(*store_, "a");
  ASSERT_OK(read);
  EXPECT_TRUE(*read == bytes);
}

TEST_F(SftpStoreTest, ShortAnswersAreCompleted) {
  const auto store = LyingStore({.change = [](PacketType request, std::string answer) {
    if (request != PacketType::kRead) return answer;
    const auto parsed = ParseAnswer(answer);
    if (!parsed.ok() || parsed->type != PacketType::kData) return answer;
    const size_t size = parsed->bytes.size();
    return std::move(PacketBuilder(PacketType::kData, parsed->id)
                         .Text(std::string_view(parsed->bytes).substr(0, size - size / 3)))
        .Take()
        .substr(4);
  }});
  const std::string bytes = SomeBytes(3'000'000);
  ASSERT_OK(Put(*store, "a", bytes));
  const absl::StatusOr<std::string> read = Get(*store, "a");
  ASSERT_OK(read);
  EXPECT_TRUE(*read == bytes);
  ASSERT_OK_AND_ASSIGN(const auto object, store->OpenAt({}, "a"));
  std::string piece(1'000'000, '\0');
  ASSERT_OK(object->ReadAt(1'234'567, absl::MakeSpan(piece)));
  EXPECT_TRUE(piece == bytes.substr(1'234'567, piece.size()));
}

TEST_F(SftpStoreTest, AnswersThatAreTooLongOrEmptyAreRefused) {
  ASSERT_OK(Put(*store_, "a", "0123456789"));
  for (const std::string_view data : {"", "0123456789+"}) {
    const auto store = LyingStore({.change = [=](PacketType request, std::string answer) {
      if (request != PacketType::kRead) return answer;
      return std::move(PacketBuilder(PacketType::kData, IdOf(answer)).Text(data)).Take().substr(4);
    }});
    EXPECT_THAT(Get(*store, "a"), StatusIs(errs::kIo, HasSubstr("10 bytes with")));
  }
}

TEST_F(SftpStoreTest, AFileThatBecomesShorterIsNoShortObject) {
  ASSERT_OK(Put(*store_, "a", SomeBytes(100'000)));
  const auto store = LyingStore({.change = [](PacketType request, std::string answer) {
    return request == PacketType::kRead ? StatusInstead(answer, kEof, "") : answer;
  }});
  EXPECT_THAT(Get(*store, "a"), StatusIs(errs::kIo, HasSubstr("became shorter")));
}

TEST_F(SftpStoreTest, AServerWithoutAttributesIsRefused) {
  ASSERT_OK(Put(*store_, "a", "x"));
  const auto store = LyingStore({.change = [](PacketType request, std::string answer) {
    if (request != PacketType::kStat && request != PacketType::kFstat) return answer;
    return std::move(PacketBuilder(PacketType::kAttrs, IdOf(answer)).Attrs({})).Take().substr(4);
  }});
  EXPECT_THAT(store->Stat({}, "a"), StatusIs(errs::kIo, HasSubstr("size")));
  EXPECT_THAT(Get(*store, "a"), StatusIs(errs::kIo, HasSubstr("size")));
  EXPECT_THAT(Put(*store, "b", "x"), StatusIs(errs::kIo, HasSubstr("no size")));
  EXPECT_THAT(store_->List({}), IsOkAndHolds(ElementsAre("a")));
}

TEST_F(SftpStoreTest, AFailedWriteLeavesNothing) {
  for (const uint32_t code : {kFailure, kPermissionDenied, uint32_t{99}}) {
    std::atomic<int> writes{0};
    const auto store = LyingStore({.change = [&](PacketType request, std::string answer) {
      if (request != PacketType::kWrite || ++writes < 3) return answer;
      return StatusInstead(answer, code, "no \x1b[31mway");
    }});
    const absl::Status status = Put(*store, "a", SomeBytes(6'000'000));
    EXPECT_THAT(status, StatusIs(errs::kIo, AllOf(HasSubstr(absl::StrCat("status ", code)),
                                                  HasSubstr("no \\x1b[31mway"))));
    EXPECT_THAT(Names(folder_), IsEmpty());
  }
}

TEST_F(SftpStoreTest, AFullFileSystemIsNamed) {
  const auto store = LyingStore({.change = [&](PacketType request, std::string answer) {
    if (request == PacketType::kWrite) return StatusInstead(answer, kFailure, "Failure");
    if (request != PacketType::kExtended || answer.size() < 11 * 8) return answer;
    PacketBuilder full(PacketType::kExtendedReply, IdOf(answer));
    for (int i = 0; i < 11; ++i) full.LongNumber(i == 3 || i == 4 ? 0 : 4096);
    return std::move(full).Take().substr(4);
  }});
  EXPECT_THAT(Put(*store, "a", "x"), StatusIs(errs::kIo, HasSubstr("no free space")));
}

TEST_F(SftpStoreTest, FilesOfAnotherSizeThanWrittenAreNotPublished) {
  const auto store = LyingStore({.change = [](PacketType request, std::string answer) {
    if (request != PacketType::kFstat) return answer;
    return std::move(PacketBuilder(PacketType::kAttrs, IdOf(answer)).Attrs({.size = 3}))
        .Take()
        .substr(4);
  }});
  EXPECT_THAT(Put(*store, "a", "four"), StatusIs(errs::kIo, HasSubstr("3 instead of 4 bytes")));
  EXPECT_THAT(Names(folder_), IsEmpty());
}

TEST_F(SftpStoreTest, OnlyRegularFilesAreObjects) {
  MakeFile("a");
  fs::create_directory(folder_ + "/folder");
  fs::create_symlink("a", folder_ + "/link");
  fs::create_symlink("nowhere", folder_ + "/broken");
  ASSERT_EQ(mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  MakeFile(".lease-app");
  MakeFile(".siphon-clock-1");
  EXPECT_THAT(store_->List({}), IsOkAndHolds(ElementsAre("a", "link")));
  EXPECT_THAT(Get(*store_, "fifo"), StatusIs(errs::kIo, HasSubstr("not a regular file")));
  EXPECT_THAT(store_->Stat({}, "folder"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(store_->Stat({}, "link"), IsOkAndHolds(Optional(uint64_t{1})));
}

TEST_F(SftpStoreTest, RemovesOnlyOldFilesWhoseWritersHoldNoLock) {
  using std::chrono::minutes;
  MakeFile(".tmp-a.dump-123", minutes(16));
  MakeFile(".tmp-b.dump-4294967295", minutes(14));
  // Of a local store on the server, of another program, and a clock that a killed one left.
  MakeFile(".tmp-c.dump-12345678901", minutes(600));
  MakeFile(".tmp-d.dump-x1", minutes(600));
  MakeFile(".siphon-clock-12ab", minutes(600));
  MakeFile("e.dump", minutes(600));
  std::vector<std::string> visited;
  const auto visit = [&](const std::string& key) {
    visited.push_back(key);
    return absl::OkStatus();
  };
  EXPECT_THAT(store_->ListUncommitted({}),
              IsOkAndHolds(ElementsAre("a.dump", "b.dump", "c.dump", "d.dump")));
  ASSERT_OK(store_->RemoveStale({}, visit));
  EXPECT_THAT(visited, ElementsAre("a.dump"));
  EXPECT_THAT(Names(folder_), ElementsAre(".tmp-b.dump-4294967295", ".tmp-c.dump-12345678901",
                                          ".tmp-d.dump-x1", "e.dump"));
  // A visitor that fails keeps the file.
  MakeFile(".tmp-f-1", minutes(16));
  EXPECT_THAT(store_->RemoveStale(
                  {}, [](const std::string&) { return errs::InternalError("test", "kept"); }),
              StatusIs(errs::kInternal));
  EXPECT_TRUE(fs::exists(folder_ + "/.tmp-f-1"));
}

TEST_F(SftpStoreTest, ALivingWriterKeepsItsFileYoung) {
  StoreOptions options = DirectOptions(folder_);
  options.lifetime = absl::Seconds(3);
  const auto store = MakeSftpStore(options);
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<storage::ObjectWriter> object, store->Create({}, "a"));
  ASSERT_OK(object->Write("x"));
  ASSERT_OK(object->Finish());
  std::this_thread::sleep_for(std::chrono::seconds(6));
  const auto other = MakeSftpStore(options);
  ASSERT_OK(other->RemoveStale(
      {}, [](const std::string& key) { return errs::InternalError("test", key); }));
  ASSERT_OK(object->Commit());
  EXPECT_THAT(Get(*store, "a"), IsOkAndHolds("x"));
}

TEST_F(SftpStoreTest, WithoutExtensionsReplacingIsNotAtomicAndWorks) {
  const auto store = MakeSftpStore(DirectOptions(folder_, kAllExtensions));
  ASSERT_OK(Put(*store, "a", "first"));
  ASSERT_OK(Put(*store, "a", "second"));
  EXPECT_THAT(Get(*store, "a"), IsOkAndHolds("second"));
  EXPECT_THAT(Names(folder_), ElementsAre("a"));
}

// On a real sshd, through the program ssh.
class SshdTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = SshServer::Start();
    ASSERT_OK(server);
    server_ = *std::move(server);
  }
  std::unique_ptr<storage::Store> StoreAt(int port) {
    return MakeSftpStore(SshdOptions(*server_, server_->user(), port));
  }
  std::unique_ptr<SshServer> server_;
};

TEST_F(SshdTest, AnUnknownOrChangedHostKeyIsRefused) {
  ASSERT_OK(Put(*StoreAt(server_->port()), "a", "x"));
  ASSERT_OK(server_->ChangeHostKey());
  absl::Status status = StoreAt(server_->port())->List({}).status();
  EXPECT_THAT(status, StatusIs(errs::kConnectionFailed, HasSubstr("Host key verification failed")));
  EXPECT_THAT(errs::Render(status), HasSubstr("before you change known_hosts"));
  EXPECT_EQ(errs::ExitCode(status), 2);
  std::ofstream(server_->known_hosts(), std::ios::trunc) << "";
  status = StoreAt(server_->port())->List({}).status();
  EXPECT_THAT(status, StatusIs(errs::kConnectionFailed, HasSubstr("Host key verification failed")));
  EXPECT_THAT(errs::Render(status), HasSubstr("put the host's key into known_hosts"));
  // Nothing was learnt.
  EXPECT_EQ(fs::file_size(server_->known_hosts()), 0u);
}

TEST_F(SshdTest, SaysWhyItIsNotLetIn) {
  StoreOptions options = SshdOptions(*server_, "nosuch", server_->port());
  absl::Status status = MakeSftpStore(options)->List({}).status();
  EXPECT_THAT(status, StatusIs(errs::kConnectionFailed, HasSubstr("Permission denied")));
  EXPECT_THAT(errs::Render(status), HasSubstr("storage.identity_file"));
  const int port = server_->port();
  server_->Stop();
  status = StoreAt(port)->List({}).status();
  EXPECT_THAT(status, StatusIs(errs::kConnectionFailed, HasSubstr("Connection refused")));
}

TEST_F(SshdTest, AFolderThatMayNotBeWrittenIsNamed) {
  StoreOptions options = SshdOptions(*server_, server_->user(), server_->port());
  options.path = "/proc/siphon";
  const auto store = MakeSftpStore(options);
  EXPECT_THAT(store->List({}), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Put(*store, "a", "x"),
              StatusIs(errs::kIo, HasSubstr("make the folder /proc/siphon")));
}

TEST_F(SshdTest, AMissingProgramIsNamed) {
  StoreOptions options{.description = "sftp://test", .path = "/x"};
  options.connect = [](const std::string& place) {
    return StartSsh(SshCommand({.host = "h"}), {"PATH=/nonexistent"}, place);
  };
  const absl::Status status = MakeSftpStore(options)->List({}).status();
  EXPECT_THAT(status, StatusIs(errs::kNotFound, HasSubstr("ssh")));
  EXPECT_THAT(errs::Render(status), HasSubstr("openssh-client"));
}

TEST_F(SshdTest, AConnectionThatIsCutLeavesNothingHalfVisible) {
  const std::string bytes = SomeBytes(3'000'000);
  for (const int64_t after : {1000, 4000, 100'000, 1'000'000, 2'900'000}) {
    SCOPED_TRACE(after);
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<FaultProxy> proxy,
                         FaultProxy::Start(server_->port()));
    proxy->ResetAfter(FaultProxy::Direction::kToServer, after);
    const auto store = StoreAt(proxy->port());
    EXPECT_THAT(Put(*store, "a", bytes), StatusIs(errs::kConnectionFailed));
    const auto direct = StoreAt(server_->port());
    EXPECT_THAT(direct->List({}), IsOkAndHolds(IsEmpty()));
    // The same store connects again.
    proxy->ResetAfter(FaultProxy::Direction::kToServer, std::nullopt);
    EXPECT_OK(Put(*store, "a", bytes));
    const absl::StatusOr<std::string> read = Get(*direct, "a");
    ASSERT_OK(read);
    EXPECT_TRUE(*read == bytes);
    ASSERT_OK(direct->Delete({}, "a"));
  }
}

TEST_F(SshdTest, AConnectionThatIsCutWhileAnObjectIsReadIsAnError) {
  ASSERT_OK(Put(*StoreAt(server_->port()), "a", SomeBytes(3'000'000)));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<FaultProxy> proxy, FaultProxy::Start(server_->port()));
  proxy->ResetAfter(FaultProxy::Direction::kToClient, 1'000'000);
  EXPECT_THAT(Get(*StoreAt(proxy->port()), "a"), StatusIs(errs::kConnectionFailed));
}

TEST_F(SshdTest, AHostThatDoesNotAnswerIsLeftWithTheContext) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<FaultProxy> proxy, FaultProxy::Start(server_->port()));
  const auto store = StoreAt(proxy->port());
  ASSERT_OK(Put(*store, "a", "x"));
  proxy->BlackHole(true);
  const auto begin = std::chrono::steady_clock::now();
  const base::Context context =
      base::Context().WithDeadline(begin + std::chrono::milliseconds(500));
  EXPECT_THAT(store->List(context), StatusIs(errs::kCancelled));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace siphon::sftp
