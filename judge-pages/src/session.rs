//! Pages that ask for a token, and pages for errors.

use judge_report::isolated;
use maud::html;

use crate::frame::{Scripts, Visitor, page};

/// Asks for a token, to continue with the path `to`; `wrong` if the given token is invalid.
pub fn login_page(form_token: &str, to: &str, wrong: bool) -> String {
    let body = html! {
        h1 { "Sign in" }
        @if wrong { p.problem role="alert" { "That token is none of those that this server takes." } }
        form.stack method="post" action="/login" {
            input type="hidden" name="form" value=(form_token);
            input type="hidden" name="to" value=(to);
            label for="token" { "Token" }
            input id="token" name="token" type="password" autocomplete="current-password" required autofocus;
            p.note {
                "The token stays in a cookie of this server, which scripts cannot read, for 30 days. Its scopes say what "
                "you may do."
            }
            button type="submit" { "Sign in" }
        }
    };
    page(None, &html! { "Sign in" }, &body, Scripts::None)
}

/// A page with a message in place of the requested one.
pub fn message_page(visitor: Option<&Visitor>, title: &str, text: &str) -> String {
    let body = html! {
        h1 { (title) }
        p { (isolated(text)) }
        p { a href="/" { "All canaries" } }
    };
    page(visitor, &html! { (title) }, &body, Scripts::None)
}

/// Asks for `path` again, as a page of this server: a link of another site comes without the cookie.
pub fn refresh_page(path: &str) -> String {
    html! {
        (maud::DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content={ "0;url=" (path) };
                title { "One moment" }
            }
            body { main { p { a href=(path) { "Go on" } } } }
        }
    }
    .into_string()
}
