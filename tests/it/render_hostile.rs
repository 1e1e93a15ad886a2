//! Hostile documents render inert.

use kb_publish::render::Options;

use crate::hostile_cases::HOSTILE;
use crate::render_html::{check, render, tags};

#[test]
fn hostile_documents_render_inert() {
    for text in HOSTILE {
        let html =
            render(text, &Options { highlight: Some("github-light".to_owned()), ..Options::default() });
        assert_eq!(check(&html), Ok(()), "{text}\n{html}");
        for (name, attributes) in tags(&html).expect("checked") {
            assert!(!attributes.iter().any(|(name, _)| name.starts_with("on")), "{text}\n{html}");
            let urls = attributes.iter().filter(|(name, _)| name == "href" || name == "src");
            for (_, url) in urls {
                let url = url.to_ascii_lowercase();
                assert!(!url.contains("script:") && !url.starts_with("data:text"), "{name}: {text}\n{html}");
            }
        }
    }
}
