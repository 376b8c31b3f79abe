package verifier

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// prepared is an entry with everything that can be found out about it alone,
// which is nearly all of the cost of judging it.
type prepared struct {
	index uint64
	raw   []byte
	leaf  tlog.Hash
	entry *entry.Entry
	err   error // it does not decode
	hints []byte
	ahead group.Ahead // its points, where there are no hints
	// points decodes the points of the entry in their order.
	points *group.Decoder
	// signed is nil iff every signature holds under the key it names. Whether
	// that is the right key is judged in order.
	signed error
	tick   *tickFacts
	roll   *rollFacts
	ballot *ballotFacts
	test   *testFacts
}

// prepare works out entries in chunks, each on a core of its own: it decodes them,
// and checks signatures, cosignatures, keys of voters and, once the election is
// open, proofs of ballots and openings. It returns the chunks.
func (j *judge) prepare(entries []*prepared, hints map[uint64][]byte) [][]*prepared {
	chunks := share(entries, runtime.GOMAXPROCS(0))
	parallel(len(chunks), func(i int) {
		for _, p := range chunks[i] {
			p.decode()
		}
	})
	if j.halted != "" {
		return chunks // nothing but the tree is judged any more
	}
	giveHints(entries, hints)
	batches := j.batchesFor(chunks)
	parallel(len(chunks), func(i int) {
		b := &batches[i]
		points := group.NewDecoder(nil)
		for some := range slices.Chunk(chunks[i], entriesAhead) {
			if !j.opts.OneByOne {
				decodeAhead(some)
			}
			for _, p := range some {
				j.gather(b, p, points)
			}
		}
		b.check(j.joint, j.opts.OneByOne)
	})
	if j.joint != nil {
		j.prepareTests(chunks)
	}
	j.stretchTicks(chunks)
	return chunks
}

// entriesAhead is of how many entries points are decoded ahead: so few that they
// are in the cache of a core when they are taken.
const entriesAhead = 32

// gather works out an entry, whose points are allocated with those of others.
func (j *judge) gather(b *batch, p *prepared, points *group.Decoder) {
	if p.entry == nil || p.index == 0 {
		return
	}
	p.points = points.With(p.hints)
	if p.hints == nil {
		p.points = points.WithAhead(p.ahead)
	}
	j.gatherSignatures(b, p)
	switch body := p.entry.Body.(type) {
	case *entry.Tick:
		p.tick = &tickFacts{err: j.checkCosignatures(body)}
	case *entry.Roll:
		p.roll = j.readRoll(p, body)
	case *entry.Ballot:
		if j.joint != nil {
			j.gatherBallot(b, p, body)
		}
	}
}

// prepareBallots works out the ballots and tests of chunks in which the election
// was opened. The roll and the joint key are fixed by now.
func (j *judge) prepareBallots(chunks [][]*prepared) {
	batches := j.batchesFor(chunks)
	parallel(len(chunks), func(i int) {
		b := &batches[i]
		for _, p := range chunks[i] {
			if body, ok := ballotOf(p); ok && p.ballot == nil {
				j.gatherBallot(b, p, body)
			}
		}
		b.check(j.joint, j.opts.OneByOne)
	})
	j.prepareTests(chunks)
}

// batchesFor returns an empty batch for each chunk, in the room of those before.
func (j *judge) batchesFor(chunks [][]*prepared) []batch {
	if n := len(chunks) - len(j.batches); n > 0 {
		j.batches = append(j.batches, make([]batch, n)...)
	}
	return j.batches
}

// decode decodes the entry, once.
func (p *prepared) decode() {
	if p.entry != nil || p.err != nil {
		return
	}
	p.leaf = tlog.LeafHash(p.raw)
	p.entry, p.err = entry.Decode(p.raw)
}

// gatherSignatures adds the signatures of an entry under the keys it names.
func (j *judge) gatherSignatures(b *batch, p *prepared) {
	e := p.entry
	keys, err := j.keys(p)
	if err != nil {
		p.signed = err
		return
	}
	equations := make([]group.Equation, len(keys))
	for i, key := range keys {
		s, err := schnorr.DecodeSignature(p.points, e.Signatures[i].Value)
		if err != nil {
			p.signed = fmt.Errorf("signature %d: %w", i, err)
			return
		}
		equations[i] = s.Equation(key, e.SignedMessage(i, j.hash[:]))
		equations[i].Label = signatureLabels[i]
	}
	b.add(equations, func(err error) {
		var failed *group.EquationError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%s: %w", failed.Label, schnorr.ErrSignature)
		}
		p.signed = err
	})
}

// signatureLabels name the signatures of an entry, of which none has more.
var signatureLabels = [...]string{"signature 0", "signature 1"}

// keys returns the keys that an entry's signatures name. Those of the manifest
// are decoded already; the hints of entries by a voter begin with the voter's.
func (j *judge) keys(p *prepared) ([]schnorr.PublicKey, error) {
	signatures := p.entry.Signatures
	keys := make([]schnorr.PublicKey, len(signatures))
	for i, s := range signatures {
		var d *group.Decoder
		if i == 0 && byVoter(p.entry.Kind()) {
			d = p.points
		}
		if known, ok := j.plan.keys[[32]byte(s.Signer)]; ok {
			keys[i] = known
			d.Skip(1)
			continue
		}
		key, err := schnorr.DecodePublicKey(d, s.Signer)
		if err != nil {
			return nil, fmt.Errorf("signature %d: %w", i, err)
		}
		keys[i] = key
	}
	return keys, nil
}

// byVoter reports whether signature 0 of a kind is by a key of the roll.
func byVoter(k entry.Kind) bool {
	return k == entry.KindBallot || k == entry.KindCast || k == entry.KindTest
}

// stretchTicks works out S of the ticks before which a ballot waits for its code,
// as far as can be told without judging them. An idle board's ticks cost nothing.
func (j *judge) stretchTicks(chunks [][]*prepared) {
	var ticks []*prepared
	waiting := len(j.clock.waiting) > 0
	for _, entries := range chunks {
		for _, p := range entries {
			if _, ok := ballotOf(p); ok {
				waiting = true
			} else if waiting && p.tick != nil && p.tick.err == nil {
				ticks = append(ticks, p)
				waiting = false
			}
		}
	}
	parallel(len(ticks), func(i int) { ticks[i].tick.stretch = j.stretch(ticks[i].entry.Body.(*entry.Tick)) })
}

func ballotOf(p *prepared) (*entry.Ballot, bool) {
	if p.entry == nil {
		return nil, false
	}
	b, ok := p.entry.Body.(*entry.Ballot)
	return b, ok
}

// verifyNamed checks every signature of an entry under the key it names, by
// itself.
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
