//! Rules between profiles.

use super::error::ConfigProblem;
use super::layers::{Layers, key};
use super::parsed::Parsed;
use crate::finding::Position;
use crate::ids::InstanceUrl;

/// What one profile would publish, and where to.
struct Destination {
    profile: String,
    instance: String,
    project: String,
    base: String,
    place: Option<Position>,
}

/// Two profiles with one instance and one project but different default bases: each run would move every
/// article of the other (design §6).
pub(super) fn check(parsed: &Parsed<'_>, problems: &mut Vec<ConfigProblem>) {
    let names = std::iter::once(None).chain(parsed.profiles.keys().map(Some));
    let destinations: Vec<Destination> =
        names.filter_map(|name| destination(parsed, name.map(String::as_str))).collect();
    for (number, one) in destinations.iter().enumerate() {
        let clash = destinations[..number].iter().find(|other| {
            other.instance == one.instance && other.project == one.project && other.base != one.base
        });
        if let Some(other) = clash {
            let message = format!(
                "{} and {} publish project `{}` to one instance but into different bases (`{}`, `{}`): each \
                 run would move every article",
                other.profile, one.profile, one.project, other.base, one.base
            );
            problems.push(parsed.problem(one.place, message).help(format!(
                "give one of them its own `project`, for example `project = \"{}-2\"`",
                one.project.chars().take(22).collect::<String>()
            )));
        }
    }
}

fn destination(parsed: &Parsed<'_>, profile: Option<&str>) -> Option<Destination> {
    let mut layers = Layers::default();
    parsed.lay(&mut layers, profile);
    let text = |name: &str| {
        let mut parts = key(name).into_iter();
        let mut value = layers.table().get(&parts.next()?)?;
        for part in parts {
            value = value.get(&part)?;
        }
        value.as_str().map(|text| text.trim().to_owned())
    };
    let url = text("instance.url")?;
    let instance = InstanceUrl::parse(&url).map_or(url, |url| url.to_string());
    let path: Vec<String> = match profile {
        Some(name) => vec!["profiles".into(), name.into()],
        None => key("publish.knowledge_base"),
    };
    Some(Destination {
        profile: profile.map_or_else(|| "the file's own settings".into(), |name| format!("profile `{name}`")),
        instance,
        project: text("project").unwrap_or_default(),
        base: text("publish.knowledge_base")?,
        place: parsed.place(&path),
    })
}
