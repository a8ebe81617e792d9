// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/keys.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/printable.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/table.h"
#include "siphon/cli/terminal.h"
#include "siphon/domain/secrets/secrets.h"

namespace siphon::cli {
namespace {

constexpr std::string_view kOp = "key";

secrets::Resolver MakeResolver(Env& env) {
  return secrets::Resolver(env.environment, [environment = &env](std::string_view what) {
    return AskSecret(*environment, absl::StrCat(what, ": "));
  });
}

class KeyGenerateCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("file,--file", file_, "The new identity file").TypeName("FILE");
    parser
        .AddOption("--passphrase", passphrase_,
                   "Encrypt the file with this passphrase: prompt:, env:NAME or file:/path")
        .TypeName("REF");
    parser.Footer(
        "Writes a new private key into a new file, which only its owner can read, and prints the\n"
        "public key for encryption.recipients of the configuration. Without the private key no\n"
        "dump that was encrypted to it can be read: keep a copy in a safe place.\n"
        "\n"
        "Examples:\n"
        "  siphon key generate ~/siphon-key.txt\n"
        "  siphon key generate /media/safe/offline.age --passphrase prompt:");
  }

  absl::Status Run(Invocation& invocation) override {
    RETURN_IF_ERROR(RequireGiven(file_, kOp, "file"));
    std::optional<age::Secret> passphrase;
    if (!passphrase_.empty()) {
      ASSIGN_OR_RETURN(passphrase, Passphrase(invocation));
    }
    ASSIGN_OR_RETURN(const age::Recipient recipient,
                     app::GenerateKey(file_, *invocation.env.clock,
                                      passphrase.has_value() ? &*passphrase : nullptr));
    Json json;
    json["file"] = file_;
    json["recipient"] = recipient.Text();
    json["encrypted"] = passphrase.has_value();
    invocation.output.Result(json, [&](std::ostream& out) { out << recipient.Text() << "\n"; });
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<age::Secret> Passphrase(Invocation& invocation) const {
    const secrets::Resolver resolver = MakeResolver(invocation.env);
    ASSIGN_OR_RETURN(const secrets::Reference reference, secrets::ParseReference(passphrase_));
    if (reference.kind == secrets::Reference::Kind::kLiteral) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             "a passphrase on the command line is seen by every user",
                             "give --passphrase prompt:, env:NAME or file:/path");
    }
    const bool asks = reference.kind == secrets::Reference::Kind::kPrompt;
    ASSIGN_OR_RETURN(std::string word,
                     resolver.Resolve(asks ? "prompt:New passphrase" : passphrase_, file_));
    age::Secret passphrase(word);
    age::Wipe(word);
    if (passphrase.empty()) {
      return errs::UserError(kOp, errs::kInvalidArgument, "the passphrase is empty");
    }
    if (!asks) return passphrase;
    ASSIGN_OR_RETURN(std::string again, resolver.Resolve("prompt:The passphrase again", file_));
    const bool same = again == passphrase.view();
    age::Wipe(again);
    if (same) return passphrase;
    return errs::UserError(kOp, errs::kInvalidArgument, "the two passphrases differ",
                           "type the same passphrase twice");
  }

  std::string file_, passphrase_;
};

class KeyListCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser
        .AddArguments("file,--file", files_, "Identity files; default: those of the configuration")
        .TypeName("FILE");
    parser.AddFlag("--open", open_, "Open files that are encrypted with a passphrase, too");
    parser.Footer(
        "Lists the recipients of the configuration, and the public keys of identity files.\n"
        "Private keys are never shown.\n"
        "\n"
        "Examples:\n"
        "  siphon key list\n"
        "  siphon key list ~/siphon-key.txt --json");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    const config::Encryption& encryption = session->config().config.encryption;
    const std::vector<app::KeyFile> files =
        app::ReadKeyFiles(files_.empty() ? encryption.identities : files_, open_,
                          encryption.passphrase, MakeResolver(invocation.env));
    Json json;
    std::vector<std::vector<std::string>> rows;
    json["recipients"] = Json::array();
    if (files_.empty()) {
      for (const age::Recipient& recipient : encryption.recipients) {
        json["recipients"].push_back(recipient.Text());
        rows.push_back({recipient.Text(), "recipient of new dumps", ""});
      }
    }
    json["files"] = Json::array();
    absl::Status first;
    for (const app::KeyFile& file : files) {
      Json entry = {
          {"file", file.path}, {"encrypted", file.encrypted}, {"recipients", Json::array()}};
      const std::string_view kind =
          file.encrypted ? "identity, with a passphrase" : "identity, in clear text";
      for (const age::Recipient& recipient : file.recipients) {
        entry["recipients"].push_back(recipient.Text());
        rows.push_back({recipient.Text(), std::string(kind), base::Printable(file.path)});
      }
      if (!file.status.ok()) {
        first.Update(file.status);
        entry["error"] = ErrorToJson(file.status);
      } else if (file.recipients.empty()) {
        rows.push_back({"-", std::string(kind), base::Printable(file.path)});
      }
      json["files"].push_back(std::move(entry));
    }
    invocation.output.Result(json, [&](std::ostream& out) {
      out << FormatTable(
          {{.title = "PUBLIC KEY"}, {.title = "USE"}, {.title = "FILE", .fit = Fit::kCut}}, rows,
          invocation.env.out_columns);
    });
    if (!first.ok() && invocation.output.json()) invocation.output.SetFailureShown();
    return first;
  }

 private:
  std::vector<std::string> files_;
  bool open_ = false;
};

class KeyExportCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("file,--file", file_, "An identity file").TypeName("FILE");
    parser.AddFlag("--secret", secret_, "Print the private key, in clear text");
    parser.Footer(
        "Prints the public keys of an identity file, one a line, or its private keys: for paper,\n"
        "a password manager, or `age -d -i -`. Asks for the passphrase of a file that has one.\n"
        "\n"
        "Examples:\n"
        "  siphon key export ~/siphon-key.txt\n"
        "  siphon key export offline.age --secret | lpr");
  }

  absl::Status Run(Invocation& invocation) override {
    RETURN_IF_ERROR(RequireGiven(file_, kOp, "file"));
    if (secret_ && invocation.options.json) {
      return errs::UserError(kOp, errs::kInvalidArgument, "--json and --secret cannot be combined",
                             "leave --json out: the private key is printed as it is");
    }
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const std::vector<age::Identity> identities,
                     app::ReadIdentityFile(file_, session->config().config.encryption.passphrase,
                                           MakeResolver(invocation.env)));
    Json json;
    json["recipients"] = Json::array();
    for (const age::Identity& identity : identities) {
      json["recipients"].push_back(identity.recipient().Text());
    }
    invocation.output.Result(json, [&](std::ostream& out) {
      for (const age::Identity& identity : identities) {
        if (secret_) {
          const age::Secret text = identity.Text();
          out << text.view() << "\n";
        } else {
          out << identity.recipient().Text() << "\n";
        }
      }
    });
    return absl::OkStatus();
  }

 private:
  std::string file_;
  bool secret_ = false;
};

}  // namespace

void DefineKey(Parser& root, Selection& selection) {
  Parser key = root.AddCommand("key", "Make and show the keys of encrypted dumps");
  key.RequireCommand();
  key.Footer(
      "Examples:\n"
      "  siphon key generate ~/siphon-key.txt\n"
      "  siphon key list");
  AddCommand<KeyGenerateCommand>(key, "generate", "Make a private key in a new file", selection);
  AddCommand<KeyListCommand>(key, "list", "List the public keys of recipients and files",
                             selection);
  AddCommand<KeyExportCommand>(key, "export", "Print the keys of an identity file", selection);
}

}  // namespace siphon::cli
