// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The variables of a server's session: siphon sets each one that can shape, cut or refuse a result,
// whatever the server's own values are.

#include "drivers/mysqlcommon/session_variables.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using ::testing::IsEmpty;

// Variables that siphon leaves at the server's value, by the reason why they cannot shape, cut or
// refuse a result.
struct Left {
  std::string_view why;
  std::string_view names;
};
constexpr Left kLeft[] = {
    {"they report something, or hold for the next statement only; a new session has no value",
     "error_count warning_count identity insert_id last_insert_id rand_seed1 rand_seed2"
     " in_transaction last_gtid gtid_owned gtid_next gtid_seq_no proxy_user external_user"
     " pseudo_thread_id statement_id timestamp original_commit_timestamp original_server_version"
     " immediate_server_version redirect_url"},
    {"SET NAMES sets them",
     "character_set_client character_set_connection character_set_results collation_connection"},
    {"kTransactionRules sets them",
     "transaction_isolation transaction_read_only tx_isolation tx_read_only"},
    {"the loader sets them, and each dump its own",
     "check_constraint_checks innodb_strict_mode max_error_count system_versioning_insert_history"},
    {"defaults for new objects, which every definition in a dump names for itself, or rules of the"
     " administrator's for new objects",
     "character_set_database character_set_server collation_database collation_server"
     " default_storage_engine storage_engine enforce_storage_engine default_tmp_storage_engine"
     " default_table_encryption default_collation_for_utf8mb4 innodb_compression_default"
     " innodb_default_encryption_key_id innodb_ft_enable_stopword innodb_ft_user_stopword_table"
     " sql_generate_invisible_primary_key sql_require_primary_key mhnsw_default_distance"
     " mhnsw_default_m external_table_secondary_storage_engine external_table_storage_engine"
     " keep_files_on_create system_versioning_alter_history updatable_views_with_limit"},
    {"the length of a statement is read, and statements are cut to it", "max_allowed_packet"},
    {"limits of memory tables, which fail with an error that names them", "max_heap_table_size"},
    {"siphon's own statements generate no numbers",
     "auto_increment_increment auto_increment_offset"},
    {"functions and clauses that siphon's own statements do not use; generated columns and checks"
     " follow the target's server",
     "block_encryption_mode div_precision_increment default_week_format lc_time_names"
     " cte_max_recursion_depth max_recursive_iterations max_sp_recursion_depth"
     " max_points_in_geometry standard_compliant_cte windowing_use_high_precision mhnsw_ef_search"
     " character_set_filesystem generated_random_password_length print_identified_with_as_hex"
     " old_passwords select_into_buffer_size select_into_disk_sync select_into_disk_sync_delay"
     " secure_file_priv enable_cascade_triggers"},
    {"messages, notes, traces and statistics",
     "lc_messages sql_notes sql_warnings note_verbosity explain_format"
     " explain_json_format_version end_markers_in_json progress_report_time profiling"
     " profiling_history_size terminology_use_previous optimizer_trace optimizer_trace_features"
     " optimizer_trace_limit optimizer_trace_max_mem_size optimizer_trace_offset"
     " enable_secondary_engine_statistics histogram_generation_max_mem_size histogram_size"
     " histogram_type analyze_max_length analyze_sample_percentage use_stat_tables"
     " myisam_stats_method aria_stats_method session_track_gtids session_track_schema"
     " session_track_state_change session_track_system_variables session_track_transaction_info"
     " resultset_metadata"},
    {"logs",
     "long_query_time min_examined_row_limit sql_log_off slow_query_log log_slow_query"
     " log_slow_query_time log_slow_always_query_time log_slow_admin_statements"
     " log_slow_disabled_statements log_slow_filter log_slow_max_warnings"
     " log_slow_min_examined_row_limit log_slow_rate_limit log_slow_slave_statements"
     " log_slow_verbosity log_disabled_statements log_queries_not_using_indexes log_warnings"},
    {"the binary log and replication: what the server records of a restore is its administrator's"
     " rule",
     "sql_log_bin binlog_format binlog_row_image binlog_row_value_options"
     " binlog_rows_query_log_events binlog_alter_two_phase binlog_annotate_row_events"
     " binlog_direct_non_transactional_updates binlog_transaction_compression"
     " binlog_transaction_compression_level_zstd gtid_domain_id server_id skip_replication"
     " skip_parallel_replication sql_slave_skip_counter default_master_connection"
     " max_relay_log_size pseudo_slave_mode pseudo_replica_mode rbr_exec_mode require_row_format"
     " group_replication_consistency wsrep_causal_reads wsrep_dirty_reads wsrep_gtid_seq_no"
     " wsrep_on wsrep_osu_method wsrep_retry_autocommit wsrep_sync_wait wsrep_trx_fragment_size"
     " wsrep_trx_fragment_unit transaction_allow_batching xa_detach_on_prepare"},
    {"only sessions of an interactive client, or pauses between attempts",
     "interactive_timeout net_retry_count deadlock_timeout_long deadlock_timeout_short"
     " deadlock_search_depth_long deadlock_search_depth_short innodb_table_locks"
     " innodb_snapshot_isolation low_priority_updates max_delayed_threads"
     " max_insert_delayed_threads max_user_connections query_cache_wlock_invalidate"},
    {"memory, threads and files: how fast, not what",
     "big_tables bulk_insert_buffer_size connection_memory_chunk_size"
     " global_connection_memory_tracking innodb_ddl_buffer_size innodb_ddl_threads"
     " innodb_parallel_read_threads innodb_tmpdir internal_tmp_mem_storage_engine join_buffer_size"
     " join_buffer_space_limit join_cache_level max_length_for_sort_data max_tmp_tables"
     " mrr_buffer_size myisam_sort_buffer_size myisam_repair_threads aria_repair_threads"
     " aria_sort_buffer_size net_buffer_length preload_buffer_size query_alloc_block_size"
     " query_prealloc_size query_cache_strip_comments query_cache_type range_alloc_block_size"
     " range_optimizer_max_mem_size read_buffer_size read_rnd_buffer_size rowid_merge_buff_size"
     " set_operations_buffer_size sort_buffer_size thread_pool_priority tcp_nodelay"
     " tmp_disk_table_size tmp_memory_table_size tmp_table_size transaction_alloc_block_size"
     " transaction_prealloc_size column_compression_threshold column_compression_zlib_level"
     " column_compression_zlib_strategy column_compression_zlib_wrap old_alter_table old new_mode"},
    {"the optimizer's choice of a plan",
     "eq_range_index_dive_limit expensive_subquery_limit in_predicate_conversion_threshold"
     " max_rowid_filter_size max_seeks_for_key optimizer_adjust_secondary_key_costs"
     " optimizer_extra_pruning_depth optimizer_join_limit_pref_ratio"
     " optimizer_max_sel_arg_weight optimizer_max_sel_args optimizer_max_subgraph_pairs"
     " optimizer_prune_level optimizer_scan_setup_cost optimizer_search_depth"
     " optimizer_selectivity_sampling_limit optimizer_switch optimizer_use_condition_selectivity"
     " optimizer_where_cost secondary_engine_cost_threshold"},
};

bool IsLeft(std::string_view name) {
  for (const Left& left : kLeft) {
    for (const std::string_view one : absl::StrSplit(left.names, ' ')) {
      if (one == name) return true;
    }
  }
  return false;
}

bool IsSet(std::string_view name) {
  for (const SessionVariable& variable : kOwnVariables) {
    if (variable.name == name) return true;
  }
  return false;
}

// As the server shows the value of an assignment.
bool IsValue(std::string_view shown, std::string_view value) {
  absl::ConsumePrefix(&value, "'");
  absl::ConsumeSuffix(&value, "'");
  double a = 0, b = 0;
  if (absl::SimpleAtod(shown, &a) && absl::SimpleAtod(value, &b)) return a == b;
  return shown == value || (value == "0" && (shown == "OFF" || shown == "NO_CHAIN")) ||
         (value == "OFF" && shown == "0") || (value == "ON" && shown == "1");
}

// Values at which a session that sets nothing would lose rows, see other ones, or fail.
std::vector<std::string> BadValues(const MysqlServer& server) {
  std::vector<std::string> values = {
      "sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'",
      "time_zone='+05:00'",
      "wait_timeout=100",
      "net_write_timeout=11",
      "net_read_timeout=11",
      "lock_wait_timeout=1",
      "innodb_lock_wait_timeout=1",
      "autocommit=0",
      "completion_type=2",
      "sql_select_limit=1000",
      "max_join_size=1",
      "sql_big_selects=0",
      "group_concat_max_len=5",
      "max_sort_length=64",
      "sql_safe_updates=1",
      "sql_auto_is_null=1",
      "sql_buffer_result=1",
      "foreign_key_checks=0",
      "unique_checks=0",
      "sql_quote_show_create=0",
      "explicit_defaults_for_timestamp=0"};
  const std::vector<std::string> mysql = {"max_execution_time=1000",
                                          "information_schema_stats_expiry=86400",
                                          "show_gipk_in_create_table_and_information_schema=OFF",
                                          "show_create_table_verbosity=1",
                                          "connection_memory_limit=2097152",
                                          "parser_max_mem_size=10000000"};
  const std::vector<std::string> mariadb = {"max_statement_time=100",
                                            "idle_transaction_timeout=10",
                                            "idle_readonly_transaction_timeout=10",
                                            "idle_write_transaction_timeout=10",
                                            "max_session_mem_used=20000000",
                                            "sql_if_exists=1",
                                            "alter_algorithm='COPY'",
                                            "default_regex_flags='DOTALL'",
                                            "system_versioning_asof='2020-01-01'",
                                            "old_mode='NO_PROGRESS_INFO'"};
  const std::vector<std::string>& own = server.is_mariadb() ? mariadb : mysql;
  values.insert(values.end(), own.begin(), own.end());
  if (server.name() == siphon::testing::kMariadb118) {
    values.push_back("character_set_collations='utf8mb4=utf8mb4_bin'");
    values.push_back("max_tmp_session_space_usage=65536");
  }
  return values;
}

class SessionVariablesTest : public ::testing::TestWithParam<std::string> {
 protected:
  void TearDown() override {
    Reset();
    EXPECT_THAT(Leftovers(server_), IsEmpty());
  }

  void Spoil() {
    for (const std::string& value : BadValues(server_)) {
      admin_.Run(absl::StrCat("SET GLOBAL ", value));
    }
    admin_.Run("SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY");
  }
  void Reset() {
    for (const std::string& value : BadValues(server_)) {
      const std::string name(value.substr(0, value.find('=')));
      admin_.Run(absl::StrCat("SET GLOBAL ", name, "=DEFAULT"));
    }
    admin_.Run("SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE");
  }

  MysqlServer& server_ = SharedServer(GetParam());
  PlainConnection admin_{ProfileFor(server_, "mysql")};
};

INSTANTIATE_TEST_SUITE_P(Server, SessionVariablesTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(SessionVariablesTest, EveryVariableOfTheServerIsSetOrKnownToMakeNoDifference) {
  const std::vector<std::string> names = admin_.Column(
      server_.is_mariadb() ? "SELECT variable_name FROM information_schema.system_variables"
                             " WHERE variable_scope LIKE 'SESSION%'"
                           : "SELECT variable_name FROM performance_schema.variables_metadata"
                             " WHERE variable_scope <> 'GLOBAL'");
  EXPECT_GT(names.size(), 100);
  std::set<std::string> unknown;
  for (const std::string& name : names) {
    const std::string lower = absl::AsciiStrToLower(name);
    if (!IsSet(lower) && !IsLeft(lower)) unknown.insert(lower);
    EXPECT_FALSE(IsSet(lower) && IsLeft(lower)) << lower << " is in both lists";
  }
  EXPECT_THAT(unknown, IsEmpty()) << "look them up in the server's manual: a variable that can"
                                     " shape, cut or refuse a result belongs into"
                                     " session_variables.h, another one into kLeft";
}

TEST_P(SessionVariablesTest, SessionHasItsOwnValuesWhateverTheServersAre) {
  const base::Context context;
  Spoil();
  const auto settings = ConnectionSettings(ProfileFor(server_, "mysql"));
  ASSERT_OK(settings);
  const auto session = Session::Connect(context, ForkOf(server_), *settings);
  ASSERT_OK(session);
  for (const SessionVariable& variable : kOwnVariables) {
    if (variable.feature.has_value() && !(*session)->Accepts(*variable.feature)) continue;
    const auto value = (*session)->Value(context, absl::StrCat("SELECT @@", variable.name));
    ASSERT_OK(value);
    EXPECT_TRUE(IsValue(value->value_or("NULL"), variable.value))
        << variable.name << " is " << value->value_or("NULL");
  }
  for (const auto& [name, value] :
       {std::pair("character_set_client", "utf8mb4"), std::pair("character_set_results", "utf8mb4"),
        std::pair("character_set_connection", "utf8mb4")}) {
    EXPECT_EQ((*session)->Value(context, absl::StrCat("SELECT @@", name)).value(), value);
  }
  const bool old_name = GetParam() == siphon::testing::kMariadb1011;
  EXPECT_EQ(
      (*session)
          ->Value(context, old_name ? "SELECT @@tx_isolation" : "SELECT @@transaction_isolation")
          .value(),
      "REPEATABLE-READ");
  EXPECT_EQ(
      (*session)
          ->Value(context, old_name ? "SELECT @@tx_read_only" : "SELECT @@transaction_read_only")
          .value(),
      "0");
}

TEST_P(SessionVariablesTest, AllRowsAreDumpedAndRestoredWhateverTheServersValuesAre) {
  const profile::ConnectionProfile source = NewDatabase(server_), target = NewDatabase(server_);
  {
    PlainConnection connection(source);
    connection.Run("CREATE TABLE `many rows`(id INT PRIMARY KEY, at TIMESTAMP NOT NULL)");
    std::vector<std::string> rows;
    for (int i = 1; i <= 5000; ++i) rows.push_back(absl::StrCat("(", i, ",'2026-01-02 03:04:05')"));
    connection.Run(absl::StrCat("INSERT INTO `many rows` VALUES ", absl::StrJoin(rows, ",")));
    connection.Run("CREATE TABLE child(id INT, FOREIGN KEY (id) REFERENCES `many rows`(id))");
    connection.Run("INSERT INTO child VALUES (5000), (NULL)");
    connection.Run("CREATE VIEW v AS SELECT id FROM `many rows`");
    connection.Run(
        "CREATE TRIGGER tr BEFORE INSERT ON child FOR EACH ROW SET NEW.id = COALESCE(NEW.id, 1)");
  }
  const std::string before = Describe(server_, source.database);
  Spoil();
  const std::string body = BackUp(server_, source);
  driver::RestoreOptions options;
  EXPECT_OK(TryRestore(server_, target, body, options));
  options.clean = true;
  EXPECT_OK(TryRestore(server_, target, body, options));
  options.data_only = true;
  EXPECT_OK(TryRestore(server_, target, body, options));
  options.in_place = true;
  EXPECT_OK(TryRestore(server_, target, body, options));
  // Without the trigger's changes.
  options.data_only = false;
  EXPECT_OK(TryRestore(server_, target, body, options));
  Reset();
  EXPECT_EQ(PlainConnection(target).Int("SELECT COUNT(*) FROM `many rows`"), 5000);
  EXPECT_EQ(Describe(server_, target.database), before);
}

// A service may reserve variables for its own administrators.
TEST_P(SessionVariablesTest, AccountWithoutRightsOfAnAdministratorConnects) {
  const profile::ConnectionProfile database = NewDatabase(server_);
  admin_.Run("CREATE USER IF NOT EXISTS plain@'%' IDENTIFIED BY 'plain'");
  admin_.Run(absl::StrCat("GRANT ALL ON ", siphon::testing::MysqlName(database.database),
                          ".* TO plain@'%'"));
  profile::ConnectionProfile plain = database;
  plain.user = "plain";
  plain.password = "plain";
  admin_.Run("SET GLOBAL sql_select_limit=1000");
  const base::Context context;
  const auto settings = ConnectionSettings(plain);
  ASSERT_OK(settings);
  const auto session = Session::Connect(context, ForkOf(server_), *settings);
  ASSERT_OK(session);
  EXPECT_EQ((*session)->Value(context, "SELECT @@sql_select_limit").value(),
            "18446744073709551615");
}

}  // namespace
}  // namespace siphon::mysqlcommon
