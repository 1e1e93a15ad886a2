//! The embedded ServiceNow-compatible instance. Must not know: the client, plans, publishing.
