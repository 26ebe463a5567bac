//! AWS's Signature Version 4.

use std::env;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use reqwest::Request;
use reqwest::header::{HOST, HeaderName, HeaderValue};

use crate::error::AskError;

/// Signs requests with the credentials of the environment.
#[derive(Debug)]
pub(crate) struct Signer {
    region: String,
    service: String,
    credentials: Credentials,
}

/// Places where AWS's tools find credentials that are not read here.
const OTHERS: [&str; 4] = [
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_PROFILE",
];

impl Signer {
    /// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    pub(crate) fn from_environment(region: &str, service: &str) -> Result<Self, String> {
        Self::new(region, service, |name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn new(
        region: &str,
        service: &str,
        known: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let (Some(id), Some(secret)) = (known("AWS_ACCESS_KEY_ID"), known("AWS_SECRET_ACCESS_KEY"))
        else {
            let other = OTHERS.into_iter().find(|name| known(name).is_some());
            let other =
                other.map_or_else(String::new, |name| format!(" ({name} is set, but not read)"));
            return Err(format!(
                "expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment{other}; \
                 `aws configure export-credentials --format env` prints them"
            ));
        };
        let credentials =
            Credentials::new(id, secret, known("AWS_SESSION_TOKEN"), None, "environment");
        Ok(Self { region: region.to_owned(), service: service.to_owned(), credentials })
    }

    /// Adds the signature to `request`, with the current time.
    pub(crate) fn sign(&self, request: &mut Request) -> Result<(), AskError> {
        self.sign_at(request, SystemTime::now()).map_err(AskError::Signature)
    }

    fn sign_at(&self, request: &mut Request, time: SystemTime) -> Result<(), String> {
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?;
        let url = request.url();
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let value = HeaderValue::from_str(&host).map_err(|error| error.to_string())?;
        request.headers_mut().insert(HOST, value);
        let headers =
            request.headers().iter().map(|(name, value)| Ok((name.as_str(), value.to_str()?)));
        let headers: Result<Vec<_>, reqwest::header::ToStrError> = headers.collect();
        let headers = headers.map_err(|error| error.to_string())?;
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.url().as_str(),
            headers.into_iter(),
            SignableBody::Bytes(body),
        );
        let signable = signable.map_err(|error| error.to_string())?;
        let signed = sign(signable, &params.into()).map_err(|error| error.to_string())?;
        let (instructions, _) = signed.into_parts();
        for (name, value) in instructions.headers() {
            let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
            let mut value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
