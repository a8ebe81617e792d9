// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/age_file.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/age/file_key.h"
#include "siphon/base/age/header.h"
#include "siphon/base/age/payload.h"
#include "siphon/base/age/primitives.h"

namespace siphon::age {
namespace {

absl::Status Truncated() {
  return errs::IntegrityError("age.header", "invalid age header: it is cut off");
}

// Reads the bytes that were read together with the header, then `next`.
class RestReader : public base::Reader {
 public:
  RestReader(std::string begin, base::Reader* next) : begin_(std::move(begin)), next_(next) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    if (at_ == begin_.size()) return next_->Read(out);
    const size_t count = begin_.copy(out.data(), out.size(), at_);
    at_ += count;
    return count;
  }

 private:
  std::string begin_;
  size_t at_ = 0;
  base::Reader* next_;
};

// A payload and the bytes before its first chunk.
class Decryptor : public base::Reader {
 public:
  Decryptor(std::string begin, base::Reader* next, const Secret& payload_key)
      : rest_(std::move(begin), next), payload_(&rest_, payload_key) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override { return payload_.Read(out); }

 private:
  RestReader rest_;
  PayloadReader payload_;
};

struct Start {
  Header header;
  std::string rest;  // The bytes after the header that were read with it.
};

absl::StatusOr<Start> ReadStart(base::Reader& next) {
  constexpr size_t kStep = 1024;
  std::string bytes;
  while (true) {
    const size_t before = bytes.size();
    bytes.resize(before + kStep);
    ASSIGN_OR_RETURN(const size_t count,
                     base::ReadFull(next, absl::MakeSpan(bytes).subspan(before)));
    bytes.resize(before + count);
    ASSIGN_OR_RETURN(const size_t end, FindHeaderEnd(bytes));
    if (end > 0) {
      ASSIGN_OR_RETURN(Header header, ParseHeader(std::string_view(bytes).substr(0, end)));
      return Start{std::move(header), bytes.substr(end)};
    }
    if (count < kStep) return Truncated();
  }
}

// The payload's nonce, taken from the bytes after the header.
absl::StatusOr<std::string> TakeNonce(std::string& rest, base::Reader& next) {
  const size_t have = rest.size();
  if (have < kPayloadNonceSize) {
    rest.resize(kPayloadNonceSize);
    ASSIGN_OR_RETURN(const size_t count, base::ReadFull(next, absl::MakeSpan(rest).subspan(have)));
    if (have + count < kPayloadNonceSize) return Truncated();
  }
  std::string nonce = rest.substr(0, kPayloadNonceSize);
  rest.erase(0, kPayloadNonceSize);
  return nonce;
}

// `unwrap` returns the file key of a header.
template <typename Unwrap>
absl::StatusOr<std::unique_ptr<base::Reader>> Open(base::Reader* next, const Unwrap& unwrap) {
  ASSIGN_OR_RETURN(Start start, ReadStart(*next));
  ASSIGN_OR_RETURN(const Secret file_key, unwrap(start.header));
  ASSIGN_OR_RETURN(const std::string nonce, TakeNonce(start.rest, *next));
  return std::make_unique<Decryptor>(std::move(start.rest), next, PayloadKey(file_key, nonce));
}

absl::StatusOr<std::unique_ptr<base::Writer>> BeginFile(base::Writer* next,
                                                        std::vector<Stanza> stanzas,
                                                        const Secret& file_key) {
  std::string nonce(kPayloadNonceSize, '\0');
  FillRandom(absl::MakeSpan(nonce));
  RETURN_IF_ERROR(
      next->Write(absl::StrCat(EncodeHeader(SealHeader(std::move(stanzas), file_key)), nonce)));
  return std::make_unique<PayloadWriter>(next, PayloadKey(file_key, nonce));
}

absl::StatusOr<std::string> EncryptText(std::string_view text, std::vector<Stanza> stanzas,
                                        const Secret& file_key) {
  base::StringWriter file;
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Writer> writer,
                   BeginFile(&file, std::move(stanzas), file_key));
  RETURN_IF_ERROR(writer->Write(text));
  RETURN_IF_ERROR(writer->Finish());
  return file.data();
}

template <typename Unwrap>
absl::StatusOr<Secret> DecryptText(std::string_view file, const Unwrap& unwrap) {
  base::StringReader bytes(file);
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> reader, Open(&bytes, unwrap));
  Secret text(file.size());
  ASSIGN_OR_RETURN(const size_t size,
                   base::ReadFull(*reader, absl::MakeSpan(text.data(), text.size())));
  text.Shorten(size);
  return text;
}

absl::StatusOr<std::vector<Stanza>> WrapForAll(const Secret& file_key,
                                               absl::Span<const Recipient> recipients) {
  if (recipients.empty() || recipients.size() > kMaxRecipients) {
    return errs::UserError(
        "age.encrypt", errs::kInvalidArgument,
        absl::StrCat("a file has 1 to ", kMaxRecipients, " recipients, not ", recipients.size()));
  }
  std::vector<Stanza> stanzas;
  for (const Recipient& recipient : recipients) {
    ASSIGN_OR_RETURN(Stanza stanza, WrapForRecipient(file_key, recipient, RandomSecret(kKeySize)));
    stanzas.push_back(std::move(stanza));
  }
  return stanzas;
}

// The encrypted file as a stream, from its beginning.
class SequentialReader : public base::Reader {
 public:
  explicit SequentialReader(const base::RandomAccess* file) : file_(file) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t count =
        static_cast<size_t>(std::min<uint64_t>(out.size(), file_->size() - offset_));
    RETURN_IF_ERROR(file_->ReadAt(offset_, out.subspan(0, count)));
    offset_ += count;
    return count;
  }
  uint64_t offset() const { return offset_; }

 private:
  const base::RandomAccess* file_;
  uint64_t offset_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<base::Writer>> MakeEncryptor(
    base::Writer* next, absl::Span<const Recipient> recipients) {
  const Secret file_key = NewFileKey();
  ASSIGN_OR_RETURN(std::vector<Stanza> stanzas, WrapForAll(file_key, recipients));
  return BeginFile(next, std::move(stanzas), file_key);
}

absl::StatusOr<std::unique_ptr<base::Reader>> MakeDecryptor(base::Reader* next,
                                                            absl::Span<const Identity> identities) {
  return Open(next, [&](const Header& header) { return UnwrapFileKey(header, identities); });
}

absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenEncrypted(
    const base::RandomAccess* file, absl::Span<const Identity> identities) {
  SequentialReader reader(file);
  ASSIGN_OR_RETURN(Start start, ReadStart(reader));
  ASSIGN_OR_RETURN(const Secret file_key, UnwrapFileKey(start.header, identities));
  ASSIGN_OR_RETURN(const std::string nonce, TakeNonce(start.rest, reader));
  return PayloadAccess::Open(file, reader.offset() - start.rest.size(),
                             PayloadKey(file_key, nonce));
}

absl::StatusOr<std::string> Encrypt(std::string_view text, absl::Span<const Recipient> recipients) {
  const Secret file_key = NewFileKey();
  ASSIGN_OR_RETURN(std::vector<Stanza> stanzas, WrapForAll(file_key, recipients));
  return EncryptText(text, std::move(stanzas), file_key);
}

absl::StatusOr<std::string> EncryptWithPassphrase(std::string_view text,
                                                  std::string_view passphrase, int log_n) {
  constexpr size_t kSaltSize = 16;
  std::string salt(kSaltSize, '\0');
  FillRandom(absl::MakeSpan(salt));
  const Secret file_key = NewFileKey();
  ASSIGN_OR_RETURN(Stanza stanza, WrapWithPassphrase(file_key, passphrase, salt, log_n));
  return EncryptText(text, {std::move(stanza)}, file_key);
}

absl::StatusOr<Secret> Decrypt(std::string_view file, absl::Span<const Identity> identities) {
  return DecryptText(file, [&](const Header& header) { return UnwrapFileKey(header, identities); });
}

absl::StatusOr<Secret> DecryptWithPassphrase(std::string_view file, std::string_view passphrase) {
  return DecryptText(file, [&](const Header& header) { return UnwrapFileKey(header, passphrase); });
}

}  // namespace siphon::age
