//! What a person can do about an [`ApiError`]: likely causes in order, by name of role or property (contract §9, §10).

use super::error::{ApiError, Broken, Page, Refusal, SignedWith};

/// The advice for one error. Always a sentence or more, never a secret.
pub(super) fn help(error: &ApiError) -> String {
    match error {
        ApiError::Unauthorized { mfa: true, .. } => {
            "multi-factor authentication is on for this user: set `[auth] method = \"oauth\"` and run `kb-publish auth login`, or use an \
             integration user without a second factor"
                .to_owned()
        }
        ApiError::Unauthorized { signed, .. } => unauthorized(signed).to_owned(),
        ApiError::SignIn(error) => error.help.clone(),
        ApiError::Forbidden(refusal) => forbidden(refusal),
        ApiError::NotFound(_) => {
            "the record does not exist, or access rules hide it from this account; `kb-publish check` shows what \
             the account can see"
                .to_owned()
        }
        ApiError::WaitTooLong { .. } | ApiError::RateLimited { .. } => {
            "run again later: what is done is not done twice; or raise `max_wait_seconds`, lower `concurrency`, or \
             ask an administrator about the rate limit rule (table sys_rate_limit_rules)"
                .to_owned()
        }
        ApiError::NotAnInstance { page } => page_help(page).to_owned(),
        ApiError::Rejected(_) => {
            "the instance does not take this request; an administrator finds the reason in the system log by the \
             transaction"
                .to_owned()
        }
        ApiError::Server(_) => {
            "run again: what is done is not done twice; an administrator finds the cause in the system log by the \
             transaction"
                .to_owned()
        }
        ApiError::Transport { broken, .. } => transport_help(*broken).to_owned(),
        ApiError::BrokenAnswer { .. } => {
            "run again; if it stays, something between here and the instance changes its answers".to_owned()
        }
    }
}

/// The advice for what ends a run whose earlier requests were answered: address and credentials were right till then.
pub(super) fn help_midway(error: &ApiError) -> String {
    match error {
        ApiError::NotAnInstance { page: Page::Login | Page::Redirect(_) | Page::Other(_) } => {
            "the instance answered till then: single sign-on, or a gateway on the way, has stepped in. Run again: what is done \
             is not done twice; if it stays, ask for an exception for /api/now"
                .to_owned()
        }
        ApiError::Unauthorized { mfa: false, .. } => {
            format!("they were taken till then: they may have been changed, or the user locked out. {}", help(error))
        }
        _ => help(error),
    }
}

const fn unauthorized(signed: &SignedWith) -> &'static str {
    match signed {
        SignedWith::Nothing | SignedWith::Password(_) => {
            "check user name and password; a single-sign-on user has no local password; Basic authentication may be restricted \
             (role `snc_basic_auth_api_access`): then set `[auth] method = \"oauth\"` and run `kb-publish auth login`; `kb-publish \
             check` looks closer"
        }
        SignedWith::ApiKey => {
            "is the key active, and does an API access policy admit it to the Table and Attachment APIs? Set KB_PUBLISH_API_KEY, \
             or keep another with `kb-publish auth login`"
        }
        SignedWith::AccessToken => {
            "it has expired, was revoked, or is another instance's: set KB_PUBLISH_ACCESS_TOKEN to a new one, or leave it out and \
             sign in with `kb-publish auth login`"
        }
        SignedWith::Renewed(_) => {
            "sign in again: `kb-publish auth login`; if a new token is refused too, the user may be locked out or inactive"
        }
    }
}

fn forbidden(refusal: &Refusal) -> String {
    let message = &refusal.message;
    let text = if message.mentions("api access scope") {
        "the OAuth client's scope does not cover the Table and Attachment APIs: ask an administrator to add the REST \
         API auth scope, or leave `scope` out, and run `kb-publish auth login`"
    } else if message.mentions("API level ACL") {
        "this API is closed to the account: ask for the role `snc_platform_rest_api_access`, or for a REST access \
         policy that admits it; or sign in as another account: `kb-publish auth login`"
    } else if message.mentions("Insufficient rights to query") {
        "a column of the query may not be read by this account: ask for read access to the columns of kb_knowledge, \
         the stamp column included"
    } else if message.mentions("Business Rule") {
        "a business rule of the instance refused it; its name stands in the message"
    } else if message.mentions("Data Policy") || message.mentions("mandatory") {
        "a data policy of the instance refused it: name the column in the front matter or in `[[paths]]` where kb-publish \
         writes it, else ask an administrator to except this account"
    } else if message.mentions("too long") {
        "a column of kb_knowledge is too short for what is sent: the stamp needs a text column of at least 200 characters \
         (`stamp_field` in `[publish]`)"
    } else if refusal.what.starts_with("POST") && refusal.what.contains("kb_category") {
        "to make categories the account needs the role `knowledge_manager`, or category editing switched on in the base"
    } else if refusal.what.contains("attachment")
        && (message.mentions("type") || message.mentions("extension"))
    {
        "the instance takes some kinds of files only: ask an administrator to add this one's extension to \
         `glide.attachment.extensions`"
    } else if refusal.what.contains("attachment") {
        "the account needs write access to the article, the create right on sys_attachment, and a role of \
         `glide.attachment.role` where that is set"
    } else if refusal.what.starts_with("POST") && message.mentions("ACL") {
        "the account cannot contribute to this base: ask for the role `knowledge` and a Can-Contribute user criterion"
    } else if refusal.what.starts_with("POST") {
        "if the message names no other cause, the account cannot contribute to this base: ask for the role `knowledge` and \
         a Can-Contribute user criterion"
    } else if refusal.what.starts_with("PATCH") {
        "the account may not change this article: on a versioned base published articles are closed without \
         `admin`, or without minor edits (`glide.knowman.versioning.enable_minor_edits`)"
    } else {
        "the table is closed to this account: ask for the role `snc_platform_rest_api_access`, or for a REST access \
         policy that admits it; or sign in as another account: `kb-publish auth login`"
    };
    text.to_owned()
}

const fn page_help(page: &Page) -> &'static str {
    match page {
        Page::Hibernating | Page::Asleep => {
            "sign in at https://developer.servicenow.com and wake the instance (about five minutes), then run again"
        }
        Page::Offline | Page::Maintenance => {
            "wait some minutes, then run again: what is done is not done twice"
        }
        Page::Login => {
            "`url` is to be the root of the instance, such as `dev12345`; where single sign-on guards the API too, \
             ask for an exception for /api/now"
        }
        Page::Redirect(_) => "set `[instance] url` to the address where the instance really is",
        Page::Other(_) => "check `[instance] url`: is it the root of a ServiceNow instance?",
    }
}

const fn transport_help(broken: Broken) -> &'static str {
    match broken {
        Broken::Dns => {
            "check `[instance] url` for a typo; behind a proxy set `[instance] proxy` or HTTPS_PROXY"
        }
        Broken::Connect => {
            "is the address right, and may this machine reach it? Behind a proxy set `[instance] proxy` or HTTPS_PROXY"
        }
        Broken::Proxy => {
            "is the proxy right (`[instance] proxy`, else HTTPS_PROXY), and may this machine reach the instance through \
             it? One that wants a user and a password takes them from HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT; hosts \
             that need no proxy stand in NO_PROXY"
        }
        Broken::Tls => {
            "a proxy of your company may sign certificates itself: name its authority with `[instance] ca_file`; \
             there is no switch to skip the check"
        }
        Broken::Timeout => {
            "run again: what is done is not done twice; raise `timeout_seconds` where the instance is slow"
        }
        Broken::Reset => "run again: what is done is not done twice",
        Broken::Build => "check `[instance]` in the configuration file",
    }
}
