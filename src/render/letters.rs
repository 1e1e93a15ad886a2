//! Sets of letters that a text is searched for, where they are more than three.
//!
//! Must not know: what the letters mean.

/// Letters of ASCII.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letters([bool; 256]);

impl Letters {
    /// These.
    pub(super) const fn of(letters: &[u8]) -> Self {
        Self([false; 256]).and(letters)
    }

    /// These, too.
    pub(super) const fn and(mut self, letters: &[u8]) -> Self {
        let mut at = 0;
        while at < letters.len() {
            self.0[letters[at] as usize] = true;
            at += 1;
        }
        self
    }

    /// Control characters, too, but for tabs and line ends.
    pub(super) const fn and_control(mut self) -> Self {
        let mut letter = 0;
        while letter < 0x20 {
            self.0[letter] |= letter != b'\t' as usize && letter != b'\n' as usize;
            letter += 1;
        }
        self.and(b"\x7f")
    }

    /// Whether it is one of them.
    pub(super) const fn contains(&self, letter: u8) -> bool {
        self.0[letter as usize]
    }

    /// Where the first of them stands, at or after `at`.
    pub(super) fn first(&self, text: &[u8], mut at: usize) -> Option<usize> {
        // Several at once: most texts hold none.
        while let Some(block) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            if block.iter().fold(false, |found, letter| found | self.contains(*letter)) {
                break;
            }
            at += block.len();
        }
        text.get(at..)?.iter().position(|letter| self.contains(*letter)).map(|found| at + found)
    }
}

#[cfg(test)]
mod tests {
    use super::Letters;

    #[test]
    fn every_place_is_looked_at() {
        const SET: Letters = Letters::of(b"x").and_control();
        for length in 0..40 {
            for at in 0..length {
                let mut text = vec![b'\t'; length];
                text[at] = if at % 2 == 0 { b'x' } else { 8 };
                for from in 0..=length {
                    let expected = (from <= at).then_some(at);
                    assert_eq!(SET.first(&text, from), expected, "{length} {at} {from}");
                }
            }
        }
    }
}
