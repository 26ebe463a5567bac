//! Admission: a call reserves its weight in the budget of bytes before its body is read, or is refused after its headers.

use std::sync::Arc;

use super::step::{Inbound, Next, Step};
use crate::budget::{Budget, Part};
use crate::convert::refusal::{Refusal, Resource, quoted};
use crate::handlers::routes::{self, Kind, Port, Route};
use crate::handlers::{Answered, Failure};

/// Admits the calls of one port.
#[derive(Debug)]
pub(super) struct Admit {
    pub(super) side: Port,
    pub(super) budget: Arc<Budget>,
}

impl Step for Admit {
    async fn handle(&self, mut inbound: Inbound, next: &impl Next) -> Result<Answered, Failure> {
        let route = self.route(&inbound)?;
        if inbound.caller.peer.only_probes && route.kind != Kind::Probe {
            return Err(Refusal::Overloaded(Resource::Connections).into());
        }
        let weights = self.budget.weights;
        let (part, weight) = match (route.kind, self.side) {
            (Kind::Call | Kind::Judgement | Kind::Events, _) => (Part::Calls, weights.call),
            (Kind::Stream, _) => (Part::Calls, weights.call + weights.stream),
            (Kind::Probe, Port::Grpc) => (Part::GrpcProbes, weights.call),
            (Kind::Probe, Port::Http | Port::Kayenta) => (Part::HttpProbes, weights.call),
            (Kind::Watch, _) => (Part::Watches, weights.call),
        };
        let share = inbound.caller.share();
        let held = Arc::new(self.budget.reserve(part, share.as_deref(), weight)?);
        if route.kind == Kind::Judgement {
            // Refuses a judgement that has no room now, before its body is read.
            held.another().grow(weights.judgement)?;
        }
        inbound.held = Some(Arc::clone(&held));
        // The answer keeps the reservation until it is written.
        match next.run(inbound).await {
            Ok(answered) => Ok(Answered { held: Some(held), ..answered }),
            Err(failure) => Err(Failure { held: Some(held), ..failure }),
        }
    }
}

impl Admit {
    fn route(&self, inbound: &Inbound) -> Result<&'static Route, Refusal> {
        let request = &inbound.request;
        let path = quoted(request.uri().path());
        let Some(route) = inbound.route else {
            return Err(Refusal::NotFound(match self.side {
                Port::Grpc => format!("nothing at {path:?}; gRPC reflection lists the methods"),
                Port::Http => format!("nothing at {path}; see /about for the routes"),
                Port::Kayenta => format!("nothing at {path} of Kayenta's API"),
            }));
        };
        let method = request.method();
        if route.takes(method) {
            return Ok(route);
        }
        let method = quoted(method.as_str());
        let allowed = routes::allowed(self.side, request.uri().path());
        let text = format!("{path} takes {}, not {method}", allowed.replace(',', ", "));
        Err(Refusal::MethodNotAllowed { text, allowed })
    }
}
