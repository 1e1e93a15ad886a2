//! The tables as data. Columns of `kb_*`: contract §2.2, §3 and `recorded/`; lengths: contract §2.2 where it has
//! a source, else the platform's usual ones.

use super::{Column, Kind, Plugin, TableDef};

const fn col(name: &'static str, kind: Kind, length: usize) -> Column {
    Column { name, kind, length, default: "", plugin: Plugin::Core }
}

impl Column {
    const fn or(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }
    const fn by(mut self, plugin: Plugin) -> Self {
        self.plugin = plugin;
        self
    }
}

const fn text(name: &'static str, length: usize) -> Column {
    col(name, Kind::Text, length)
}
const fn flag(name: &'static str, default: &'static str) -> Column {
    col(name, Kind::Boolean, 40).or(default)
}
const fn int(name: &'static str) -> Column {
    col(name, Kind::Integer, 40)
}
const fn refer(name: &'static str, table: &'static str) -> Column {
    col(name, Kind::Reference(table), 32)
}
const fn list(name: &'static str, table: &'static str) -> Column {
    col(name, Kind::List(table), 4000)
}
const fn date(name: &'static str) -> Column {
    col(name, Kind::Date, 40)
}
const fn time(name: &'static str) -> Column {
    col(name, Kind::DateTime, 40)
}

/// Columns of every table.
pub(super) const SYSTEM: &[Column] = &[
    col("sys_id", Kind::Guid, 32),
    time("sys_created_on"),
    text("sys_created_by", 40),
    time("sys_updated_on"),
    text("sys_updated_by", 40),
    int("sys_mod_count").or("0"),
    text("sys_tags", 255),
];

const DOMAIN: Column = refer("sys_domain", "sys_user_group").or("global");
const DOMAIN_PATH: Column = text("sys_domain_path", 255).or("/");
const CLASS: Column = text("sys_class_name", 80);

const STATES: Kind = Kind::Choice(&[
    ("draft", "Draft"),
    ("review", "Review"),
    ("scheduled_publish", "Scheduled for publish"),
    ("published", "Published"),
    ("pending_retirement", "Pending retirement"),
    ("retired", "Retired"),
    ("outdated", "Outdated"),
]);

const KB_KNOWLEDGE: &[Column] = &[
    text("number", 40),
    text("short_description", 100),
    col("text", Kind::Html, 0),
    col("wiki", Kind::Wiki, 0),
    col("article_type", Kind::Choice(&[("text", "HTML"), ("wiki", "Wiki")]), 40).or("text"),
    col("workflow_state", STATES, 40).or("draft"),
    refer("kb_knowledge_base", "kb_knowledge_base"),
    refer("kb_category", "kb_category"),
    text("category", 40),
    text("topic", 40).or("General"),
    date("valid_to"),
    text("meta", 4000),
    text("meta_description", 100),
    text("description", 4000),
    text("roles", 4000),
    list("can_read_user_criteria", "user_criteria"),
    list("cannot_read_user_criteria", "user_criteria"),
    refer("author", "sys_user"),
    date("published"),
    date("retired"),
    flag("active", "true"),
    flag("direct", "false"),
    flag("display_attachments", "false"),
    flag("disable_commenting", "false"),
    flag("disable_suggesting", "false"),
    refer("source", "task"),
    text("image", 40),
    int("rating"),
    flag("flagged", "false"),
    int("use_count").or("0"),
    int("sys_view_count").or("0"),
    refer("cmdb_ci", "cmdb_ci"),
    CLASS,
    DOMAIN,
    DOMAIN_PATH,
    refer("ownership_group", "sys_user_group").by(Plugin::Advanced),
    time("scheduled_publish_date").by(Plugin::Advanced),
    refer("version", "kb_version").by(Plugin::Advanced),
    text("display_number", 40).by(Plugin::Advanced),
    text("article_id", 32).by(Plugin::Advanced),
    refer("base_version", "kb_knowledge").by(Plugin::Advanced),
    flag("latest", "true").by(Plugin::Advanced),
    refer("revised_by", "sys_user").by(Plugin::Advanced),
    refer("replacement_article", "kb_knowledge").by(Plugin::Utah),
    refer("summary", "kb_knowledge_summary").by(Plugin::Advanced),
    int("helpful_count").or("0").by(Plugin::Advanced),
    flag("view_as_allowed", "true").by(Plugin::Advanced),
    list("related_products", "cmdb_model").by(Plugin::Advanced),
    list("taxonomy_topic", "topic").by(Plugin::Advanced),
    text("language", 40).or("en").by(Plugin::I18n),
    refer("parent", "kb_knowledge").by(Plugin::I18n),
    col("confidence", Kind::Choice(&[("draft", "Draft"), ("validated", "Validated")]), 40)
        .or("validated")
        .by(Plugin::Kcs),
    col("governance", Kind::Choice(&[("experience", "Experience"), ("compliance", "Compliance")]), 40)
        .or("experience")
        .by(Plugin::Kcs),
];

const KB_KNOWLEDGE_BASE: &[Column] = &[
    text("title", 100),
    text("description", 1000),
    flag("active", "true"),
    refer("owner", "sys_user"),
    list("kb_managers", "sys_user"),
    refer("workflow", "wf_workflow"),
    refer("retire_workflow", "wf_workflow"),
    col("kb_version", Kind::Choice(&[("2", "2"), ("3", "3")]), 40).or("3"),
    text("table", 80).or("kb_knowledge"),
    int("article_validity"),
    text("languages", 1000),
    flag("disable_category_editing", "false"),
    flag("disable_commenting", "false"),
    flag("disable_suggesting", "false"),
    flag("disable_rating", "false"),
    flag("disable_mark_as_helpful", "false"),
    flag("enable_blocks", "false"),
    flag("enable_socialqa", "false"),
    flag("create_translation_task", "false"),
    refer("application", "sys_scope").or("global"),
    text("template", 1000),
    text("mandatory_fields", 4000),
    int("order"),
    text("icon", 40),
    text("card_color", 40),
    text("question_annotation", 4000),
    text("approval_description", 4000),
    list("related_products", "cmdb_model"),
    DOMAIN,
    DOMAIN_PATH,
];

const KB_CATEGORY: &[Column] = &[
    text("label", 100),
    text("value", 100),
    col("parent_id", Kind::Document("parent_table"), 32),
    text("parent_table", 80),
    text("full_category", 1000),
    flag("active", "true"),
    DOMAIN,
    DOMAIN_PATH,
];

const SYS_USER: &[Column] = &[
    text("user_name", 40),
    text("name", 151),
    text("first_name", 50),
    text("last_name", 50),
    text("email", 100),
    text("title", 60),
    refer("department", "cmn_department"),
    refer("manager", "sys_user"),
    refer("company", "core_company"),
    refer("location", "cmn_location"),
    text("time_zone", 40),
    text("date_format", 40),
    text("time_format", 40),
    text("preferred_language", 3),
    text("phone", 40),
    text("mobile_phone", 40),
    text("roles", 255),
    flag("active", "true"),
    flag("locked_out", "false"),
    flag("password_needs_reset", "false"),
    flag("web_service_access_only", "false"),
    flag("internal_integration_user", "false"),
    flag("vip", "false"),
    flag("notification", "true"),
    col("user_password", Kind::Password, 255),
    text("employee_number", 40),
    text("source", 255),
    CLASS,
    DOMAIN,
    DOMAIN_PATH,
];

const SYS_ATTACHMENT: &[Column] = &[
    text("table_name", 80),
    col("table_sys_id", Kind::Guid, 32),
    text("file_name", 100),
    text("content_type", 100),
    int("size_bytes"),
    int("size_compressed"),
    flag("compressed", "true"),
    text("hash", 64),
    int("chunk_size_bytes").or("700000"),
    text("state", 40),
    text("image_width", 40),
    text("image_height", 40),
    text("average_image_color", 40),
];

const TASK_STATES: Kind = Kind::Choice(&[
    ("-5", "Pending"),
    ("1", "Open"),
    ("2", "Work in Progress"),
    ("3", "Closed Complete"),
    ("4", "Closed Incomplete"),
    ("7", "Closed Skipped"),
]);

const INCIDENT_STATES: Kind = Kind::Choice(&[
    ("1", "New"),
    ("2", "In Progress"),
    ("3", "On Hold"),
    ("6", "Resolved"),
    ("7", "Closed"),
    ("8", "Canceled"),
]);

const PROBLEM_STATES: Kind = Kind::Choice(&[
    ("101", "New"),
    ("102", "Assess"),
    ("103", "Root Cause Analysis"),
    ("104", "Fix in Progress"),
    ("106", "Resolved"),
    ("107", "Closed"),
]);

const PRIORITIES: Kind = Kind::Choice(&[
    ("1", "1 - Critical"),
    ("2", "2 - High"),
    ("3", "3 - Moderate"),
    ("4", "4 - Low"),
    ("5", "5 - Planning"),
]);

const LEVELS: Kind = Kind::Choice(&[("1", "1 - High"), ("2", "2 - Medium"), ("3", "3 - Low")]);

const TASK: &[Column] = &[
    text("number", 40),
    text("short_description", 160),
    text("description", 4000),
    col("state", TASK_STATES, 40).or("1"),
    col("priority", PRIORITIES, 40).or("4"),
    col("impact", LEVELS, 40).or("3"),
    col("urgency", LEVELS, 40).or("3"),
    flag("active", "true"),
    refer("assigned_to", "sys_user"),
    refer("assignment_group", "sys_user_group"),
    refer("opened_by", "sys_user"),
    time("opened_at"),
    refer("closed_by", "sys_user"),
    time("closed_at"),
    refer("cmdb_ci", "cmdb_ci"),
    refer("parent", "task"),
    refer("company", "core_company"),
    refer("location", "cmn_location"),
    refer("business_service", "cmdb_ci"),
    flag("knowledge", "false"),
    flag("made_sla", "true"),
    int("order"),
    int("escalation").or("0"),
    int("reassignment_count").or("0"),
    text("correlation_id", 100),
    text("correlation_display", 100),
    text("comments", 4000),
    text("work_notes", 4000),
    text("comments_and_work_notes", 4000),
    text("close_notes", 4000),
    text("contact_type", 40).or("phone"),
    text("approval", 40).or("not requested"),
    text("approval_history", 4000),
    time("approval_set"),
    text("upon_approval", 40).or("proceed"),
    text("upon_reject", 40).or("cancel"),
    time("due_date"),
    time("expected_start"),
    time("work_start"),
    time("work_end"),
    time("follow_up"),
    time("activity_due"),
    time("sla_due"),
    list("additional_assignee_list", "sys_user"),
    list("group_list", "sys_user_group"),
    list("watch_list", "sys_user"),
    list("work_notes_list", "sys_user"),
    text("delivery_plan", 32),
    text("delivery_task", 32),
    text("user_input", 4000),
    text("time_worked", 40),
    text("wf_activity", 32),
    text("business_duration", 40),
    text("calendar_duration", 40),
    CLASS,
    DOMAIN,
    DOMAIN_PATH,
];

const INCIDENT: &[Column] = &[
    refer("caller_id", "sys_user"),
    text("category", 40).or("inquiry"),
    text("subcategory", 40),
    text("close_code", 40),
    int("severity").or("3"),
    col("state", INCIDENT_STATES, 40).or("1"),
    col("incident_state", INCIDENT_STATES, 40).or("1"),
    int("notify").or("1"),
    int("reopen_count").or("0"),
    int("child_incidents").or("0"),
    refer("problem_id", "problem"),
    refer("caused_by", "change_request"),
    refer("rfc", "change_request"),
    refer("parent_incident", "incident"),
    refer("resolved_by", "sys_user"),
    time("resolved_at"),
    text("rejection_goto", 32),
    int("calendar_stc"),
    int("business_stc"),
];

const PROBLEM: &[Column] = &[
    text("category", 40),
    text("subcategory", 40),
    col("state", PROBLEM_STATES, 40).or("101"),
    col("problem_state", PROBLEM_STATES, 40).or("101"),
    flag("known_error", "false"),
    flag("major_problem", "false"),
    refer("confirmed_by", "sys_user"),
    time("confirmed_at"),
    refer("first_reported_by_task", "task"),
    int("related_incidents").or("0"),
    refer("rfc", "change_request"),
    text("cause_notes", 4000),
    text("fix_notes", 4000),
    text("workaround", 4000),
    text("resolution_code", 40),
    time("resolved_at"),
    refer("resolved_by", "sys_user"),
];

const CMDB_CI: &[Column] = &[
    text("name", 255),
    text("short_description", 1000),
    text("asset_tag", 40),
    text("serial_number", 255),
    text("category", 40),
    text("subcategory", 255),
    text("ip_address", 255),
    text("mac_address", 18),
    text("fqdn", 255),
    text("environment", 40),
    text("version", 40),
    text("comments", 4000),
    int("operational_status").or("1"),
    int("install_status").or("1"),
    flag("monitor", "false"),
    refer("assigned_to", "sys_user"),
    refer("owned_by", "sys_user"),
    refer("managed_by", "sys_user"),
    refer("support_group", "sys_user_group"),
    refer("company", "core_company"),
    refer("location", "cmn_location"),
    refer("department", "cmn_department"),
    time("first_discovered"),
    time("last_discovered"),
    text("correlation_id", 512),
    CLASS,
    DOMAIN,
    DOMAIN_PATH,
];

const M2M_CRITERIA: &[Column] =
    &[refer("kb_knowledge_base", "kb_knowledge_base"), refer("user_criteria", "user_criteria")];

const fn table(
    name: &'static str,
    label: &'static str,
    extends: &'static str,
    display: &'static str,
    number_prefix: &'static str,
    columns: &'static [Column],
) -> TableDef {
    TableDef { name, label, extends, display, number_prefix, columns }
}

/// Every table of the sandbox.
pub(super) const TABLES: &[TableDef] = &[
    table("kb_knowledge", "Knowledge", "", "number", "KB", KB_KNOWLEDGE),
    table("kb_knowledge_base", "Knowledge Base", "", "title", "", KB_KNOWLEDGE_BASE),
    table("kb_category", "Knowledge Category", "", "label", "", KB_CATEGORY),
    table(
        "kb_version",
        "Knowledge Version",
        "",
        "version",
        "",
        &[text("version", 40), refer("knowledge", "kb_knowledge"), refer("author", "sys_user")],
    ),
    table("kb_knowledge_summary", "Knowledge Summary", "", "article_id", "", &[text("article_id", 32)]),
    table("kb_uc_can_contribute_mtom", "Can Contribute", "", "sys_id", "", M2M_CRITERIA),
    table("kb_uc_cannot_contribute_mtom", "Cannot Contribute", "", "sys_id", "", M2M_CRITERIA),
    table("kb_uc_can_read_mtom", "Can Read", "", "sys_id", "", M2M_CRITERIA),
    table("kb_uc_cannot_read_mtom", "Cannot Read", "", "sys_id", "", M2M_CRITERIA),
    table(
        "user_criteria",
        "User Criteria",
        "",
        "name",
        "",
        &[
            text("name", 100),
            flag("active", "true"),
            list("user", "sys_user"),
            list("group", "sys_user_group"),
            list("role", "sys_user_role"),
            flag("match_all", "false"),
        ],
    ),
    table("sys_user", "User", "", "name", "", SYS_USER),
    table(
        "sys_user_group",
        "Group",
        "",
        "name",
        "",
        &[
            text("name", 80),
            text("description", 1000),
            text("email", 100),
            flag("active", "true"),
            refer("manager", "sys_user"),
            refer("parent", "sys_user_group"),
        ],
    ),
    table(
        "sys_user_grmember",
        "Group Member",
        "",
        "sys_id",
        "",
        &[refer("user", "sys_user"), refer("group", "sys_user_group")],
    ),
    table(
        "sys_user_role",
        "Role",
        "",
        "name",
        "",
        &[text("name", 100), text("description", 1000), flag("elevated_privilege", "false")],
    ),
    table(
        "sys_user_has_role",
        "User Role",
        "",
        "sys_id",
        "",
        &[
            refer("user", "sys_user"),
            refer("role", "sys_user_role"),
            text("state", 40).or("active"),
            flag("inherited", "false"),
            refer("granted_by", "sys_user_group"),
        ],
    ),
    table("sys_attachment", "Attachment", "", "file_name", "", SYS_ATTACHMENT),
    table(
        "sys_attachment_attribute",
        "Attachment Attribute",
        "",
        "key",
        "",
        &[refer("attachment", "sys_attachment"), text("key", 255), text("value", 4000)],
    ),
    table(
        "sys_properties",
        "System Property",
        "sys_metadata",
        "name",
        "",
        &[
            text("name", 100),
            text("value", 4000),
            text("description", 512),
            text("type", 40).or("string"),
            flag("private", "false"),
        ],
    ),
    table(
        "sys_dictionary",
        "Dictionary Entry",
        "sys_metadata",
        "element",
        "",
        &[
            text("name", 80),
            text("element", 80),
            text("column_label", 80),
            text("internal_type", 40),
            int("max_length"),
            flag("mandatory", "false"),
            flag("active", "true"),
            flag("read_only", "false"),
            flag("display", "false"),
            text("reference", 80),
            text("default_value", 512),
        ],
    ),
    table(
        "sys_db_object",
        "Table",
        "sys_metadata",
        "label",
        "",
        &[text("name", 80), text("label", 80), refer("super_class", "sys_db_object"), text("number_ref", 40)],
    ),
    table("sys_scope", "Application", "", "name", "", &[text("name", 100), text("scope", 18)]),
    table(
        "wf_workflow",
        "Workflow",
        "",
        "name",
        "",
        &[text("name", 80), text("description", 255), text("table", 80)],
    ),
    table("topic", "Topic", "", "name", "", &[text("name", 100)]),
    table("alm_asset", "Asset", "", "display_name", "", &[text("display_name", 255), text("asset_tag", 40)]),
    table("bsm_chart", "Business Service Map", "", "name", "", &[text("name", 100)]),
    table("cmdb_model", "Product Model", "", "name", "", &[text("name", 100)]),
    table(
        "cmn_department",
        "Department",
        "",
        "name",
        "",
        &[
            text("name", 100),
            text("description", 1000),
            refer("dept_head", "sys_user"),
            refer("parent", "cmn_department"),
        ],
    ),
    table(
        "sys_group_has_role",
        "Group Role",
        "",
        "sys_id",
        "",
        &[refer("group", "sys_user_group"), refer("role", "sys_user_role"), flag("inherits", "true")],
    ),
    table("sys_metadata", "Application File", "", "sys_name", "", &[text("sys_name", 255), CLASS]),
    table(
        "sys_script",
        "Business Rule",
        "sys_metadata",
        "name",
        "",
        &[
            text("name", 40),
            text("collection", 80),
            flag("active", "true"),
            text("when", 40).or("before"),
            int("order").or("100"),
            flag("action_insert", "false"),
            flag("action_update", "false"),
            flag("action_delete", "false"),
            flag("action_query", "false"),
            flag("abort_action", "false"),
            flag("add_message", "false"),
            text("message", 4000),
            text("filter_condition", 4000),
            text("script", 8000),
        ],
    ),
    table(
        "cmn_location",
        "Location",
        "",
        "name",
        "",
        &[text("name", 100), text("city", 50), text("country", 50)],
    ),
    table("core_company", "Company", "", "name", "", &[text("name", 80), flag("customer", "false")]),
    table("task", "Task", "", "number", "TASK", TASK),
    table("incident", "Incident", "task", "number", "INC", INCIDENT),
    table("problem", "Problem", "task", "number", "PRB", PROBLEM),
    table("change_request", "Change Request", "task", "number", "CHG", &[text("type", 40).or("normal")]),
    table("cmdb_ci", "Configuration Item", "", "name", "", CMDB_CI),
    table("cmdb_ci_server", "Server", "cmdb_ci", "name", "", &[text("os", 100), int("cpu_count")]),
    table(
        "syslog",
        "Log",
        "",
        "message",
        "",
        &[text("level", 40), text("source", 100), text("message", 4000)],
    ),
    table(
        "sys_audit",
        "Audit",
        "",
        "documentkey",
        "",
        &[
            text("tablename", 80),
            text("documentkey", 32),
            text("fieldname", 80),
            text("oldvalue", 16_777_215),
            text("newvalue", 16_777_215),
            text("user", 40),
            int("record_checkpoint"),
        ],
    ),
    table(
        "sys_rate_limit_rules",
        "Rate Limit Rule",
        "",
        "name",
        "",
        &[text("name", 100), int("request_limit_per_hour")],
    ),
];
