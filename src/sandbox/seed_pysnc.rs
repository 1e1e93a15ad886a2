//! The further rows that PySNC's tests ask for, under the sys_ids of ServiceNow's demo data.

use super::seed::{Rows, USER_ADMIN, seeded_id};

/// The department "Finance".
pub(crate) const FINANCE: &str = "a581ab703710200044e0bfc8bcbe5de8";
const HEAD_OF_FINANCE: &str = "46c5bf6ca9fe1981010713e3ac7d3384";
const PROBLEM_ADMIN: &str = "26fbff173b331300ad3cc9bb34efc4bd";

/// User name, first and last name; each has the role `admin`.
const ADMINS: &[(&str, &str, &str)] = &[
    ("abel.tuter", "Abel", "Tuter"),
    ("abraham.lincoln", "Abraham", "Lincoln"),
    ("adela.cervantsz", "Adela", "Cervantsz"),
    ("aileen.mottern", "Aileen", "Mottern"),
    ("alejandra.prenatt", "Alejandra", "Prenatt"),
    ("alissa.mountjoy", "Alissa", "Mountjoy"),
    ("allan.schwantd", "Allan", "Schwantd"),
    ("amos.linnan", "Amos", "Linnan"),
    ("andrew.och", "Andrew", "Och"),
    ("angelo.ferentz", "Angelo", "Ferentz"),
    ("annabelle.coger", "Annabelle", "Coger"),
    ("antione.mccleary", "Antione", "Mccleary"),
];

/// Group, and whether its members are administrators of something.
const GROUPS: &[(&str, bool)] = &[
    ("Hardware", true),
    ("Software", true),
    ("Network", true),
    ("Database", true),
    ("Service Desk", false),
    ("Change Management", false),
];

/// Adds them.
pub(crate) fn fill(rows: &mut Rows<'_>) {
    rows.add("cmn_department", FINANCE, &[("name", "Finance"), ("dept_head", HEAD_OF_FINANCE)]);
    rows.add_user(HEAD_OF_FINANCE, "natasha.ingram", "Natasha", "Ingram", &[("mobile_phone", "+1 555 0100")]);
    rows.add_user(PROBLEM_ADMIN, "problem.admin", "Problem", "Admin", &[]);
    rows.grant(PROBLEM_ADMIN, "problem_admin");
    rows.grant(PROBLEM_ADMIN, "itil");
    for (user_name, first, last) in ADMINS {
        let id = seeded_id("sys_user", user_name);
        rows.add_user(&id, user_name, first, last, &[("department", FINANCE)]);
        rows.grant(&id, "admin");
        rows.grant(&id, "itil");
    }
    for (at, (name, administrates)) in GROUPS.iter().enumerate() {
        let id = seeded_id("sys_user_group", name);
        let manager = seeded_id("sys_user", ADMINS[at % ADMINS.len()].0);
        rows.add("sys_user_group", &id, &[("name", name), ("manager", &manager)]);
        let role = if *administrates { "problem_admin" } else { "itil" };
        let role = seeded_id("sys_user_role", role);
        rows.add(
            "sys_group_has_role",
            &seeded_id("sys_group_has_role", name),
            &[("group", &id), ("role", &role)],
        );
        let member = seeded_id("sys_user_grmember", name);
        rows.add("sys_user_grmember", &member, &[("group", &id), ("user", &manager)]);
    }
    for n in 1..=15 {
        things(rows, n);
    }
    for n in 1..=700 {
        let id = seeded_id("syslog", &n.to_string());
        let message = format!("Background job {n} ended");
        rows.add("syslog", &id, &[("level", "0"), ("source", "sandbox"), ("message", &message)]);
    }
}

/// One problem, one incident of it, one machine.
fn things(rows: &mut Rows<'_>, n: u32) {
    let host = format!("server-{n:02}");
    let machine = seeded_id("cmdb_ci_server", &host);
    rows.add(
        "cmdb_ci_server",
        &machine,
        &[("name", host.as_str()), ("short_description", "A machine of the demo data"), ("os", "Linux")],
    );
    let problem = seeded_id("problem", &n.to_string());
    rows.add(
        "problem",
        &problem,
        &[
            ("number", format!("PRB{:07}", n + 40).as_str()),
            ("short_description", format!("Problem {n} of the demo data").as_str()),
            ("opened_by", USER_ADMIN),
            ("assigned_to", PROBLEM_ADMIN),
            ("cmdb_ci", &machine),
        ],
    );
    rows.add(
        "incident",
        &seeded_id("incident", &n.to_string()),
        &[
            ("number", format!("INC{n:07}").as_str()),
            ("short_description", format!("Incident {n} of the demo data").as_str()),
            ("opened_by", USER_ADMIN),
            ("caller_id", HEAD_OF_FINANCE),
            ("problem_id", &problem),
        ],
    );
}
