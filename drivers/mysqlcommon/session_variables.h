// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SESSION_VARIABLES_H_
#define DRIVERS_MYSQLCOMMON_SESSION_VARIABLES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/server_facts.h"
#include "siphon/driver/version.h"

namespace siphon::mysqlcommon {

// A variable that siphon sets in each of its sessions, because the server's value could shape, cut
// or refuse a result. session_variables_test.cc compares the list with the variables of the real
// servers, and gives the reason for every variable that siphon leaves alone.
struct SessionVariable {
  std::string_view name;  // In lower case.
  std::string_view value;
  // Only servers that accept this feature have the variable. Without one, all supported servers do.
  std::optional<Feature> feature = std::nullopt;
  // The account may lack the right to set the variable, or the server may lack its plugin.
  bool may_be_refused = false;
  // In a session that runs migrations, siphon's own statements use this value, too, because the
  // user's value could cut, refuse or end them. Setting the variable needs no privilege.
  bool in_migrations = false;
};

inline constexpr SessionVariable kOwnVariables[] = {
    {"sql_mode", "''"},
    {"time_zone", "'+00:00'"},
    // A slow store or source must not end the session, and a time limit must not end a statement.
    {"wait_timeout", "2147483"},
    {"net_write_timeout", "2147483"},
    {"net_read_timeout", "2147483"},
    {"lock_wait_timeout", "86400"},
    {"innodb_lock_wait_timeout", "50", std::nullopt, true},
    {"max_execution_time", "0", Feature::kMaxExecutionTime, false, true},
    {"max_statement_time", "0", Feature::kMaxStatementTime, false, true},
    {"idle_transaction_timeout", "0", Feature::kIdleTransactionTimeout},
    {"idle_readonly_transaction_timeout", "0", Feature::kIdleTransactionTimeout},
    {"idle_write_transaction_timeout", "0", Feature::kIdleTransactionTimeout},
    // When a statement commits, and what a COMMIT does.
    {"autocommit", "1"},
    {"completion_type", "'NO_CHAIN'", std::nullopt, false, true},
    // Limits of results. sql_big_selects comes after max_join_size, which sets it.
    {"sql_select_limit", "18446744073709551615", std::nullopt, false, true},
    {"max_join_size", "18446744073709551615", std::nullopt, false, true},
    {"sql_big_selects", "1", std::nullopt, false, true},
    {"group_concat_max_len", "1073741824"},
    {"max_sort_length", "1024"},
    {"max_session_mem_used", "9223372036854775807", Feature::kMaxSessionMemory, true},
    {"max_tmp_session_space_usage", "0", Feature::kMaxSessionSpace, true},
    {"connection_memory_limit", "18446744073709551615", Feature::kConnectionMemory, true},
    {"parser_max_mem_size", "18446744073709551615", Feature::kParserMemory, true},
    // What a statement means, and whether it may run.
    {"sql_safe_updates", "0", std::nullopt, false, true},
    {"sql_auto_is_null", "0"},
    {"sql_buffer_result", "0"},
    {"foreign_key_checks", "1"},
    {"unique_checks", "1"},
    {"sql_if_exists", "0", Feature::kSqlIfExists},
    {"alter_algorithm", "'DEFAULT'", Feature::kAlterAlgorithm},
    {"default_regex_flags", "''", Feature::kDefaultRegexFlags},
    // For this variable, DEFAULT does not mean the server's value: it selects the current rows.
    {"system_versioning_asof", "DEFAULT", Feature::kVersioningAsOf},
    // With 1, the server adds no implicit default or NOT NULL to TIMESTAMP columns.
    {"explicit_defaults_for_timestamp", "1", std::nullopt, true},
    {"old_mode", "'UTF8_IS_UTF8MB3'", Feature::kUtf8IsUtf8mb3},
    {"character_set_collations", "''", Feature::kCharacterSetCollations, true},
    {"use_secondary_engine", "OFF", Feature::kUseSecondaryEngine, true},
    // Tables of older servers have foreign keys to columns that are not unique; from 8.4 on the
    // server refuses to create or rename such tables unless told otherwise.
    {"restrict_fk_on_non_standard_key", "OFF", Feature::kRestrictForeignKeys, true},
    // What the server shows of its objects. A generated invisible primary key is part of the table,
    // whether the server shows it or not.
    {"sql_quote_show_create", "1"},
    {"show_gipk_in_create_table_and_information_schema", "ON", Feature::kShowGeneratedKeys, true},
    {"show_create_table_verbosity", "0", Feature::kShowCreateVerbosity, true},
    {"show_create_table_skip_secondary_engine", "0", Feature::kShowSecondaryEngine, true},
    // Otherwise sizes and estimated numbers of rows may be a day old.
    {"information_schema_stats_expiry", "0", Feature::kStatsExpiry},
};

// The statement that sets the transactions' isolation and access mode; their variables have other
// names in older versions.
inline constexpr std::string_view kTransactionRules =
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE";

// The assignments ("autocommit=1") for a server, in the order of the list: those that must succeed,
// or those that may be refused.
std::vector<std::string> SessionAssignments(const Fork& fork, const driver::Version& version,
                                            bool may_be_refused);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SESSION_VARIABLES_H_
