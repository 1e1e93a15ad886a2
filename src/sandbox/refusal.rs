//! The errors of the REST APIs (contract §1.6).

use http::StatusCode;

use super::store::StoreError;

/// Why a call was not carried out: status, and what `error.message` and `error.detail` say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// `error.message`.
    pub(crate) message: String,
    /// `error.detail`; `null` where there is none.
    pub(crate) detail: Option<String>,
}

impl Refusal {
    /// A refusal with a detail.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { status, message: message.into(), detail: Some(detail.into()) }
    }

    /// 400 without a detail.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into(), detail: None }
    }

    /// The table is not known.
    pub(crate) fn invalid_table(name: &str) -> Self {
        let name: String = name.chars().take(80).collect();
        Self::bad(format!("Invalid table {name}"))
    }

    /// The row is missing, or the caller may not read it.
    pub(crate) fn no_record() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "No Record found",
            "Record doesn't exist or ACL restricts the record retrieval",
        )
    }

    /// A record-level access rule said no to `Insert`, `Update` or `Delete`.
    pub(crate) fn acl(what: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Operation Failed",
            format!("ACL Exception {what} Failed due to security constraints"),
        )
    }

    /// A business rule said no.
    pub(crate) fn business_rule(table: &str, rule: &str) -> Self {
        Self::aborted(table, rule, &super::seed::seeded_id("sys_script", rule))
    }

    /// A business rule of this name and `sys_id` said no.
    pub(crate) fn aborted(table: &str, rule: &str, id: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Operation Failed",
            format!(
                "Operation against file '{table}' was aborted by Business Rule '{rule}^{id}'. Business Rule Stack:{rule}"
            ),
        )
    }

    /// The work would take longer than a transaction may (contract §1.6, §8.2); nothing was done.
    pub(crate) fn cancelled() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Transaction cancelled: maximum execution time exceeded",
            "Transaction cancelled: maximum execution time exceeded. Check logs for error trace",
        )
    }

    /// A row with this `sys_id` is there already.
    pub(crate) fn duplicate_id(table: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Operation Failed",
            format!("Error during insert of {table}: Unique Key violation detected by database"),
        )
    }

    /// The method is not offered there.
    pub(crate) fn method_not_allowed() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            message: "Method not supported".to_owned(),
            detail: None,
        }
    }

    /// Nothing answers under this path.
    pub(crate) fn no_resource() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "Requested URI does not represent any resource",
            "Requested URI does not represent any resource",
        )
    }

    /// `{"error":{…},"status":"failure"}`.
    pub(crate) fn body(&self) -> Vec<u8> {
        let body = serde_json::json!({
            "error": { "message": self.message, "detail": self.detail },
            "status": "failure",
        });
        body.to_string().into_bytes()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Transaction cancelled: database failure",
            error.to_string(),
        )
    }
}
