package trustee

import (
	"errors"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/tally/record"
)

// TestCheatingBoard shows a trustee records that somebody with the keys of
// board and booth could make. Its tool refuses each, says which check did not
// pass, and posts nothing.
func TestCheatingBoard(t *testing.T) {
	// voted is an election in which the first six have cast, closed.
	voted := func(t *testing.T) *election {
		e := newElection(t, 3)
		e.seal()
		e.castAll(e.voters[:6]...)
		e.close()
		return e
	}
	// over ends the election and posts totals that cheat changes.
	over := func(cheat func(e *election, parts []entry.Part) []entry.Part) func(*testing.T) *election {
		return func(t *testing.T) *election {
			e := voted(t)
			e.end()
			e.postTotals(cheat(e, e.totals()))
			return e
		}
	}
	// badEnd lets some ticks and an end come before the decision time is over,
	// and goes on as if that were the end.
	badEnd := func(cheat func(e *election)) func(*testing.T) *election {
		return func(t *testing.T) *election {
			e := voted(t)
			cheat(e)
			index, _, _ := e.state.Closed()
			e.forceEnd(index)
			return e
		}
	}
	tests := []struct {
		name  string
		check string
		make  func(t *testing.T) *election
	}{
		{"sum over one ballot", "V14", over(func(e *election, parts []entry.Part) []entry.Part {
			parts[0].Sums = e.sumOf(e.voters[0])
			return parts
		})},
		{"sum over one ballot, as a part of its own", "V19", over(func(e *election, parts []entry.Part) []entry.Part {
			return append(parts, entry.Part{Contest: 0, Units: []uint64{3}, Ballots: 1, Sums: e.sumOf(e.voters[5])})
		})},
		{"tiny unit not merged", "V19", over(func(e *election, _ []entry.Part) []entry.Part {
			return []entry.Part{
				{Units: []uint64{1}, Ballots: 3, Sums: e.sumOf(e.voters[0:3]...)},
				{Units: []uint64{2}, Ballots: 2, Sums: e.sumOf(e.voters[3:5]...)},
				{Units: []uint64{3}, Ballots: 1, Sums: e.sumOf(e.voters[5])},
			}
		})},
		{"a cast ballot dropped", "V14", over(func(e *election, parts []entry.Part) []entry.Part {
			parts[0].Ballots, parts[0].Sums = 2, e.sumOf(e.voters[:2]...)
			return parts
		})},
		{"a ballot added that was not cast", "V14", over(func(e *election, parts []entry.Part) []entry.Part {
			parts[0].Ballots, parts[0].Sums = 4, e.sumOf(e.voters[0], e.voters[1], e.voters[2], e.voters[6])
			return parts
		})},
		{"a ballot replaced by another", "V14", over(func(e *election, parts []entry.Part) []entry.Part {
			parts[0].Sums = e.sumOf(e.voters[0], e.voters[1], e.voters[6])
			return parts
		})},
		{"no totals", "V14", func(t *testing.T) *election {
			e := voted(t)
			e.end()
			return e
		}},
		{"not ended", "V07", voted},
		{"early end", "V07", func(t *testing.T) *election {
			e := voted(t)
			index, _, _ := e.state.Closed()
			e.add(&entry.End{Close: index}, e.boardKey)
			return e
		}},
		{"early end and totals", "V06", badEnd(func(e *election) {})},
		{"early end after a tick without quorum", "V06", badEnd(func(e *election) {
			e.now += testDecision
			tick := e.tickBody()
			tick.Cosignatures = nil
			e.add(tick, e.boardKey)
		})},
		{"early end after a tick whose witness signed another time", "V06", badEnd(func(e *election) {
			tick := e.tickBody()
			tick.Time += testDecision
			e.add(tick, e.boardKey)
		})},
		{"end at the time of a tick set back", "V06", badEnd(func(e *election) {
			e.now -= 5
			e.add(e.tickBody(), e.boardKey)
		})},
		{"a roll after the end", "V06", func(t *testing.T) *election {
			e := voted(t)
			e.end()
			e.postTotals(e.totals())
			e.add(&entry.RollEnd{Chunks: make([]byte, 32), Counts: []uint64{0, 9, 0, 0}}, e.registrar)
			return e
		}},
		{"a cast after the end, counted", "V14", func(t *testing.T) *election {
			e := voted(t)
			e.end()
			cast := e.castEntry(e.voters[6])
			e.state.Skip(cast.LeafHash())
			e.append(cast.Bytes())
			parts := e.totals()
			parts[0].Ballots, parts[0].Sums = 4, e.sumOf(e.voters[0], e.voters[1], e.voters[2], e.voters[6])
			e.postTotals(parts)
			return e
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := test.make(t)
			e.refuses(test.check, e.source())
		})
	}
}

// refuses holds that a trustee's tool refuses the record at a check, posts
// nothing, and does not bind the key file to its tree.
func (e *election) refuses(check string, src Source) {
	e.t.Helper()
	size := e.size()
	err := e.decryptWith(1, src, false)
	if !errors.Is(err, ErrNotVerified) || !strings.Contains(err.Error(), "check "+check+" ") {
		e.t.Errorf("error %v, want ErrNotVerified at %s", err, check)
	}
	if e.size() != size {
		e.t.Errorf("%d entries were posted", e.size()-size)
	}
	t := e.open(1)
	defer t.Close()
	if t.s.Pinned != nil {
		e.t.Error("the key file is bound to a record that was refused")
	}
}

// forceEnd posts an end, and honest totals after it, past the board's rules: as
// an end that is void does not change the state, the totals are made on a copy
// of the board on which time went on.
func (e *election) forceEnd(close uint64) {
	e.t.Helper()
	later := e.lenient()
	later.now += 2 * testDecision
	later.tick()
	later.post(&entry.End{Close: close}, e.boardKey)
	parts := later.totals()

	end := e.size()
	e.add(&entry.End{Close: close}, e.boardKey)
	made := e.sign(&entry.Totals{Parts: parts}, e.boardKey)
	leaf := made.LeafHash()
	e.state.Skip(leaf)
	e.append(made.Bytes())
	e.add(&entry.TotalsEnd{End: end, Chunks: leaf[:]}, e.boardKey)
}

// lenient is a fork that skips what the rules refuse, as followers do.
func (e *election) lenient() *election {
	e.t.Helper()
	f := *e
	b := *e.board
	f.board = &b
	b.raws, b.state = nil, record.New()
	b.tree = tlog.NewRangeBuilder()
	for _, raw := range e.raws {
		if _, err := b.Post(e.t.Context(), raw); err != nil {
			made, err := entry.Decode(raw)
			e.must(err)
			b.state.Skip(made.LeafHash())
			b.append(raw)
		}
	}
	return &f
}

// TestSkippedChecks refuses to decrypt for whoever gives nothing to hold the
// record against.
func TestSkippedChecks(t *testing.T) {
	e := ended(t, 3)
	src := e.source()
	src.ID = ""
	e.refuses("V01", src)
	src = e.source()
	src.Policy = nil
	e.refuses("V05", src)
	src = e.source()
	src.Policy = &checkpoint.Policy{Log: newBoard(t, 1, 1).log.Verifier()}
	e.refuses("V05", src)
}

// TestRekeyedElection refuses a copy of the whole election that somebody else
// has made with keys of its own, by the election id alone.
func TestRekeyedElection(t *testing.T) {
	e, other := ended(t, 3), ended(t, 3)
	src := other.source() // even its own policy
	src.ID = e.source().ID
	other.dirs = e.dirs
	other.refuses("V01", src)
}

// TestRolledBack shows a checkpoint of an earlier tree, then the newest.
func TestRolledBack(t *testing.T) {
	e := ended(t, 3)
	end, _ := e.state.End()
	for _, test := range []struct {
		shown int
		check string
	}{{int(end), "V07"}, {int(end) + 1, "V14"}, {len(e.raws) - 1, "V14"}} {
		e.shown = test.shown
		e.refuses(test.check, e.source())
	}
	e.shown = 0
	e.must(e.decrypt(1, false))
}

// TestFlippedByte refuses a board whose entries are not those of its
// checkpoint.
func TestFlippedByte(t *testing.T) {
	e := ended(t, 3)
	raw := e.raws[len(e.raws)/2]
	raw[len(raw)/2] ^= 1
	e.refuses("V05", e.source())
}

// TestVoidEntriesAfterTheEnd decrypts what was cast in time, whatever stands
// after the end.
func TestVoidEntriesAfterTheEnd(t *testing.T) {
	e := newElection(t, 3)
	e.seal()
	e.castAll(e.voters[:6]...)
	e.close()
	e.end()
	late := e.castEntry(e.voters[6])
	e.state.Skip(late.LeafHash())
	e.append(late.Bytes())
	e.postTotals(e.totals())
	e.must(e.decrypt(1, false))
	e.must(e.decrypt(2, false))
	e.checkResult(1, 2)
}
