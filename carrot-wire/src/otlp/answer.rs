//! What a sender of OTLP is told, in the encoding of its request.

use serde_json::json;

use super::Encoding;

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<'a> {
    /// `ExportTraceServiceResponse`: taken, but for so many spans, and why.
    Taken {
        /// How many spans were not taken, and will not be if they are sent again.
        rejected: usize,
        /// What is wrong with them, or nothing.
        message: &'a str,
    },
    /// `google.rpc.Status`: the request was not taken.
    Failed {
        /// A code of gRPC: 3 invalid argument, 8 exhausted, 13 internal, 14 unavailable.
        code: u8,
        /// What is wrong with it.
        message: &'a str,
    },
}

impl Answer<'_> {
    /// Writes it.
    pub fn encode(&self, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Json => self.json().to_string().into_bytes(),
            Encoding::Protobuf => self.protobuf(),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Answer::Taken {
                rejected: 0,
                message: "",
            } => json!({}),
            Answer::Taken { rejected, message } => json!({"partialSuccess": {
                "rejectedSpans": rejected.to_string(), "errorMessage": message,
            }}),
            Answer::Failed { code, message } => json!({"code": code, "message": message}),
        }
    }

    /// Both messages have a number in field 1 and a text in field 2.
    fn protobuf(&self) -> Vec<u8> {
        let fields = |number: u64, text: &str| {
            let mut message = Vec::with_capacity(text.len() + 16);
            message.push(1 << 3);
            varint(number, &mut message);
            bytes(2, text.as_bytes(), &mut message);
            message
        };
        match self {
            Answer::Taken {
                rejected: 0,
                message: "",
            } => Vec::new(),
            Answer::Taken { rejected, message } => {
                let mut answer = Vec::new();
                bytes(1, &fields(*rejected as u64, message), &mut answer);
                answer
            }
            Answer::Failed { code, message } => fields((*code).into(), message),
        }
    }
}

fn bytes(number: u8, value: &[u8], message: &mut Vec<u8>) {
    message.push(number << 3 | 2);
    varint(value.len() as u64, message);
    message.extend_from_slice(value);
}

fn varint(mut number: u64, message: &mut Vec<u8>) {
    while number >= 0x80 {
        message.push(number as u8 | 0x80);
        number >>= 7;
    }
    message.push(number as u8);
}
