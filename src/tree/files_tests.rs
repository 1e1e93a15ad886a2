use super::*;

const LIMITS: Limits = Limits { bytes: 1000, pixels: 10_000 };

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";

struct Tree(tempfile::TempDir);

impl Tree {
    fn root(&self) -> Utf8PathBuf {
        Utf8Path::from_path(self.0.path()).unwrap().canonicalize_utf8().unwrap()
    }

    fn inspect(&self, files: &[(&str, &[u8])]) -> Vec<Inspected> {
        let wanted: Vec<Wanted> = files
            .iter()
            .map(|(path, bytes)| {
                let absolute = self.root().join(path);
                std::fs::create_dir_all(absolute.parent().unwrap()).unwrap();
                std::fs::write(&absolute, bytes).unwrap();
                Wanted { path: DocPath::parse(path).unwrap(), absolute, origin: Origin::Tree }
            })
            .collect();
        inspect(&wanted, &self.root(), LIMITS)
    }
}

fn one(path: &str, bytes: &[u8]) -> Inspected {
    Tree(tempfile::tempdir().unwrap()).inspect(&[(path, bytes)]).remove(0)
}

#[test]
fn text_files_have_one_digest_whatever_their_line_ends() {
    for name in ["a.svg", "a.csv", "a.txt", "a.json", "a.ps1"] {
        let (lf, _) = one(name, b"<svg>\n\nx\r").unwrap();
        let (crlf, _) = one(name, b"<svg>\r\n\r\nx\r").unwrap();
        assert_eq!((lf.digest, lf.size, &lf.name), (crlf.digest, crlf.size, &crlf.name), "{name}");
        assert_eq!(lf.digest, Digest::of(b"<svg>\n\nx\r"));
    }
    let (binary, _) = one("a.bin", b"a\r\nb").unwrap();
    assert_eq!(binary.digest, Digest::of(b"a\r\nb"));
    let (nul, _) = one("a.txt", b"a\r\n\0b").unwrap();
    assert_eq!(nul.digest, Digest::of(b"a\r\n\0b"), "UTF-16 and the like are not text to git");
}

#[test]
fn bytes_and_extension_are_compared() {
    let odd = |path: &str, bytes: &[u8]| one(path, bytes).unwrap();
    let (file, finding) = odd("a.png", PNG);
    assert_eq!((file.media_type.as_str(), finding), ("image/png", None));
    let (file, finding) = odd("a.jpg", PNG);
    assert_eq!(file.media_type, "image/png");
    assert_eq!(&*finding.unwrap().message, "`a.jpg` holds image/png, but its name says image/jpeg");
    assert!(odd("a.png", b"<!DOCTYPE html><html>").1.is_some());
    assert!(odd("a.png", b"").1.is_some());
    assert!(odd("a.svg", b"hello").1.is_some());
    assert!(odd("a.svg", b"<?xml version='1.0'?><svg/>").1.is_none());
    let message = |path: &str, bytes: &[u8]| odd(path, bytes).1.map(|finding| finding.message.into_string());
    assert_eq!(message("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0").unwrap(), "`a.jpg` holds no whole picture");
    assert_eq!(message("a.ico", b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0"), None);
    assert_eq!(odd("notes", b"plain").0.media_type, "text/plain");
    assert_eq!(odd("a.pdf", b"%PDF-1.7\n").0.media_type, "application/pdf");
}

#[test]
fn pointers_and_large_files_are_refused() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 1\n";
    assert_eq!(one("a.png", pointer).unwrap_err().code, Code::LfsPointer);
    assert_eq!(one("a.png", &[1; 1001]).unwrap_err().code, Code::ImageTooLarge);
    assert!(one("a.bin", &[1; 1000]).is_ok());
}

#[cfg(unix)]
#[test]
fn hard_links_are_one_content_and_symbolic_links_stay_inside() {
    let tree = Tree(tempfile::tempdir().unwrap());
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(tree.root().join("a.png"), PNG).unwrap();
    std::fs::hard_link(tree.root().join("a.png"), tree.root().join("b.png")).unwrap();
    std::os::unix::fs::symlink(outside.path(), tree.root().join("c.png")).unwrap();
    let wanted: Vec<Wanted> = ["a.png", "b.png", "c.png"]
        .map(|path| Wanted {
            path: DocPath::parse(path).unwrap(),
            absolute: tree.root().join(path),
            origin: Origin::Tree,
        })
        .into();
    assert_eq!(contents(&wanted).first, [0, 2]);
    let found = inspect(&wanted, &tree.root(), LIMITS);
    assert_eq!(found[0].as_ref().unwrap().0.digest, found[1].as_ref().unwrap().0.digest);
    assert_eq!(found[2].as_ref().unwrap_err().code, Code::OutsideRoot);
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hashing_in_pieces_is_hashing_what_is_uploaded(
            pieces in prop::collection::vec("[a\r\n]{0,6}", 0..6), text: bool
        ) {
            let name = DocPath::parse(if text { "a.txt" } else { "a.bin" }).unwrap();
            let mut hashing = Hashing::new(text);
            for piece in &pieces {
                hashing.update(piece.as_bytes());
            }
            let uploaded = as_uploaded(&name, pieces.concat().into_bytes());
            prop_assert_eq!(hashing.finish(), (Digest::of(&uploaded), uploaded.len() as u64));
        }
    }
}
