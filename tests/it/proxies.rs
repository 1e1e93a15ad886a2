//! Proxies: by configuration and environment, refused, with a password, and never for this machine.

use std::sync::{Arc, Mutex};

use kb_publish::sandbox::Sandbox;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::program::Program;
use crate::sandbox_table::sandbox;

/// A name that no name server knows: only a proxy can lead there.
const HOST: &str = "kb.example.test";
const BASIC: &str = "method = \"basic\"\nusername = \"kb.publisher\"";

/// A proxy that leads every tunnel to a TLS server for [`HOST`], which speaks for the sandbox.
struct Proxy {
    port: u16,
    /// The heads of the requests it got.
    heads: Arc<Mutex<Vec<String>>>,
    ca: String,
}

impl Proxy {
    /// `refusal` is answered instead of a tunnel.
    async fn start(sandbox: &Sandbox, refusal: Option<&'static str>) -> Self {
        let (tls, ca) = tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let target = sandbox.url().url().port().unwrap();
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(tunnel(stream, Arc::clone(&seen), tls.clone(), target, refusal));
            }
        });
        Self { port, heads, ca }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// A project at [`HOST`] that trusts the server's authority.
    fn project(&self, more: &str) -> Program {
        let program = Program::new(&format!(
            "project = \"acme-docs\"\n[source]\nroot = \"docs\"\n[instance]\nurl = \"https://{HOST}\"\n\
             ca_file = \"ca.pem\"\nmax_wait_seconds = 5\n{more}\n[publish]\nknowledge_base = \"IT\"\n[auth]\n{BASIC}\n"
        ));
        std::fs::write(program.path("ca.pem"), &self.ca).unwrap();
        program.env("KB_PUBLISH_PASSWORD", "kb.publisher")
    }
}

fn tls() -> (TlsAcceptor, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([HOST.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}

async fn tunnel(
    mut stream: TcpStream,
    seen: Arc<Mutex<Vec<String>>>,
    tls: TlsAcceptor,
    target: u16,
    refusal: Option<&'static str>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    seen.lock().unwrap().push(String::from_utf8(head).unwrap());
    let answer = refusal.map_or("HTTP/1.1 200 OK\r\n\r\n".to_owned(), |status| {
        format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")
    });
    stream.write_all(answer.as_bytes()).await.unwrap();
    if refusal.is_some() {
        return;
    }
    let Ok(mut inside) = tls.accept(stream).await else { return };
    let mut onward = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
    // Either side may end it at any time.
    let _ = copy_bidirectional(&mut inside, &mut onward).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_configuration_and_by_environment() {
    let sandbox = sandbox("").await;
    let proxy = Proxy::start(&sandbox, None).await;
    let configured = proxy.project(&format!("proxy = \"{}\"", proxy.url()));
    configured.run(&["publish", "--yes"]).ended(0);
    let head = proxy.heads().remove(0);
    assert!(head.starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n")), "{head}");
    assert!(
        !head.to_lowercase().contains("\r\nauthorization"),
        "the instance's password is not the proxy's: {head}"
    );
    let told = configured.run(&["check", "--format", "json"]).ended(0).json();
    let step =
        |name: &str| told["steps"].as_array().unwrap().iter().find(|step| step["name"] == name).unwrap();
    assert!(step("address")["message"].as_str().unwrap().ends_with("through a proxy"), "{told}");
    assert_eq!((&step("dns")["status"], &step("tls")["status"]), (&json!("unknown"), &json!("ok")));
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let before = proxy.heads().len();
        proxy.project("").env(name, &proxy.url()).run(&["bases"]).ended(0);
        assert!(proxy.heads().len() > before, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn never_where_no_proxy_says_so() {
    let sandbox = sandbox("").await;
    let proxy = Proxy::start(&sandbox, None).await;
    let program = proxy.project("").env("HTTPS_PROXY", &proxy.url()).env("NO_PROXY", ".example.test");
    let ran = program.run(&["bases"]).ended(4);
    assert!(ran.stderr.contains("the host name is not known"), "{}", ran.stderr);
    let told = program.run(&["check", "--format", "json"]).ended(4).json();
    assert_eq!(told["steps"].as_array().unwrap().last().unwrap()["name"], "dns", "{told}");
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn never_for_this_machine() {
    let sandbox = sandbox("").await;
    let proxy = Proxy::start(&sandbox, None).await;
    let port = sandbox.url().url().port().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let config = format!("{BASIC}\n[profiles.p.instance]\nproxy = \"{}\"\n", proxy.url());
        let mut program =
            Program::at(&format!("http://{host}:{port}"), &config).env("KB_PUBLISH_PASSWORD", "kb.publisher");
        program.run(&["publish", "--yes", "--profile", "p"]).ended(0);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            program = program.env(name, &proxy.url());
        }
        program.run(&["publish", "--yes"]).ended(0);
    }
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_is_no_instance_that_refuses() {
    let sandbox = sandbox("").await;
    for (status, why) in [
        ("403 Forbidden", "unsuccessful"),
        ("407 Proxy Authentication Required", "proxy authorization required"),
        ("502 Bad Gateway", "unsuccessful"),
    ] {
        let proxy = Proxy::start(&sandbox, Some(status)).await;
        let program = proxy.project(&format!("proxy = \"{}\"", proxy.url()));
        for verb in [&["bases"][..], &["publish", "--yes"]] {
            let ran = program.run(verb).ended(4);
            for word in ["the proxy makes no connection", why, "HTTPS_PROXY", "`[instance] proxy`"] {
                assert!(ran.stderr.contains(word), "{status}, {word}: {}", ran.stderr);
            }
        }
        let error = program.run(&["bases", "--format", "json"]).ended(4).json();
        assert_eq!(error["error"]["code"], "proxy");
        let told = program.run(&["check", "--format", "json"]).ended(4).json();
        let last = told["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["name"], &last["status"]), (&json!("tls"), &json!("fail")));
        assert!(last["message"].as_str().unwrap().contains("the proxy"), "{last}");
    }
    // Nothing listens where the proxy should be.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = Proxy::start(&sandbox, None).await;
    let program = proxy.project("").env("HTTPS_PROXY", &format!("http://{closed}"));
    let ran = program.run(&["bases"]).ended(4);
    assert!(ran.stderr.contains("the proxy makes no connection"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_password_goes_to_the_proxy_and_nowhere_else() {
    let sandbox = sandbox("").await;
    let secret = "sentinel-proxy-7371";
    let encoded = "YW5uOnNlbnRpbmVsLXByb3h5LTczNzE=";
    for refusal in [None, Some("407 Proxy Authentication Required")] {
        let proxy = Proxy::start(&sandbox, refusal).await;
        let url = format!("http://ann:{secret}@127.0.0.1:{}", proxy.port);
        let program = proxy.project("").env("HTTPS_PROXY", &url);
        for verb in
            [&["bases"][..], &["check"], &["publish", "--yes"], &["plan", "--format", "json"], &["config"]]
        {
            let ran = program.run(&[verb, &["-vvv"]].concat());
            assert!(!ran.all().contains(secret) && !ran.all().contains(encoded), "{verb:?}: {}", ran.all());
        }
        assert!(proxy.heads().iter().all(|head| head.contains(encoded)), "{:?}", proxy.heads());
    }
    // In publish.toml it is refused, whatever it looks like, and not repeated.
    for address in [format!("http://ann:{secret}@proxy:8080"), format!("ann:{secret}@proxy:8080")] {
        let config = format!("{BASIC}\n[profiles.p.instance]\nproxy = \"{address}\"\n");
        let ran = Program::at("dev1", &config).run(&["config", "--profile", "p", "-vvv"]).ended(2);
        assert!(!ran.all().contains(secret), "{}", ran.all());
        assert!(ran.stderr.contains("holds a user or a password"), "{}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_go_the_same_way() {
    let sandbox = sandbox("").await;
    let proxy = Proxy::start(&sandbox, None).await;
    let program = proxy.project(&format!("proxy = \"{}\"", proxy.url()));
    let config = std::fs::read_to_string(program.path("publish.toml")).unwrap();
    let oauth = "method = \"oauth\"\ngrant = \"password\"\nclient_id = \"kb-publish-sandbox\"\nusername = \"kb.publisher\"";
    std::fs::write(program.path("publish.toml"), config.replace(BASIC, oauth)).unwrap();
    let program = program.env("KB_PUBLISH_CLIENT_SECRET", "kb-publish-sandbox");
    program.run(&["auth", "login"]).ended(0);
    program.run(&["auth", "logout"]).ended(0);
    assert!(proxy.heads().iter().all(|head| head.starts_with("CONNECT kb.example.test:443 ")));
}
