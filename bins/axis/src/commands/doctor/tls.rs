//! Do servers that are reached over the internet prove who they are?

use std::net::IpAddr;

use tokio::net::lookup_host;

use super::Report;

/// Notes which of these servers, none of which has to prove who it is, are at public addresses. A name that does not
/// resolve is for others to report.
pub(super) async fn look(
    report: &mut Report,
    check: &'static str,
    servers: Vec<(String, u16)>,
    mend: &str,
) {
    for (host, port) in servers {
        let addresses = addresses(&host, port).await;
        if addresses.into_iter().any(chatwoot::is_public) {
            let what = format!(
                "{host} is at a public address and need not prove that it is this server: others on the \
                 way may read passwords, or answer in its place. {mend}"
            );
            report.notice(check, what);
        }
    }
}

async fn addresses(host: &str, port: u16) -> Vec<IpAddr> {
    let host = host.trim_matches(['[', ']']);
    let found = lookup_host((host, port)).await;
    found.map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_server_at_a_public_address_is_worth_a_word() {
        for (host, noted) in [
            ("1.1.1.1", true),
            ("2606:4700::1111", true),
            ("[2606:4700::1111]", true),
            ("localhost", false),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("fd00::1", false),
        ] {
            let mut report = Report::default();
            let servers = vec![(host.to_owned(), 5432)];
            look(&mut report, "database", servers, "Use TLS.").await;
            assert_eq!(report.0.len(), usize::from(noted), "{host}: {report:?}");
        }
    }
}
