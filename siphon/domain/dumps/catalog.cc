// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/catalog.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/io.h"
#include "siphon/base/moment.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/agreement.h"
#include "siphon/domain/dumps/attachments.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/dump_reader.h"
#include "siphon/domain/dumps/dump_writer.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/keys.h"
#include "siphon/domain/dumps/nearest.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/dumps/ulid.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps";
constexpr std::string_view kRebuildHint = "`siphon dumps rebuild` makes sidecars from the dumps";

bool Contains(const std::vector<std::string>& sorted, std::string_view key) {
  return std::binary_search(sorted.begin(), sorted.end(), key);
}

// The message of a status without the text of its cause.
std::string Detail(const absl::Status& status) {
  const std::optional<errs::Error> error = errs::GetError(status);
  return error.has_value() && !error->detail.empty() ? error->detail
                                                     : std::string(status.message());
}

absl::Status ChainError(std::string_view detail) {
  return errs::IntegrityError("dumps.chain", detail,
                              "restore a full dump, or one with a complete chain");
}

// Opens the object of a dump with the fingerprint of `sidecar`, reads its envelope and compares it
// with `sidecar`.
struct CheckedObject {
  Envelope envelope;
  std::unique_ptr<FingerprintReader> reader;
};

absl::Status CheckSize(const base::Context& context, storage::Store& store,
                       const Sidecar& sidecar) {
  RETURN_IF_ERROR(CheckChecksumForm(sidecar.id, sidecar.checksum));
  ASSIGN_OR_RETURN(const std::optional<uint64_t> size, store.Stat(context, DumpKey(sidecar.id)));
  if (!size.has_value() || *size == sidecar.size_bytes) return absl::OkStatus();
  return errs::IntegrityError("dumps.verify",
                              absl::StrCat("dump ", sidecar.id, " has ", *size,
                                           " bytes, its sidecar says ", sidecar.size_bytes),
                              "the dump was truncated or extended; restore another one");
}

absl::StatusOr<CheckedObject> OpenChecked(const base::Context& context, storage::Store& store,
                                          const Sidecar& sidecar) {
  // The size first: a truncated dump need not be read.
  RETURN_IF_ERROR(CheckSize(context, store, sidecar));
  ASSIGN_OR_RETURN(std::unique_ptr<base::Reader> object, store.Open(context, DumpKey(sidecar.id)));
  CheckedObject checked;
  checked.reader = std::make_unique<FingerprintReader>(
      std::move(object), sidecar.id, Fingerprint{sidecar.size_bytes, sidecar.checksum});
  ASSIGN_OR_RETURN(checked.envelope, ReadEnvelope(*checked.reader, sidecar.id));
  RETURN_IF_ERROR(CheckAgreement(sidecar, checked.envelope));
  return checked;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PendingDump>> Catalog::Create(const base::Context& context,
                                                             CreateOptions options) {
  if (options.compression < 0 || options.compression > 9) {
    return errs::UserError("dumps.create", errs::kInvalidArgument,
                           absl::StrCat("compression level ", options.compression),
                           "choose 0 for none, or a level from 1 to 9");
  }
  if (const absl::Status status = Recover(context); !status.ok()) {
    RETURN_IF_ERROR(context.Check());
    // The remains of other runs must not prevent a backup.
    context.Warn("backup",
                 absl::StrCat("remains of an earlier run cannot be removed: ", Detail(status)));
  }
  return MakeDumpWriter(context, store_, clock_, encryption_, NewUlid(clock_->Now()),
                        std::move(options));
}

absl::StatusOr<Sidecar> Catalog::ReadSidecar(const base::Context& context, std::string_view id) {
  const std::string key = SidecarKey(id);
  ASSIGN_OR_RETURN(const std::optional<uint64_t> size, store_->Stat(context, key));
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> object, store_->Open(context, key));
  if (size.value_or(0) > kSidecarLimit) {
    return errs::IntegrityError("dumps.sidecar",
                                absl::StrCat(key, " has more than ", kSidecarLimit, " bytes"),
                                kRebuildHint);
  }
  ASSIGN_OR_RETURN(const std::string json, base::ReadAll(*object, kSidecarLimit));
  absl::StatusOr<Sidecar> sidecar = DecodeSidecar(json);
  if (!sidecar.ok()) {
    return errs::IntegrityError("dumps.sidecar", absl::StrCat(key, ": ", Detail(sidecar.status())),
                                kRebuildHint);
  }
  if (sidecar->id != id) {
    return errs::IntegrityError(
        "dumps.sidecar",
        absl::StrCat(key, " is the sidecar of another dump: its id is \"", sidecar->id, "\""),
        "rename it back, or make a new one with `siphon dumps rebuild`");
  }
  return sidecar;
}

absl::Status Catalog::AddTo(const base::Context& context, const std::string& id, bool has_dump,
                            Listing& listing) {
  absl::StatusOr<Sidecar> sidecar = ReadSidecar(context, id);
  RETURN_IF_ERROR(context.Check());
  if (errs::Is(sidecar.status(), errs::kNotFound))
    return absl::OkStatus();  // Removed in the meantime.
  if (!has_dump) {
    ASSIGN_OR_RETURN(const auto dump, store_->Stat(context, DumpKey(id)));
    // Remove() deletes the sidecar first: if it does not exist either, the dump was removed.
    ASSIGN_OR_RETURN(const auto still, store_->Stat(context, SidecarKey(id)));
    if (!still.has_value()) return absl::OkStatus();
    has_dump = dump.has_value();
  }
  if (sidecar.ok() && has_dump) {
    listing.dumps.push_back(*std::move(sidecar));
  } else {
    listing.corrupt.push_back(id);
  }
  return absl::OkStatus();
}

absl::StatusOr<Listing> Catalog::List(const base::Context& context) {
  ASSIGN_OR_RETURN(const std::vector<std::string> keys, store_->List(context));
  Listing listing;
  std::vector<std::string> bare;
  for (const std::string& key : keys) {
    if (const std::optional<std::string> id = IdOfKey(key, kSidecarSuffix); id.has_value()) {
      RETURN_IF_ERROR(AddTo(context, *id, Contains(keys, DumpKey(*id)), listing));
    } else if (const std::optional<std::string> dump = IdOfKey(key, kDumpSuffix);
               dump.has_value() && !Contains(keys, SidecarKey(*dump))) {
      bare.push_back(*dump);
    }
  }
  for (const std::string& id : bare) {
    ASSIGN_OR_RETURN(const Presence presence, Find(context, id));
    if (presence == Presence::kOrphan) listing.orphans.push_back(id);
    // Published after the keys were listed.
    if (presence == Presence::kSidecar) RETURN_IF_ERROR(AddTo(context, id, true, listing));
  }
  for (const Sidecar& dump : listing.dumps) {
    if (!Contains(keys, NotesKey(dump.id))) continue;
    absl::StatusOr<Notes> notes = ReadNotes(context, dump.id);
    RETURN_IF_ERROR(context.Check());
    if (notes.ok()) {
      listing.notes[dump.id] = *std::move(notes);
    } else {
      listing.bad_notes.push_back(dump.id);
    }
  }
  std::sort(listing.bad_notes.begin(), listing.bad_notes.end());
  std::sort(listing.dumps.begin(), listing.dumps.end(), [](const Sidecar& a, const Sidecar& b) {
    return a.created != b.created ? a.created > b.created : a.id < b.id;
  });
  std::sort(listing.corrupt.begin(), listing.corrupt.end());
  return listing;
}

absl::StatusOr<Catalog::Presence> Catalog::Find(const base::Context& context, std::string_view id) {
  // The order matters: a backup creates its marker, the dump, the sidecar, and removes the marker.
  ASSIGN_OR_RETURN(const auto dump, store_->Stat(context, DumpKey(id)));
  ASSIGN_OR_RETURN(const std::vector<std::string> uncommitted, store_->ListUncommitted(context));
  ASSIGN_OR_RETURN(const auto sidecar, store_->Stat(context, SidecarKey(id)));
  if (sidecar.has_value()) return Presence::kSidecar;
  if (!dump.has_value()) return Presence::kNothing;
  return Contains(uncommitted, MarkerKey(id)) ? Presence::kUnfinished : Presence::kOrphan;
}

absl::Status Catalog::Missing(const base::Context& context, std::string_view id) {
  ASSIGN_OR_RETURN(const Presence presence, Find(context, id));
  if (presence == Presence::kOrphan) {
    return errs::IntegrityError(
        kOp, absl::StrCat("dump ", id, " has no sidecar (", SidecarKey(id), ")"), kRebuildHint);
  }
  if (presence == Presence::kUnfinished) {
    return errs::UserError(kOp, errs::kNotFound, absl::StrCat("dump ", id, " is not complete"),
                           "its backup still runs, or was killed and the next one removes it");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> keys, store_->List(context));
  std::vector<std::string> ids;
  for (const std::string& key : keys) {
    std::optional<std::string> other = IdOfKey(key, kSidecarSuffix);
    if (other.has_value()) ids.push_back(*std::move(other));
  }
  const std::vector<std::string> nearest = NearestIds(id, ids);
  std::string hint = "`siphon dumps list` shows the existing dumps";
  if (ids.empty()) hint = "there are no dumps yet";
  const absl::StatusOr<Listing> listing = List(context);
  if (listing.ok() && std::any_of(listing->dumps.begin(), listing->dumps.end(),
                                  [&](const Sidecar& dump) { return dump.profile == id; })) {
    hint = absl::StrCat(LatestOf(id), " is the newest full dump of the profile ", id);
  }
  if (absl::StrContains(id, '.')) {
    hint =
        absl::StrCat("to restore a file outside of the catalogue, write a path with '/': ./", id);
  }
  if (!nearest.empty()) hint = absl::StrCat("did you mean ", absl::StrJoin(nearest, " or "), "?");
  return errs::UserError(kOp, errs::kNotFound,
                         absl::StrCat("there is no dump ", id, " in ", store_->Description()),
                         hint);
}

absl::StatusOr<Sidecar> Catalog::Get(const base::Context& context, std::string_view id) {
  RETURN_IF_ERROR(ValidateId(id));
  absl::StatusOr<Sidecar> sidecar = ReadSidecar(context, id);
  if (errs::Is(sidecar.status(), errs::kNotFound)) return Missing(context, id);
  if (!sidecar.ok()) return sidecar;
  ASSIGN_OR_RETURN(const auto dump, store_->Stat(context, DumpKey(id)));
  if (!dump.has_value()) {
    return errs::IntegrityError(
        kOp, absl::StrCat("dump ", id, " has a sidecar, but its ", DumpKey(id), " is missing"),
        absl::StrCat("restore the file from a copy, or remove the rest with `siphon dumps rm ", id,
                     "`"));
  }
  return sidecar;
}

absl::StatusOr<std::string> Catalog::Resolve(const base::Context& context,
                                             const Selector& selector) {
  const std::string& text = selector.text;
  const bool latest = IsLatest(text) || (text.empty() && selector.has_conditions());
  if (!latest && selector.has_conditions()) {
    return errs::UserError(
        kOp, errs::kInvalidArgument,
        absl::StrCat("conditions (--before, --tag, --kind) choose the latest dump, and ", text,
                     " is not \"latest\""),
        "leave out the conditions, or write latest or latest:PROFILE");
  }
  if (!selector.has_conditions() && ValidateId(text).ok()) {
    ASSIGN_OR_RETURN(const Presence presence, Find(context, text));
    if (presence != Presence::kNothing) return text;
  }
  if (!latest && text.size() < kShortestPrefix) return text;
  ASSIGN_OR_RETURN(const Listing listing, List(context));
  if (latest && listing.dumps.empty()) {
    return errs::UserError(kOp, errs::kNotFound,
                           absl::StrCat("there are no dumps in ", store_->Description()),
                           "'siphon backup' makes the first one");
  }
  if (latest) {
    ASSIGN_OR_RETURN(const Sidecar dump, SelectLatest(listing.dumps, listing.notes, selector));
    return dump.id;
  }
  std::vector<std::string> ids = listing.corrupt;
  ids.insert(ids.end(), listing.orphans.begin(), listing.orphans.end());
  for (const Sidecar& dump : listing.dumps) ids.push_back(dump.id);
  ids = SelectByPrefix(ids, text);
  if (ids.size() == 1) return ids.front();
  if (ids.empty()) return text;
  return errs::UserError(
      kOp, errs::kInvalidArgument,
      absl::StrCat(ids.size(), " dumps begin with ", text, ": ", base::ListSome(ids)),
      "give more characters of the id");
}

absl::Status Catalog::Decrypt(OpenDump& dump) const {
  if (dump.envelope.encryption.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(FillDetails(dump.sidecar, encryption_));
  RETURN_IF_ERROR(FillDetails(dump.envelope, dump.sidecar.id, encryption_));
  return CheckAgreement(dump.sidecar, dump.envelope);
}

absl::StatusOr<OpenDump> Catalog::Describe(const base::Context& context, std::string_view id,
                                           DetailsNeed need) {
  OpenDump dump;
  ASSIGN_OR_RETURN(dump.sidecar, Get(context, id));
  RETURN_IF_ERROR(CheckSize(context, *store_, dump.sidecar));
  ASSIGN_OR_RETURN(const std::unique_ptr<base::RandomAccess> object,
                   store_->OpenAt(context, DumpKey(dump.sidecar.id)));
  if (object == nullptr) {
    ASSIGN_OR_RETURN(CheckedObject checked, OpenChecked(context, *store_, dump.sidecar));
    dump.envelope = std::move(checked.envelope);
  } else {
    std::string head(std::min<uint64_t>(object->size(), kEnvelopeSize), '\0');
    RETURN_IF_ERROR(object->ReadAt(0, absl::MakeSpan(head)));
    base::StringReader reader(head);
    ASSIGN_OR_RETURN(dump.envelope, ReadEnvelope(reader, dump.sidecar.id));
    RETURN_IF_ERROR(CheckAgreement(dump.sidecar, dump.envelope));
  }
  RETURN_IF_ERROR(CheckEnvelope(dump.sidecar.id, dump.envelope));
  OpenDump decrypted;
  decrypted.sidecar = dump.sidecar;
  decrypted.envelope = dump.envelope;
  absl::Status status = Decrypt(decrypted);
  if (status.ok()) return decrypted;
  if (need == DetailsNeed::kRequired || !errs::Is(status, errs::kSecretUnavailable)) return status;
  dump.details_missing = std::move(status);
  return dump;
}

absl::StatusOr<OpenDump> Catalog::Open(const base::Context& context, std::string_view id) {
  OpenDump dump;
  ASSIGN_OR_RETURN(dump.sidecar, Get(context, id));
  ASSIGN_OR_RETURN(CheckedObject checked, OpenChecked(context, *store_, dump.sidecar));
  dump.envelope = std::move(checked.envelope);
  RETURN_IF_ERROR(Decrypt(dump));
  ASSIGN_OR_RETURN(dump.body, BodyReader::Create(std::move(checked.reader), dump.envelope,
                                                 dump.sidecar.id, encryption_));
  return dump;
}

absl::StatusOr<Verification> Catalog::Verify(const base::Context& context, std::string_view id,
                                             base::Stage* stage) {
  Verification verification;
  ASSIGN_OR_RETURN(verification.sidecar, Get(context, id));
  ASSIGN_OR_RETURN(CheckedObject checked, OpenChecked(context, *store_, verification.sidecar));
  if (stage != nullptr) stage->SetTotal(verification.sidecar.size_bytes);
  std::vector<char> buffer(base::kCopyBufferSize);
  uint64_t read = kEnvelopeSize;
  while (true) {
    ASSIGN_OR_RETURN(const size_t count, checked.reader->Read(absl::MakeSpan(buffer)));
    if (count == 0) break;
    read += count;
    if (stage != nullptr) stage->Progress(read);
  }
  verification.envelope = std::move(checked.envelope);
  RETURN_IF_ERROR(ReadAttachments(context, *store_, id, verification.envelope).status());
  return verification;
}

absl::StatusOr<Notes> Catalog::ReadNotes(const base::Context& context, std::string_view id) {
  const std::string key = NotesKey(id);
  ASSIGN_OR_RETURN(const std::optional<uint64_t> size, store_->Stat(context, key));
  if (!size.has_value()) return Notes();
  absl::StatusOr<std::unique_ptr<base::Reader>> object = store_->Open(context, key);
  if (errs::Is(object.status(), errs::kNotFound)) return Notes();  // Removed in the meantime.
  RETURN_IF_ERROR(object.status());
  ASSIGN_OR_RETURN(const std::string json, base::ReadAll(**object, kNotesLimit));
  absl::StatusOr<Notes> notes = DecodeNotes(json);
  if (notes.ok()) return notes;
  return errs::IntegrityError("dumps.notes", absl::StrCat(key, ": ", Detail(notes.status())),
                              "delete the file: the dump is complete without it");
}

absl::Status Catalog::WriteNotes(const base::Context& context, std::string_view id,
                                 const Notes& notes) {
  RETURN_IF_ERROR(Get(context, id).status());
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::ObjectWriter> object,
                   store_->Create(context, NotesKey(id)));
  RETURN_IF_ERROR(object->Write(EncodeNotes(notes)));
  RETURN_IF_ERROR(object->Finish());
  return object->Commit();
}

absl::StatusOr<std::map<std::string, std::string>> Catalog::Attachments(
    const base::Context& context, const OpenDump& dump) {
  ASSIGN_OR_RETURN(auto texts, ReadAttachments(context, *store_, dump.sidecar.id, dump.envelope));
  if (dump.envelope.encryption.empty()) return texts;
  std::map<std::string, std::string> opened;
  for (const auto& [name, text] : texts) {
    const std::string clear(absl::StripSuffix(name, kEncryptedSuffix));
    ASSIGN_OR_RETURN(opened[clear], OpenAttachment(dump.sidecar.id, clear, text, encryption_));
  }
  return opened;
}

absl::StatusOr<std::vector<Sidecar>> Catalog::Chain(const base::Context& context,
                                                    std::string_view id) {
  std::vector<Sidecar> chain;
  std::set<std::string> seen;
  for (std::string next(id);;) {
    if (!seen.insert(next).second) {
      return ChainError(absl::StrCat("chain cycle detected at ", next));
    }
    absl::StatusOr<Sidecar> sidecar = Get(context, next);
    if (!sidecar.ok()) {
      if (chain.empty()) return sidecar.status();
      RETURN_IF_ERROR(context.Check());
      return ChainError(absl::StrCat("chain broken at ", next, ": ", Detail(sidecar.status())));
    }
    chain.push_back(*std::move(sidecar));
    const Sidecar& member = chain.back();
    if (member.base_id.empty() || member.base_id == member.id) break;
    if (member.parent_id.empty()) {
      return ChainError(absl::StrCat("chain broken: incremental ", member.id, " has no parent_id"));
    }
    next = member.parent_id;
  }
  std::reverse(chain.begin(), chain.end());
  const Sidecar& base = chain.front();
  for (size_t i = 1; i < chain.size(); ++i) {
    if (chain[i].base_id != base.id) {
      return ChainError(absl::StrCat("chain broken at ", chain[i].id, ": its base_id is ",
                                     chain[i].base_id, ", its parents lead to ", base.id));
    }
    if (chain[i].driver != base.driver) {
      return ChainError(absl::StrCat("chain broken at ", chain[i].id, ": it is of driver \"",
                                     chain[i].driver, "\", its base of \"", base.driver, "\""));
    }
  }
  return chain;
}

absl::StatusOr<std::optional<absl::Time>> Catalog::LockedUntil(const base::Context& context,
                                                               std::string_view id) {
  ASSIGN_OR_RETURN(const auto dump, store_->LockedUntil(context, DumpKey(id)));
  ASSIGN_OR_RETURN(const auto sidecar, store_->LockedUntil(context, SidecarKey(id)));
  return std::max(dump, sidecar);
}

absl::Status Catalog::CheckRemovable(const base::Context& context, std::string_view id) {
  const absl::Time now = clock_->Now();
  const absl::StatusOr<Notes> notes = ReadNotes(context, id);
  RETURN_IF_ERROR(context.Check());
  // Damaged notes do not prevent the removal that a person asks for.
  if (!notes.ok() && !errs::Is(notes.status(), errs::kIntegrity)) return notes.status();
  if (notes.ok() && notes->pinned(now)) {
    return errs::UserError("dumps.remove", errs::kInvalidArgument,
                           absl::StrCat("dump ", id, " is ", DescribePin(*notes->pin)),
                           absl::StrCat("`siphon dumps unpin ", id, "` removes the pin"));
  }
  return CheckUnlocked(context, id);
}

absl::Status Catalog::CheckUnlocked(const base::Context& context, std::string_view id) {
  const absl::Time now = clock_->Now();
  ASSIGN_OR_RETURN(const std::optional<absl::Time> until, LockedUntil(context, id));
  if (!until.has_value() || *until <= now) return absl::OkStatus();
  const bool has_end = *until != absl::InfiniteFuture();
  return errs::SystemError(
      "dumps.remove", errs::kIo,
      absl::StrCat("dump ", id, " is locked by the store",
                   has_end ? absl::StrCat(" until ", base::FormatMoment(*until)) : ""),
      has_end ? "remove it after that time" : "remove the legal hold first");
}

absl::StatusOr<std::vector<std::string>> Catalog::DependentsOf(const base::Context& context,
                                                               std::string_view id,
                                                               const Listing* known) {
  ASSIGN_OR_RETURN(const std::vector<std::string> keys, store_->List(context));
  std::vector<std::string> dependents;
  const auto note = [&](const Sidecar& other) {
    if (other.id != id && (other.parent_id == id || other.base_id == id)) {
      dependents.push_back(other.id);
    }
  };
  std::set<std::string_view> read;
  if (known != nullptr) {
    for (const Sidecar& dump : known->dumps) {
      read.insert(dump.id);
      if (Contains(keys, SidecarKey(dump.id))) note(dump);
    }
  }
  Listing others;
  for (const std::string& key : keys) {
    const std::optional<std::string> other = IdOfKey(key, kSidecarSuffix);
    if (!other.has_value() || read.contains(*other)) continue;
    RETURN_IF_ERROR(AddTo(context, *other, Contains(keys, DumpKey(*other)), others));
  }
  for (const Sidecar& other : others.dumps) note(other);
  return dependents;
}

absl::Status Catalog::CheckWithoutDependents(const base::Context& context, std::string_view id,
                                             const Listing* known) {
  ASSIGN_OR_RETURN(const std::vector<std::string> dependents, DependentsOf(context, id, known));
  if (!dependents.empty()) {
    return errs::UserError("dumps.remove", errs::kInvalidArgument,
                           absl::StrCat("dump ", id, " is the base of these incrementals: ",
                                        absl::StrJoin(dependents, ", ")),
                           absl::StrCat("remove them first, beginning with the newest; `siphon "
                                        "dumps rm ",
                                        id, " --chain` removes them and the dump"));
  }
  return absl::OkStatus();
}

absl::Status Catalog::RemoveObjects(const base::Context& context, std::string_view id) {
  RETURN_IF_ERROR(store_->Delete(context, SidecarKey(id)));
  RETURN_IF_ERROR(store_->Delete(context, DumpKey(id)));
  return DeleteCompanions(context, *store_, id);
}

absl::Status Catalog::Remove(const base::Context& context, std::string_view id,
                             const Listing* known) {
  RETURN_IF_ERROR(ValidateId(id));
  ASSIGN_OR_RETURN(const Presence presence, Find(context, id));
  if (presence == Presence::kNothing || presence == Presence::kUnfinished) {
    return Missing(context, id);
  }
  RETURN_IF_ERROR(CheckWithoutDependents(context, id, known));
  RETURN_IF_ERROR(CheckRemovable(context, id));
  return RemoveObjects(context, id);
}

}  // namespace siphon::dumps
