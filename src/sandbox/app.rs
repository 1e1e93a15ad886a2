//! What every part of a running sandbox shares.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use jiff::Timestamp;

use super::account::KnownAccounts;
use super::dictionary;
use super::faults::Faults;
use super::log::RequestLog;
use super::pool::Pool;
use super::profile::Profile;
use super::rates::Rates;
use super::record::new_sys_id;
use super::schema::Schema;
use super::sessions::Sessions;
use super::store::Store;
use crate::ids::InstanceUrl;

/// Sessions whose order is kept at once; beyond it, idle ones are forgotten.
const MOST_SESSIONS: usize = 1000;

/// One instance.
#[derive(Debug)]
pub(crate) struct App {
    /// Rows and files.
    pub(crate) store: Store,
    /// What was asked of it.
    pub(crate) log: RequestLog,
    /// Credentials checked lately.
    pub(crate) known_accounts: KnownAccounts,
    /// Browser sessions.
    pub(crate) sessions: Sessions,
    setup: RwLock<Setup>,
    /// Faults in force.
    pub(crate) faults: Faults,
    /// Integration threads.
    pub(crate) pool: Pool,
    /// Requests by user in this hour.
    pub(crate) rates: Rates,
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    url: OnceLock<InstanceUrl>,
    shift: AtomicI64,
    token: String,
}

#[derive(Debug, Clone)]
struct Setup {
    profile: Arc<Profile>,
    schema: Arc<Schema>,
}

impl App {
    /// An instance over these rows.
    pub(crate) fn new(store: Store, profile: Profile) -> Self {
        let schema = Arc::new(profile.schema());
        dictionary::fill(&store, &schema, &profile);
        Self {
            store,
            log: RequestLog::default(),
            known_accounts: KnownAccounts::default(),
            sessions: Sessions::default(),
            setup: RwLock::new(Setup { profile: Arc::new(profile), schema }),
            faults: Faults::default(),
            pool: Pool::default(),
            rates: Rates::default(),
            turns: Mutex::default(),
            url: OnceLock::new(),
            shift: AtomicI64::new(0),
            token: new_sys_id(),
        }
    }

    /// The switches as they stand.
    pub(crate) fn profile(&self) -> Arc<Profile> {
        Arc::clone(&self.setup.read().unwrap_or_else(PoisonError::into_inner).profile)
    }

    /// The tables as the switches make them.
    pub(crate) fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.setup.read().unwrap_or_else(PoisonError::into_inner).schema)
    }

    /// Puts other switches in force.
    pub(crate) fn switch(&self, profile: Profile) {
        let schema = Arc::new(profile.schema());
        dictionary::fill(&self.store, &schema, &profile);
        let mut setup = self.setup.write().unwrap_or_else(PoisonError::into_inner);
        *setup = Setup { profile: Arc::new(profile), schema };
    }

    /// What the requests of one session wait for, one after another.
    pub(crate) fn session_turn(&self, session: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= MOST_SESSIONS {
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(turns.entry(session.to_owned()).or_default())
    }

    /// Its own address; set once the port is known.
    pub(crate) fn set_url(&self, url: InstanceUrl) {
        let _ = self.url.set(url);
    }

    /// Its own address without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        self.url.get().map_or("http://localhost", InstanceUrl::as_str)
    }

    /// What tells this run of the sandbox from any other server on its port.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The instance's clock.
    pub(crate) fn now(&self) -> Timestamp {
        let shift = jiff::SignedDuration::from_secs(self.shift());
        Timestamp::now().checked_add(shift).unwrap_or(Timestamp::MAX)
    }

    /// Seconds by which the instance's clock is ahead of the machine's.
    pub(crate) fn shift(&self) -> i64 {
        self.shift.load(Ordering::Acquire)
    }

    /// Puts the clock forward: for what ends or begins after days.
    pub(crate) fn advance(&self, seconds: u32) {
        self.shift.fetch_add(i64::from(seconds), Ordering::AcqRel);
    }

    /// The instance's clock as date-time columns hold it: UTC.
    pub(crate) fn now_text(&self) -> String {
        self.now().strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Today in UTC as date columns hold it.
    pub(crate) fn today(&self) -> String {
        self.now().strftime("%Y-%m-%d").to_string()
    }
}
