//! Links and images: which destinations may go out.
//!
//! Must not know: documents and files.

use super::builder::Builder;
use crate::finding::Code;
use crate::render::tree::{Image, Kind, Link};
use crate::render::{allowlist, urls};

/// A link, or its text alone where ServiceNow would drop the URL.
pub(super) fn link<'a>(builder: &mut Builder<'a>, link: Link<'a>, offset: usize) -> Kind<'a> {
    let scheme = allowlist::scheme(&link.destination);
    let refused = scheme.filter(|scheme| scheme == "data" || !allowlist::keeps_scheme(scheme));
    match refused {
        Some(scheme) => {
            refuse(builder, &scheme, "the link goes out as its text", offset);
            Kind::Group
        }
        None => Kind::Link(Box::new(link)),
    }
}

/// An image, or its alternative text where ServiceNow would drop the URL.
pub(super) fn image<'a>(builder: &mut Builder<'a>, image: Image<'a>, offset: usize) -> Kind<'a> {
    let refused = match allowlist::scheme(&image.destination) {
        Some(scheme) if scheme == "data" => (!urls::is_data_image(&image.destination)).then_some(scheme),
        Some(scheme) => (scheme == "mailto" || !allowlist::keeps_scheme(&scheme)).then_some(scheme),
        None => None,
    };
    match refused {
        Some(scheme) => {
            refuse(builder, &scheme, "the image goes out as its alternative text", offset);
            Kind::Group
        }
        None => Kind::Image(Box::new(image)),
    }
}

fn refuse(builder: &mut Builder<'_>, scheme: &str, what: &str, offset: usize) {
    builder.problem(
        Code::UnsupportedScheme,
        format!("`{scheme}:` is not kept by ServiceNow here: {what}"),
        "http, https and mailto are kept",
        offset,
    );
}
