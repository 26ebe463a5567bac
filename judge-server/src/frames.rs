//! Where the messages of a gRPC request begin and end, as the few bytes before each of them say.

/// Bytes before a message: whether it is compressed, and its length.
pub(crate) const PREFIX: usize = 5;

/// What has passed of a request.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    prefix: [u8; PREFIX],
    /// Bytes of the prefix that have passed.
    begun: usize,
    /// Bytes of the message that have not.
    missing: usize,
    whole: usize,
}

impl Frames {
    /// Notes the bytes that come next.
    pub(crate) fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.missing == 0 {
                let length = bytes.len().min(PREFIX - self.begun);
                let (prefix, rest) = bytes.split_at(length);
                self.prefix[self.begun..self.begun + length].copy_from_slice(prefix);
                self.begun += length;
                bytes = rest;
                if self.begun < PREFIX {
                    return;
                }
                let [_, length @ ..] = self.prefix;
                self.begun = 0;
                self.missing = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
            } else {
                let length = bytes.len().min(self.missing);
                bytes = &bytes[length..];
                self.missing -= length;
            }
            if self.missing == 0 {
                self.whole += 1;
            }
        }
    }

    /// Messages that have passed whole.
    pub(crate) fn whole(&self) -> usize {
        self.whole
    }

    /// Whether a message has begun and not ended.
    pub(crate) fn is_within(&self) -> bool {
        self.begun > 0 || self.missing > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_in_pieces_of_any_size() {
        let messages: [&[u8]; 4] = [b"one", b"", b"0123456789", b"\0\0\0\0\0\0"];
        let prefix = |message: &[u8]| {
            let length = u32::try_from(message.len()).unwrap().to_be_bytes();
            [&[1], &length[..]].concat()
        };
        let sent: Vec<u8> =
            messages.iter().flat_map(|message| [&prefix(message), *message].concat()).collect();
        let mut ends: Vec<usize> = vec![0];
        for message in messages {
            ends.push(ends.last().unwrap() + PREFIX + message.len());
        }
        for piece in 1..=sent.len() {
            let (mut frames, mut passed) = (Frames::default(), 0);
            for bytes in sent.chunks(piece) {
                frames.pass(bytes);
                passed += bytes.len();
                let whole = ends.iter().filter(|end| **end <= passed).count() - 1;
                assert_eq!(frames.whole(), whole, "{passed} bytes in pieces of {piece}");
                assert_eq!(frames.is_within(), !ends.contains(&passed));
            }
        }
    }
}
