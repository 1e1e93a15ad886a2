//! Hostile documents render inert.

use kb_publish::render::Options;

use crate::hostile_cases::HOSTILE;
use crate::render_html::{check, render, tags};

#[test]
fn hostile_documents_render_inert() {
    let base = reqwest::Url::parse("https://portal.example/kb").unwrap();
    for text in HOSTILE {
        let html =
            render(text, &Options { highlight: Some("github-light".to_owned()), ..Options::default() });
        assert_eq!(check(&html), Ok(()), "{text}\n{html}");
        for (name, attributes) in tags(&html).expect("checked") {
            assert!(!attributes.iter().any(|(name, _)| name.starts_with("on")), "{text}\n{html}");
            let urls = attributes.iter().filter(|(name, _)| name == "href" || name == "src");
            for (_, url) in urls {
                let url = base.join(&url.replace("&amp;", "&"));
                let inert = url.as_ref().is_ok_and(|url| match url.scheme() {
                    "http" | "https" | "mailto" => true,
                    "data" => {
                        let media = url.path().split([';', ',']).next();
                        media.is_some_and(|media| media.starts_with("image/") && !media.contains("svg"))
                    }
                    _ => false,
                });
                assert!(inert, "{name} {url:?}: {text}\n{html}");
            }
        }
    }
}
