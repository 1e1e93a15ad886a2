//! Where credentials are kept. Must not know: publish.toml, printing.
