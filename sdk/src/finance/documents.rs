//! Documents of an issue: a prospectus, terms. Each has a name, the hash of its bytes, and the address of its copy.

use alloc::string::String;
use alloc::vec::Vec;

use crate::env::{block_height, caller, emit};
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The maximum number of documents.
pub const MAX_DOCUMENTS: u32 = 32;
/// The maximum length of a document's name, in bytes.
pub const MAX_NAME_BYTES: u32 = 64;
/// The maximum length of its address, in bytes.
pub const MAX_ADDRESS_BYTES: u32 = 256;

/// All documents, by name. Check the caller before you change them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Documents {
    documents: Vec<Document>,
}

/// A document.
#[contract_type]
#[derive(Eq)]
pub struct Document {
    /// The name, which identifies it.
    pub name: String,
    /// The hash of its bytes.
    pub hash: [u8; 32],
    /// The address of a copy.
    pub address: String,
    /// The height at which it was set.
    pub height: u64,
}

/// A document was set or replaced.
#[event]
pub struct DocumentSet {
    /// The name.
    pub name: String,
    /// The hash of its bytes.
    pub hash: [u8; 32],
    /// The account or contract that set it.
    pub by: Principal,
}

/// A document was removed.
#[event]
pub struct DocumentRemoved {
    /// The name.
    pub name: String,
    /// The account or contract that removed it.
    pub by: Principal,
}

/// The errors of documents.
#[error(first = 9180)]
pub enum Refused {
    /// The name of the document is empty or has more than `limit` bytes.
    DocumentName {
        /// In bytes.
        limit: u32,
    },
    /// The address of the document is empty or has more than `limit` bytes.
    DocumentAddress {
        /// In bytes.
        limit: u32,
    },
    /// There is no document of this name.
    UnknownDocument,
    /// The number of documents has reached its limit.
    TooManyDocuments {
        /// The limit.
        limit: u32,
    },
}

impl Documents {
    /// All documents.
    #[must_use]
    pub fn list(&self) -> &[Document] {
        &self.documents
    }

    /// The document of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.name == name)
    }

    /// Sets a document, in place of one with its name.
    ///
    /// # Errors
    /// [`Refused::DocumentName`], [`Refused::DocumentAddress`], [`Refused::TooManyDocuments`].
    pub fn set(&mut self, name: String, hash: [u8; 32], address: String) -> Result<(), Refused> {
        self.put(Document { name: name.clone(), hash, address, height: block_height() })?;
        emit(DocumentSet { name, hash, by: caller() });
        Ok(())
    }

    /// Removes a document.
    ///
    /// # Errors
    /// [`Refused::UnknownDocument`].
    pub fn remove(&mut self, name: String) -> Result<(), Refused> {
        ensure!(self.find(&name).is_some(), Refused::UnknownDocument);
        self.documents.retain(|document| document.name != name);
        emit(DocumentRemoved { name, by: caller() });
        Ok(())
    }

    fn put(&mut self, document: Document) -> Result<(), Refused> {
        let fits = |text: &str, limit: u32| !text.is_empty() && text.len() <= limit as usize;
        ensure!(fits(&document.name, MAX_NAME_BYTES), Refused::DocumentName { limit: MAX_NAME_BYTES });
        ensure!(fits(&document.address, MAX_ADDRESS_BYTES), Refused::DocumentAddress { limit: MAX_ADDRESS_BYTES });
        match self.documents.iter_mut().find(|own| own.name == document.name) {
            Some(own) => *own = document,
            None => {
                let limit = MAX_DOCUMENTS;
                ensure!(self.documents.len() < limit as usize, Refused::TooManyDocuments { limit });
                self.documents.push(document);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn document(name: &str) -> Document {
        Document { name: name.into(), hash: [1; 32], address: "https://example.org".into(), height: 0 }
    }

    #[test]
    fn a_document_replaces_that_of_its_name() {
        let mut documents = Documents::default();
        documents.put(document("terms")).unwrap();
        documents.put(Document { hash: [2; 32], ..document("terms") }).unwrap();
        assert_eq!(documents.list().len(), 1);
        assert_eq!(documents.find("terms").unwrap().hash, [2; 32]);
    }

    #[test]
    fn names_addresses_and_their_number_have_bounds() {
        let mut documents = Documents::default();
        let long = "n".repeat(65);
        for name in ["", &long] {
            assert_eq!(documents.put(document(name)), Err(Refused::DocumentName { limit: 64 }));
        }
        for address in [String::new(), "a".repeat(257)] {
            let refused = Err(Refused::DocumentAddress { limit: 256 });
            assert_eq!(documents.put(Document { address, ..document("terms") }), refused);
        }
        for number in 0..MAX_DOCUMENTS {
            documents.put(document(&format!("{number}"))).unwrap();
        }
        assert_eq!(documents.put(document("more")), Err(Refused::TooManyDocuments { limit: 32 }));
        assert_eq!(documents.put(document("0")), Ok(()));
    }
}
