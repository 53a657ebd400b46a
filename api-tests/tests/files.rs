//! Uploads and their links.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;
use reqwest::multipart::{Form, Part};

on_each_database!(
    an_upload_is_described_under_both_families_of_names,
    a_file_is_judged_by_size_extension_and_first_bytes,
    the_type_is_detected_never_declared,
    what_phones_and_browsers_make_is_accepted,
    a_refusal_names_what_is_allowed,
    a_file_may_have_exactly_ten_mebibytes,
    an_upload_is_refused_for_each_bad_field,
    the_uploader_is_an_agent_only_with_a_token_that_may_see_the_session,
    a_name_is_what_follows_the_last_slash,
    a_name_is_read_as_browsers_write_it,
    a_link_is_the_same_for_a_day_and_good_for_a_week,
    a_link_that_is_wrong_needs_a_token_that_may_see_the_session,
    a_file_is_served_with_care,
    a_part_of_a_file_is_served,
    a_known_file_is_not_sent_again,
    paths_stay_inside_the_store,
);

async fn chatting(company: &Company) -> Visitor {
    let mut visitor = company.stranger();
    visitor.say("Hello").await;
    visitor
}

async fn an_upload_is_described_under_both_families_of_names(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let file = visitor.share("My cv (new)..pdf", b"%PDF-").await;
    assert_eq!(
        (&file["id"], &file["original_name"], &file["file_size"]),
        (&file["file_id"], &file["name"], &file["size"])
    );
    assert_eq!((&file["name"], &file["size"]), (&json!("My cv (new)..pdf"), &json!(5)));
    assert_eq!((&file["company_id"], &file["session_id"]), (&json!("TES001"), &json!(visitor.session)));
    assert_eq!((&file["file_type"], &file["mime_type"]), (&json!("document"), &json!("application/pdf")));
    assert_eq!((&file["uploader"], &file["thumbnail"]), (&json!("user"), &Value::Null));
    assert_eq!(file["message"], "File uploaded successfully");
    assert_eq!(file["url"], format!("https://chat.example.com{}", file["file_url"].as_str().unwrap()));
    let (path, query) = file["file_url"].as_str().unwrap().split_once('?').unwrap();
    let parts: Vec<_> = path.split('/').collect();
    assert_eq!(parts[..4], ["", "media", "uploads", "TES001"]);
    assert_eq!(parts[4], &visitor.session["TES001_".len()..][..8]);
    let name = parts[5].strip_prefix("TES001_20261123_025203_").unwrap();
    assert!(
        name[..12].chars().all(|c| c.is_ascii_hexdigit()) && name.ends_with(".pdf") && !name.contains(".."),
        "{name}"
    );
    let exp = world.seconds() + 8 * 24 * 3600;
    assert!(query.starts_with(&format!("exp={exp}&sig=")), "{query}");
}

async fn a_file_is_judged_by_size_extension_and_first_bytes(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let big = vec![b'x'; (10 << 20) + 1];
    let html = b"\xef\xbb\xbf \n<!-- c --><?xml version=\"1.0\"?><!DOCTYPE html><html>";
    for (name, content, reason) in [
        ("cv.exe", b"x".as_slice(), "File type 'exe' is not allowed"),
        ("page.HTML", b"x", "File type 'html' is not allowed"),
        ("cv", b"x", "File type '' is not allowed"),
        ("cv.pdf.", b"x", "File type '' is not allowed"),
        ("cv.pdf", b"MZ\x90\0", "File content is not allowed"),
        ("cv.txt", b"\x7fELF\x02\x01", "File content is not allowed"),
        ("cv.txt", b"\xcf\xfa\xed\xfe\0\0", "File content is not allowed"),
        ("cv.txt", b"\xfe\xed\xfa\xce\0\0", "File content is not allowed"),
        ("cv.zip", b"\xca\xfe\xba\xbe\0\0\0\x02", "File content is not allowed"),
        ("cv.zip", b"\0asm\x01\0\0\0", "File content is not allowed"),
        ("a.png", html, "File content does not match type 'png'"),
        ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'>", "File content does not match type 'jpg'"),
        ("a.pdf", &big, "File size exceeds maximum limit of 10.0MB"),
        ("a.exe", &big, "File size exceeds maximum limit of 10.0MB"),
    ] {
        let reply = visitor.upload(&visitor.company, &visitor.session, name, content).await;
        reply.error(400, "bad_request", &format!("File upload failed: {reason}"));
    }
    let huge = vec![b'x'; 30 << 20];
    let reply = visitor.upload(&visitor.company, &visitor.session, "a.pdf", &huge).await;
    reply.error(400, "bad_request", "File upload failed: File size exceeds maximum limit of 10.0MB");
}

async fn the_type_is_detected_never_declared(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    for (name, declared, content, kind, detected) in [
        ("transcript.pdf", "application/pdf", b"plain text".as_slice(), "document", "text/plain"),
        ("a.png", "text/html", sample::PNG, "image", "image/png"),
        ("a.txt", "text/html", b"<html><script>", "document", "text/plain"),
        ("a.doc", "image/png", b"a\0b", "document", "application/octet-stream"),
        ("a.txt", "text/plain", b"\xff\xfe\xfd", "document", "application/octet-stream"),
        ("a.MP3", "audio/mpeg", b"ID3\x03\0\0\0\0\0\0", "audio", "audio/mpeg"),
        ("a.gz", "text/plain", b"\x1f\x8b\x08\0\0\0\0\0", "archive", "application/gzip"),
    ] {
        let part = Part::bytes(content.to_vec()).file_name(name).mime_str(declared).unwrap();
        let form = Form::new().text("company_id", "TES001").text("session_id", visitor.session.clone());
        let file = visitor
            .upload_form(form.text("mime_type", "image/gif").text("size", "1").part("file", part))
            .await
            .created();
        assert_eq!((&file["file_type"], &file["mime_type"]), (&json!(kind), &json!(detected)), "{name}");
        let served = visitor.client().get(file["file_url"].as_str().unwrap()).await.expect(200);
        assert!(served.header("content-type").starts_with(detected), "{served:?}");
        assert_eq!(served.bytes, content);
    }
}

async fn what_phones_and_browsers_make_is_accepted(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let zip = b"PK\x03\x04\x14\0\0\0".as_slice();
    let ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0".as_slice();
    let webm = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm".as_slice();
    for (name, content, kind, detected) in [
        ("IMG_0001.HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), "image", "image/heic"),
        ("a.avif", b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", "image", "image/avif"),
        ("recording.webm", webm, "video", "video/webm"),
        ("a.3gp", b"\0\0\0\x14ftyp3gp4\0\0\0\0isom", "video", "video/3gpp"),
        ("a.amr", b"#!AMR\n\x3c\xff\xfe\0\0\0\0", "audio", "audio/amr"),
        ("a.csv", b"name,phone\nAnn,1\n", "document", "text/csv"),
        ("a.doc", ole, "document", "application/msword"),
        ("a.docx", zip, "document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.xlsx", zip, "document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.pptx", zip, "document", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        ("a.odt", zip, "document", "application/vnd.oasis.opendocument.text"),
        ("a.zip", zip, "archive", "application/zip"),
    ] {
        let file = visitor.share(name, content).await;
        assert_eq!((&file["file_type"], &file["mime_type"]), (&json!(kind), &json!(detected)), "{name}");
        let served = visitor.client().get(file["file_url"].as_str().unwrap()).await.expect(200);
        assert!(served.header("content-type").starts_with(detected), "{served:?}");
        let shown = matches!(kind, "image" | "audio" | "video");
        assert_eq!(served.header("content-disposition").starts_with("inline"), shown, "{name}");
    }
}

async fn a_refusal_names_what_is_allowed(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let reply = visitor.upload(&visitor.company, &visitor.session, "a.exe", b"x").await;
    reply.error(400, "bad_request", "File upload failed: File type 'exe' is not allowed");
    let allowed = &reply.body["allowed"];
    for (kind, extension) in
        [("image", "heic"), ("document", "pdf"), ("audio", "opus"), ("video", "webm"), ("archive", "zip")]
    {
        assert!(allowed[kind].as_array().unwrap().contains(&json!(extension)), "{allowed}");
    }
}

async fn a_file_may_have_exactly_ten_mebibytes(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let content = vec![b'x'; 10 << 20];
    let file = visitor.share("a.txt", &content).await;
    assert_eq!(file["size"], 10_485_760);
    assert_eq!(visitor.client().get(file["file_url"].as_str().unwrap()).await.expect(200).bytes, content);
}

async fn an_upload_is_refused_for_each_bad_field(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let visitor = chatting(&tesla).await;
    let form = |session: &str| Form::new().text("session_id", session.to_owned());
    let file = || Part::bytes(b"text".to_vec()).file_name("a.txt");
    let with = |form: Form| form.text("company_id", "TES001").part("file", file());
    visitor
        .upload_form(form(&visitor.session).text("company_id", "TES001"))
        .await
        .field_error("file", "No file was submitted.");
    let reply = visitor.upload(&tesla.id, &visitor.session, "a.txt", b"").await;
    reply.field_error("file", "The submitted file is empty.");
    visitor.upload_form(with(form(" "))).await.field_error("session_id", "This field may not be blank.");
    visitor.upload_form(with(Form::new())).await.field_error("session_id", "This field is required.");
    let long = with(form(&visitor.session).text("message_context", "x".repeat(501)));
    visitor
        .upload_form(long)
        .await
        .field_error("message_context", "Ensure this field has no more than 500 characters.");
    let odd = with(form(&visitor.session).text("uploader", "bot"));
    visitor.upload_form(odd).await.field_error("uploader", "\"bot\" is not a valid choice.");
    let reply = visitor.upload_form(form(&visitor.session).part("file", file())).await.expect(400);
    assert!(reply.body["error"].as_str().unwrap().starts_with("company_id is required."), "{reply:?}");
    let message = "Chat session not found or access denied";
    for (company, session) in
        [("TES001", "TES001_none"), (&space.id, visitor.session.as_str()), ("XXX001", &visitor.session)]
    {
        visitor.upload(company, session, "a.txt", b"text").await.error(404, "not_found", message);
    }
    // A staff token supplies the company.
    tesla.admin.upload_form(form(&visitor.session).part("file", file())).await.created();
}

async fn the_uploader_is_an_agent_only_with_a_token_that_may_see_the_session(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let as_agent = async |who: &Client, session: &str| {
        let form =
            Form::new().text("company_id", "TES001").text("session_id", session.to_owned()).text("uploader", "agent");
        who.upload_form(form.part("file", Part::bytes(b"text".to_vec()).file_name("a.txt"))).await.created()["uploader"]
            .clone()
    };
    assert_eq!(as_agent(visitor.client(), &visitor.session).await, "user");
    assert_eq!(as_agent(space.admin.client(), &visitor.session).await, "user");
    assert_eq!(as_agent(bo.client(), &visitor.session).await, "user");
    visitor.ask_for_a_person(&bo).await;
    assert_eq!(as_agent(bo.client(), &visitor.session).await, "agent");
    assert_eq!(as_agent(tesla.admin.client(), &visitor.session).await, "agent");
}

async fn a_name_is_what_follows_the_last_slash(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let long = format!("{}.txt", "n".repeat(90));
    for (sent, kept, clean) in [
        ("../../etc/passwd.txt", "passwd.txt", "passwd.txt"),
        ("C:\\docs\\cv.pdf", "cv.pdf", "cv.pdf"),
        ("r\u{e9}sum\u{e9} \u{1F600}.pdf", "r\u{e9}sum\u{e9} \u{1F600}.pdf", ".pdf"),
        ("...hidden....txt", "...hidden....txt", "hidden.txt"),
        (&long, &long, ".txt"),
    ] {
        let file = visitor.share(sent, b"text").await;
        assert_eq!(file["original_name"], kept);
        let url = file["file_url"].as_str().unwrap();
        let name = url.split('?').next().unwrap().rsplit('/').next().unwrap();
        let name = &name["TES001_20261123_025203_".len() + 13..];
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        assert!(
            name.ends_with(clean) && !name.starts_with('.') && name.len() <= 54 && name.chars().all(allowed),
            "{sent}: {name}"
        );
        assert_eq!(visitor.client().get(url).await.expect(200).bytes, b"text");
    }
}

async fn a_name_is_read_as_browsers_write_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let upload = async |disposition: &str, content: &str| {
        let fields = [("session_id", visitor.session.as_str()), ("company_id", "TES001")];
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        body += &format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; {disposition}\r\n\r\n{content}\r\n--b--\r\n"
        );
        let call = world.anybody().call(reqwest::Method::POST, "/api/chatbot/upload/");
        call.raw("multipart/form-data; boundary=b", body).await
    };
    for (sent, kept) in [
        (r#"filename="C:\docs\cv.pdf""#, "cv.pdf"),
        (r#"filename="C:\\docs\\cv.pdf""#, "cv.pdf"),
        (r#"filename="a \"b\".pdf""#, "a \"b\".pdf"),
        ("filename=\"履歴書; v=2.pdf\"", "履歴書; v=2.pdf"),
        ("filename=cv.pdf", "cv.pdf"),
        ("filename*=UTF-8''r%C3%A9sum%C3%A9.pdf", "r\u{e9}sum\u{e9}.pdf"),
        ("filename=\"a\u{7}b\0\t\u{7f}.pdf\"", "ab.pdf"),
    ] {
        assert_eq!(upload(sent, "text").await.created()["original_name"], kept, "{sent}");
    }
    // Browsers send this for an empty file input.
    upload("filename=\"\"", "").await.field_error("file", "No file was submitted.");
}

async fn a_link_is_the_same_for_a_day_and_good_for_a_week(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = chatting(&tesla).await;
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    let shown = async |visitor: &mut Visitor| {
        let reply = visitor.send(&json!({"attachment_ids": [file["id"]]})).await.ok();
        assert_eq!(reply["attachments"][0], reply["user_message"]["attachments"][0]);
        reply["attachments"][0]["file_url"].as_str().unwrap().to_owned()
    };
    let day = Duration::from_hours(24);
    let first = file["file_url"].as_str().unwrap();
    assert_eq!(shown(&mut visitor).await, first);
    world.clock.advance(day - Duration::from_secs(1));
    assert_eq!(shown(&mut visitor).await, first);
    world.clock.advance(Duration::from_secs(1));
    let second = shown(&mut visitor).await;
    assert_ne!(second, first);
    world.clock.advance(day - Duration::from_secs(1));
    assert_eq!(shown(&mut visitor).await, second);
    world.clock.advance(5 * day + day);
    visitor.client().get(first).await.expect(200);
    world.clock.advance(Duration::from_secs(2));
    visitor.client().get(first).await.expect(403);
    visitor.client().get(&second).await.expect(200);
}

async fn a_link_that_is_wrong_needs_a_token_that_may_see_the_session(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    let link = file["file_url"].as_str().unwrap();
    let (path, query) = link.split_once('?').unwrap();
    let (exp, sig) = query.split_once('&').unwrap();
    let later = format!("exp={}&{sig}", world.seconds() + 999_999_999);
    let anybody = world.anybody();
    anybody.get(path).await.asks_for_a_token();
    for wrong in [
        format!("{exp}&sig=AAAA"),
        exp.to_owned(),
        sig.to_owned(),
        later,
        format!("exp=x&{sig}"),
        format!("{exp}&sig=%ff%00"),
    ] {
        let link = format!("{path}?{wrong}");
        let reply = anybody.get(&link).await;
        assert!(matches!((reply.status, reply.body["code"].as_str()), (403, Some("link_invalid"))), "{reply:?}");
        // Another authorization scheme is treated as a missing token.
        anybody.get(&link).header("authorization", "Basic YTpi").await.same_as(&reply);
        // A token that gives access to the session is enough without a signature.
        assert_eq!(tesla.admin.client().get(&link).await.expect(200).bytes, b"%PDF-");
    }
    world.superadmin().await.client().get(path).await.expect(200);
    let foreign = space.admin.client().get(path).await.expect(404);
    foreign.same_as(&space.admin.client().get(&format!("{path}x")).await);
    bo.client().get(path).await.expect(404);
    visitor.ask_for_a_person(&bo).await;
    bo.client().get(path).await.expect(200);
}

async fn a_file_is_served_with_care(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    for (name, content, disposition) in [
        ("a.png", sample::PNG, "inline"),
        ("cv.pdf", b"%PDF-".as_slice(), "attachment"),
        ("a.txt", b"<html>", "attachment"),
    ] {
        let file = visitor.share(name, content).await;
        let link = file["file_url"].as_str().unwrap();
        let served = visitor.client().get(link).await.expect(200);
        assert!(served.header("content-disposition").starts_with(disposition), "{served:?}");
        assert!(disposition == "inline" || served.header("content-disposition").contains(name), "{served:?}");
        assert_eq!(served.header("content-security-policy"), "sandbox; default-src 'none'");
        assert_eq!((served.header("accept-ranges"), served.header("cache-control")), ("bytes", "private"));
        let etag = served.header("etag");
        assert!(etag.starts_with('"') && etag.ends_with('"'), "not a strong tag: {etag}");
        let head = visitor.client().call(reqwest::Method::HEAD, link).await.expect(200);
        assert_eq!((head.header("etag"), head.bytes.len()), (etag, 0));
        assert_eq!(head.header("content-length"), content.len().to_string());
    }
}

async fn a_part_of_a_file_is_served(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let file = visitor.share("a.txt", b"0123456789").await;
    let link = file["file_url"].as_str().unwrap();
    let get = || visitor.client().get(link);
    for (range, content, stated) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=5-99", "56789", "bytes 5-9/10"),
    ] {
        let part = get().header("range", range).await.expect(206);
        assert_eq!((part.bytes.as_slice(), part.header("content-range")), (content.as_bytes(), stated));
    }
    let beyond = get().header("range", "bytes=10-").await.expect(416);
    assert_eq!(beyond.header("content-range"), "bytes */10");
    let etag = get().await.header("etag").to_owned();
    get().header("range", "bytes=0-0").header("if-range", &etag).await.expect(206);
    assert_eq!(get().header("range", "bytes=0-0").header("if-range", "\"other\"").await.expect(200).bytes.len(), 10);
}

async fn a_known_file_is_not_sent_again(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let file = visitor.share("a.txt", b"0123456789").await;
    let get = || visitor.client().get(file["file_url"].as_str().unwrap());
    let etag = get().await.header("etag").to_owned();
    let known = get().header("if-none-match", &etag).await.expect(304);
    assert!(known.bytes.is_empty());
    get().header("if-none-match", "\"other\"").await.expect(200);
}

async fn paths_stay_inside_the_store(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = chatting(&tesla).await;
    let file = visitor.share("a.txt", b"text").await;
    let link = file["file_url"].as_str().unwrap();
    let (folder, rest) = link.strip_prefix("/media/uploads/").unwrap().split_once('/').unwrap();
    let token = tesla.admin.client().token();
    for path in [
        &format!("/media/uploads/{folder}%2f{rest}"),
        &format!("/media/uploads%2F{folder}/{rest}"),
        "/media/uploads/TES001/../../../../etc/passwd",
        "/media/../../etc/passwd",
        "/media/uploads/%2e%2e/%2e%2e/switchboard.db",
        "/media/uploads/TES001%2f..%2f..%2fsecret",
        "/media/uploads//etc/passwd",
        "/media/%2fetc%2fpasswd",
        "/media/uploads/TES001/a%00.txt",
        "/media/uploads/TES001\\..\\x",
        "/media/uploads/TES001/",
        "/media/uploads/",
        "/media/",
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        let reply = world.exchange(request.as_bytes()).await;
        assert!(reply.status == 404 || (path.contains('\\') && reply.status == 400), "{path}: {}", reply.text);
    }
}
