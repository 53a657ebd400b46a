use super::*;
use crate::config::Limits;

#[test]
fn a_secret_is_generated_once_and_kept_private() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || Settings::in_folder(folder.path().to_owned());
    let first = settings().check().unwrap().secret;
    let second = settings().check().unwrap().secret;
    assert_eq!(first.expose_secret(), second.expose_secret());
    assert_eq!(first.expose_secret().len(), 64);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path().join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_short_secret_and_postgres_without_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let short = Settings { secret: Some("short".into()), ..Settings::in_folder(folder.path().to_owned()) };
    assert!(matches!(short.check(), Err(ConfigError::SecretShort)));
    fs::write(folder.path().join("secret"), "short").unwrap();
    assert!(matches!(Settings::in_folder(folder.path().to_owned()).check(), Err(ConfigError::SecretShort)));
}

#[test]
fn flags_win_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("switchboard.toml");
    fs::write(&file, "bcrypt-cost = 5\naccess-minutes = 3\n").unwrap();
    let settings =
        Settings { config: Some(file), bcrypt_cost: Some(6), ..Settings::in_folder(folder.path().to_owned()) };
    let config = settings.complete().unwrap().check().unwrap();
    assert_eq!((config.bcrypt_cost, config.access_life), (6, Duration::from_mins(3)));
}

#[test]
fn calls_are_counted_unless_the_operator_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || Settings::in_folder(folder.path().to_owned());
    assert_eq!(settings().check().unwrap().limits, Some(Limits::default()));
    assert_eq!(settings().rate_limited(Switch::Off).check().unwrap().limits, None);
    let file = folder.path().join("switchboard.toml");
    fs::write(&file, "trusted-proxies = [\"10.0.0.0/8\"]\n[limits]\nchat = 7\n").unwrap();
    let config = Settings { config: Some(file.clone()), ..settings() }.complete().unwrap().check().unwrap();
    assert_eq!(config.limits, Some(Limits { chat: 7, ..Limits::default() }));
    assert_eq!(config.trusted_proxies, TrustedProxies::parse(["10.0.0.0/8"]).unwrap());
    fs::write(&file, "rate-limits = \"off\"\n").unwrap();
    let config = Settings { config: Some(file), ..settings() }.complete().unwrap().check().unwrap();
    assert_eq!(config.limits, None);
    let proxies = Settings { trusted_proxies: Some(vec!["proxy".to_owned()]), ..settings() };
    assert!(matches!(proxies.check(), Err(ConfigError::Proxies(_))));
}

#[test]
fn a_switch_is_a_flag_with_or_without_a_word_or_a_word_in_the_file() {
    use clap::{Args as _, FromArgMatches as _};

    let folder = tempfile::tempdir().unwrap();
    let parsed = |args: &[&str]| {
        let command = Settings::augment_args(clap::Command::new("serve"));
        let matches = command.try_get_matches_from([&["serve"], args].concat()).unwrap();
        let settings = Settings::from_arg_matches(&matches).unwrap();
        Settings { data_dir: Some(folder.path().to_owned()), ..settings }.complete().unwrap().check().unwrap()
    };
    assert!(!parsed(&[]).require_first_login);
    assert!(parsed(&["--require-first-login"]).require_first_login);
    assert!(parsed(&["--require-first-login", "on"]).require_first_login);
    assert!(!parsed(&["--require-first-login", "off"]).require_first_login);
    let file = folder.path().join("switchboard.toml");
    fs::write(&file, "require-first-login = \"on\"\n").unwrap();
    assert!(parsed(&["--config", file.to_str().unwrap()]).require_first_login);
}

#[test]
fn a_bucket_is_a_table_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("switchboard.toml");
    let text = "[blobs]\nurl = \"s3://files/chat\"\naccess-key = \"id\"\nsecret-key = \"key\"\nplain-http = \"on\"\n";
    fs::write(&file, text).unwrap();
    let settings = || Settings { config: Some(file.clone()), ..Settings::in_folder(folder.path().to_owned()) };
    let config = settings().complete().unwrap().check().unwrap();
    let BlobPlace::Bucket(access) = config.blobs else { panic!("no bucket") };
    assert_eq!((access.to_string().as_str(), access.secret_key.expose_secret()), ("s3://files/chat", "key"));
    fs::write(&file, "[blobs]\nbucket = \"files\"\n").unwrap();
    assert!(matches!(settings().complete(), Err(ConfigError::Parse(_))));
}

#[test]
fn an_unknown_key_in_the_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("switchboard.toml");
    fs::write(&file, "bcrypt-cots = 5\n").unwrap();
    let settings = Settings { config: Some(file), ..Settings::default() };
    assert!(matches!(settings.complete(), Err(ConfigError::Parse(_))));
}

#[test]
fn a_public_url_needs_a_scheme_and_a_host() {
    let folder = tempfile::tempdir().unwrap();
    let check = |url: &str| {
        let settings = Settings::in_folder(folder.path().to_owned());
        Settings { public_url: Some(url.to_owned()), ..settings }.check().map(|config| config.public_url.unwrap())
    };
    for (url, kept) in [
        ("https://chat.example.com", "https://chat.example.com"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("HTTPS://chat.example.com/support//", "HTTPS://chat.example.com/support"),
    ] {
        assert_eq!(check(url).unwrap(), kept);
    }
    for url in [
        "chat.example.com",
        "localhost:8000",
        "//chat.example.com",
        "/support",
        "",
        "https://",
        "https:/x",
        "ftp://chat.example.com",
        "https://chat.example.com?x=1",
        "https://chat.example.com#x",
        "https://a b",
    ] {
        assert!(matches!(check(url), Err(ConfigError::PublicUrl(refused)) if refused == url), "{url}");
    }
}
