//! Traces: the caller's, from its `traceparent`, and with the feature `otlp` a span for every call.

#[cfg(feature = "otlp")]
mod export;

#[cfg(not(feature = "otlp"))]
pub(crate) use NoTraces as Traces;
#[cfg(feature = "otlp")]
pub(crate) use export::Traces;

/// A W3C `traceparent` header: where in which trace a call belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceParent(Box<str>);

/// Two digits of version, 32 of the trace, 16 of the caller's span, two of flags, dashes between.
const LENGTH: usize = 55;

impl TraceParent {
    /// The header, if it is one.
    pub(crate) fn read(header: &str) -> Option<Self> {
        // Later versions may have more behind a further dash.
        let (known, rest) = header.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let lengths = [2, 32, 16, 2];
        let well_formed = lengths.iter().all(|length| {
            parts.next().is_some_and(|part| {
                let hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                part.len() == *length && part.bytes().all(hex)
            })
        });
        let version = &header[..2];
        let ended = if version == "00" { rest.is_empty() } else { version != "ff" };
        let continued = rest.is_empty() || rest.starts_with('-');
        let parent = Self(known.into());
        let names = |part: &str| part.bytes().any(|byte| byte != b'0');
        let valid = well_formed && ended && continued;
        (valid && names(parent.trace_id()) && names(parent.span_id())).then_some(parent)
    }

    /// 32 digits.
    pub(crate) fn trace_id(&self) -> &str {
        &self.0[3..35]
    }

    /// 16 digits.
    pub(crate) fn span_id(&self) -> &str {
        &self.0[36..52]
    }

    /// Whether the caller records the trace.
    #[cfg(feature = "otlp")]
    fn is_sampled(&self) -> bool {
        u8::from_str_radix(&self.0[53..], 16).is_ok_and(|flags| flags & 1 == 1)
    }
}

/// What a span says of a call that has ended.
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "only spans say it"))]
pub(crate) struct EndedCall<'a> {
    pub(crate) method: &'static str,
    pub(crate) code: &'a str,
    pub(crate) reason: Option<&'static str>,
    pub(crate) id: Option<&'a str>,
    pub(crate) config: Option<&'a str>,
    pub(crate) verdict: Option<&'a str>,
    pub(crate) after: std::time::Duration,
    pub(crate) parent: Option<&'a TraceParent>,
}

/// Where spans go without the feature `otlp`: nowhere.
#[cfg(not(feature = "otlp"))]
#[derive(Debug, Clone)]
pub(crate) struct NoTraces;

#[cfg(not(feature = "otlp"))]
impl NoTraces {
    #[allow(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
    pub(crate) fn start(_: &crate::Settings) -> Result<Self, crate::StartError> {
        Ok(Self)
    }

    #[allow(clippy::unused_self, reason = "with the feature it exports")]
    pub(crate) fn export(&self, _: &EndedCall<'_>) {}

    #[allow(clippy::unused_async, reason = "with the feature it waits")]
    pub(crate) async fn end(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_of_w3c() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let header = format!("00-{trace}-{span}-01");
        let parent = TraceParent::read(&header).unwrap();
        assert_eq!((parent.trace_id(), parent.span_id()), (trace, span));
        let later = format!("cc-{trace}-{span}-00-what comes later");
        assert_eq!(TraceParent::read(&later).unwrap().trace_id(), trace);
        for wrong in [
            "",
            "00",
            "ff-0-0-0",
            &header.replace("00-4", "ff-4"),
            &header.replace('f', "F"),
            &header.replace(trace, &"0".repeat(32)),
            &header.replace(span, &"0".repeat(16)),
            &header.replace("-01", "-é"),
            &header.replace("-01", "-1-"),
            &format!("{header}-more"),
            &later.replace("00-what", "00what"),
        ] {
            assert_eq!(TraceParent::read(wrong), None, "{wrong}");
        }
    }
}
