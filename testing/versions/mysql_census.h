// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_VERSIONS_MYSQL_CENSUS_H_
#define TESTING_VERSIONS_MYSQL_CENSUS_H_

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mysqlcommon/fork.h"
#include "siphon/driver/version.h"
#include "testing/servers/mysql_version_proxy.h"

namespace siphon::testing {

// `sql` as a server of this fork and version reads it: the content of versioned comments
// ("/*!80023 ... */", "/*M!100201 ... */") is SQL if the server executes it, and is removed if
// the server takes it for a comment. (MySQL's manual, "Comments"; MariaDB's, "Comment
// Syntax".) Quotes are not looked at: the tests' values hold no comments.
std::string AsReadBy(std::string_view sql, const mysqlcommon::Fork& fork,
                     const driver::Version& version);

// Holds every statement against drivers/mysqlcommon/server_facts.h, as a server of one version
// would. A statement is refused, with the error of a real server, when the table says that this
// version does not accept it; and when it has a word that is neither in the table nor in the list
// of words that every supported version knows: whoever uses a new word has to look it up in the
// manuals first.
class MysqlCensus {
 public:
  MysqlCensus(const mysqlcommon::Fork& fork, std::string_view version);

  // For MysqlVersionProxy. Statements that this version would answer otherwise than the real server
  // behind the proxy are rewritten so that the real server gives that answer.
  MysqlVersionProxy::Verdict Judge(std::string_view sql);

  // Each refused statement with the reason.
  std::vector<std::string> refused() const;
  // True when a statement had these words, in upper case and separated by spaces, one after the
  // other.
  bool Saw(std::string_view words) const;

 private:
  MysqlVersionProxy::Verdict JudgeWords(std::string_view sql,
                                        const std::vector<std::string>& words) const;
  std::string Answerable(std::string_view sql) const;

  const mysqlcommon::Fork& fork_;
  const std::string version_text_;
  const driver::Version version_;
  mutable std::mutex mutex_;
  std::vector<std::string> refused_;
  std::set<std::string> seen_;  // Statements as words.
};

}  // namespace siphon::testing

#endif  // TESTING_VERSIONS_MYSQL_CENSUS_H_
