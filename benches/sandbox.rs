//! How fast the sandbox answers: `cargo bench --bench sandbox`.
//!
//! The server runs on one thread of its own, so that its CPU time (Linux) tells what one core can do even on a
//! machine that is busy with other things. Bounds: 3,000 small requests a second on one core; 20,000 articles in
//! pages of 1,000 in under a second.

#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a program that measures and stops at the first fault"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use kb_publish::sandbox::{DataLocation, Options, Profile, start};

/// A keep-alive connection and nothing else: the client must not be what is measured.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, method: &str, target: &str, headers: &str, body: &str) -> (u16, Vec<u8>) {
        let credentials = base64::engine::general_purpose::STANDARD.encode("kb.publisher:kb.publisher");
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {credentials}\r\n\
             Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let mut status = 0;
        let (mut chunked, mut length) = (false, 0);
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap();
            }
            chunked |= line == "transfer-encoding: chunked";
            length = line.strip_prefix("content-length: ").map_or(length, |value| value.parse().unwrap());
        }
        let mut body = Vec::new();
        while chunked {
            let mut size = String::new();
            self.0.read_line(&mut size).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let from = body.len();
            body.resize(from + size + 2, 0);
            self.0.read_exact(&mut body[from..]).unwrap();
            body.truncate(from + size);
            chunked = size > 0;
        }
        if length > 0 {
            body.resize(length, 0);
            self.0.read_exact(&mut body).unwrap();
        }
        (status, body)
    }
}

/// CPU time of a thread of this process, where the system tells it.
fn cpu(thread: Option<u64>) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/self/task/{}/schedstat", thread?)).ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn own_thread() -> Option<u64> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    link.file_name()?.to_str()?.parse().ok()
}

fn measure(name: &str, server: Option<u64>, rounds: usize, mut once: impl FnMut(usize) -> usize) -> Duration {
    let (before, start) = (cpu(server), Instant::now());
    let mut times = Vec::with_capacity(rounds);
    let mut requests = 0;
    for round in 0..rounds {
        let start = Instant::now();
        requests += once(round);
        times.push(start.elapsed());
    }
    let wall = start.elapsed();
    times.sort_unstable();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    let per_second = |time: Duration| format!("{:.0}/s", requests as f64 / time.as_secs_f64());
    let core = cpu(server)
        .zip(before)
        .map_or("-".to_owned(), |(after, before)| per_second(after.saturating_sub(before)));
    let tell = format!(
        "{name:<52} {requests:>7} requests  p50 {:>9.3?}  p99 {:>9.3?}  wall {:>9}  one core {core:>9}\n",
        at(50),
        at(99),
        per_second(wall)
    );
    std::io::stdout().write_all(tell.as_bytes()).unwrap();
    at(50)
}

const PREFIX: &str = "kb-publish-1/bench/";

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("sandbox.db").to_str().unwrap().into();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let options = Options {
                data: DataLocation::File(data),
                port: 0,
                profile: Profile::default(),
                ..Options::default()
            };
            let sandbox = start(options).await.unwrap();
            tell.send((sandbox.url().url().port().unwrap(), own_thread())).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let (port, server) = told.recv().unwrap();
    let mut connection = Connection::open(port);
    let filler = "Words of an article that is as long as articles are. ".repeat(80);
    let mut insert = |n: usize| {
        let body = format!(
            r#"{{"sys_id":"{n:032x}","short_description":"Article {n}","text":"<p>{filler}</p>","kb_knowledge_base":"a7e8a78bff0221009b20ffffffffff17","workflow_state":"published","description":"{PREFIX}{n:032x} w=00000000 s=0123456789abcdef g=0123456789abcdef l=01234567 r=1 a=p x=0 n=1 t=1760000000 c=0123456789"}}"#
        );
        let target = "/api/now/table/kb_knowledge?sysparm_fields=sys_id";
        assert_eq!(connection.send("POST", target, "", &body).0, 201);
        1
    };
    measure("POST an article of 4 kB", server, 20_000, &mut insert);
    let id = |n: usize| format!("{:032x}", (n * 7919) % 20_000);
    measure("GET an article, two columns", server, 20_000, |n| {
        let target = format!("/api/now/table/kb_knowledge/{}?sysparm_fields=sys_id,number", id(n));
        assert_eq!(connection.send("GET", &target, "", "").0, 200);
        1
    });
    measure("GET an article by query, whole", server, 5_000, |n| {
        let target = format!("/api/now/table/kb_knowledge?sysparm_query=sys_id%3D{}", id(n));
        assert_eq!(connection.send("GET", &target, "", "").0, 200);
        1
    });
    measure("PATCH a column", server, 10_000, |n| {
        let target = format!("/api/now/table/kb_knowledge/{}?sysparm_fields=sys_id", id(n));
        let body = format!(r#"{{"meta":"word {n}"}}"#);
        assert_eq!(connection.send("PATCH", &target, "", &body).0, 200);
        1
    });
    let index = measure("20,000 articles in keyset pages of 1,000, gzip", server, 5, |_| {
        let fields = "sys_id,number,short_description,workflow_state,kb_knowledge_base,kb_category,sys_mod_count,sys_updated_on,sys_updated_by,description";
        let (mut after, mut pages) = (String::new(), 0);
        loop {
            let target = format!(
                "/api/now/table/kb_knowledge?sysparm_query=descriptionSTARTSWITH{PREFIX}%5Eworkflow_state!%3Doutdated%5Esys_id%3E{after}%5EORDERBYsys_id&sysparm_limit=1000&sysparm_exclude_reference_link=true&sysparm_fields={fields}"
            );
            let (status, body) = connection.send("GET", &target, "Accept-Encoding: gzip\r\n", "");
            assert_eq!(status, 200);
            pages += 1;
            let mut text = String::new();
            if flate2::read::GzDecoder::new(body.as_slice()).read_to_string(&mut text).is_err() {
                text = String::from_utf8(body).unwrap();
            }
            match text.rfind("\"sys_id\":\"") {
                Some(at) => text[at + 10..at + 42].clone_into(&mut after),
                None => return pages,
            }
        }
    });
    let verdict = if index < Duration::from_secs(1) { "held" } else { "MISSED" };
    let tell = format!("bound: the index in under 1 s: {verdict} ({index:.3?})\n");
    std::io::stdout().write_all(tell.as_bytes()).unwrap();
}
