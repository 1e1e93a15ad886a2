//! How this instance differs from others: the profile switches (contract §12, and what protocol.md makes necessary).

use serde::{Deserialize, Serialize};

use super::schema::{Plugin, Schema};

/// All switches, each with its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Plugins whose columns exist: `advanced`, `i18n`, `kcs`. Default none.
    pub plugins: Vec<PluginName>,
    /// The OAuth provider (contract §7.2).
    pub oauth: super::oauth::OAuthRules,
}

/// A plugin by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginName {
    /// Versions.
    Advanced,
    /// Languages.
    I18n,
    /// Knowledge-centred service.
    Kcs,
}

impl Profile {
    /// The tables as these switches make them.
    pub(crate) fn schema(&self) -> Schema {
        let plugins: Vec<Plugin> = self
            .plugins
            .iter()
            .map(|plugin| match plugin {
                PluginName::Advanced => Plugin::Advanced,
                PluginName::I18n => Plugin::I18n,
                PluginName::Kcs => Plugin::Kcs,
            })
            .collect();
        Schema::new(&plugins, &[])
    }
}
