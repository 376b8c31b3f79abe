package verifier

import (
	"slices"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/dkg"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

func TestTamperedManifest(t *testing.T) {
	mustFail(t, []corruption{{
		name: "another election", check: "V01", reason: "this is election",
		options: func(_ *record, o *Options) { o.ElectionID = entry.NewElectionID([64]byte{1}) },
	}, {
		name: "signed by the registrar", check: "V01", reason: "signature 0: signed by another key",
		tamper: signed("manifest", func(r *record) []*schnorr.SecretKey { return []*schnorr.SecretKey{r.registrar} }),
	}, {
		name: "signature of other bytes", check: "V01", reason: "signature does not verify",
		tamper: tamper{raw: func(r *record, step string, raw []byte) []byte {
			if step == "manifest" {
				raw = slices.Clone(raw)
				raw[len(raw)-1] ^= 1
				// The honest entries name the manifest by its hash.
				e, err := entry.Decode(raw)
				r.must(err)
				r.rehash = e
			}
			return raw
		}},
	}, {
		name: "version 2", check: "V01", reason: "manifest.version",
		tamper: tamper{manifest: func(m *entry.Manifest) { m.Version = 2 }},
	}, {
		name: "one key for two booths", check: "V01", reason: "the same key as",
		tamper: tamper{manifest: func(m *entry.Manifest) { m.Booths[1] = m.Booths[0] }},
	}, {
		name: "single ballots reported", check: "V01", reason: "manifest.minimum",
		tamper: tamper{manifest: func(m *entry.Manifest) { m.Minimum = 1 }},
	}, {
		name: "no manifest", check: "V01", reason: "want a manifest",
		tamper: tamper{before: func(r *record, step string, _ entry.Body) bool {
			if step == "manifest" {
				r.insert(&entry.Ceremony{Attempt: 1}, r.authority)
			}
			return true
		}},
	}, {
		name: "cut manifest", check: "V01", reason: "entry 0",
		tamper: tamper{raw: func(_ *record, step string, raw []byte) []byte {
			if step == "manifest" {
				return raw[:len(raw)-1]
			}
			return raw
		}},
	}})
}

func TestTamperedCeremony(t *testing.T) {
	changed := func(r *record, i int, flip int) []byte {
		m := slices.Clone(r.messages[i])
		m[flip] ^= 1
		return m
	}
	var late entry.Body
	mustFail(t, []corruption{{
		name: "message before all commitments", check: "V02", reason: "only 2 of 3 trustees had committed",
		tamper: tamper{before: func(r *record, step string, body entry.Body) bool {
			switch step {
			case "commitment 3":
				late = body
				return false
			case "message 2":
				r.insert(late, r.signing[2])
			}
			return true
		}},
	}, {
		name: "message changed after its hash", check: "V02", reason: "trustee 2: message is not the one it had committed to",
		tamper: at("message 2", func(r *record, body entry.Body) { body.(*entry.Round1).Message = changed(r, 1, 200) }),
	}, {
		name: "wrong proof of possession", check: "V02", reason: "trustee 2: proof of possession",
		tamper: tamper{before: func(r *record, step string, body entry.Body) bool {
			m := func() []byte { return changed(r, 1, 2*32+64-20) }
			switch step {
			case "commitment 2":
				h := dkg.CommitmentHash(dkg.SessionID(r.hash, 1), 2, m())
				body.(*entry.Commitment).Hash = h[:]
			case "message 2":
				body.(*entry.Round1).Message = m()
			}
			return true
		}},
	}, {
		name: "copied message", check: "V02", reason: "equal to another trustee's",
		tamper: tamper{before: func(r *record, step string, body entry.Body) bool {
			switch step {
			case "commitment 2":
				h := dkg.CommitmentHash(dkg.SessionID(r.hash, 1), 2, r.messages[0])
				body.(*entry.Commitment).Hash = h[:]
			case "message 2":
				body.(*entry.Round1).Message = r.messages[0]
			}
			return true
		}},
	}, {
		name: "missing message", check: "V02", reason: "trustee 2: no message", tamper: without("message 2"),
	}, {
		name: "two messages of one trustee", check: "V02", reason: "a second one of trustee 1 in attempt 1",
		tamper: at("message 2", func(r *record, _ entry.Body) {
			r.insert(&entry.Round1{Attempt: 1, Trustee: 1, Message: changed(r, 0, 3)}, r.signing[0])
		}),
	}, {
		name: "attempts out of order", check: "V02", reason: "attempt 3, want 2",
		tamper: at("roll 0", func(r *record, _ entry.Body) { r.insert(&entry.Ceremony{Attempt: 3}, r.authority) }),
	}, {
		name: "attempt that was not started", check: "V02", reason: "attempt 2 was not started",
		tamper: at("roll 0", func(r *record, _ entry.Body) {
			r.insert(&entry.Commitment{Attempt: 2, Trustee: 1, Hash: make([]byte, 64)}, r.signing[0])
		}),
	}, {
		name: "open names another attempt", check: "V02", reason: "ceremony attempt 2: was not started",
		tamper: at("open", func(_ *record, body entry.Body) { body.(*entry.Open).Attempt = 2 }),
	}, {
		name: "false complaint", check: "V02", reason: "trustee 1: false complaint",
		tamper: at("roll 0", func(r *record, _ entry.Body) {
			r.insert(&entry.Complaint{Attempt: 1, Trustee: 1, Against: 2, Evidence: make([]byte, dkg.ComplaintSize)}, r.signing[0])
		}),
	}, {
		name: "trustee who did not sign", check: "V03", reason: "trustee 2 did not sign", tamper: without("confirm 2"),
	}, {
		name: "signature of another transcript", check: "V03", reason: "trustee 2: transcript signature does not verify",
		tamper: at("confirm 2", func(_ *record, body entry.Body) { body.(*entry.Confirm).Signature[40] ^= 1 }),
	}, {
		name: "another joint key", check: "V03", reason: "joint key is not the one that open names",
		tamper: at("open", func(_ *record, body entry.Body) {
			body.(*entry.Open).JointKey = group.MulBase(group.RandomScalar()).Bytes()
		}),
	}, {
		name: "joint key that is no element", check: "V03", reason: "joint key",
		tamper: at("open", func(_ *record, body entry.Body) { body.(*entry.Open).JointKey = make([]byte, 32) }),
	}})
}

func TestTamperedRoll(t *testing.T) {
	replace := func(body entry.Body, i int, line []byte) {
		copy(body.(*entry.Roll).Voters[i*entry.VoterSize:], line)
	}
	mustFail(t, []corruption{{
		name: "voter twice", check: "V04", reason: "chunk 1, voter 0: a key of this voter stands on the roll already",
		tamper: at("roll 1", func(r *record, body entry.Body) { replace(body, 0, entry.AppendVoter(nil, r.line("n0"))) }),
	}, {
		name: "cast key that is another's ballot key", check: "V04", reason: "chunk 1, voter 2: a key",
		tamper: at("roll 1", func(r *record, body entry.Body) {
			v := r.line("s2")
			v.CastKey = r.line("s0").BallotKey
			replace(body, 2, entry.AppendVoter(nil, v))
		}),
	}, {
		name: "one key for both", check: "V04", reason: "chunk 0, voter 3: a key",
		tamper: at("roll 0", func(r *record, body entry.Body) {
			v := r.line("i0")
			v.CastKey = v.BallotKey
			replace(body, 3, entry.AppendVoter(nil, v))
		}),
	}, {
		name: "identity as a key", check: "V04", reason: "chunk 0, voter 0: ballot key: point is the identity",
		tamper: at("roll 0", func(_ *record, body entry.Body) { replace(body, 0, make([]byte, 32)) }),
	}, {
		name: "voter of the root", check: "V04", reason: "unit 0 is no unit without parts",
		tamper: at("roll 0", func(r *record, body entry.Body) {
			v := r.line("n0")
			v.Unit = 0
			replace(body, 0, entry.AppendVoter(nil, v))
		}),
	}, {
		name: "more voters than declared", check: "V04", reason: `unit "isle" has 2 voters, declared are 1`,
		tamper: at("roll 1", func(_ *record, body entry.Body) {
			roll := body.(*entry.Roll)
			roll.Voters = entry.AppendVoter(roll.Voters, entry.Voter{
				BallotKey: [32]byte(schnorr.GenerateKey().Public().Bytes()),
				CastKey:   [32]byte(schnorr.GenerateKey().Public().Bytes()), Unit: 3})
		}),
	}, {
		name: "chunks out of order", check: "V04", reason: "chunk 5, want 1",
		tamper: at("roll 1", func(_ *record, body entry.Body) { body.(*entry.Roll).Chunk = 5 }),
	}, {
		name: "half a voter", check: "V04", reason: "no multiple of 66",
		tamper: at("roll 1", func(_ *record, body entry.Body) {
			roll := body.(*entry.Roll)
			roll.Voters = append(roll.Voters, 1)
		}),
	}, {
		name: "chunk after the end", check: "V04", reason: "chunk 2 comes after the end of the roll",
		tamper: at("open", func(r *record, _ entry.Body) {
			v := entry.Voter{BallotKey: [32]byte(schnorr.GenerateKey().Public().Bytes()), CastKey: [32]byte(schnorr.GenerateKey().Public().Bytes()), Unit: 1}
			r.insert(&entry.Roll{Chunk: 2, Voters: entry.AppendVoter(nil, v)}, r.registrar)
		}),
	}, {
		name: "two ends", check: "V04", reason: "the roll has ended before",
		tamper: at("open", func(r *record, _ entry.Body) { r.insert(&entry.RollEnd{Counts: []uint64{0, 5, 3, 1, 1}}, r.registrar) }),
	}, {
		name: "other chunks than posted", check: "V04", reason: "its chunks are not those that were posted",
		tamper: at("roll-end", func(_ *record, body entry.Body) { body.(*entry.RollEnd).Chunks[0] ^= 1 }),
	}, {
		name: "counts of too few units", check: "V04", reason: "counts of 4 units, want 5",
		tamper: at("roll-end", func(_ *record, body entry.Body) {
			body.(*entry.RollEnd).Counts = body.(*entry.RollEnd).Counts[:4]
		}),
	}, {
		name: "no end", check: "V04", reason: "the roll has no end", tamper: without("roll-end"),
	}, {
		name: "open with other counts", check: "V04", reason: "its counts of voters are not those of the roll",
		tamper: at("open", func(_ *record, body entry.Body) { body.(*entry.Open).Voters[1] = 4 }),
	}, {
		name: "other counts than published", check: "V04", reason: `unit "north" has 5 voters on the roll, expected are 4`,
		options: func(_ *record, o *Options) {
			o.ExpectedCounts = map[string]uint64{"north": 4, "south": 3, "isle": 1, "empty": 1}
		},
	}, {
		name: "unit that nobody expected", check: "V04", reason: `unit "empty" is on the roll with 1 voters and not among them`,
		options: func(_ *record, o *Options) {
			o.ExpectedCounts = map[string]uint64{"north": 5, "south": 3, "isle": 1}
		},
	}})
}

func TestTamperedLog(t *testing.T) {
	flip := func(path string, at int) func(*record, board) {
		return func(_ *record, b board) {
			for p := range b {
				if len(p) >= len(path) && p[:len(path)] == path {
					b[p][at] ^= 1
				}
			}
		}
	}
	mustFail(t, []corruption{{
		name: "hash tile", check: "V05", reason: "hash 3 is not that of the entries", files: flip("tile/0/", 3*32),
	}, {
		name: "checkpoint without cosignatures", check: "V05", reason: "the policy asks for 2",
		files: func(r *record, b board) { b[tlog.CheckpointPath] = r.checkpoint(r.size(), 0) },
	}, {
		name: "checkpoint by another key", check: "V05", reason: "checkpoint",
		files: func(r *record, b board) {
			other, err := checkpoint.GenerateSigner(r.log.Origin(), zeros{})
			r.must(err)
			r.log = other
			b[tlog.CheckpointPath] = r.checkpoint(r.size(), 0, 1)
		},
	}, {
		name: "checkpoint of other entries", check: "V05", reason: "is not that of the entries",
		files: func(r *record, b board) {
			b[tlog.CheckpointPath] = r.checkpointOf(r.size(), [32]byte{1}, 0, 1)
		},
	}, {
		name: "policy of another log", check: "V05", reason: "not signed by the log",
		options: func(r *record, o *Options) {
			other, err := checkpoint.GenerateSigner(r.log.Origin(), zeros{})
			r.must(err)
			o.Policy.Log = other.Verifier()
		},
	}, {
		name: "history that was changed", check: "V05", reason: "history was changed",
		options: func(r *record, o *Options) {
			signed, err := r.log.Sign(10, [32]byte{1})
			r.must(err)
			o.OldCheckpoints = [][]byte{r.checkpoint(4), signed}
		},
	}, {
		name: "board that was cut", check: "V05", reason: "it was cut",
		options: func(r *record, o *Options) {
			signed, err := r.log.Sign(r.size()+1, [32]byte{1})
			r.must(err)
			o.OldCheckpoints = [][]byte{signed}
		},
	}, {
		name: "older checkpoint of another log", check: "V05", reason: "older checkpoint 1",
		options: func(r *record, o *Options) {
			other, err := checkpoint.GenerateSigner("rollcall.test/other", zeros{})
			r.must(err)
			signed, err := other.Sign(4, [32]byte{})
			r.must(err)
			o.OldCheckpoints = [][]byte{signed}
		},
	}, {
		name: "open saw another tree", check: "V05", reason: "root is not that of the first",
		tamper: at("open", func(_ *record, body entry.Body) { body.(*entry.Open).Root[0] ^= 1 }),
	}, {
		name: "open saw the future", check: "V05", reason: "signed for index 15",
		tamper: at("open", func(_ *record, body entry.Body) { body.(*entry.Open).Size++ }),
	}, {
		name: "open saw less", check: "V05", reason: "signed for index 5",
		tamper: at("open", func(r *record, body entry.Body) {
			root, err := r.tree.RootAt(5)
			r.must(err)
			open := body.(*entry.Open)
			open.Size, open.Root = 5, root[:]
		}),
	}, {
		name: "close saw another tree", check: "V05", reason: "close (entry",
		tamper: at("close", func(_ *record, body entry.Body) { body.(*entry.Close).Root[0] ^= 1 }),
	}})
}

// zeros is a random source for keys that need not be secret.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestOldCheckpoints holds that honest older checkpoints pass, of every size.
func TestOldCheckpoints(t *testing.T) {
	r := build(t, tamper{})
	o := r.options()
	for size := uint64(0); size <= r.size(); size += 7 {
		o.OldCheckpoints = append(o.OldCheckpoints, r.checkpoint(size))
	}
	report, err := judgeEverywhere(t, r.publish(), o)
	if err != nil || !report.Verified() {
		dump(t, report)
		t.Fatal(err)
	}
}
