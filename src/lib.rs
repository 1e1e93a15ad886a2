//! Keeps a ServiceNow knowledge base equal to a Markdown doc tree.
//!
//! Data goes one way: `config → source → render → plan → publish → report`. [`tree`] drives source and
//! render over all documents; [`servicenow`], [`secrets`] and [`sandbox`] are the edges; only [`publish`] writes.

pub mod child;
pub mod cli;
pub mod config;
pub mod event;
pub mod finding;
pub mod fs;
pub mod ids;
pub mod panics;
pub mod parallel;
pub mod plan;
pub mod publish;
pub mod render;
pub mod report;
pub mod sandbox;
pub mod secrets;
pub mod servicenow;
pub mod source;
pub mod survey;
pub mod text;
pub mod tree;
pub mod web;
