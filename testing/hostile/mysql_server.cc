// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/hostile/mysql_server.h"

#include <openssl/ssl.h>

#include <utility>

#include "absl/strings/match.h"

namespace siphon::testing {
namespace {

constexpr size_t kHeader = 4;     // Of a packet: three bytes of length, one of sequence.
constexpr size_t kTlsHeader = 5;  // Of a TLS record; the last two bytes are its length.
constexpr size_t kLongestPacket = 0xffffff;

// Capabilities (MySQL's documentation, "Capabilities Flags").
constexpr uint32_t kConnectWithDb = 8, kProtocol41 = 1 << 9, kSsl = 1 << 11, kSecure = 1 << 15,
                   kMultiResults = 1 << 17, kPluginAuth = 1 << 19, kConnectAttributes = 1 << 20,
                   kLengthEncodedAuth = 1 << 21, kSessionTrack = 1 << 23;
// 1: LONG_PASSWORD, which says MySQL; MariaDB leaves it out.
constexpr uint32_t kAll = 1 | kConnectWithDb | kProtocol41 | kSecure | kMultiResults | kPluginAuth |
                          kConnectAttributes | kLengthEncodedAuth | kSessionTrack;
constexpr size_t kSslRequest = 32;  // Its size; a login is longer.

std::string Number(uint64_t number, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i));
  return text;
}

std::string Greeting(const MysqlLies& lies) {
  const uint32_t capabilities = (kAll | (lies.tls.has_value() ? kSsl : 0)) & ~lies.without;
  const std::string scramble = Scramble();
  std::string text = "\x0a" + lies.version + '\0' + Number(7, 4);
  text += scramble.substr(0, 8) + '\0' + Number(capabilities & 0xffff, 2) + '\x2d' + Number(2, 2);
  text += Number(capabilities >> 16, 2) + static_cast<char>(scramble.size()) + std::string(10, 0);
  return text + scramble.substr(8) + lies.plugin + '\0';
}

}  // namespace

void Received::Add(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ += bytes;
}

bool Received::Contains(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  return absl::StrContains(bytes_, text);
}

size_t Received::size() const {
  const std::lock_guard lock(mutex_);
  return bytes_.size();
}

struct MysqlWire::Tls {
  bssl::UniquePtr<SSL_CTX> context;
  bssl::UniquePtr<SSL> ssl;
  BIO* in = nullptr;  // Owned by `ssl`, as is `out`.
  BIO* out = nullptr;
};

MysqlWire::MysqlWire(HostileConnection& connection, Received* received)
    : connection_(connection), received_(received) {}
MysqlWire::~MysqlWire() = default;

bool MysqlWire::Send(std::string_view payload) {
  while (true) {
    const std::string_view piece = payload.substr(0, kLongestPacket);
    if (!SendRaw(Number(piece.size(), 3) + static_cast<char>(sequence++) + std::string(piece))) {
      return false;
    }
    payload.remove_prefix(piece.size());
    if (piece.size() < kLongestPacket) return true;
  }
}

bool MysqlWire::SendRaw(std::string_view bytes) {
  if (tls_ == nullptr) return connection_.Send(bytes);
  while (!bytes.empty()) {
    const int written = SSL_write(tls_->ssl.get(), bytes.data(),
                                  static_cast<int>(std::min(bytes.size(), kLongestPacket)));
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  const uint8_t* data = nullptr;
  size_t size = 0;
  if (BIO_mem_contents(tls_->out, &data, &size) != 1) return false;
  const bool sent = connection_.Send({reinterpret_cast<const char*>(data), size});
  BIO_reset(tls_->out);
  return sent;
}

std::optional<std::string> MysqlWire::ReadBytes(size_t size) {
  if (tls_ == nullptr) {
    std::optional<std::string> bytes = connection_.Read(size);
    if (bytes.has_value() && received_ != nullptr) received_->Add(*bytes);
    return bytes;
  }
  std::string bytes(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    const int got =
        SSL_read(tls_->ssl.get(), bytes.data() + filled, static_cast<int>(size - filled));
    if (got > 0) {
      filled += static_cast<size_t>(got);
      continue;
    }
    if (SSL_get_error(tls_->ssl.get(), got) != SSL_ERROR_WANT_READ) return std::nullopt;
    const std::optional<std::string> head = connection_.Read(kTlsHeader);
    if (!head.has_value()) return std::nullopt;
    const auto byte = [&](size_t i) { return static_cast<unsigned char>((*head)[i]); };
    const std::optional<std::string> body = connection_.Read(size_t{byte(3)} << 8 | byte(4));
    if (!body.has_value()) return std::nullopt;
    BIO_write(tls_->in, head->data(), static_cast<int>(head->size()));
    BIO_write(tls_->in, body->data(), static_cast<int>(body->size()));
  }
  if (received_ != nullptr) received_->Add(bytes);
  return bytes;
}

std::optional<std::string> MysqlWire::Read() {
  const std::optional<std::string> head = ReadBytes(kHeader);
  if (!head.has_value()) return std::nullopt;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>((*head)[i]); };
  sequence = static_cast<uint8_t>(byte(3) + 1);
  return ReadBytes(byte(0) | size_t{byte(1)} << 8 | size_t{byte(2)} << 16);
}

void MysqlWire::Drain() {
  while (ReadBytes(1).has_value()) {
  }
}

bool MysqlWire::StartTls(const HostileTls& tls) {
  auto made = std::make_unique<Tls>();
  made->context.reset(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate_chain_file(made->context.get(), tls.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(made->context.get(), tls.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return false;
  }
  if (tls.highest != 0) {
    SSL_CTX_set_min_proto_version(made->context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(made->context.get(), tls.highest);
  }
  made->ssl.reset(SSL_new(made->context.get()));
  made->in = BIO_new(BIO_s_mem());
  made->out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(made->in, -1);
  SSL_set_bio(made->ssl.get(), made->in, made->out);
  while (true) {
    const int done = SSL_accept(made->ssl.get());
    const uint8_t* data = nullptr;
    size_t size = 0;
    if (BIO_mem_contents(made->out, &data, &size) == 1 && size > 0) {
      if (!connection_.Send({reinterpret_cast<const char*>(data), size})) return false;
      BIO_reset(made->out);
    }
    if (done == 1) break;
    if (SSL_get_error(made->ssl.get(), done) != SSL_ERROR_WANT_READ) return false;
    const std::optional<std::string> byte = connection_.Read(1);
    if (!byte.has_value()) return false;
    BIO_write(made->in, byte->data(), 1);
  }
  tls_ = std::move(made);
  return true;
}

std::string LengthEncoded(uint64_t number) {
  if (number < 251) return Number(number, 1);
  if (number <= 0xffff) return '\xfc' + Number(number, 2);
  if (number <= 0xffffff) return '\xfd' + Number(number, 3);
  return '\xfe' + Number(number, 8);
}

std::string LengthEncodedText(std::string_view text) {
  return LengthEncoded(text.size()) + std::string(text);
}

std::string OkPayload(uint16_t status) {
  return std::string(3, '\0') + Number(status, 2) + Number(0, 2);
}

std::string EofPayload(uint16_t status) { return '\xfe' + Number(0, 2) + Number(status, 2); }

std::string ErrPayload(uint16_t number, std::string_view message, std::string_view state) {
  std::string text = '\xff' + Number(number, 2);
  if (!state.empty()) text += "#" + std::string(state);
  return text + std::string(message);
}

std::string SwitchPayload(std::string_view plugin, std::string_view data) {
  return '\xfe' + std::string(plugin) + '\0' + std::string(data);
}

std::string ColumnPayload(std::string_view name) {
  std::string text = LengthEncodedText("def");
  for (const std::string_view part :
       {std::string_view(), std::string_view(), std::string_view(), name, name}) {
    text += LengthEncodedText(part);
  }
  // Character set, length, type (VAR_STRING), flags, decimals, filler.
  return text + '\x0c' + Number(45, 2) + Number(1024, 4) + '\xfd' + Number(0, 2) + '\0' +
         Number(0, 2);
}

std::string RowPayload(const std::vector<std::optional<std::string>>& values) {
  std::string text;
  for (const std::optional<std::string>& value : values) {
    text += value.has_value() ? LengthEncodedText(*value) : "\xfb";
  }
  return text;
}

bool SendResult(MysqlWire& wire, const std::vector<std::string>& columns,
                const std::vector<std::vector<std::optional<std::string>>>& rows) {
  if (!wire.Send(LengthEncoded(columns.size()))) return false;
  for (const std::string& column : columns) {
    if (!wire.Send(ColumnPayload(column))) return false;
  }
  if (!wire.Send(EofPayload())) return false;
  for (const auto& row : rows) {
    if (!wire.Send(RowPayload(row))) return false;
  }
  return wire.Send(EofPayload());
}

std::string Scramble() { return std::string("abcdefghijklmnopqrst") + '\0'; }

absl::StatusOr<std::unique_ptr<HostileMysql>> HostileMysql::Start(MysqlLies lies,
                                                                  const std::string& socket) {
  std::unique_ptr<HostileMysql> mysql(new HostileMysql(std::move(lies)));
  absl::StatusOr<std::unique_ptr<HostileServer>> server = HostileServer::Start(
      [self = mysql.get()](HostileConnection& connection, int) { self->Play(connection); }, socket);
  if (!server.ok()) return server.status();
  mysql->server_ = *std::move(server);
  return mysql;
}

void HostileMysql::Play(HostileConnection& connection) {
  MysqlWire wire(connection, &received_);
  const std::string greeting = lies_.greeting.value_or(Greeting(lies_));
  const std::string head = Number(greeting.size(), 3) + '\0';
  if (!connection.Send(head + greeting + lies_.after_greeting)) return;
  std::optional<std::string> login = wire.Read();
  if (login.has_value() && login->size() == kSslRequest && lies_.tls.has_value()) {
    if (!wire.StartTls(*lies_.tls)) return;
    login = wire.Read();
  }
  if (!login.has_value()) return;
  if (!(lies_.login ? lies_.login(wire, *login) : wire.Send(OkPayload()))) return;
  while (const std::optional<std::string> command = wire.Read()) {
    // COM_QUERY is 3, COM_QUIT 1; all others get OK.
    if (command->empty() || command->front() == 1) return;
    if (command->front() != 3) {
      if (!wire.Send(OkPayload())) return;
      continue;
    }
    const std::string sql = command->substr(1);
    std::optional<bool> answered;
    if (lies_.query) answered = lies_.query(wire, sql);
    if (!answered.has_value()) {
      answered = absl::StartsWith(sql, "SELECT version()")
                     ? SendResult(wire, {"v", "p"}, {{lies_.version, "16777216"}})
                     : wire.Send(OkPayload());
    }
    if (!*answered) return;
  }
}

}  // namespace siphon::testing
