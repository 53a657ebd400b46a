//! Frames as RFC 6455 describes them, and frames that break it: what is answered, and with which code a connection is
//! closed.

use api_tests::prelude::*;

use crate::greeted;

on_each_database!(
    texts_are_taken_whatever_their_lengths,
    a_text_is_taken_in_any_fragments_with_control_frames_between_them,
    a_text_is_taken_byte_by_byte,
    a_ping_is_answered_with_its_content,
    frames_that_break_the_protocol_are_closed_with_1002,
    text_that_is_not_utf8_is_closed_with_1007_however_it_is_cut,
    frames_and_messages_that_are_too_long_are_closed_with_1009_before_they_have_come,
    a_close_is_answered_once_and_nothing_after_it,
    random_bytes_leave_the_server_as_it_was,
);

const LAST: u8 = 0x80;
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A text that is answered with the same `timestamp`, with two characters that are more than a byte.
const ASK: &str = r#"{"type":"ping","timestamp":"ä𝄞"}"#;

/// What the server sends.
#[derive(Debug, PartialEq)]
enum Got {
    /// The answer to [`ASK`].
    Answer,
    /// Another text.
    Text(String),
    Pong(Vec<u8>),
    Closed(u16),
}

use Got::{Answer, Closed, Pong};

/// Makes the head of a frame, with as few bytes for the length as it needs.
fn head(first: u8, length: usize) -> Vec<u8> {
    let mut head = vec![first];
    match length {
        0..126 => head.push(0x80 | u8::try_from(length).unwrap()),
        126..65_536 => {
            head.push(0x80 | 126);
            head.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => return long_head(first, u64::try_from(length).unwrap()),
    }
    head
}

/// Makes the head of a frame with eight bytes for the length.
fn long_head(first: u8, length: u64) -> Vec<u8> {
    [&[first, 0x80 | 127][..], &length.to_be_bytes()].concat()
}

/// Makes a frame. Its first byte is made of the flag for the last fragment, reserved bits and the opcode.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    masked(head(first, payload.len()), payload)
}

fn masked(head: Vec<u8>, payload: &[u8]) -> Vec<u8> {
    let mask = [7, 77, 177, 27];
    let content = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    head.into_iter().chain(mask).chain(content).collect()
}

/// Sends bytes on a connection of their own. Returns what comes until the server closes, or has answered a ping that was
/// sent last.
async fn exchange(visitor: &Visitor, pieces: &[Vec<u8>]) -> Vec<Got> {
    converse(visitor, pieces, false).await
}

/// As [`exchange`]. `to_the_end` is whether the end of the connection is waited for after a close.
async fn converse(visitor: &Visitor, pieces: &[Vec<u8>], to_the_end: bool) -> Vec<Got> {
    let mut socket = visitor.socket("").await;
    for piece in pieces {
        socket.send_bytes(piece).await;
    }
    socket.send_bytes(&frame(LAST | PING, b"the end")).await;
    let mut got = Vec::new();
    while let Some((opcode, payload)) = socket.frame().await {
        got.push(match (opcode, payload.as_slice()) {
            (10, b"the end") => return got,
            (10, _) => Pong(payload),
            (8, [high, low, ..]) => Closed(u16::from_be_bytes([*high, *low])),
            (1, text) => {
                let answer: Value = serde_json::from_slice(text).unwrap();
                let asked: Value = serde_json::from_str(ASK).unwrap();
                let is_answer = answer["type"] == "pong" && answer["timestamp"] == asked["timestamp"];
                if is_answer { Answer } else { Got::Text(answer.to_string()) }
            }
            other => panic!("an unexpected frame {other:?}"),
        });
        if matches!(got.last(), Some(Closed(_))) && !to_the_end {
            break;
        }
    }
    assert!(matches!(got.last(), Some(Closed(_))), "the connection ended without a code: {got:?}");
    got
}

/// Asserts what the server sends for these frames.
#[track_caller]
fn check(what: impl std::fmt::Display, got: &[Got], expected: &[Got]) {
    assert_eq!(got, expected, "{what}");
}

async fn visitor(world: &World) -> Visitor {
    greeted(&world.company("Tesla Motors").await).await
}

/// Returns [`ASK`] with spaces up to a length.
fn ask_of(length: usize) -> Vec<u8> {
    format!("{ASK}{}", " ".repeat(length - ASK.len())).into_bytes()
}

async fn texts_are_taken_whatever_their_lengths(world: &World) {
    let visitor = visitor(world).await;
    for length in [ASK.len(), 124, 125, 126, 127, 128, 65_534, 65_535, 65_536] {
        check(length, &exchange(&visitor, &[frame(LAST | TEXT, &ask_of(length))]).await, &[Answer]);
    }
}

async fn a_text_is_taken_in_any_fragments_with_control_frames_between_them(world: &World) {
    let visitor = visitor(world).await;
    let text = ASK.as_bytes();
    for cut in 0..=text.len() {
        let (one, two) = text.split_at(cut);
        let pieces = [
            frame(TEXT, one),
            frame(LAST | PING, b"between"),
            frame(LAST | PONG, b"nobody has asked"),
            frame(CONTINUATION, b""),
            frame(LAST | CONTINUATION, two),
        ];
        let expected = [Pong(b"between".to_vec()), Answer];
        check(cut, &exchange(&visitor, &pieces).await, &expected);
        check(cut, &exchange(&visitor, &[pieces.concat()]).await, &expected);
    }
    let mut pieces = vec![frame(TEXT, b"")];
    pieces.extend(text.iter().map(|byte| frame(CONTINUATION, &[*byte])));
    pieces.push(frame(LAST | CONTINUATION, b""));
    check("every byte a fragment", &exchange(&visitor, &[pieces.concat()]).await, &[Answer]);
}

async fn a_text_is_taken_byte_by_byte(world: &World) {
    let visitor = visitor(world).await;
    let frames = [frame(LAST | PING, b"first"), frame(LAST | TEXT, &ask_of(130))].concat();
    let pieces: Vec<_> = frames.into_iter().map(|byte| vec![byte]).collect();
    check("bytes", &exchange(&visitor, &pieces).await, &[Pong(b"first".to_vec()), Answer]);
}

async fn a_ping_is_answered_with_its_content(world: &World) {
    let visitor = visitor(world).await;
    let contents: Vec<_> = (0..=125).map(|length| vec![0xfe; length]).collect();
    let pings: Vec<_> = contents.iter().map(|content| frame(LAST | PING, content)).collect();
    let expected: Vec<_> = contents.into_iter().map(Pong).collect();
    check("pings", &exchange(&visitor, &pings).await, &expected);
    check("pings at once", &exchange(&visitor, &[pings.concat()]).await, &expected);
    check("pongs", &exchange(&visitor, &[frame(LAST | PONG, b""), frame(LAST | PONG, &[7; 125])]).await, &[]);
}

async fn frames_that_break_the_protocol_are_closed_with_1002(world: &World) {
    let visitor = visitor(world).await;
    let mut broken = Vec::new();
    for reserved in 1..8_u8 {
        for opcode in [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] {
            broken.push((
                format!("reserved bits {reserved}, opcode {opcode}"),
                frame(LAST | reserved << 4 | opcode, b""),
            ));
        }
    }
    for opcode in (3..8).chain(11..16) {
        broken.push((format!("opcode {opcode}"), frame(LAST | opcode, b"")));
        broken.push((format!("opcode {opcode} with content"), frame(LAST | opcode, b"{}")));
    }
    for opcode in [CLOSE, PING, PONG] {
        broken.push((format!("opcode {opcode} in fragments"), frame(opcode, b"")));
        broken.push((format!("opcode {opcode} of 126 bytes"), frame(LAST | opcode, &[b'a'; 126])));
        broken.push((format!("opcode {opcode} of 65536 bytes"), frame(LAST | opcode, &[b'a'; 65_536])));
    }
    for opcode in [TEXT, BINARY, CLOSE, PING, PONG] {
        broken.push((format!("opcode {opcode} without a mask"), vec![LAST | opcode, 0]));
        let two = [&[LAST | opcode, 0x80 | 126][..], &125_u16.to_be_bytes()].concat();
        broken.push((format!("opcode {opcode} with a length of two bytes"), masked(two, &[b' '; 125])));
        let eight = long_head(LAST | opcode, 125);
        broken.push((format!("opcode {opcode} with a length of eight bytes"), masked(eight, &[b' '; 125])));
    }
    broken.push(("65535 in eight bytes".to_owned(), masked(long_head(LAST | TEXT, 65_535), &[b' '; 65_535])));
    broken.push(("the highest bit of a length".to_owned(), long_head(LAST | TEXT, 1 << 63)));
    let text = |first| frame(first, b"{}");
    broken.push(("a continuation of nothing".to_owned(), text(CONTINUATION)));
    broken.push(("the last continuation of nothing".to_owned(), text(LAST | CONTINUATION)));
    broken.push(("a continuation after the last one".to_owned(), text(LAST | CONTINUATION)));
    for second in [TEXT, LAST | TEXT, BINARY, LAST | BINARY] {
        broken.push((format!("{second} in a text"), [text(TEXT), text(second)].concat()));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535_u16] {
        broken.push((format!("close code {code}"), frame(LAST | CLOSE, &code.to_be_bytes())));
    }
    broken.push(("a close of one byte".to_owned(), frame(LAST | CLOSE, &[3])));
    broken.push(("a reason that is not UTF-8".to_owned(), frame(LAST | CLOSE, &[3, 232, 0xff])));
    for (what, bytes) in broken {
        check(&what, &exchange(&visitor, std::slice::from_ref(&bytes)).await, &[Closed(1002)]);
        // What comes before the frame is answered, also if it comes together with it.
        let together = [frame(LAST | PING, b"before"), bytes].concat();
        let got = exchange(&visitor, &[together]).await;
        assert!(got.last() == Some(&Closed(1002)) && got.len() <= 2, "{what}: {got:?}");
    }
}

async fn text_that_is_not_utf8_is_closed_with_1007_however_it_is_cut(world: &World) {
    let visitor = visitor(world).await;
    let wrong: [&[u8]; 14] = [
        b"\x80",
        b"\xbf",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xed\xa0\x80\xed\xb0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xfe",
        b"\xff",
        b"\xce\xba\xe1\xbd",
    ];
    for wrong in wrong {
        let text = [b"{\"message\":\"\xc3\xa4", wrong, b"\"}"].concat();
        check(format!("{wrong:x?}"), &exchange(&visitor, &[frame(LAST | TEXT, &text)]).await, &[Closed(1007)]);
        for cut in [0, 12, 13, 14, 15, text.len() - 2, text.len()] {
            let (one, two) = text.split_at(cut);
            let pieces = [frame(TEXT, one), frame(LAST | CONTINUATION, two)];
            check(format!("{wrong:x?} cut at {cut}"), &exchange(&visitor, &pieces).await, &[Closed(1007)]);
        }
    }
    let cut_off = &ASK.as_bytes()[..ASK.len() - 3];
    check("a part of a character", &exchange(&visitor, &[frame(LAST | TEXT, cut_off)]).await, &[Closed(1007)]);
}

async fn frames_and_messages_that_are_too_long_are_closed_with_1009_before_they_have_come(world: &World) {
    let visitor = visitor(world).await;
    for length in [65_537, 1 << 20, 1 << 40, (1 << 63) - 1] {
        for opcode in [TEXT, BINARY] {
            // Nothing of the content has come, not even the mask.
            check(length, &exchange(&visitor, &[long_head(LAST | opcode, length)]).await, &[Closed(1009)]);
        }
    }
    let half = vec![b' '; 40_000];
    let pieces = [frame(TEXT, &half), frame(LAST | CONTINUATION, &half)];
    check("two fragments", &exchange(&visitor, &pieces).await, &[Closed(1009)]);
    check(
        "a text that goes on",
        &exchange(&visitor, &[frame(TEXT, &half), frame(CONTINUATION, &half)]).await,
        &[Closed(1009)],
    );
    check("bytes", &exchange(&visitor, &[frame(LAST | BINARY, b"{}")]).await, &[Closed(1003)]);
    check(
        "bytes in fragments",
        &exchange(&visitor, &[frame(BINARY, b""), frame(LAST | CONTINUATION, b"")]).await,
        &[Closed(1003)],
    );
}

async fn a_close_is_answered_once_and_nothing_after_it(world: &World) {
    let visitor = visitor(world).await;
    let codes = (1000..=1003).chain(1007..=1014).chain([3000, 3999, 4000, 4999_u16]);
    let mut closes: Vec<_> = codes.map(|code| code.to_be_bytes().to_vec()).collect();
    closes.push(Vec::new());
    closes.push([&[3, 232][..], "ä".repeat(61).as_bytes(), b"a"].concat());
    for close in closes {
        check(format!("{close:?}"), &exchange(&visitor, &[frame(LAST | CLOSE, &close)]).await, &[Closed(1000)]);
    }
    for after in [frame(LAST | PING, b""), frame(LAST | TEXT, ASK.as_bytes()), frame(LAST | CLOSE, b"")] {
        let pieces = [frame(TEXT, b"{"), frame(LAST | CLOSE, &[3, 232]), after.clone()];
        check(format!("{after:?}"), &converse(&visitor, &pieces, true).await, &[Closed(1000)]);
        let got = converse(&visitor, &[[frame(LAST | CLOSE, &[3, 232]), after].concat()], true).await;
        check("together", &got, &[Closed(1000)]);
    }
}

/// What becomes of random bytes is not foretold, except that the connection ends with a code or goes on.
async fn random_bytes_leave_the_server_as_it_was(world: &World) {
    let visitor = visitor(world).await;
    let mut random = 7_u64;
    let mut byte = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(random >> 56).unwrap()
    };
    for round in 0..150 {
        let mut socket = visitor.socket("").await;
        let mut bytes: Vec<u8> = Vec::new();
        for _ in 0..8 {
            // Most frames are valid, so that the server reads on and meets the invalid ones at many places.
            let first = if byte() < 32 {
                byte()
            } else {
                [LAST | TEXT, LAST | PING, TEXT, CONTINUATION][usize::from(byte() % 4)]
            };
            let content: Vec<u8> = (0..byte() % 32).map(|_| byte()).collect();
            bytes.extend(frame(first, if byte() < 128 { ASK.as_bytes() } else { &content }));
        }
        socket.send_bytes(&bytes).await;
        socket.send_bytes(&frame(LAST | CLOSE, &[3, 232])).await;
        let mut code = None;
        while let Some((opcode, payload)) = socket.frame().await {
            if let (8, [high, low, ..]) = (opcode, payload.as_slice()) {
                code = Some(u16::from_be_bytes([*high, *low]));
                break;
            }
        }
        assert!(code.is_some_and(|code| [1000, 1002, 1003, 1007, 1009].contains(&code)), "round {round}: {code:?}");
    }
    check("afterwards", &exchange(&visitor, &[frame(LAST | TEXT, ASK.as_bytes())]).await, &[Answer]);
}
