//! `switchboard admin ..`.

use std::io::Read as _;

use identity::Password;
use storage::Database;
use tenancy::{CompanyCode, CompanyStatus, access};

use super::{AdminCommand, Failure, Status};
use crate::accounts;

#[derive(Debug, thiserror::Error)]
enum AdminError {
    #[error("the password on standard input is empty")]
    NoPassword,
    #[error("that is no company code")]
    NoCode,
    #[error("the shared library is not a company that visitors can come to")]
    SharedLibrary,
}

pub(super) fn admin(command: AdminCommand) -> Result<(), Failure> {
    match command {
        AdminCommand::CreateSuperadmin { username, email, password_stdin: _, if_missing, databases } => {
            let (options, cost) = databases.options_and_cost()?;
            let password = password()?;
            let made = if if_missing {
                accounts::ensure_superadmin(&options, cost, &username, &email, &password)?
            } else {
                accounts::create_superadmin(&options, cost, &username, &email, &password)?;
                true
            };
            println!("{}", if made { "the superadmin was created" } else { "the superadmin exists" });
        }
        AdminCommand::SetPassword { login, password_stdin: _, databases } => {
            let (options, cost) = databases.options_and_cost()?;
            accounts::set_password(&options, cost, &login, &password()?)?;
            println!("the password was set; every earlier token of the account has ended");
        }
        AdminCommand::Company { code, status, databases } => {
            let (options, _) = databases.options_and_cost()?;
            let code = CompanyCode::parse(&code).map_err(|_| AdminError::NoCode)?;
            if code == CompanyCode::shared_library() {
                return Err(AdminError::SharedLibrary.into());
            }
            let status = match status {
                Status::Active => CompanyStatus::Active,
                Status::Suspended => CompanyStatus::Suspended,
                Status::Closed => CompanyStatus::Closed,
            };
            let db = Database::open(&options)?;
            let keeper = db.lobby(move |lobby| access::housekeeper(lobby, code)).wait()?;
            db.write(keeper, move |company| tenancy::companies::set_status(company, status)).wait()?;
            println!("{code} is {}", status.as_str());
        }
    }
    Ok(())
}

/// Reads the password from standard input, without the line break that `echo` adds. Other white space
/// around it belongs to it, as it does at sign-in.
fn password() -> Result<Password, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(AdminError::NoPassword.into());
    }
    Ok(Password::new(text.to_owned()))
}
