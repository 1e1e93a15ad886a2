//! Pictures that documents do not name as files: in `data:` URLs, on other hosts, drawn by commands.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::Value;

use crate::project::{Instance, Project, png};
use crate::source_lint::Tree;

/// A web server that knows a few pages.
pub(crate) struct Host {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Host {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let Some(first) = lines.next() else { continue };
                while lines.next().is_some_and(|line| !line.is_empty()) {}
                let request = first.rsplit_once(' ').unwrap().0.to_owned();
                let (status, body) = match request.split_once(' ').unwrap() {
                    (_, "/there" | "/img/net.png?v=1") => ("200 OK", png(b'7')),
                    (_, "/private") => ("403 Forbidden", Vec::new()),
                    (_, "/page.png") => ("200 OK", b"<!DOCTYPE html><html>".to_vec()),
                    _ => ("404 Not Found", Vec::new()),
                };
                let head = request.starts_with("HEAD");
                log.lock().unwrap().push(request);
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                if !head {
                    let _ = stream.write_all(&body);
                }
            }
        });
        Self { url, asked }
    }

    /// The first lines of all requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn tree(more: &str, document: &str) -> Tree {
    let tree = Tree::new(&[("docs/a.md", document.as_bytes())]);
    tree.write("publish.toml", format!("project = \"p\"\n{more}").as_bytes());
    tree
}

/// Builds, and gives the page and the index.
fn built(tree: &Tree) -> (String, Value) {
    let output = tree.run(&["build", "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let index = serde_json::from_slice(&std::fs::read(tree.path("out/index.json")).unwrap()).unwrap();
    (std::fs::read_to_string(tree.path("out/a.html")).unwrap(), index)
}

/// Whether a PNG's name begins so.
fn named(file: &str, start: &str) -> bool {
    file.strip_suffix(".png").is_some_and(|stem| stem.starts_with(start))
}

fn data_url(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

#[test]
fn large_data_urls_become_files() {
    let picture = png(b'3');
    let url = data_url(&picture);
    let document = format!("# A\n\n![one]({url})\n\n<img src=\"{url}\" alt=\"two\">\n");
    let (page, index) = built(&tree("[render]\ndata_url_bytes = 20\n", &document));
    assert!(!page.contains("data:"), "{page}");
    let file = index["files"][0]["name"].as_str().unwrap();
    assert_eq!(
        (index["files"].as_array().unwrap().len(), page.matches(file).count()),
        (1, 2),
        "one content, one file"
    );
    assert!(named(file, "picture-"), "{file}");
    let tree = tree("", &document);
    let (page, index) = built(&tree);
    assert!(page.contains(&url), "small ones stay");
    assert_eq!(index["files"], Value::Array(Vec::new()));
    assert!(!tree.path(".kb-publish").exists());
}

#[test]
fn what_is_no_picture_in_a_data_url_is_told() {
    let tree =
        tree("[render]\ndata_url_bytes = 20\n", "# A\n\n![one](data:image/png;base64,bm8gcGljdHVyZQ==)\n");
    assert_eq!(tree.lint(), (Some(1), vec!["missing-image docs/a.md:3:1".to_owned()]));
}

#[test]
fn images_of_too_many_pixels_are_told() {
    let tree = tree("[source]\nmax_image_pixels = 3\n", "# A\n\n![one](i.png)\n");
    let mut wide = png(b'0');
    // The width and the height of the header.
    wide[16..24].copy_from_slice(&[0, 0, 0, 2, 0, 0, 0, 2]);
    tree.write("docs/i.png", &wide);
    assert_eq!(tree.lint(), (Some(1), vec!["image-too-large docs/a.md:3:1".to_owned()]));
}

#[test]
fn images_on_other_hosts_stay_or_are_fetched_once() {
    let host = Host::new();
    let document = format!("# A\n\n![net]({}/img/net.png?v=1)\n", host.url);
    let (page, _) = built(&tree("", &document));
    assert!(page.contains(&host.url) && host.asked().is_empty());
    let fetching = tree("[render]\nremote_images = \"fetch\"\n", &document);
    let (page, index) = built(&fetching);
    let file = index["files"][0]["name"].as_str().unwrap();
    assert!(page.contains(file) && !page.contains(&host.url), "{page}");
    assert!(named(file, "net-"), "{file}");
    assert_eq!(index["files"][0]["media_type"], "image/png");
    std::fs::remove_dir_all(fetching.path("out")).unwrap();
    built(&fetching);
    assert_eq!(host.asked(), ["GET /img/net.png?v=1"]);
}

#[test]
fn what_cannot_be_fetched_is_told() {
    let host = Host::new();
    let document = format!("# A\n\n![a]({0}/gone.png)\n\n![b]({0}/page.png)\n", host.url);
    let tree = tree("[render]\nremote_images = \"fetch\"\n", &document);
    let expected = ["missing-image docs/a.md:3:1", "missing-image docs/a.md:5:1"].map(str::to_owned);
    assert_eq!(tree.lint(), (Some(1), expected.to_vec()));
}

#[cfg(unix)]
mod drawn {
    use super::*;

    const DIAGRAM: &str = "# A\n\n```mermaid\ngraph TD; A-->B\n```\n";

    /// A tree whose diagrams a script draws; it notes each call.
    fn drawing(script: &str, more: &str, document: &str) -> Tree {
        let config = format!(
            "[render]\ndiagram_seconds = 1\n{more}\n[render.diagrams]\nmermaid = [\"sh\", \"draw.sh\", \"{{input}}\", \"{{output}}\"]\n\
             math = [\"sh\", \"draw.sh\", \"{{input}}\", \"{{output.svg}}\"]\n"
        );
        let tree = tree(&config, document);
        tree.write("draw.sh", format!("PATH=/bin:/usr/bin\ncat \"$1\" >> calls\n{script}\n").as_bytes());
        tree.write("picture.png", &png(b'5'));
        tree
    }

    #[test]
    fn a_command_draws_each_source_once() {
        let twice = format!("{DIAGRAM}\n```mermaid\ngraph TD; A-->B\n```\n\n```sh\nls\n```\n");
        let tree = drawing("cp picture.png \"$2\"", "", &twice);
        let (page, index) = built(&tree);
        let file = index["files"][0]["name"].as_str().unwrap();
        assert!(named(file, "mermaid-"), "{file}");
        assert_eq!(
            (index["files"].as_array().unwrap().len(), page.matches(file).count()),
            (1, 2),
            "equal drawings are one file: {page}"
        );
        assert_eq!(page.matches("alt=\"graph TD; A--&gt;B\"").count(), 2, "{page}");
        assert!(page.contains("language-sh") && !page.contains("language-mermaid"), "{page}");
        std::fs::remove_dir_all(tree.path("out")).unwrap();
        let (again, _) = built(&tree);
        assert_eq!(again, page);
        let calls = std::fs::read_to_string(tree.path("calls")).unwrap();
        assert!(calls.lines().count() <= 2, "one document is read by one thread at a time: {calls}");
    }

    #[test]
    fn what_was_drawn_is_attached_and_published_once() {
        let instance = Instance::new();
        let project = Project::on(&instance).variable("KB_PUBLISH_API_KEY", "not-for-programs");
        let config = std::fs::read_to_string(project.path("publish.toml")).unwrap();
        let script = "env > seen\ncp picture.png \"$2\"\n";
        std::fs::write(project.path("draw.sh"), script).unwrap();
        std::fs::write(project.path("picture.png"), png(b'5')).unwrap();
        project.config(&format!(
            "{config}[render]\ndata_url_bytes = 20\n[render.diagrams]\nmermaid = [\"sh\", \"draw.sh\", \"{{input}}\", \"{{output}}\"]\n"
        ));
        project.doc("a.md", format!("{DIAGRAM}\n![one]({})\n", data_url(&png(b'6'))));
        project.publish();
        let text = instance.article("A")["text"].as_str().unwrap().to_owned();
        assert_eq!(text.matches("/sys_attachment.do?sys_id").count(), 2, "{text}");
        assert_eq!(instance.rows("sys_attachment", "table_name=kb_knowledge").len(), 2);
        let seen = std::fs::read_to_string(project.path("seen")).unwrap();
        assert!(seen.contains("PATH=") && !seen.contains("KB_PUBLISH"), "{seen}");
        project.publishes_nothing();
        // Another machine, whose fonts differ, and which has drawn nothing yet.
        std::fs::remove_dir_all(project.path(".kb-publish/pictures")).unwrap();
        std::fs::write(project.path("picture.png"), png(b'7')).unwrap();
        project.publishes_nothing();
    }

    /// As MathJax writes them.
    const FORMULA: &str = "echo \"<svg style='vertical-align: -0.5ex' width='10ex' height='2ex'><!-- $(cat \"$1\") --></svg>\" > \"$2\"";

    /// A page without looks but for images'.
    fn images(page: &str) -> Vec<&str> {
        page.split("<img ").skip(1).map(|rest| rest.split('>').next().unwrap()).collect()
    }

    #[test]
    fn formulas_are_drawn_where_text_does_not_show_them() {
        let document =
            "# A\n\n```math\nx^2\n```\n\n$$y^2$$\n\nIn $z^2$ or $\\frac{a}{b}$, and again $\\frac{a}{b}$.\n";
        let page_of = |formulas: &str| {
            let more = format!("dialects.math = true\nformulas = \"{formulas}\"");
            let tree = drawing(FORMULA, &more, document);
            let (page, index) = built(&tree);
            (page, index["files"].as_array().unwrap().len())
        };
        let (page, files) = page_of("auto");
        assert_eq!((files, images(&page).len()), (3, 4), "one file for each formula: {page}");
        assert!(page.contains("alt=\"x^2\"") && page.contains("alt=\"y^2\""), "{page}");
        assert!(
            page.contains("In <span class=\"kb-math\"") && page.contains("<i>z</i><sup"),
            "text shows it: {page}"
        );
        let inline = images(&page).into_iter().find(|image| image.contains("alt=\"\\frac{a}{b}\"")).unwrap();
        assert!(inline.contains("width:4.306em;vertical-align:-0.215em"), "as high as the line: {inline}");
        let (page, files) = page_of("picture");
        assert_eq!((files, images(&page).len()), (4, 5), "{page}");
        let (page, files) = page_of("text");
        assert_eq!((files, images(&page).len()), (0, 0), "{page}");
        assert!(page.contains("<i>a</i>/<i>b</i>"), "{page}");
    }

    #[test]
    fn commands_are_told_how_a_formula_stands() {
        let tree = drawing("", "dialects.math = true\n", "# A\n\n$\\sum_i$\n\n$$\\sum_i$$\n");
        let config = std::fs::read_to_string(tree.path("publish.toml")).unwrap();
        let config = config.replace("\"{output.svg}\"", "\"{output.svg}\", \"{style}\"");
        tree.write("publish.toml", config.as_bytes());
        tree.write("draw.sh", b"echo $3 >> styles; echo \"<svg><!-- $3 --></svg>\" > \"$2\"");
        let (_, index) = built(&tree);
        assert_eq!(index["files"].as_array().unwrap().len(), 2);
        let styles = std::fs::read_to_string(tree.path("styles")).unwrap();
        assert_eq!(styles.lines().collect::<std::collections::BTreeSet<_>>(), ["display", "inline"].into());
    }

    #[test]
    fn formulas_that_cannot_be_drawn_are_text() {
        let tree = drawing("exit 1", "dialects.math = true", "# A\n\nIn $\\frac{a}{b}$.\n");
        let report = tree.run(&["lint", "--format", "json"]).stdout;
        let report: Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report["problems"][0]["code"], "drawing-failed");
        let message = report["problems"][0]["message"].as_str().unwrap();
        assert!(message.starts_with("the `math` formula is shown as text"), "{message}");
        assert!(built(&tree).0.contains("<i>a</i>/<i>b</i>"));
    }

    #[test]
    fn what_cannot_be_drawn_is_shown_as_its_source() {
        for (script, reason) in [
            ("echo 'Parse error on line 1' >&2; exit 3", "`sh` ended with 3: Parse error on line 1"),
            ("true", "`sh` left no picture"),
            ("echo text > \"$2\"", "what was drawn is no PNG"),
            ("sleep 30", "`sh` took longer than 1 s"),
            ("sleep 30 &\nwait", "`sh` took longer than 1 s"),
            ("echo why >&2; sleep 30 & exit 2", "`sh` ended with 2"),
            (
                "head -c 300000 /dev/zero | tr '\\0' 'x' >&2; echo >&2; echo 'at last' >&2; exit 1",
                "with 1: at last",
            ),
            ("head -c 300000 /dev/zero; echo '<html>error</html>' > \"$2\"", "what was drawn is no PNG"),
            ("head -c 40 picture.png > \"$2\"", "its picture has no end"),
            ("kill -9 $$", "`sh` was stopped"),
        ] {
            let tree = drawing(script, "", DIAGRAM);
            let report = tree.run(&["lint", "--format", "json"]).stdout;
            let report: Value = serde_json::from_slice(&report).unwrap();
            let problem = &report["problems"][0];
            assert_eq!(
                (&problem["code"], &problem["line"]),
                (&"drawing-failed".into(), &3.into()),
                "{script}"
            );
            assert!(problem["message"].as_str().unwrap().ends_with(reason), "{problem}");
            let (page, _) = built(&tree);
            assert!(page.contains("<code") && page.contains("graph TD; A--&gt;B"), "{page}");
        }
    }

    #[test]
    fn what_a_slow_command_started_ends_with_it() {
        let tree = drawing("(sleep 3; touch late) &\nwait", "", DIAGRAM);
        assert_eq!(tree.lint().1, ["drawing-failed docs/a.md:3:1"]);
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert!(!tree.path("late").exists(), "it ran on");
    }

    /// Ctrl-C at a terminal goes to all of the foreground group: what draws must be in it.
    #[test]
    fn ctrl_c_ends_what_draws() {
        use rustix::process::{Pid, Signal, kill_process_group};
        use std::os::unix::fs::OpenOptionsExt as _;
        use std::os::unix::process::CommandExt as _;
        use std::time::{Duration, Instant};
        // It draws until somebody writes a line; the shell starts nothing to read, so no signal falls in between.
        let tree = drawing("mkfifo gate; read line < gate", "", DIAGRAM);
        let gate = tree.path("gate");
        let config = std::fs::read_to_string(tree.path("publish.toml")).unwrap();
        tree.write("publish.toml", config.replace("diagram_seconds = 1", "diagram_seconds = 60").as_bytes());
        let mut lint = tree.command(&["lint"]);
        let mut lint = lint.process_group(0).stdout(std::process::Stdio::null()).spawn().unwrap();
        let soon = || std::thread::sleep(Duration::from_millis(10));
        // Opens as soon as it is read from.
        let not_waiting = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let mut opened = std::fs::OpenOptions::new();
        let opened = opened.write(true).custom_flags(not_waiting);
        let mut gate = loop {
            match opened.open(&gate) {
                Ok(gate) => break gate,
                Err(_) => assert!(lint.try_wait().unwrap().is_none(), "it ended before it drew"),
            }
            soon();
        };
        kill_process_group(Pid::from_child(&lint), Signal::INT).unwrap();
        lint.wait().unwrap();
        // The reader is gone with what draws.
        let end = Instant::now() + Duration::from_secs(20);
        while gate.write_all(b"x").is_ok() {
            assert!(Instant::now() < end, "it draws on");
            soon();
        }
    }

    #[test]
    fn pictures_that_are_kept_are_looked_at() {
        let tree = drawing("cp picture.png \"$2\"", "", DIAGRAM);
        let calls = || std::fs::read_to_string(tree.path("calls")).unwrap().lines().count();
        let (page, _) = built(&tree);
        let once = calls();
        let kept: Vec<_> = std::fs::read_dir(tree.path(".kb-publish/pictures")).unwrap().collect();
        let kept = kept.into_iter().next().unwrap().unwrap().path();
        for broken in [&b""[..], b"text", &png(b'5')[..30]] {
            std::fs::write(&kept, broken).unwrap();
            std::fs::remove_dir_all(tree.path("out")).unwrap();
            assert_eq!(built(&tree).0, page, "drawn anew");
        }
        assert_eq!(calls(), 4 * once);
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_told() {
        let tree = drawing("cp picture.png \"$2\"", "", DIAGRAM);
        tree.write(".kb-publish", b"a file, where the folder should be");
        assert_eq!(tree.lint(), (Some(0), vec!["drawing-failed docs/a.md:3:1".to_owned()]));
        assert!(built(&tree).0.contains("graph TD; A--&gt;B"), "the source is shown");
    }

    #[test]
    fn documents_that_show_one_drawing_draw_it_once() {
        let tree = drawing("sleep 0.1; cp picture.png \"$2\"", "", DIAGRAM);
        for number in 0..12 {
            tree.write(
                &format!("docs/{number}.md"),
                DIAGRAM.replace("# A", &format!("# {number}")).as_bytes(),
            );
        }
        built(&tree);
        let calls = std::fs::read_to_string(tree.path("calls")).unwrap();
        assert_eq!(calls.matches("graph").count(), 1, "{calls}");
    }

    #[test]
    fn machines_that_cannot_draw_leave_what_others_drew() {
        let instance = Instance::new();
        let project = Project::on(&instance);
        let config = std::fs::read_to_string(project.path("publish.toml")).unwrap();
        project.config(&format!(
            "{config}[render.diagrams]\nmermaid = [\"sh\", \"my tools/draw it.sh\", \"{{input}}\", \"{{output}}\"]\n"
        ));
        std::fs::create_dir(project.path("my tools")).unwrap();
        std::fs::write(project.path("picture.png"), png(b'5')).unwrap();
        let can = |yes: bool| {
            let script = if yes { "cp picture.png \"$2\"" } else { "exit 127" };
            std::fs::write(project.path("my tools/draw it.sh"), script).unwrap();
            let _ = std::fs::remove_dir_all(project.path(".kb-publish/pictures"));
        };
        let pictures = || instance.article("A")["text"].as_str().unwrap().matches("<img").count();
        can(true);
        project.doc("a.md", DIAGRAM);
        project.publish();
        assert_eq!(pictures(), 1);
        can(false);
        project.publishes_nothing();
        assert_eq!((pictures(), instance.rows("sys_attachment", "table_name=kb_knowledge").len()), (1, 1));
        // What changed is published all the same, with the source; the machine that can draw sets it right.
        project.doc("a.md", format!("{DIAGRAM}\nMore.\n"));
        project.publish();
        assert_eq!(pictures(), 0);
        project.publishes_nothing();
        can(true);
        project.publish();
        assert_eq!(pictures(), 1);
        can(false);
        project.publishes_nothing();
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let config = "[render.diagrams]\nmermaid = [\"no-such-program\", \"{input}\", \"{output}\"]\n";
        assert_eq!(tree(config, DIAGRAM).lint(), (Some(0), vec!["drawing-failed docs/a.md:3:1".to_owned()]));
        let config = "[render.diagrams]\nmermaid = [\"mmdc\", \"{input}\"]\n";
        assert_eq!(tree(config, DIAGRAM).run(&["lint"]).status.code(), Some(2), "it names no output");
    }
}
