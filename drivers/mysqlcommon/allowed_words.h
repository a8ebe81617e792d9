// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_ALLOWED_WORDS_H_
#define DRIVERS_MYSQLCOMMON_ALLOWED_WORDS_H_

#include <algorithm>
#include <iterator>
#include <string_view>

// The words that a restore accepts in the statements of a dump. A word that is missing makes siphon
// refuse a statement; add it only if it cannot reach anything but the restored table or session.
namespace siphon::mysqlcommon {

// System variables of the session that the dumps of mysqldump, mariadb-dump, mydumper and siphon
// set, and others of their kind: they shape how statements are read and rows are checked.
inline constexpr std::string_view kSessionVariables[] = {"alter_algorithm",
                                                         "autocommit",
                                                         "bulk_insert_buffer_size",
                                                         "character_set_client",
                                                         "character_set_connection",
                                                         "character_set_database",
                                                         "character_set_results",
                                                         "character_set_server",
                                                         "check_constraint_checks",
                                                         "collation_connection",
                                                         "collation_database",
                                                         "collation_server",
                                                         "column_compression_threshold",
                                                         "default_collation_for_utf8mb4",
                                                         "default_week_format",
                                                         "div_precision_increment",
                                                         "explicit_defaults_for_timestamp",
                                                         "foreign_key_checks",
                                                         "group_concat_max_len",
                                                         "information_schema_stats_expiry",
                                                         "innodb_lock_wait_timeout",
                                                         "innodb_strict_mode",
                                                         "insert_id",
                                                         "lc_time_names",
                                                         "lock_wait_timeout",
                                                         "max_allowed_packet",
                                                         "max_error_count",
                                                         "max_statement_time",
                                                         "myisam_sort_buffer_size",
                                                         "net_read_timeout",
                                                         "net_write_timeout",
                                                         "note_verbosity",
                                                         "old_mode",
                                                         "restrict_fk_on_non_standard_key",
                                                         "show_create_table_skip_secondary_engine",
                                                         "sql_auto_is_null",
                                                         "sql_big_selects",
                                                         "sql_generate_invisible_primary_key",
                                                         "sql_mode",
                                                         "sql_notes",
                                                         "sql_quote_show_create",
                                                         "sql_require_primary_key",
                                                         "sql_safe_updates",
                                                         "sql_warnings",
                                                         "system_versioning_alter_history",
                                                         "system_versioning_insert_history",
                                                         "time_zone",
                                                         "timestamp",
                                                         "transaction_isolation",
                                                         "tx_isolation",
                                                         "unique_checks",
                                                         "updatable_views_with_limit",
                                                         "wait_timeout"};

// Variables of the binary log and of replication: statements that set nothing else are skipped.
inline constexpr std::string_view kSkippedVariables[] = {
    "sql_log_bin", "gtid_next",           "gtid_domain_id",    "gtid_seq_no",     "server_id",
    "wsrep_on",    "pseudo_replica_mode", "pseudo_slave_mode", "skip_replication"};

// Storage engines whose tables hold their own rows. Not those that reach another server, a file, or
// a library's interface (FEDERATED, CONNECT, SPIDER, S3, ...).
inline constexpr std::string_view kEngines[] = {
    "INNODB",     "MYISAM",    "ARIA",       "MEMORY",      "HEAP",   "ARCHIVE",
    "CSV",        "MERGE",     "MRG_MYISAM", "ROCKSDB",     "TOKUDB", "NDB",
    "NDBCLUSTER", "BLACKHOLE", "MROONGA",    "COLUMNSTORE", "XTRADB"};

// Tablespaces that are not objects of the server.
inline constexpr std::string_view kTablespaces[] = {"innodb_file_per_table", "innodb_system"};

// A word of a table's definition outside of parentheses, after its columns.
struct TableWord {
  std::string_view word;
  bool value = false;  // A value follows, with or without "=".
};
inline constexpr TableWord kTableWords[] = {
    // Options of the table.
    {"AUTOEXTEND_SIZE", true},
    {"AUTO_INCREMENT", true},
    {"AVG_ROW_LENGTH", true},
    {"CHARACTER"},
    {"CHARSET", true},
    {"CHECKSUM", true},
    {"COLLATE", true},
    {"COMMENT", true},
    {"COMPRESSION", true},
    {"DEFAULT"},
    {"DELAY_KEY_WRITE", true},
    {"ENCRYPTED", true},
    {"ENCRYPTION", true},
    {"ENCRYPTION_KEY_ID", true},
    {"ENGINE_ATTRIBUTE", true},
    {"INSERT_METHOD", true},
    {"ITEF_QUERY", true},
    {"KEY_BLOCK_SIZE", true},
    {"MAX_ROWS", true},
    {"MIN_ROWS", true},
    {"PACK_KEYS", true},
    {"PAGE_CHECKSUM", true},
    {"PAGE_COMPRESSED", true},
    {"PAGE_COMPRESSION_LEVEL", true},
    {"ROW_FORMAT", true},
    {"SECONDARY_ENGINE", true},
    {"SECONDARY_ENGINE_ATTRIBUTE", true},
    {"SEQUENCE", true},
    {"SET", true},
    {"START", true},
    {"STATS_AUTO_RECALC", true},
    {"STATS_PERSISTENT", true},
    {"STATS_SAMPLE_PAGES", true},
    {"STORAGE", true},
    {"TABLE_CHECKSUM", true},
    {"TRANSACTIONAL", true},
    {"UNION", true},
    {"WITHOUT"},
    {"SYSTEM"},
    {"VERSIONING"},
    // Partitions.
    {"ALGORITHM", true},
    {"AUTO"},
    {"BY"},
    {"COLUMNS"},
    {"CURRENT"},
    {"HASH"},
    {"HISTORY"},
    {"INTERVAL"},
    {"KEY"},
    {"LIMIT", true},
    {"LINEAR"},
    {"LIST"},
    {"PARTITION"},
    {"PARTITIONS", true},
    {"RANGE"},
    {"STARTS", true},
    {"SUBPARTITION"},
    {"SUBPARTITIONS", true},
    {"SYSTEM_TIME"},
    {"TIMESTAMP", true},
    {"SECOND"},
    {"MINUTE"},
    {"HOUR"},
    {"DAY"},
    {"WEEK"},
    {"MONTH"},
    {"QUARTER"},
    {"YEAR"}};

// Words of CREATE SEQUENCE and ALTER SEQUENCE; the values are numbers.
inline constexpr std::string_view kSequenceWords[] = {
    "START",      "RESTART",    "WITH",       "INCREMENT", "BY",           "MINVALUE",
    "MAXVALUE",   "NO",         "NOCACHE",    "CACHE",     "CYCLE",        "NOCYCLE",
    "NOMAXVALUE", "NOMINVALUE", "AS",         "BIGINT",    "INT",          "INTEGER",
    "SMALLINT",   "TINYINT",    "MEDIUMINT",  "UNSIGNED",  "SIGNED",       "COMMENT",
    "COLLATE",    "CHARSET",    "ROW_FORMAT", "DEFAULT",   "TRANSACTIONAL"};

// Words of the schedule of CREATE EVENT. Times and intervals are numbers, strings and the present
// time.
inline constexpr std::string_view kScheduleWords[] = {
    "ON",          "SCHEDULE",    "AT",           "EVERY",     "STARTS",     "ENDS",
    "COMPLETION",  "NOT",         "PRESERVE",     "ENABLE",    "DISABLE",    "SLAVE",
    "REPLICA",     "COMMENT",     "INTERVAL",     "TIMESTAMP", "NOW",        "CURRENT_TIMESTAMP",
    "YEAR",        "QUARTER",     "MONTH",        "WEEK",      "DAY",        "HOUR",
    "MINUTE",      "SECOND",      "YEAR_MONTH",   "DAY_HOUR",  "DAY_MINUTE", "DAY_SECOND",
    "HOUR_MINUTE", "HOUR_SECOND", "MINUTE_SECOND"};

// The first words of what ALTER TABLE may do: not RENAME, EXCHANGE, IMPORT, DISCARD, CONVERT.
inline constexpr std::string_view kAlterActions[] = {
    "ADD",     "MODIFY", "CHANGE",         "ALTER",   "DISABLE",    "ENABLE", "DROP",
    "COMMENT", "ENGINE", "AUTO_INCREMENT", "DEFAULT", "ROW_FORMAT", "CHARSET"};

// Words in the rows of an INSERT statement: literals, and the functions of the server that dump
// programs and samples call with literals.
inline constexpr std::string_view kLiteralWords[] = {"NULL", "TRUE", "FALSE", "DEFAULT",
                                                     "CURRENT_TIMESTAMP"};
// A string follows.
inline constexpr std::string_view kLiteralPrefixes[] = {"N", "X", "B", "DATE", "TIME", "TIMESTAMP"};
inline constexpr std::string_view kLiteralFunctions[] = {"CAST",
                                                         "CONVERT",
                                                         "CURRENT_TIMESTAMP",
                                                         "FROM_BASE64",
                                                         "GEOMFROMTEXT",
                                                         "GEOMFROMWKB",
                                                         "HEX",
                                                         "NOW",
                                                         "STR_TO_DATE",
                                                         "ST_GEOMFROMTEXT",
                                                         "ST_GEOMFROMWKB",
                                                         "ST_GEOMETRYFROMTEXT",
                                                         "STRING_TO_VECTOR",
                                                         "TO_VECTOR",
                                                         "UNHEX",
                                                         "VEC_FROMTEXT"};
// Types after AS, and words around them, in CAST and CONVERT.
inline constexpr std::string_view kCastWords[] = {
    "AS",       "USING",   "BINARY",  "CHAR",    "CHARACTER", "CHARSET", "SET",  "DATE",
    "DATETIME", "DECIMAL", "JSON",    "SIGNED",  "UNSIGNED",  "INTEGER", "TIME", "YEAR",
    "FLOAT",    "DOUBLE",  "UTF8MB4", "UTF8MB3", "UTF8",      "LATIN1",  "ASCII"};

// Words that are no names without quotes, and begin what a restore must not run.
inline constexpr std::string_view kNoNames[] = {
    "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "GRANT", "CALL", "LOAD",   "INTO", "OUTFILE",
    "TABLE",  "VALUES", "WITH",   "LIKE",   "USE",     "KILL",  "SET",  "CREATE", "DROP", "ALTER"};

template <size_t kSize>
bool IsIn(const std::string_view (&words)[kSize], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_ALLOWED_WORDS_H_
