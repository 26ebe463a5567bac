//! Cookies of browsers: the token of a signed-in user, and the secret against forged forms. Only pages read cookies; a call of
//! an API needs its token in a header.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const TOKEN: &str = "judge-token";
const FORM: &str = "judge-form";

/// How long a browser keeps a cookie.
const SECONDS: u64 = 30 * 24 * 3600;

/// Copies the token of a cookie into the header. A header that is there already wins.
pub(crate) fn token_to_header(headers: &mut HeaderMap) {
    let token = find(headers, TOKEN).and_then(|text| percent_decode_str(text).decode_utf8().ok());
    if let Some(token) = token.map(Cow::into_owned) {
        set_bearer(headers, &token);
    }
}

/// Writes a token into the header. A header that is there already wins.
pub(crate) fn set_bearer(headers: &mut HeaderMap, token: &str) {
    let bearer = HeaderValue::try_from(format!("Bearer {token}"));
    if let (Ok(mut bearer), false) = (bearer, headers.contains_key(header::AUTHORIZATION)) {
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
    }
}

/// The secret of this browser's forms.
pub(crate) fn form_secret(headers: &HeaderMap) -> Option<&str> {
    find(headers, FORM)
}

/// Makes a browser keep a token, for pages of this server only; `None` if a header cannot contain the token.
pub(crate) fn keep_token(token: &str, secure: bool) -> Option<HeaderValue> {
    let token = utf8_percent_encode(token, NON_ALPHANUMERIC).to_string();
    cookie(TOKEN, &token, "Strict", SECONDS, secure)
}

/// Makes a browser forget its token.
pub(crate) fn forget_token(secure: bool) -> Option<HeaderValue> {
    cookie(TOKEN, "", "Strict", 0, secure)
}

/// Makes a browser keep the secret of its forms. The secret proves nothing by itself, so it is also sent after a link from
/// another site: forms in other tabs stay valid.
pub(crate) fn keep_form_secret(secret: &str, secure: bool) -> Option<HeaderValue> {
    cookie(FORM, secret, "Lax", SECONDS, secure)
}

fn cookie(
    name: &str,
    value: &str,
    same_site: &str,
    seconds: u64,
    secure: bool,
) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!(
        "{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"
    );
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_a_cookie_unchanged() {
        for token in ["plain-token-of-16", "odd;token,\"=%41 \\of-16", "a+b/c=="] {
            let kept = keep_token(token, true).unwrap();
            let kept = kept.to_str().unwrap();
            assert!(kept.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{kept}");
            let (pair, _) = kept.split_once("; ").unwrap();
            let mut headers = HeaderMap::new();
            headers.append(header::COOKIE, "other=1; judge-token=".parse().unwrap());
            headers.append(header::COOKIE, format!("judge-form=f;{pair}").parse().unwrap());
            assert_eq!(form_secret(&headers), Some("f"));
            token_to_header(&mut headers);
            assert_eq!(headers[header::AUTHORIZATION], format!("Bearer {token}"));
            headers.insert(header::AUTHORIZATION, "Bearer own".parse().unwrap());
            token_to_header(&mut headers);
            assert_eq!(headers[header::AUTHORIZATION], "Bearer own");
        }
        let mut none = HeaderMap::new();
        token_to_header(&mut none);
        assert!(none.is_empty() && form_secret(&none).is_none());
        assert!(!forget_token(false).unwrap().to_str().unwrap().contains("Secure"));
    }
}
