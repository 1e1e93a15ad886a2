//! Secrets from environment variables, and from files that environment variables name.

use std::io::Read as _;

use secrecy::{ExposeSecret as _, SecretString};

use super::{Found, Origin, Secret, SecretError};

/// Largest file of a secret, in bytes: an RSA key of 16,384 bits in PEM is below 13 KiB.
const LIMIT: u64 = 64 * 1024;

/// The secret, if the environment has it: the variable itself first, then its `_FILE` (design §6). An empty
/// variable counts as absent.
///
/// What of a variable is not UTF-8 is to arrive as U+FFFD.
///
/// # Errors
/// The variable or the file is no text, or the file cannot be read, is empty or too large.
pub fn from_environment(
    secret: Secret,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Option<Found>, SecretError> {
    let variable = secret.variable();
    if let Some(value) = env(variable).filter(|value| !value.is_empty()) {
        if value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(SecretError {
                code: "secret-variable",
                message: format!("{variable} is no UTF-8 text"),
                help: format!("set it to the {} in UTF-8", secret.words()),
            });
        }
        return Ok(Some(Found { value: value.into(), origin: Origin::Environment(variable) }));
    }
    let file_variable = file_variable(secret);
    let Some(path) = env(file_variable).filter(|path| !path.is_empty()) else { return Ok(None) };
    let value = read(secret, file_variable, &path)?;
    Ok(Some(Found { value, origin: Origin::File(file_variable) }))
}

const fn file_variable(secret: Secret) -> &'static str {
    match secret {
        Secret::Password => "KB_PUBLISH_PASSWORD_FILE",
        Secret::ClientSecret => "KB_PUBLISH_CLIENT_SECRET_FILE",
        Secret::AccessToken => "KB_PUBLISH_ACCESS_TOKEN_FILE",
        Secret::RefreshToken => "KB_PUBLISH_REFRESH_TOKEN_FILE",
        Secret::ApiKey => "KB_PUBLISH_API_KEY_FILE",
        Secret::JwtKey => "KB_PUBLISH_JWT_KEY_FILE",
    }
}

/// The file's text without the line end that editors and `echo` leave behind it.
fn read(secret: Secret, variable: &'static str, path: &str) -> Result<SecretString, SecretError> {
    let wrong = |why: String| SecretError {
        code: "secret-file",
        message: format!("{variable} names `{path}`, {why}"),
        help: format!("let {variable} name a text file that holds the {} and nothing else", secret.words()),
    };
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::InvalidData => wrong("which is no UTF-8 text".to_owned()),
        _ => wrong(format!("which cannot be read: {error}")),
    };
    // It may be a pipe or a device, whose size nobody knows.
    let mut file = std::fs::File::open(path).map_err(unreadable)?.take(LIMIT + 1);
    let mut text = String::new();
    let size = file.read_to_string(&mut text).map_err(unreadable)?;
    let text = SecretString::from(text);
    if size as u64 > LIMIT {
        return Err(wrong(format!("which is larger than {}", crate::text::size(LIMIT))));
    }
    let trimmed = text.expose_secret().trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}');
    if trimmed.is_empty() {
        return Err(wrong("which is empty".to_owned()));
    }
    Ok(trimmed.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_wins_over_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from file\r\n").unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let both = |name: &str| match name {
            "KB_PUBLISH_PASSWORD" => Some("from env".to_owned()),
            "KB_PUBLISH_PASSWORD_FILE" => Some(path.clone()),
            _ => None,
        };
        let found = from_environment(Secret::Password, both).unwrap().unwrap();
        assert_eq!(found.value.expose_secret(), "from env");
        let only = |name: &str| if name == "KB_PUBLISH_PASSWORD" { Some(String::new()) } else { both(name) };
        let found = from_environment(Secret::Password, only).unwrap().unwrap();
        assert_eq!(found.value.expose_secret(), "from file");
        assert_eq!(found.origin, Origin::File("KB_PUBLISH_PASSWORD_FILE"));
        assert!(from_environment(Secret::ApiKey, both).unwrap().is_none());
    }

    #[test]
    fn a_bad_file_is_an_error_and_not_an_absence() {
        let empty = tempfile::NamedTempFile::new().unwrap();
        let binary = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(binary.path(), [0xff, 0xfe]).unwrap();
        for path in [empty.path().to_str().unwrap(), binary.path().to_str().unwrap(), "/nowhere/at/all"] {
            let error =
                from_environment(Secret::ApiKey, |name| name.ends_with("_FILE").then(|| path.to_owned()));
            assert_eq!(error.unwrap_err().code, "secret-file", "{path}");
        }
    }

    #[test]
    fn what_is_no_text_is_said_and_what_never_ends_is_not_read() {
        let garbled = |name: &str| (name == "KB_PUBLISH_PASSWORD").then(|| "caf\u{fffd}".to_owned());
        assert_eq!(from_environment(Secret::Password, garbled).unwrap_err().code, "secret-variable");
        if cfg!(unix) {
            let endless = |name: &str| name.ends_with("_FILE").then(|| "/dev/zero".to_owned());
            let error = from_environment(Secret::Password, endless).unwrap_err();
            assert!(error.message.contains("larger than"), "{}", error.message);
        }
    }

    #[test]
    fn each_secret_has_its_file() {
        for secret in Secret::ALL {
            assert_eq!(file_variable(secret), format!("{}_FILE", secret.variable()));
        }
    }
}
