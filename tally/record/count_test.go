package record_test

import (
	"bytes"
	"slices"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/tally/record"
)

// ended returns a board whose election has ended with two cast southern
// ballots, and the index of the end.
func ended(t *testing.T) (*board, uint64) {
	t.Helper()
	b := openBoard(t)
	for _, v := range b.voters[2:] {
		b.take(b.castOf(b.seal(v), v))
	}
	closed := b.post(b.closeBody(b.s.Size()), b.authority)
	b.tick(1100)
	b.tick(1160)
	return b, b.post(&entry.End{Close: closed}, b.own)
}

// totals are chunks of the right shape for an ended board: two sums of the
// south, which has four ciphertexts in each of its contests.
func totals() []*entry.Totals {
	return []*entry.Totals{
		{Chunk: 0, Parts: []entry.Part{{Contest: 0, Units: []uint64{north}}, {Contest: 0, Units: []uint64{south}, Ballots: 2, Sums: fill(256)}}},
		{Chunk: 1, Parts: []entry.Part{{Contest: 1, Units: []uint64{south}, Ballots: 2, Sums: fill(256)}, {Contest: 2, Units: []uint64{north}}}},
	}
}

func TestCloseAndEnd(t *testing.T) {
	b := openBoard(t)
	next := b.s.Size()
	b.refused("close by the board", b.sign(b.closeBody(next), b.own), record.ErrSignature, "signature 0")
	b.refused("close for an earlier index", b.sign(b.closeBody(next-1), b.authority), record.ErrLate, "signed for index 12, the next is 13")
	b.refused("close for a later index", b.sign(b.closeBody(next+1), b.authority), record.ErrLate, "signed for index 14, the next is 13")
	forged := b.closeBody(next)
	forged.Root[0] ^= 1
	b.refused("close of another history", b.sign(forged, b.authority), record.ErrContent, "root: not that of the first 13 entries")
	b.refused("end while open", b.sign(&entry.End{Close: next}, b.own), record.ErrPhase, "the election is open")
	if _, _, ok := b.s.Closed(); ok {
		t.Error("closed before the close")
	}
	closed := b.post(b.closeBody(next), b.authority)
	b.refused("close again", b.sign(b.closeBody(next+1), b.authority), record.ErrPhase, "the election is closing")
	b.refused("end before the close's tick", b.sign(&entry.End{Close: closed}, b.own), record.ErrPhase, "its close needs a tick")
	if _, covered, ok := b.s.Closed(); !ok || covered || b.s.Summary().DecideUntil != 0 {
		t.Error("the close has a code tick before any tick")
	}
	b.tick(1100)
	b.refused("end at once", b.sign(&entry.End{Close: closed}, b.own), record.ErrPhase, "0 seconds after the close, 60 are needed")
	b.tick(1159)
	b.refused("end a second early", b.sign(&entry.End{Close: closed}, b.own), record.ErrPhase, "59 seconds after the close, 60 are needed")
	b.tick(1160)
	b.refused("end by the authority", b.sign(&entry.End{Close: closed}, b.authority), record.ErrSignature, "signature 0")
	b.refused("end of another close", b.sign(&entry.End{Close: closed - 1}, b.own), record.ErrContent, "close: 12, the close entry is 13")
	b.refused("totals before the end", b.sign(totals()[0], b.own), record.ErrPhase, "the election is closing")
	if until := b.s.Summary().DecideUntil; until != 1160 {
		t.Errorf("decide until %d, want 1160", until)
	}
	end := b.post(&entry.End{Close: closed}, b.own)
	if at, ok := b.s.End(); !ok || at != end {
		t.Errorf("end at %d, %v", at, ok)
	}
	b.refused("end again", b.sign(&entry.End{Close: closed}, b.own), record.ErrPhase, "the election is ended")
	b.refused("tick after the end", b.sign(b.tickBody(1200), b.own), record.ErrPhase, "the election is ended")
	b.refused("ballot after the end", b.ballot(b.voters[2], nil), record.ErrPhase, "the election is ended")
}

func TestDecisionAfterEnd(t *testing.T) {
	b := openBoard(t)
	v := b.voters[2]
	closed := b.s.Size() + 2
	s := b.seal(v)
	b.post(b.closeBody(closed), b.authority)
	b.tick(1001)
	b.tick(1061)
	b.post(&entry.End{Close: closed}, b.own)
	b.refused("cast", b.castOf(s, v), record.ErrPhase, "the election is ended")
	b.refused("test", b.testOf(s, v), record.ErrPhase, "the election is ended")
}

// chunked are the leaf hashes of entries.
func chunked(entries ...*entry.Entry) []byte {
	var b []byte
	for _, e := range entries {
		leaf := e.LeafHash()
		b = append(b, leaf[:]...)
	}
	return b
}

func TestTotalsRules(t *testing.T) {
	b, end := ended(t)
	chunks := []*entry.Entry{b.sign(totals()[0], b.own), b.sign(totals()[1], b.own)}
	changed := func(change func(*entry.Totals)) *entry.Entry {
		x := totals()[0]
		change(x)
		return b.sign(x, b.own)
	}
	b.refused("by the authority", b.sign(totals()[0], b.authority), record.ErrSignature, "signature 0")
	b.refused("chunk 1 first", chunks[1], record.ErrContent, "chunk 1, the next is 0")
	b.refused("unknown contest", changed(func(x *entry.Totals) { x.Parts[1].Contest = 3 }), record.ErrContent, "parts[1].contest: there is no contest 3")
	b.refused("unknown unit", changed(func(x *entry.Totals) { x.Parts[0].Units[0] = 3 }), record.ErrContent, "parts[0].units: there is no unit 3")
	b.refused("sum left out", changed(func(x *entry.Totals) { x.Parts[1].Sums = fill(192) }), record.ErrContent, "parts[1].sums: 192 bytes, want 256 or none")
	b.refused("end first", b.sign(&entry.TotalsEnd{End: end, Chunks: fill(32)}, b.own), record.ErrContent, "not the leaf hashes of the 0 chunks")
	b.refused("share before the totals", b.sign(&entry.Share{Trustee: 1, Points: fill(32)}, b.trustees[0]), record.ErrPhase, "totals are complete: false")
	b.refused("result before the totals", b.sign(&entry.ResultEnd{End: end, Chunks: fill(32)}, b.authority), record.ErrPhase, "totals are complete: false")
	b.take(chunks[0])
	if _, ok := b.s.Totals(); ok || !bytes.Equal(b.s.PostedTotals(), chunked(chunks[0])) {
		t.Error("the totals are complete after one chunk")
	}
	b.refused("chunk 0 again", b.sign(totals()[0], b.own), record.ErrContent, "chunk 0, the next is 1")
	b.take(chunks[1])
	b.refused("end of another tree", b.sign(&entry.TotalsEnd{End: end - 1, Chunks: chunked(chunks...)}, b.own), record.ErrContent, "the valid end is")
	b.refused("chunks swapped", b.sign(&entry.TotalsEnd{End: end, Chunks: chunked(chunks[1], chunks[0])}, b.own), record.ErrContent, "not the leaf hashes of the 2 chunks")
	b.refused("chunk left out", b.sign(&entry.TotalsEnd{End: end, Chunks: chunked(chunks[0])}, b.own), record.ErrContent, "not the leaf hashes of the 2 chunks")
	b.post(&entry.TotalsEnd{End: end, Chunks: chunked(chunks...)}, b.own)
	b.refused("chunk after the end", b.sign(&entry.Totals{Chunk: 2, Parts: totals()[0].Parts}, b.own), record.ErrPhase, "totals are complete: true")
	b.refused("end again", b.sign(&entry.TotalsEnd{End: end, Chunks: chunked(chunks...)}, b.own), record.ErrPhase, "totals are complete: true")
	if parts, ok := b.s.Totals(); !ok || len(parts) != 4 {
		t.Errorf("totals %v, %v", parts, ok)
	}
}

// counted returns an ended board with totals.
func counted(t *testing.T) (*board, uint64) {
	t.Helper()
	b, end := ended(t)
	chunks := []*entry.Entry{b.sign(totals()[0], b.own), b.sign(totals()[1], b.own)}
	b.take(chunks[0])
	b.take(chunks[1])
	b.post(&entry.TotalsEnd{End: end, Chunks: chunked(chunks...)}, b.own)
	return b, end
}

func TestShareRules(t *testing.T) {
	b, end := counted(t)
	one := b.trustees[0]
	share := func(chunk uint64, points int) *entry.Entry {
		return b.sign(&entry.Share{Trustee: 1, Chunk: chunk, Points: fill(points)}, one)
	}
	shareEnd := func(end uint64, chunks []byte) *entry.Entry {
		return b.sign(&entry.ShareEnd{Trustee: 1, End: end, Root: fill(32), Chunks: chunks, Proof: fill(128)}, one)
	}
	b.refused("by another trustee", b.sign(&entry.Share{Trustee: 2, Points: fill(32)}, one), record.ErrSignature, "signature 0")
	b.refused("of nobody", b.sign(&entry.Share{Trustee: 0, Points: fill(32)}, one), record.ErrContent, "there is no trustee 0")
	b.refused("chunk 1 first", share(1, 32), record.ErrContent, "chunk 1, the next is 0")
	b.refused("more points than sums", share(0, 9*32), record.ErrContent, "points: 288 bytes with the chunks before it, the share has 256")
	first, second := share(0, 6*32), share(1, 2*32)
	b.take(first)
	b.refused("more in two chunks", share(1, 3*32), record.ErrContent, "points: 288 bytes")
	b.refused("end of another tree", shareEnd(end+1, chunked(first)), record.ErrContent, "the valid end is")
	b.refused("chunk that is not there", shareEnd(end, chunked(first, second)), record.ErrContent, "not the leaf hashes of the 1 chunks")
	b.take(second)
	if hashes, complete := b.s.PostedShare(1); complete || !bytes.Equal(hashes, chunked(first, second)) || len(b.s.Shares()) != 0 {
		t.Error("the share is complete before its end")
	}
	b.take(shareEnd(end, chunked(first, second)))
	b.refused("chunk after the end", share(2, 32), record.ErrDuplicate, "trustee 1's share is complete")
	b.refused("end again", shareEnd(end, chunked(first, second)), record.ErrDuplicate, "trustee 1's share is complete")
	shares := b.s.Shares()
	if len(shares) != 1 || len(shares[1].Points) != 256 || shares[1].End == nil {
		t.Errorf("shares %+v", shares)
	}
	// An empty share closes as well: that it is worth nothing is for the count.
	b.post(&entry.ShareEnd{Trustee: 2, End: end, Root: fill(32), Proof: fill(128)}, b.trustees[1])
}

func TestResultRules(t *testing.T) {
	b, end := counted(t)
	part := entry.ResultPart{Contest: "mayor", Units: []string{"south"}, Ballots: 2}
	chunk := func(n uint64) *entry.Entry {
		return b.sign(&entry.Result{Chunk: n, Parts: []entry.ResultPart{part}}, b.authority)
	}
	last := func(end uint64, chunks ...*entry.Entry) *entry.Entry {
		return b.sign(&entry.ResultEnd{End: end, Trustees: []uint64{1}, Chunks: chunked(chunks...)}, b.authority)
	}
	b.refused("by the board", b.sign(&entry.Result{Parts: []entry.ResultPart{part}}, b.own), record.ErrSignature, "signature 0")
	b.refused("chunk 1 first", chunk(1), record.ErrContent, "chunk 1, the next is 0")
	first, second := chunk(0), chunk(1)
	b.take(first)
	b.refused("chunk 0 again", chunk(0), record.ErrContent, "chunk 0, the next is 1")
	b.refused("end of another tree", last(end-1, first), record.ErrContent, "the valid end is")
	b.refused("chunk that is not there", last(end, first, second), record.ErrContent, "not the leaf hashes of the 1 chunks")
	if !bytes.Equal(b.s.PostedResult(), chunked(first)) {
		t.Error("posted chunks")
	}
	if _, _, _, ok := b.s.Result(); ok {
		t.Error("the result is complete before its end")
	}
	at := b.take(last(end, first))
	if parts, body, index, ok := b.s.Result(); !ok || index != at || len(parts) != 1 || !slices.Equal(body.Trustees, []uint64{1}) {
		t.Error("result")
	}
	if b.s.Phase() != record.PhaseCounted {
		t.Errorf("phase %v", b.s.Phase())
	}
	b.refused("chunk after the result", chunk(1), record.ErrDuplicate, "the result is complete")
	b.refused("second result", last(end, first), record.ErrDuplicate, "the result is complete")
	b.post(&entry.Share{Trustee: 2, Points: fill(32)}, b.trustees[1]) // a late share does no harm
}

// TestReplay builds the state of a whole record anew from its bytes, as a
// restarted board does, and holds both against one another.
func TestReplay(t *testing.T) {
	b, _ := counted(t)
	again := record.New()
	for i, raw := range b.raws {
		e, err := entry.Decode(raw)
		if err == nil {
			_, err = again.Judge(e)
		}
		if err == nil {
			err = again.Apply(e)
		}
		if err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
	}
	if again.Summary() != b.s.Summary() || again.Hash() != b.s.Hash() || !slices.Equal(again.RollCounts(), b.s.RollCounts()) {
		t.Errorf("state %+v, want %+v", again.Summary(), b.s.Summary())
	}
	mine, theirs := castBallots(again), castBallots(b.s)
	if len(mine) != 2 || len(theirs) != 2 {
		t.Fatalf("%d and %d cast ballots", len(mine), len(theirs))
	}
	for i := range mine {
		if mine[i].Index != theirs[i].Index || mine[i].Code != theirs[i].Code || mine[i].Leaf != theirs[i].Leaf ||
			mine[i].CodeTick != theirs[i].CodeTick || mine[i].DecidedAt != theirs[i].DecidedAt || mine[i].DecidedTime != theirs[i].DecidedTime {
			t.Errorf("cast ballot %d: %+v, want %+v", i, mine[i], theirs[i])
		}
	}
}
