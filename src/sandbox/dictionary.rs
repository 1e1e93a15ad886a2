//! Tables that follow from the schema and the switches: `sys_dictionary`, `sys_db_object`, `sys_properties`
//! (contract §9). They are computed, never written.

use super::profile::{ClientSysId, Profile, SanitizerMode};
use super::record::Record;
use super::schema::{Schema, Table};
use super::seed::seeded_id;
use super::store::Store;

/// When the platform was installed: the date of every computed row.
const INSTALLED: &str = "2026-01-05 08:00:00";

/// Whether a table's rows are computed.
pub(crate) fn is_computed(table: &str) -> bool {
    matches!(table, "sys_dictionary" | "sys_db_object" | "sys_properties")
}

/// Puts the rows of all computed tables there.
pub(crate) fn fill(store: &Store, schema: &Schema, profile: &Profile) {
    let tables: Vec<&Table> = schema.tables().collect();
    store.set_computed("sys_dictionary", tables.iter().flat_map(|table| dictionary(table)).collect());
    store.set_computed("sys_db_object", tables.iter().map(|table| db_object(table)).collect());
    store.set_computed("sys_properties", properties(profile));
}

fn row(table: &str, key: &str, columns: &[(&str, &str)]) -> Record {
    let mut record = Record::of([
        ("sys_id", seeded_id(table, key).as_str()),
        ("sys_class_name", table),
        ("sys_name", key),
        ("sys_created_on", INSTALLED),
        ("sys_updated_on", INSTALLED),
        ("sys_created_by", "system"),
        ("sys_updated_by", "system"),
        ("sys_mod_count", "0"),
    ]);
    for (name, value) in columns {
        record.set(name, value);
    }
    record
}

fn dictionary(table: &Table) -> Vec<Record> {
    let name = table.name();
    let collection =
        row("sys_dictionary", name, &[("name", name), ("internal_type", "collection"), ("active", "true")]);
    let columns = table.columns.iter().map(|(element, column)| {
        let length = if column.length == 0 { 16_777_215 } else { column.length };
        row(
            "sys_dictionary",
            &format!("{name}.{element}"),
            &[
                ("name", name),
                ("element", element),
                ("column_label", &label(element)),
                ("internal_type", column.kind.internal_type()),
                ("max_length", &length.to_string()),
                ("reference", column.kind.refers_to().unwrap_or_default()),
                ("default_value", column.default),
                ("display", if element == table.def.display { "true" } else { "false" }),
                (
                    "mandatory",
                    if matches!(
                        (name, element.as_str()),
                        ("kb_knowledge", "short_description" | "kb_knowledge_base")
                    ) {
                        "true"
                    } else {
                        "false"
                    },
                ),
                ("active", "true"),
                ("read_only", "false"),
            ],
        )
    });
    std::iter::once(collection).chain(columns).collect()
}

fn label(element: &str) -> String {
    let words = element.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn db_object(table: &Table) -> Record {
    let above = if table.def.extends.is_empty() {
        String::new()
    } else {
        seeded_id("sys_db_object", table.def.extends)
    };
    row(
        "sys_db_object",
        table.name(),
        &[
            ("name", table.name()),
            ("label", table.def.label),
            ("super_class", &above),
            ("number_ref", table.def.number_prefix),
        ],
    )
}

fn properties(profile: &Profile) -> Vec<Record> {
    let yes = |flag: bool| flag.to_string();
    let hardened = profile.client_sys_id != ClientSysId::Honoured;
    [
        ("glide.war", "glide-australia-02-11-2026__patch1-03-20-2026_04-02-2026_1210.zip".to_owned()),
        ("glide.product.description", "kb-publish sandbox".to_owned()),
        ("glide.knowman.versioning.enabled", yes(profile.versioned())),
        ("glide.knowman.versioning.enable_minor_edits", yes(!profile.minor_edit_fields.is_empty())),
        ("glide.knowman.versioning.minor_edit_fields", profile.minor_edit_fields.join(",")),
        ("glide.knowman.block_access_with_no_user_criteria", yes(profile.block_access_with_no_user_criteria)),
        ("glide.attachment.extensions", profile.attachment_extensions.join(",")),
        ("com.glide.attachment.max_size", (profile.attachment_max_bytes / 1024 / 1024).to_string()),
        ("glide.security.file.mime_type.validation", yes(profile.attachment_mime_check)),
        ("glide.attachment.enable_secure_filename_validation", yes(profile.attachment_secure_names)),
        ("glide.html.sanitize_all_fields", yes(profile.sanitizer != SanitizerMode::Off)),
        ("glide.rest.table_api.admin_only_sys_fields", yes(hardened)),
        ("glide.invalid_query.returns_no_rows", yes(profile.unknown_query_field_empties())),
        ("glide.oauth.inbound.ropc.grant_type.disabled", yes(!profile.password_grant)),
        ("glide.oauth.inbound.client.credential.grant_type.enabled", yes(profile.client_credentials_grant)),
    ]
    .iter()
    .map(|(name, value)| row("sys_properties", name, &[("name", name), ("value", value), ("type", "string")]))
    .collect()
}
