package door_test

import (
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/tally/count"
)

// TestReplayIsCheap posts public entries again, as anybody can who reads the
// board and has no key. That is answered with their index; it must not make the
// door verify proofs or the key ceremony once more, or a stranger could take the
// processor from the calls. Allocations stand for work: they do not depend on
// the machine.
func TestReplayIsCheap(t *testing.T) {
	ctx := t.Context()
	e := opened(t)
	v := e.Voters[0]
	s := sealed(t, e, v)
	ballot, err := e.Board.Log().Entry(ctx, s.Index)
	must(t, err)
	var open []byte
	must(t, e.Board.Log().Entries(ctx, 0, s.Index, func(_ uint64, raw []byte) error {
		if x, err := entry.Decode(raw); err == nil && x.Kind() == entry.KindOpen {
			open = raw
		}
		return nil
	}))
	for name, raw := range map[string][]byte{"ballot": ballot, "open": open} {
		index, err := e.Door.Post(ctx, raw)
		must(t, err)
		size := e.Board.Log().Size()
		again := testing.AllocsPerRun(20, func() {
			if i, err := e.Door.Post(ctx, raw); err != nil || i != index {
				t.Errorf("%s again: index %d, %v", name, i, err)
			}
		})
		x, err := entry.Decode(raw)
		must(t, err)
		decoding := testing.AllocsPerRun(20, func() { _, _ = entry.Decode(raw) })
		verify := func() error { return e.Door.State().Verify(x) }
		if body, ok := x.Body.(*entry.Open); ok {
			verify = func() error { return count.VerifyOpen(e.Door.State(), body) }
		}
		verifying := testing.AllocsPerRun(20, func() { must(t, verify()) })
		if again-decoding > verifying/2 {
			t.Errorf("%s again: %.0f allocations, verifying takes %.0f", name, again-decoding, verifying)
		}
		if e.Board.Log().Size() != size {
			t.Errorf("%s again: the log has grown", name)
		}
	}
	// A ballot that differs in one byte is no known one.
	ballot = append([]byte(nil), ballot...)
	ballot[len(ballot)-1] ^= 1
	if _, err := e.Door.Post(ctx, ballot); err == nil {
		t.Error("a ballot with another signature is taken")
	}
}
