// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/driver.h"
#include "drivers/mysqlcommon/fork.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/hostile/mysql_server.h"
#include "testing/servers/certificates.h"
#include "testing/status_matchers.h"

// What a server that nobody has verified learns of the password.

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::EofPayload;
using siphon::testing::HostileMysql;
using siphon::testing::HostileTls;
using siphon::testing::MysqlLies;
using siphon::testing::MysqlWire;
using siphon::testing::OkPayload;
using siphon::testing::Scramble;
using siphon::testing::SwitchPayload;
using siphon::testing::TestCertificates;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr char kCanary[] = "CANARY-in-the-mine";

// The server's RSA key, and whether it has decrypted the password.
class KeyPair {
 public:
  KeyPair() {
    bssl::UniquePtr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr));
    EVP_PKEY* made = nullptr;
    EVP_PKEY_keygen_init(context.get());
    EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048);
    EVP_PKEY_keygen(context.get(), &made);
    key_.reset(made);
    bssl::UniquePtr<BIO> text(BIO_new(BIO_s_mem()));
    PEM_write_bio_PUBKEY(text.get(), key_.get());
    const uint8_t* data = nullptr;
    size_t size = 0;
    BIO_mem_contents(text.get(), &data, &size);
    pem_.assign(reinterpret_cast<const char*>(data), size);
  }
  const std::string& pem() const { return pem_; }
  // True when the bytes are the password, mixed with the scramble.
  bool Opens(const std::string& bytes) const {
    bssl::UniquePtr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key_.get(), nullptr));
    EVP_PKEY_decrypt_init(context.get());
    EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING);
    std::vector<uint8_t> plain(512);
    size_t size = plain.size();
    if (EVP_PKEY_decrypt(context.get(), plain.data(), &size,
                         reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) != 1) {
      return false;
    }
    for (size_t i = 0; i < size; ++i) plain[i] ^= static_cast<uint8_t>(Scramble()[i % 20]);
    return std::string(plain.begin(), plain.begin() + static_cast<long>(size)) ==
           std::string(kCanary) + '\0';
  }

 private:
  bssl::UniquePtr<EVP_PKEY> key_;
  std::string pem_;
};

// One way in which a server asks for the password.
struct Way {
  std::string name;
  std::string greeting_plugin = "mysql_native_password";
  // Returns after the client has answered, or is gone.
  std::function<void(MysqlWire&, const KeyPair&, std::atomic<bool>& opened)> ask;
};

std::string EscapedByte(char byte) { return {'\1', byte}; }

void AskCachingSha2(MysqlWire& wire, const KeyPair& keys, std::atomic<bool>& opened) {
  wire.Send(SwitchPayload("caching_sha2_password", Scramble()));
  if (!wire.Read().has_value()) return;
  wire.Send(EscapedByte(4));  // perform_full_authentication
  std::optional<std::string> answer = wire.Read();
  if (answer == std::string(1, '\2')) {  // request_public_key
    wire.Send('\1' + keys.pem());
    answer = wire.Read();
  }
  if (answer.has_value() && keys.Opens(*answer)) opened = true;
}

void AskSha256(MysqlWire& wire, const KeyPair& keys, std::atomic<bool>& opened) {
  wire.Send(SwitchPayload("sha256_password", Scramble()));
  std::optional<std::string> answer = wire.Read();
  if (answer == std::string(1, '\1')) {
    wire.Send('\1' + keys.pem());
    answer = wire.Read();
  }
  if (answer.has_value() && keys.Opens(*answer)) opened = true;
}

void AskClear(MysqlWire& wire, const KeyPair&, std::atomic<bool>&) {
  wire.Send(SwitchPayload("mysql_clear_password", ""));
  wire.Read();
}

void AskDialog(MysqlWire& wire, const KeyPair&, std::atomic<bool>&) {
  wire.Send(SwitchPayload("dialog", "\x05Password: "));  // The last question, for a password.
  wire.Read();
}

void AskOld(MysqlWire& wire, const KeyPair&, std::atomic<bool>&) {
  wire.Send("\xfe");  // "Use the short scramble": mysql_old_password.
  wire.Read();
}

void AskAllInTurn(MysqlWire& wire, const KeyPair& keys, std::atomic<bool>& opened) {
  wire.Send(SwitchPayload("client_ed25519", std::string(32, 'n')));
  wire.Read();
  wire.Send(SwitchPayload("mysql_native_password", Scramble()));
  wire.Read();
  AskCachingSha2(wire, keys, opened);
  AskSha256(wire, keys, opened);
  AskClear(wire, keys, opened);
  AskDialog(wire, keys, opened);
}

std::vector<Way> Ways() {
  return {{"clear text", "mysql_native_password", AskClear},
          {"clear text in the greeting", "mysql_clear_password", nullptr},
          {"dialog", "mysql_native_password", AskDialog},
          {"caching_sha2_password", "mysql_native_password", AskCachingSha2},
          {"caching_sha2_password in the greeting", "caching_sha2_password", AskCachingSha2},
          {"sha256_password", "mysql_native_password", AskSha256},
          {"sha256_password in the greeting", "sha256_password", AskSha256},
          {"old password", "mysql_native_password", AskOld},
          {"all in turn", "mysql_native_password", AskAllInTurn}};
}

class Authentication : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TestCertificates> made =
        TestCertificates::Make(::testing::TempDir() + "/certificates");
    ASSERT_OK(made);
    files_ = *std::move(made);
    key_path_ = ::testing::TempDir() + "/public_key.pem";
    ASSERT_OK(base::WriteFileAtomically(key_path_, keys_.pem(), 0600));
    garbage_path_ = ::testing::TempDir() + "/garbage.pem";
    ASSERT_OK(base::WriteFileAtomically(garbage_path_, "no key", 0600));
  }

  struct Outcome {
    absl::Status status;
    bool learnt = false;  // The server has the password.
    size_t received = 0;
  };

  Outcome Connect(const MysqlLies& lies, const std::string& sslmode,
                  std::map<std::string, std::string> parameters = {}) {
    return ConnectTo(HostileMysql::Start(lies), "127.0.0.1", sslmode, std::move(parameters));
  }

  // Through a socket that the server makes.
  Outcome ConnectAt(const std::string& socket, const MysqlLies& lies,
                    std::map<std::string, std::string> parameters = {}) {
    Outcome outcome = ConnectTo(HostileMysql::Start(lies, socket), socket, "", parameters);
    unlink(socket.c_str());
    return outcome;
  }

  Outcome ConnectTo(const absl::StatusOr<std::unique_ptr<HostileMysql>>& server,
                    const std::string& host, const std::string& sslmode,
                    std::map<std::string, std::string> parameters) {
    opened_ = false;
    if (!server.ok()) return {.status = server.status()};
    profile::ConnectionProfile profile;
    profile.driver = "mariadb";
    profile.host = host;
    profile.port = (*server)->port();
    profile.user = "alice";
    profile.password = kCanary;
    profile.database = "shop";
    profile.sslmode = sslmode;
    profile.parameters = std::move(parameters);
    const absl::Status status =
        ForkDriver(kMariadb)
            .Connect(base::Context(), profile, driver::Driver::Access::kRead)
            .status();
    return {.status = status,
            .learnt = (*server)->received().Contains(kCanary) || opened_,
            .received = (*server)->received().size()};
  }

  MysqlLies LiesOf(const Way& way, bool tls) {
    MysqlLies lies;
    lies.plugin = way.greeting_plugin;
    if (tls) lies.tls = HostileTls{files_.server.certificate, files_.server.key};
    lies.login = [this, ask = way.ask](MysqlWire& wire, const std::string&) {
      if (ask) ask(wire, keys_, opened_);
      return wire.Send(OkPayload());
    };
    return lies;
  }

  TestCertificates files_;
  KeyPair keys_;
  std::string key_path_, garbage_path_;
  std::atomic<bool> opened_ = false;
};

TEST_F(Authentication, AServerWithoutTlsNeverLearnsThePassword) {
  for (const Way& way : Ways()) {
    for (const char* const sslmode : {"", "prefer", "allow", "disable"}) {
      const Outcome outcome = Connect(LiesOf(way, false), sslmode);
      EXPECT_FALSE(outcome.learnt) << way.name << ", sslmode " << sslmode;
      EXPECT_THAT(outcome.status, StatusIs(errs::kConnectionFailed)) << way.name;
    }
    for (const char* const sslmode : {"require", "verify-full"}) {
      std::map<std::string, std::string> parameters;
      if (sslmode == std::string("verify-full")) parameters["sslrootcert"] = files_.ca;
      EXPECT_FALSE(Connect(LiesOf(way, false), sslmode, parameters).learnt) << way.name;
    }
  }
}

TEST_F(Authentication, AServerWhoseCertificateIsNotVerifiedNeverLearnsThePassword) {
  for (const Way& way : Ways()) {
    for (const char* const sslmode : {"", "prefer", "require"}) {
      const Outcome outcome = Connect(LiesOf(way, true), sslmode);
      EXPECT_FALSE(outcome.learnt) << way.name << ", sslmode " << sslmode;
      EXPECT_THAT(outcome.status, StatusIs(errs::kConnectionFailed)) << way.name;
    }
    // A certificate of another authority ends the connection before the login.
    for (const char* const sslmode : {"prefer", "require", "verify-ca", "verify-full"}) {
      const Outcome outcome =
          Connect(LiesOf(way, true), sslmode, {{"sslrootcert", files_.other_ca}});
      EXPECT_FALSE(outcome.learnt) << way.name << ", sslmode " << sslmode;
      EXPECT_THAT(outcome.status, StatusIs(errs::kConnectionFailed, HasSubstr("not trusted")));
    }
  }
}

// Every user can make a socket in a folder like /tmp, and one in a folder that he makes there.
TEST_F(Authentication, ASocketThatEverybodyCouldHaveMadeGetsNoPassword) {
  std::string own = "/tmp/siphon-XXXXXX";  // The path of a socket is short.
  ASSERT_NE(mkdtemp(own.data()), nullptr);
  const std::string open = own + "/open", sticky = own + "/sticky", hers = sticky + "/hers",
                    link = own + "/link";
  for (const std::string& folder : {open, sticky, hers}) {
    ASSERT_EQ(mkdir(folder.c_str(), 0755), 0);
  }
  ASSERT_EQ(chmod(open.c_str(), 0777), 0);
  ASSERT_EQ(chmod(sticky.c_str(), 01777), 0);
  ASSERT_EQ(symlink(open.c_str(), link.c_str()), 0);
  std::vector<std::string> folders = {link};
  if (chown(hers.c_str(), 54321, 54321) == 0) folders.push_back(hers);
  for (const Way& way : Ways()) {
    for (const std::string& folder : folders) {
      const Outcome outcome = ConnectAt(folder + "/s", LiesOf(way, false));
      EXPECT_FALSE(outcome.learnt) << way.name << " at " << folder;
      EXPECT_THAT(outcome.status, StatusIs(errs::kConnectionFailed)) << way.name;
      if (absl::StrContains(way.name, "clear")) {
        EXPECT_THAT(outcome.status.message(), HasSubstr("could have made its socket"));
      }
    }
    const bool old = way.name == "old password";
    EXPECT_EQ(ConnectAt(link + "/s", LiesOf(way, false), {{"send_password", "encrypted"}}).learnt,
              !old)
        << way.name;
    EXPECT_EQ(ConnectAt(own + "/s", LiesOf(way, false)).learnt, !old) << way.name;
  }
  std::filesystem::remove_all(own);
}

TEST_F(Authentication, AVerifiedServerGetsThePasswordItAsksFor) {
  for (const Way& way : Ways()) {
    const bool old = way.name == "old password";
    const bool several = way.name == "all in turn";
    for (const char* const sslmode : {"prefer", "require", "verify-ca", "verify-full"}) {
      const Outcome outcome = Connect(LiesOf(way, true), sslmode, {{"sslrootcert", files_.ca}});
      EXPECT_EQ(outcome.learnt, !old)
          << way.name << ", sslmode " << sslmode << ": " << outcome.status;
      if (!old && !several) {
        EXPECT_OK(outcome.status) << way.name;
      }
    }
  }
}

TEST_F(Authentication, SendPasswordEncryptedMeansAnyEncryption) {
  for (const Way& way : Ways()) {
    const bool old = way.name == "old password";
    const bool sha = absl::StrContains(way.name, "sha");
    const std::map<std::string, std::string> parameters = {{"send_password", "encrypted"}};
    EXPECT_EQ(Connect(LiesOf(way, true), "prefer", parameters).learnt, !old) << way.name;
    const Outcome plain = Connect(LiesOf(way, false), "prefer", parameters);
    EXPECT_EQ(plain.learnt, sha || way.name == "all in turn") << way.name << plain.status;
    EXPECT_FALSE(Connect(LiesOf(way, true), "prefer", {{"send_password", "verified"}}).learnt);
  }
  EXPECT_THAT(Connect(LiesOf(Ways()[0], false), "", {{"send_password", "yes"}}).status,
              StatusIs(errs::kInvalidArgument, HasSubstr("send_password")));
}

TEST_F(Authentication, OnlyTheKeyThatTheUserNamesEncryptsThePassword) {
  for (const Way& way : Ways()) {
    if (!absl::StrContains(way.name, "_password")) continue;
    EXPECT_TRUE(
        Connect(LiesOf(way, false), "disable", {{"server_public_key_path", key_path_}}).learnt)
        << way.name;
    for (const std::string& path : {garbage_path_, std::string("/nonexistent/key.pem")}) {
      const Outcome outcome =
          Connect(LiesOf(way, false), "disable", {{"server_public_key_path", path}});
      EXPECT_FALSE(outcome.learnt) << way.name;
      EXPECT_THAT(outcome.status, StatusIs(errs::kConnectionFailed, HasSubstr("public key")));
    }
    // Another key than the server's: it cannot read what it receives.
    const KeyPair other;
    const std::string other_path = ::testing::TempDir() + "/other.pem";
    ASSERT_OK(base::WriteFileAtomically(other_path, other.pem(), 0600));
    EXPECT_FALSE(
        Connect(LiesOf(way, false), "disable", {{"server_public_key_path", other_path}}).learnt);
    // TLS without verification stays what it is.
    EXPECT_FALSE(
        Connect(LiesOf(way, true), "require", {{"server_public_key_path", key_path_}}).learnt);
  }
}

TEST_F(Authentication, TheMessageSaysWhatToDo) {
  for (const Way& way : Ways()) {
    if (way.name == "old password" || way.name == "all in turn") continue;
    for (const bool tls : {false, true}) {
      const std::optional<errs::Error> error = errs::GetError(Connect(LiesOf(way, tls), "").status);
      ASSERT_TRUE(error.has_value()) << way.name;
      EXPECT_THAT(error->detail, HasSubstr("asks for the password")) << way.name;
      EXPECT_THAT(error->hint, HasSubstr("sslrootcert")) << way.name;
    }
  }
}

TEST_F(Authentication, ChangesOfTheMethodWithoutEndAreRefused) {
  MysqlLies lies;
  lies.login = [](MysqlWire& wire, const std::string&) {
    while (wire.Send(SwitchPayload("mysql_native_password", Scramble())) &&
           wire.Read().has_value()) {
    }
    return false;
  };
  EXPECT_THAT(Connect(lies, "").status, StatusIs(errs::kConnectionFailed));
}

TEST_F(Authentication, OldTlsIsRefusedUnlessAskedFor) {
  for (const auto& [highest, name] :
       {std::pair<uint16_t, std::string>(TLS1_VERSION, "TLSv1"), {TLS1_1_VERSION, "TLSv1.1"}}) {
    MysqlLies lies;
    lies.tls = HostileTls{files_.server.certificate, files_.server.key, highest};
    for (const char* const sslmode : {"", "prefer", "require"}) {
      const Outcome outcome = Connect(lies, sslmode);
      EXPECT_THAT(outcome.status, StatusIs(errs::kConnectionFailed, HasSubstr("TLS"))) << name;
    }
    EXPECT_THAT(Connect(lies, "verify-full", {{"sslrootcert", files_.ca}}).status,
                StatusIs(errs::kConnectionFailed));
    EXPECT_OK(Connect(lies, "require", {{"tls_version", name}}).status) << name;
    EXPECT_OK(Connect(lies, "require", {{"tls_version", name + ",TLSv1.3"}}).status) << name;
  }
  MysqlLies newer;
  newer.tls = HostileTls{files_.server.certificate, files_.server.key, TLS1_2_VERSION};
  EXPECT_OK(Connect(newer, "require").status);
  EXPECT_THAT(Connect(newer, "require", {{"tls_version", "TLSv1.3"}}).status,
              StatusIs(errs::kConnectionFailed));
  for (const char* const wrong : {"", "1.2", "TLSv1.2,", "SSLv3", "TLSv1.2 TLSv1.3"}) {
    EXPECT_THAT(Connect(newer, "require", {{"tls_version", wrong}}).status,
                StatusIs(errs::kInvalidArgument))
        << wrong;
  }
}

TEST_F(Authentication, DataSentBeforeTlsAreNotTakenForAnAnswer) {
  MysqlLies lies;
  lies.tls = HostileTls{files_.server.certificate, files_.server.key};
  // An OK for a login that the server has not seen.
  lies.after_greeting = std::string("\x07\0\0\3", 4) + OkPayload();
  EXPECT_THAT(Connect(lies, "verify-full", {{"sslrootcert", files_.ca}}).status,
              StatusIs(errs::kConnectionFailed, HasSubstr("before TLS began")));
}

TEST_F(Authentication, AWildcardDoesNotMatchAnAddress) {
  MysqlLies lies;
  lies.tls = HostileTls{files_.wildcard.certificate, files_.wildcard.key};
  const auto is_refused = StatusIs(errs::kConnectionFailed, HasSubstr("another host"));
  EXPECT_THAT(Connect(lies, "verify-full", {{"sslrootcert", files_.ca}}).status, is_refused);
  EXPECT_THAT(Connect(lies, "verify-ca", {{"sslrootcert", files_.ca}}).status,
              ::testing::Not(is_refused));
  lies.tls = HostileTls{files_.server.certificate, files_.server.key};
  EXPECT_THAT(Connect(lies, "verify-full", {{"sslrootcert", files_.ca}}).status,
              ::testing::Not(is_refused));
}

TEST_F(Authentication, TheSystemsAuthoritiesNeedTheHostsName) {
  MysqlLies lies;
  lies.tls = HostileTls{files_.server.certificate, files_.server.key};
  for (const char* const sslmode : {"prefer", "require", "verify-ca"}) {
    EXPECT_THAT(Connect(lies, sslmode, {{"sslrootcert", "system"}}).status,
                StatusIs(errs::kInvalidArgument, HasSubstr("verify-full")));
  }
  EXPECT_THAT(Connect(lies, "", {{"sslrootcert", "system"}}).status,
              StatusIs(errs::kConnectionFailed, HasSubstr("not trusted")));
}

}  // namespace
}  // namespace siphon::mysqlcommon
