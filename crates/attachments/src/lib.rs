#![doc = include_str!("../README.md")]

mod attachment;
mod blobs;
pub mod detect;
mod key;
mod links;
pub mod name;
pub mod policy;
mod ports;
pub mod upload;

pub use attachment::{Attachment, Disposition, Download, NewAttachment, Uploader};
pub use blobs::{BlobReader, BlobWriter, Blobs, BoxFuture, OpenBlob, StoredBlob};
pub use key::{BlobKey, InvalidBlobKey, ROOT};
pub use links::{LinkSigner, Verdict};
pub use policy::FileKind;
pub use ports::{AttachmentDirectory, Attachments};
