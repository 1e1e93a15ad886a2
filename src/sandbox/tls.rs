//! A certificate authority and a server certificate for loopback, made anew at each start.
//!
//! Knows sockets and certificates; not what is served over them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use camino::Utf8Path;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// How long the certificates are good for, in days. Clients that check it refuse more than 825.
const DAYS: i64 = 365;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate could not be made.
    #[error("the sandbox's certificate could not be made")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused the certificate or the settings.
    #[error("the sandbox's certificate could not be served")]
    Rustls(#[from] tokio_rustls::rustls::Error),
    /// The file for the authority's certificate could not be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// What `--tls` serves with. The authority's private key is gone once this exists: nothing else can be signed.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    ca_pem: String,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Makes an authority and a certificate for `localhost`, `127.0.0.1` and `::1` signed by it.
    ///
    /// # Errors
    /// See [`TlsError`]; in practice only a broken random source.
    pub(crate) fn generate() -> Result<Self, TlsError> {
        let (ca_pem, issuer) = authority()?;
        let key = KeyPair::generate()?;
        let certificate = server_params()?.signed_by(&key, &issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem })
    }

    /// Writes the authority's certificate as PEM, what a client must trust, to a file: whole or not at all.
    ///
    /// # Errors
    /// The folder is missing or not writable.
    pub(crate) fn write_ca(&self, path: &Utf8Path) -> Result<(), TlsError> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_str().is_empty() => folder,
            _ => Utf8Path::new("."),
        };
        let mut file = tempfile::Builder::new().prefix(".ca").tempfile_in(folder)?;
        std::io::Write::write_all(&mut file, self.ca_pem.as_bytes())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Turns accepted sockets into TLS streams.
    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

fn authority() -> Result<(String, Issuer<'static, KeyPair>), TlsError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "kb-publish sandbox CA (this start only)");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params);
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok((pem, Issuer::new(params, key)))
}

fn server_params() -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.subject_alt_names = vec![
        SanType::DnsName("localhost".try_into()?),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params);
    Ok(params)
}

/// From two days ago, so that a client whose clock is behind takes it too.
fn set_validity(params: &mut CertificateParams) {
    let now = jiff::Timestamp::now().as_second();
    let day = |days: i64| {
        let date = jiff::Timestamp::from_second(now + days * 86_400)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date();
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(-2);
    params.not_after = day(DAYS);
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn fetch(url: &str, ca_pem: &str) -> Result<String, reqwest::Error> {
        let ca = reqwest::Certificate::from_pem(ca_pem.as_bytes())?;
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build()?;
        client.get(url).send().await?.text().await
    }

    #[tokio::test]
    async fn a_client_that_trusts_the_authority_gets_through_and_another_does_not() {
        let tls = Tls::generate().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = tls.acceptor().clone();
        let server = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                if let Ok(mut stream) = acceptor.accept(socket).await {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let _ = stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
                        .await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        assert_eq!(fetch(&format!("https://localhost:{port}/"), &tls.ca_pem).await.unwrap(), "hello");
        assert_eq!(fetch(&format!("https://127.0.0.1:{port}/"), &tls.ca_pem).await.unwrap(), "hello");
        let other = Tls::generate().unwrap();
        assert!(fetch(&format!("https://localhost:{port}/"), &other.ca_pem).await.is_err());
        server.abort();
    }

    #[test]
    fn the_authority_is_written_whole_over_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("ca.pem");
        std::fs::write(&path, "old").unwrap();
        let tls = Tls::generate().unwrap();
        tls.write_ca(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), tls.ca_pem);
        assert!(tls.ca_pem.starts_with("-----BEGIN CERTIFICATE-----"));
    }
}
