//! An attester, those whom it knows, and a register that takes their proofs.

use ::attester::{Attester, Attributes, SANCTIONED, TOPICS, Wallet, blocked};
use ::register::{Policy, Refused, RegisterClient, Terms};
use circuits::{BLOCKED, Eligible, EligiblePrivate, EligiblePublic};
use dusk_sdk::finance::attesters;
use dusk_sdk::testing::*;
use dusk_sdk::zk::Proof;
use dusk_sdk::zk::native::{Date, IndexedTree, Scalar};
use dusk_sdk::{Field, Principal};

/// The Netherlands.
pub(crate) const NL: u16 = 528;
/// The most that the accounts of one holder may receive by proofs.
pub(crate) const LIMIT: u64 = 100;

/// How many blocks a day has.
pub(crate) const DAY_BLOCKS: u64 = 8_640;

pub(crate) fn day(year: u16, month: u8, day: u8) -> u32 {
    Date::new(year, month, day).expect("there is such a day").number()
}

/// An eligible holder: lives in the Netherlands, is of age on the day of the policy, by a day, has just the level, and
/// a day left.
pub(crate) fn eligible() -> Attributes {
    Attributes {
        born: day(2008, 3, 1),
        expires: day(2026, 3, 1),
        residence: NL,
        nationality: NL,
        accreditation: 2,
    }
}

/// A wallet of a holder with this secret key. In earnest all three numbers are random.
pub(crate) fn wallet(attester: &Attester, key: u64, attributes: Attributes) -> Wallet {
    Wallet::new(Scalar::from(key), attester, attributes, Field::from(1_000 + key), Field::from(2_000 + key))
}

/// Somebody in the register.
pub(crate) fn who(signer: &Signer) -> Principal {
    signer.account().into()
}

/// The countries where no holder may live.
pub(crate) fn sanctions() -> IndexedTree<BLOCKED> {
    blocked(&SANCTIONED).expect("there is room for them")
}

/// The attester as the register trusts it, for as long as there are days.
pub(crate) fn trusted(attester: &Attester) -> attesters::Attester {
    attesters::Attester {
        key: attester.key().u(),
        revoked: attester.revocations().root(),
        topics: TOPICS.to_vec(),
        until: u32::MAX,
    }
}

/// The policy: of age on 1 March 2026, and of level 2.
pub(crate) fn policy(attester: &Attester) -> Policy {
    Policy {
        attesters: vec![trusted(attester)],
        topics: TOPICS.to_vec(),
        blocked: sanctions().root(),
        today: day(2026, 3, 1),
        block_seconds: 10,
        born_until: day(2008, 3, 1),
        level: 2,
        limit: LIMIT,
    }
}

/// An open register. Alice is on the list and has 300 shares; nobody else is, except the issuer, who is the officer.
/// Bob has what an account needs to prove.
pub(crate) struct Scene {
    pub(crate) attester: Attester,
    pub(crate) shares: RegisterClient<Deployed>,
    pub(crate) officer: Signer,
    pub(crate) alice: Signer,
    pub(crate) bob: Signer,
}

impl Scene {
    pub(crate) fn open(chain: &Chain) -> Result<Self, Failure> {
        let [officer, alice, bob] = chain.accounts(["officer", "alice", "bob"]);
        let attester = Attester::new(Scalar::from(99));
        let shares = chain.deploy(&officer, ::register::init("Windmill".into(), 1_000, 0))?;
        let scene = Self { attester, shares, officer, alice, bob };
        scene.shares.by(&scene.officer).set_policy(Some(scene.policy())).succeeds();
        scene.shares.by(&scene.officer).list(who(&scene.alice), 500).succeeds();
        scene.shares.by(&scene.officer).transfer(who(&scene.alice), 300).succeeds();
        Ok(scene)
    }

    /// The current policy.
    pub(crate) fn policy(&self) -> Policy {
        policy(&self.attester)
    }

    /// An eligible holder.
    pub(crate) fn holder(&self) -> Wallet {
        wallet(&self.attester, 7, eligible())
    }

    /// The tag by which the register knows a holder.
    pub(crate) fn tag(&self, holder: &Wallet) -> Result<Field, Failure> {
        Ok(holder.tag(self.shares.terms(self.bob.account())?.scope))
    }

    /// A holder's statement for bob.
    pub(crate) fn statement(&self, holder: &Wallet) -> Result<Statement, Failure> {
        self.statement_for(holder, &self.bob)
    }

    /// A holder's statement for an account.
    pub(crate) fn statement_for(&self, holder: &Wallet, account: &Signer) -> Result<Statement, Failure> {
        Statement::of(&self.attester, holder, self.shares.terms(account.account())?)
    }

    /// An account shows a holder's proof for it.
    pub(crate) fn show(&self, chain: &Chain, holder: &Wallet, account: &Signer) -> Result<Shown, Failure> {
        let statement = self.statement_for(holder, account)?;
        Ok(self.shares.by(account).admit(statement.public.tag, statement.prove(chain)?))
    }

    /// Bob shows a proof.
    pub(crate) fn admit(&self, tag: Field, proof: Proof<Eligible>) -> Shown {
        self.shares.by(&self.bob).admit(tag, proof)
    }

    /// Alice sends shares.
    pub(crate) fn send(&self, to: &Signer, amount: u64) -> Sent<(), Refused> {
        self.shares.by(&self.alice).transfer(who(to), amount)
    }
}

/// The result of a proof that was shown: the last day on which it lets the account in.
pub(crate) type Shown = Sent<u32, Refused>;

/// Everything that a proof is made of, so that a test can change any of it.
#[derive(Clone)]
pub(crate) struct Statement {
    pub(crate) public: EligiblePublic,
    pub(crate) private: EligiblePrivate,
}

impl Statement {
    /// A holder's statement under these terms. For a revoked one, or one in a blocked country, no path shows the
    /// contrary: it takes the path of another.
    pub(crate) fn of(attester: &Attester, holder: &Wallet, terms: Terms) -> Result<Self, Failure> {
        Self::under(attester, holder, terms, &sanctions())
    }

    /// The same where these countries are blocked.
    pub(crate) fn under(
        attester: &Attester,
        holder: &Wallet,
        terms: Terms,
        sanctions: &IndexedTree<BLOCKED>,
    ) -> Result<Self, Failure> {
        let revocations = attester.revocations();
        let private = holder.private(&revocations, sanctions).or_else(|_| {
            let mut private = holder.private(&Default::default(), &Default::default())?;
            let serial = if revocations.contains(holder.credential.serial) {
                Field::from(1)
            } else {
                holder.credential.serial
            };
            private.non_membership = revocations.non_membership(serial)?;
            private.allowed_residence = sanctions.non_membership(Field::from(u64::from(NL)))?;
            Ok::<_, dusk_sdk::zk::native::IndexedError>(private)
        });
        let private = private.map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { public: terms.with(holder.tag(terms.scope)), private })
    }

    pub(crate) fn prove(&self, chain: &Chain) -> Result<Proof<Eligible>, ProveError> {
        chain.prove::<Eligible>(&self.public, &self.private)
    }

    /// That the prover refuses it, for a constraint with this name.
    #[track_caller]
    pub(crate) fn is_refused(&self, chain: &Chain, constraint: &str) {
        let refusal = self.prove(chain).expect_err("the statement is false");
        assert_eq!(refusal.constraint(), Some(constraint), "{refusal}");
    }
}
