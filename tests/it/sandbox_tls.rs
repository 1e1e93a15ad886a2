//! `--tls`: the sandbox behind a certificate whose authority a client has to be told of.

use camino::Utf8PathBuf;
use kb_publish::sandbox::{self, Options};

async fn status(url: &str, ca: &[u8]) -> Result<u16, reqwest::Error> {
    let authority = reqwest::Certificate::from_pem(ca)?;
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build()?;
    Ok(client.get(format!("{url}/kb")).send().await?.status().as_u16())
}

#[tokio::test]
async fn only_a_client_that_has_the_authority_of_this_start_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = Utf8PathBuf::from_path_buf(folder.path().join("ca.pem")).unwrap();
    let options = || Options { port: 0, tls: true, ca_file: Some(ca_file.clone()), ..Options::default() };
    let first = sandbox::start(options()).await.unwrap();
    let first_ca = std::fs::read(&ca_file).unwrap();
    let url = first.url().as_str();
    assert!(url.starts_with("https://"), "{url}");
    assert_eq!(status(url, &first_ca).await.unwrap(), 200);
    let plain = url.replace("https:", "http:");
    assert!(reqwest::Client::builder().no_proxy().build().unwrap().get(plain).send().await.is_err());
    let second = sandbox::start(options()).await.unwrap();
    assert!(
        status(second.url().as_str(), &first_ca).await.is_err(),
        "each start has an authority of its own"
    );
}
