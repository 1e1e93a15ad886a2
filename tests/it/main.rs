//! Behaviour through the built binary and the running sandbox.
#![expect(clippy::unwrap_used, reason = "in tests a panic is a failed test")]

mod adopt;
mod apply;
mod auth_login;
mod auth_tokens;
mod check_messages;
#[cfg(target_os = "linux")]
mod children;
mod cli_config;
mod cli_example;
mod cli_lint;
mod cli_meta;
mod cli_plan;
mod cli_site;
mod client_requests;
mod diffs;
mod drift;
mod dry_runs;
mod fault_matrix;
mod hostile_cases;
mod init_answers;
mod lint_weights;
mod lying_answers;
mod plan_truth;
mod program;
mod project;
#[cfg(unix)]
mod prompts;
mod proxies;
mod publish_answers;
mod publish_bad_input;
mod publish_companion;
mod publish_conflicts;
mod publish_counters;
mod publish_life;
mod publish_lost;
mod publish_main;
mod publish_quiet;
mod publish_redirects;
mod publish_rollback;
mod publish_survival;
mod publish_together;
mod publish_turns;
mod publish_versions;
#[cfg(unix)]
mod readme_ci;
mod render_autolinks;
mod render_docs;
mod render_hostile;
mod render_html;
mod render_pictures;
mod render_properties;
mod render_spec;
mod rollback_truth;
mod sandbox_attachment;
mod sandbox_data;
mod sandbox_faults;
mod sandbox_fuzz;
mod sandbox_recorded;
mod sandbox_table;
mod sandbox_tls;
mod sandbox_versions;
#[cfg(unix)]
mod screen;
mod secrets;
mod source_lint;
mod storm_truth;
mod token_life;
mod worlds;
