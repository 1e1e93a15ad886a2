//! The sandbox's pages in a real browser (feature `browser-tests`): headless Chromium, driven over WebDriver.
//!
//! Needs `chromium` and `chromedriver` on the path (Debian: `chromium`, `chromium-driver`). Pictures of the pages are
//! left in `target/screenshots`, to be looked at.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod attacks;
mod consent;
mod driver;
mod hostile;
#[path = "../it/hostile_cases.rs"]
mod hostile_cases;
mod login;
mod looks;
#[path = "../it/project.rs"]
#[expect(dead_code, reason = "these tests use a part of the harness")]
mod project;
mod review;
mod site;
