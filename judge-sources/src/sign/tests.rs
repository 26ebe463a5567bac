use std::time::Duration;

use reqwest::{Method, Url};

use super::*;

#[test]
fn credentials_that_are_elsewhere_are_said_so() {
    let signer = |set: &'static [&'static str]| {
        Signer::new("eu-west-1", "aps", |name| set.contains(&name).then(|| "x".to_owned()))
    };
    assert!(signer(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]).is_ok());
    let error = signer(&["AWS_ACCESS_KEY_ID", "AWS_PROFILE"]).unwrap_err();
    assert!(error.contains("(AWS_PROFILE is set, but not read)"), "{error}");
}

/// Rows made by botocore 1.44.8 with `botocore.auth.SigV4Auth`, its clock held: see fixtures/golden/sigv4/README.md.
#[test]
fn signatures_are_those_of_botocore() {
    let rows = include_str!("../../../fixtures/golden/sigv4/requests.json");
    let rows: Vec<serde_json::Value> = serde_json::from_str(rows).unwrap();
    assert!(rows.len() >= 4);
    for row in rows {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let token = row["token"].as_str();
        let signer = Signer::new(&text("region"), &text("service"), |name| match name {
            "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            _ => token.map(str::to_owned),
        })
        .unwrap();
        let method = Method::from_bytes(text("method").as_bytes()).unwrap();
        let mut request = Request::new(method, Url::parse(&text("url")).unwrap());
        if let Some(body) = row["body"].as_str() {
            *request.body_mut() = Some(body.to_owned().into());
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(reqwest::header::CONTENT_TYPE, form);
        }
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(row["epoch"].as_u64().unwrap());
        signer.sign_at(&mut request, time).unwrap();
        assert_eq!(request.headers()["authorization"], text("authorization"), "{row}");
    }
}
