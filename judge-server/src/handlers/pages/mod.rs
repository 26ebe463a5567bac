//! Pages for people: `judge-pages` renders stored canaries and configs; forms change them.

mod audit;
mod canaries;
mod configs;
mod history;
mod html;
mod refused;
mod request;
mod session;

use axum::body::Body;
use http::Request;

use super::http as plain;
use super::routes::PageCall;
use super::{Answered, Context, Failure, Handlers, bytes_of};
use crate::convert::refusal::Refusal;
pub(crate) use refused::{Visit, refuse};
use request::PageRequest;

impl Handlers {
    /// Handler of the calls of browsers.
    pub(super) async fn page(
        &self,
        call: PageCall,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        let Some(canaries) = &self.canaries else {
            return match call {
                PageCall::List => Ok(plain::page()),
                _ => Err(Refusal::Stateless.into()),
            };
        };
        if call == PageCall::Asset {
            return Ok(html::asset(&request)?.into());
        }
        let asked = PageRequest::read(self, canaries, context, request).await?;
        let response = match call {
            PageCall::List => canaries::list(&asked).await?,
            PageCall::Canary => canaries::show(&asked).await?,
            PageCall::CancelCanary => canaries::cancel(&asked).await?,
            PageCall::Compare => canaries::compare(&asked).await?,
            PageCall::History => history::show(&asked).await?,
            PageCall::ListConfigs => configs::list(&asked).await?,
            PageCall::NewConfig => configs::new(&asked).await?,
            PageCall::GetConfig => configs::show(&asked).await?,
            PageCall::CreateConfig | PageCall::UpdateConfig => configs::submit(&asked).await?,
            PageCall::DeleteConfig => configs::delete(&asked).await?,
            PageCall::Audit => audit::list(&asked).await?,
            PageCall::SignIn => session::sign_in(&asked),
            PageCall::SignedIn => session::signed_in(&asked)?,
            PageCall::SignOut => session::sign_out(&asked),
            PageCall::Asset => return Err(Refusal::Internal.into()),
        };
        context.hold_answer(bytes_of(&response))?;
        Ok(asked.with_form_cookie(response).into())
    }
}
