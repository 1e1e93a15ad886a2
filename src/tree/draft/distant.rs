//! Pictures that are no files of the tree: in `data:` URLs, on other hosts, drawn by commands.

use camino::Utf8PathBuf;

use super::leads::Lead;
use super::{Drafting, Named, Spot};
use crate::finding::Code;
use crate::ids::{Digest, DocPath};
use crate::tree::drawing::{self, Drawing};
use crate::tree::files::Origin;
use crate::tree::pictures::{self, Picture};

impl<'a> Drafting<'a> {
    /// An image that is no file of the tree: a large `data:` URL becomes one, and one on another host where that is
    /// asked for.
    pub(super) fn distant_image(&mut self, destination: &'a str, spot: &Spot) -> Lead<'a> {
        let scheme = destination.trim_start().get(..5).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("data:") {
            return match pictures::lifted(self.shared.settings, destination) {
                Ok(None) => Lead::AsWritten(destination.into()),
                Ok(Some(picture)) => made(picture),
                Err(reason) => {
                    let message = format!("the image is left out: {reason}");
                    let finding = self.finding(Code::MissingImage, message, spot);
                    self.findings.push(finding);
                    Lead::Nowhere
                }
            };
        }
        let url = url::Url::parse(destination.trim()).ok();
        let fetch = url.filter(|url| self.shared.settings.render.fetch_images && url.has_host());
        let place = fetch.and_then(|url| {
            let name = format!(".kb-publish/{}", Digest::of(url.as_str().as_bytes()).hex());
            Some((DocPath::parse(&name).ok()?, url))
        });
        match place {
            None => Lead::AsWritten(destination.into()),
            Some((path, url)) => {
                let origin = Origin::Remote(url.as_str().into());
                Lead::Picture(Named { path, elsewhere: Some(Box::new((Utf8PathBuf::new(), origin))) })
            }
        }
    }

    /// A code block or formula that a command draws.
    pub(super) fn drawing(&mut self, destination: &str, in_line: bool, spot: &Spot) -> Lead<'a> {
        let (language, source) = destination.split_once('\n').unwrap_or((destination, ""));
        let drawing = Drawing { language, source, in_line };
        let settings = self.shared.settings;
        let (reason, lead) = match drawing::place(settings, drawing) {
            Ok(picture) => match drawing::draw(settings, drawing, &picture) {
                Ok(()) => return made(picture),
                Err(reason) => (reason, Lead::Undrawn(picture.path)),
            },
            Err(reason) => (reason, Lead::Nowhere),
        };
        let (what, instead) =
            if language == "math" { ("formula", "text") } else { ("drawing", "its source") };
        let message = format!("the `{language}` {what} is shown as {instead}: {reason}");
        let finding = self.finding(Code::DrawingFailed, message, spot);
        self.findings.push(finding.help("look at its source, and at the command in `[render.diagrams]`"));
        lead
    }
}

fn made(Picture { path, absolute }: Picture) -> Lead<'static> {
    Lead::Picture(Named { path, elsewhere: Some(Box::new((absolute, Origin::Made))) })
}
