package verifier

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
)

// bundleSize is how many entries are worked on at a time.
const bundleSize = tlog.TileWidth

// prepared is an entry with everything that can be found out about it alone,
// which is nearly all of the cost of judging it.
type prepared struct {
	index uint64
	raw   []byte
	leaf  tlog.Hash
	entry *entry.Entry
	err   error // it does not decode
	// signed is nil iff every signature holds under the key it names. Whether
	// that is the right key is judged in order.
	signed error
	tick   *tickFacts
	ballot *ballotFacts
}

// prepare decodes entries, checks their signatures and works out ticks.
func (j *judge) prepare(entries []*prepared) {
	parallel(len(entries), func(i int) {
		p := entries[i]
		p.leaf = tlog.LeafHash(p.raw)
		if p.entry, p.err = entry.Decode(p.raw); p.err != nil {
			return
		}
		var hash []byte
		if p.index > 0 {
			hash = j.hash[:]
		}
		p.signed = verifyNamed(p.entry, hash)
		if t, ok := p.entry.Body.(*entry.Tick); ok && j.plan != nil {
			p.tick = &tickFacts{err: j.checkCosignatures(t)}
		}
	})
	codes := j.codeTicks(entries)
	parallel(len(codes), func(i int) { codes[i].tick.stretch = j.stretch(codes[i].entry.Body.(*entry.Tick)) })
}

// codeTicks returns the ticks before which a ballot waits for its code, as far
// as can be told without judging them. An idle board's ticks cost nothing.
func (j *judge) codeTicks(entries []*prepared) (ticks []*prepared) {
	ballots := len(j.clock.waiting) > 0
	for _, p := range entries {
		switch {
		case isBallot(p.entry):
			ballots = true
		case ballots && p.tick != nil && p.tick.err == nil:
			ticks = append(ticks, p)
			ballots = false
		}
	}
	return ticks
}

// prepareBallots works out the ballots among entries. The roll and the joint
// key are fixed by now.
func (j *judge) prepareBallots(entries []*prepared) {
	parallel(len(entries), func(i int) {
		if p := entries[i]; isBallot(p.entry) {
			p.ballot = j.workOutBallot(p)
		}
	})
}

func isBallot(e *entry.Entry) bool {
	if e == nil {
		return false
	}
	_, ok := e.Body.(*entry.Ballot)
	return ok
}

// verifyNamed checks every signature of an entry under the key it names.
func verifyNamed(e *entry.Entry, electionHash []byte) error {
	for i, s := range e.Signatures {
		key, err := schnorr.ParsePublicKey(s.Signer)
		if err != nil {
			return fmt.Errorf("signature %d: %w", i, err)
		}
		if err := key.Verify(e.SignedMessage(i, electionHash), s.Value); err != nil {
			return fmt.Errorf("signature %d: %w", i, err)
		}
	}
	return nil
}

// parallel calls fn for 0 to n-1 on all cores and waits.
func parallel(n int, fn func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var (
		next atomic.Int64
		wg   sync.WaitGroup
	)
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	wg.Wait()
}
