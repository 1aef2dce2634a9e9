//! The issuer and its members, outside of the chain.

use ::allowlist::AllowlistClient;
use circuits::{CREDENTIALS, Member, MemberPrivate, MemberPublic, REVOKED, occasion, scope};
use dusk_sdk::testing::*;
use dusk_sdk::zk::{Proof, native};
use dusk_sdk::{Account, Field};

/// How many blocks an epoch has in these tests.
pub(crate) const EPOCH_BLOCKS: u64 = 100;

/// The issuer, which issues and revokes. It knows credentials, which are hashes, and no secrets.
pub(crate) struct Issuer {
    credentials: native::merkle::Tree<CREDENTIALS>,
    revoked: native::IndexedTree<REVOKED>,
    issued: u64,
}

/// A member. The secret is its own.
pub(crate) struct Holder {
    secret: Field,
    position: u64,
}

impl Holder {
    pub(crate) fn credential(&self) -> Field {
        native::hash(&[self.secret])
    }
}

/// Everything that a proof is made of, so that a test can change any of it.
#[derive(Clone)]
pub(crate) struct Statement {
    pub(crate) public: MemberPublic,
    pub(crate) private: MemberPrivate,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        Self { credentials: native::merkle::Tree::new(), revoked: native::IndexedTree::new(), issued: 0 }
    }

    /// Takes a member in. A real secret is random; the issuer sees its hash alone.
    pub(crate) fn issue(&mut self, secret: u64) -> Holder {
        self.issue_for(Field::from(secret))
    }

    /// Takes a member in that has this secret.
    pub(crate) fn issue_for(&mut self, secret: Field) -> Holder {
        let holder = Holder { secret, position: self.issued };
        self.credentials.insert(holder.position, holder.credential()).expect("there is room");
        self.issued += 1;
        holder
    }

    pub(crate) fn revoke(&mut self, holder: &Holder) {
        self.revoked.insert(holder.credential()).expect("it was not revoked before");
    }

    pub(crate) fn roots(&self) -> (Field, Field) {
        (self.credentials.root(), self.revoked.root())
    }

    /// Opens a list for the credentials so far.
    pub(crate) fn open(&self, chain: &Chain) -> Result<(AllowlistClient<Deployed>, Signer), Failure> {
        let issuer = chain.account("issuer");
        let (root, revoked) = self.roots();
        let list = chain.deploy(&issuer, ::allowlist::init(root, revoked, EPOCH_BLOCKS))?;
        Ok((list, issuer))
    }

    /// The statement of a member that enters now. For a revoked one there is no path that shows the contrary: it takes
    /// another's.
    pub(crate) fn statement(
        &self,
        chain: &Chain,
        list: &AllowlistClient<Deployed>,
        holder: &Holder,
        sender: Account,
        recipient: Account,
    ) -> Statement {
        let period = (chain.height() / EPOCH_BLOCKS, list.revision().expect("the list answers"));
        let scope = scope(list.id(), chain.chain_id(), period);
        let (root, revoked) = self.roots();
        let non_membership = self.revoked.non_membership(holder.credential());
        let non_membership = non_membership
            .or_else(|_| self.revoked.non_membership(Field::from(1)))
            .expect("1 is nobody's credential");
        Statement {
            public: MemberPublic {
                root,
                revoked,
                scope,
                nullifier: native::nullifier(holder.secret, scope),
                occasion: occasion(list.id(), chain.chain_id(), period, sender, recipient),
            },
            private: MemberPrivate {
                secret: holder.secret,
                path: self.credentials.opening(holder.position).expect("it was issued"),
                non_membership,
            },
        }
    }
}

impl Statement {
    pub(crate) fn prove(&self, chain: &Chain) -> Result<Proof<Member>, ProveError> {
        chain.prove::<Member>(&self.public, &self.private)
    }
}
