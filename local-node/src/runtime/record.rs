//! The form of records in the log.

use local_node_consensus::{EPOCH, Millis, Persist, StepTimes};
use local_node_core::Record;
use local_node_types::codec::{Decode, DecodeError, Encode, Reader};
use local_node_types::ledger::{Block, ConsensusHeader, Fault, StepName, Vote};
use local_node_types::message::ValidationResult;

/// Stands for a round that never ends.
pub(super) const LATEST: u64 = u64::MAX;

/// The round after which a record is of no use: once it is final, or, for a fault, once the fault has expired. Step
/// times are of no use as soon as there are later ones, whatever the round.
pub(super) fn last_round(record: &Record) -> u64 {
    match record {
        Record::StepTimes(_) => LATEST,
        Record::Consensus(Persist::Iteration { round, .. }) => *round,
        Record::Consensus(Persist::Vote { header, .. } | Persist::ValidationResult(header, _)) => header.round,
        Record::Consensus(Persist::Candidate(block)) => block.header.height,
        Record::Fault(fault) => fault.headers()[0].round.saturating_add(EPOCH),
    }
}

/// The bytes of a record.
#[must_use]
pub fn encode(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    match record {
        Record::Consensus(Persist::Iteration { prev_block_hash, round, iteration }) => {
            bytes.push(0);
            bytes.extend(prev_block_hash);
            bytes.extend(round.to_le_bytes());
            bytes.push(*iteration);
        }
        Record::Consensus(Persist::Vote { header, step, vote }) => {
            bytes.push(1);
            header.encode(&mut bytes);
            bytes.push(*step as u8);
            vote.encode(&mut bytes);
        }
        Record::Consensus(Persist::Candidate(block)) => {
            bytes.push(2);
            block.encode(&mut bytes);
        }
        Record::Consensus(Persist::ValidationResult(header, result)) => {
            bytes.push(3);
            header.encode(&mut bytes);
            result.encode(&mut bytes);
        }
        Record::Fault(fault) => {
            bytes.push(4);
            fault.encode(&mut bytes);
        }
        Record::StepTimes(times) => {
            bytes.push(5);
            for step in StepName::ALL {
                let recorded: Vec<_> = times.recorded(step).collect();
                bytes.push(u8::try_from(recorded.len()).unwrap_or(u8::MAX));
                recorded.iter().for_each(|time| bytes.extend(time.0.to_le_bytes()));
            }
        }
    }
    bytes
}

/// Reads a record.
///
/// # Errors
/// When the bytes are no record, or more than one.
pub fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
    let mut reader = Reader::new(bytes);
    let record = match reader.u8()? {
        0 => Record::Consensus(Persist::Iteration {
            prev_block_hash: reader.array()?,
            round: reader.u64()?,
            iteration: reader.u8()?,
        }),
        1 => {
            let header = ConsensusHeader::decode(&mut reader)?;
            let step = reader.u8()?;
            let Some(step) = StepName::ALL.get(usize::from(step)).copied() else {
                return Err(reader.unknown_tag("step", step));
            };
            Record::Consensus(Persist::Vote { header, step, vote: Vote::decode(&mut reader)? })
        }
        2 => Record::Consensus(Persist::Candidate(Box::new(Block::decode(&mut reader)?))),
        3 => {
            let header = ConsensusHeader::decode(&mut reader)?;
            Record::Consensus(Persist::ValidationResult(header, ValidationResult::decode(&mut reader)?))
        }
        4 => Record::Fault(Box::new(Fault::decode(&mut reader)?)),
        5 => {
            let mut times = StepTimes::default();
            for step in StepName::ALL {
                for _ in 0..reader.u8()? {
                    times.record(step, Millis(reader.u64()?));
                }
            }
            Record::StepTimes(times)
        }
        tag => return Err(reader.unknown_tag("record", tag)),
    };
    match reader.remaining() {
        0 => Ok(record),
        left => Err(DecodeError::Trailing(left)),
    }
}

#[cfg(test)]
mod tests {
    use local_node_types::keys::{BlsKey, BlsSignature};
    use local_node_types::ledger::{Header, Statement};

    use super::*;

    fn records() -> Vec<Record> {
        let header = ConsensusHeader { prev_block_hash: [1; 32], round: 7, iteration: 3 };
        let mut header_of_block = Header { height: 7, ..Header::default() };
        header_of_block.hash = header_of_block.compute_hash();
        let block = Block { header: header_of_block, transactions: vec![], faults: vec![] };
        let mut times = StepTimes::default();
        (0..7).for_each(|time| times.record(StepName::Validation, Millis(time)));
        let (signer, signature) = (BlsKey([3; 96]), BlsSignature([4; 48]));
        let says = |payload| Statement { header, signer, signature, payload };
        let fault = Fault::DoubleRatificationVote(Box::new([says(Vote::NoQuorum), says(Vote::Valid([5; 32]))]));
        vec![
            Record::Fault(Box::new(fault)),
            Record::StepTimes(times),
            Record::Consensus(Persist::Iteration { prev_block_hash: [2; 32], round: 7, iteration: 200 }),
            Record::Consensus(Persist::Vote { header, step: StepName::Ratification, vote: Vote::Valid([5; 32]) }),
            Record::Consensus(Persist::Vote { header, step: StepName::Validation, vote: Vote::NoCandidate }),
            Record::Consensus(Persist::Candidate(Box::new(block))),
            Record::Consensus(Persist::ValidationResult(header, ValidationResult::default())),
        ]
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        for record in records() {
            let bytes = encode(&record);
            let read = decode(&bytes).expect("it decodes");
            assert_eq!(format!("{record:?}"), format!("{read:?}"));
            let until = match read {
                Record::StepTimes(_) => LATEST,
                Record::Fault(_) => 7 + EPOCH,
                Record::Consensus(_) => 7,
            };
            assert_eq!(last_round(&read), until);
        }
    }

    #[test]
    fn bytes_that_are_no_record_are_refused() {
        for record in records() {
            let bytes = encode(&record);
            for length in 0..bytes.len() {
                assert!(decode(&bytes[..length]).is_err(), "{length} bytes of {record:?}");
            }
            let longer = [bytes.as_slice(), &[0]].concat();
            assert!(matches!(decode(&longer), Err(DecodeError::Trailing(1))));
        }
        assert!(decode(&[6]).is_err());
    }
}
