//! Which knowledge base a title or sys_id means (contract §3). Pure.

use super::records::Base;
use crate::ids::SysId;

/// Why a name means no base that articles can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// The account sees none of this name.
    NotSeen,
    /// It takes no articles.
    Inactive,
    /// A base of the legacy kind.
    Legacy,
    /// So many have this title.
    Ambiguous(usize),
}

impl Base {
    /// Whether articles can be published into it, as far as the base itself says.
    pub fn is_usable(&self) -> bool {
        self.active && self.kb_version != "2"
    }

    /// Whether this is its sys_id, in either case, or its exact title.
    pub fn is_called(&self, asked: &str) -> bool {
        let id = SysId::parse(&asked.to_ascii_lowercase()).ok();
        id.map_or_else(|| self.title == asked, |id| self.sys_id == id)
    }

    /// The base of this sys_id or exact title; among several of one title the one that can be used.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn named<'a>(asked: &str, bases: &'a [Self]) -> Result<&'a Self, Unusable> {
        let meant: Vec<&Self> = bases.iter().filter(|base| base.is_called(asked)).collect();
        let usable: Vec<&Self> = meant.iter().copied().filter(|base| base.is_usable()).collect();
        match (usable.as_slice(), meant.first()) {
            ([base], _) => Ok(base),
            ([], None) => Err(Unusable::NotSeen),
            ([], Some(base)) if !base.active => Err(Unusable::Inactive),
            ([], Some(_)) => Err(Unusable::Legacy),
            (several, _) => Err(Unusable::Ambiguous(several.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(id: u8, title: &str, active: bool, kb_version: &str) -> Base {
        let (title, kb_version) = (title.to_owned(), kb_version.to_owned());
        Base { sys_id: SysId::from_bytes([id; 16]), title, active, kb_version }
    }

    #[test]
    fn a_name_means_the_base_that_can_be_used() {
        let bases = [
            base(0xa1, "IT", false, "3"),
            base(0xa2, "IT", true, ""),
            base(0xa3, "HR", true, "3"),
            base(0xa4, "HR", true, "3"),
            base(0xa5, "Old", true, "2"),
            base(0xa6, "Off", false, "3"),
        ];
        let named =
            |asked: &str| Base::named(asked, &bases).map(|base| base.sys_id.to_string()[..2].to_owned());
        assert_eq!(named("IT"), Ok("a2".to_owned()));
        assert_eq!(named(&"A3".repeat(16)), Ok("a3".to_owned()));
        assert_eq!(named("HR"), Err(Unusable::Ambiguous(2)));
        assert_eq!(named("Old"), Err(Unusable::Legacy));
        assert_eq!(named("Off"), Err(Unusable::Inactive));
        assert_eq!(named(&"a1".repeat(16)), Err(Unusable::Inactive));
        assert_eq!(named("it"), Err(Unusable::NotSeen));
    }
}
