//! Which keys are secrets, and where they belong instead of `publish.toml` (design §6).

/// Secrets by the key people would write, with the variable that may hold each.
const SECRETS: &[(&str, &str)] = &[
    ("password", "KB_PUBLISH_PASSWORD"),
    ("passwd", "KB_PUBLISH_PASSWORD"),
    ("clientsecret", "KB_PUBLISH_CLIENT_SECRET"),
    ("secret", "KB_PUBLISH_CLIENT_SECRET"),
    ("accesstoken", "KB_PUBLISH_ACCESS_TOKEN"),
    ("token", "KB_PUBLISH_ACCESS_TOKEN"),
    ("refreshtoken", "KB_PUBLISH_REFRESH_TOKEN"),
    ("apikey", "KB_PUBLISH_API_KEY"),
    ("jwtkey", "KB_PUBLISH_JWT_KEY"),
    ("privatekey", "KB_PUBLISH_JWT_KEY"),
];

/// For the key of a secret: the advice where to put it.
pub(super) fn is_secret_key(key: &str) -> Option<String> {
    let plain: String = key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let plain = plain.strip_prefix("kbpublish").unwrap_or(&plain);
    let (_, variable) = SECRETS.iter().find(|(name, _)| *name == plain)?;
    Some(format!(
        "take it out, renew it if the file was shared, and set {variable} or {variable}_FILE, or keep it in \
         the keyring with `kb-publish auth login`"
    ))
}

/// Whether a line of `publish.toml` may hold a secret, so that no message repeats it.
pub(super) fn may_hold_secret(line: &str) -> bool {
    let plain: String = line.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    ["passw", "secret", "token", "apikey", "jwtkey", "privatekey"].iter().any(|word| plain.contains(word))
        // `https://user:password@host`
        // `http://ann:password@proxy`, with or without its scheme.
        || line.split_once(':').is_some_and(|(_, rest)| rest.contains('@'))
}
