package verifier

import (
	"fmt"

	"golang.org/x/crypto/scrypt"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/transcript"
)

// maxSkew is how far, in seconds, a witness's time may be from the tick's.
const maxSkew = 5

// clock is the board's time as its valid ticks tell it.
type clock struct {
	last    uint64 // index of the last valid tick; of open before the first
	time    uint64 // of the last valid tick
	ticks   uint64 // valid ones so far
	waiting []waiting
	coded   int32 // ballots before this position have a code
	gone    int32 // those before this one can not be decided any more
	// closedAt is the time of the close entry's code tick.
	closed   bool
	closedAt uint64
	// gap is the longest time between two ticks that this judge has seen, gapAt
	// the index of the second. No state has them.
	gap, gapAt uint64
}

// waiting is a ballot entry that has no code tick yet.
type waiting struct {
	index  uint64
	leaf   tlog.Hash
	ballot int32 // position among the valid ballots, -1 for a void one
	ghost  int32 // position among the void ones kept for a query, -1 for none
}

// tickFacts is what can be found out about a tick alone.
type tickFacts struct {
	err     error  // rules (b), (c) and the witnesses' part of (d)
	stretch []byte // S, 64 bytes; nil if it seemed that nobody needs it
}

// stretch computes S, from which the receipt codes of a tick are made. SPEC.md,
// section 8.
func (j *judge) stretch(t *entry.Tick) []byte {
	h := transcript.New("rollcall/v1/code/tick").
		Bytes(j.hash[:]).
		Uint64(t.Size).
		Bytes(t.Root).
		Bytes(t.Random).
		Uint64(uint64(len(t.Cosignatures)))
	for _, c := range t.Cosignatures {
		h.Uint64(c.Witness).Uint64(c.Time).Bytes(c.Value)
	}
	sum := h.Sum()
	s, err := scrypt.Key(sum[:], []byte("rollcall/v1/code/stretch"), 1<<10, 8, 1, 64)
	if err != nil {
		panic("verifier: scrypt: " + err.Error()) // the parameters are constants
	}
	return s
}

// checkCosignatures judges rules (b), (c) and the witnesses' part of (d) of
// SPEC.md, section 8.
func (j *judge) checkCosignatures(t *entry.Tick) error {
	m := j.manifest
	for i, c := range t.Cosignatures {
		switch {
		case c.Witness >= uint64(len(m.Witnesses)):
			return fmt.Errorf("cosignature %d: witness %d is not one of the %d", i, c.Witness, len(m.Witnesses))
		case i > 0 && t.Cosignatures[i-1].Witness >= c.Witness:
			return fmt.Errorf("cosignature %d: witnesses are not strictly ascending", i)
		case distance(c.Time, t.Time) > maxSkew:
			return fmt.Errorf("cosignature %d: %d "+strayed, i, distance(c.Time, t.Time))
		}
		err := checkpoint.VerifyCosignature(m.Witnesses[c.Witness].Key, m.Log.Origin, t.Size, tlog.Hash(t.Root), c.Time, c.Value)
		if err != nil {
			return fmt.Errorf("cosignature %d: %w", i, err)
		}
	}
	if n := uint64(len(t.Cosignatures)); n < m.Quorum {
		return fmt.Errorf("%d cosignatures, the quorum is %d", n, m.Quorum)
	}
	return nil
}

func distance(a, b uint64) uint64 { return max(a, b) - min(a, b) }

// takeTick judges a tick (V07) and lets a valid one turn the clock.
func (j *judge) takeTick(p *prepared, t *entry.Tick) {
	if err := j.checkV07Tick(p, t); err != nil {
		j.void(p, v07, "%w", err)
		return
	}
	if gap := t.Time - j.clock.time; j.clock.ticks > 0 && gap > j.clock.gap {
		j.clock.gap, j.clock.gapAt = gap, p.index
	}
	j.clock.last, j.clock.time = p.index, t.Time
	j.clock.ticks++
	j.giveCodes(p.tick, t)
	if j.phase == phaseClosing && !j.clock.closed && t.Size > j.closeIndex {
		j.clock.closed, j.clock.closedAt = true, t.Time
	}
	j.expire()
	j.log.builder.Forget(p.index + 1)
}

// checkV07Tick returns why a tick is void.
func (j *judge) checkV07Tick(p *prepared, t *entry.Tick) error {
	if err := j.signedBy(p); err != nil {
		return err
	}
	if t.Size <= j.clock.last || t.Size > p.index {
		return fmt.Errorf("size %d is not between %d and %d", t.Size, j.clock.last+1, p.index)
	}
	root, err := j.log.builder.RootAt(t.Size)
	if err != nil {
		return err
	}
	if root != tlog.Hash(t.Root) {
		return fmt.Errorf("root is not that of the first %d entries", t.Size)
	}
	if p.tick.err != nil {
		return p.tick.err
	}
	if j.clock.ticks > 0 && t.Time < j.clock.time {
		return fmt.Errorf("time %d is before the last tick's, %d", t.Time, j.clock.time)
	}
	return nil
}

// expire forgets the contents of ballots that can not be decided any more.
func (j *judge) expire() {
	// Codes are given in order and at times that ascend.
	for c := &j.clock; c.gone < c.coded && j.expired(j.ballots.at(c.gone)); c.gone++ {
		delete(j.pending, c.gone)
	}
}

// tell sums up what the clock says.
func (j *judge) tell() Clock {
	c := Clock{Running: j.phase == phaseOpen || j.phase == phaseClosing, Last: j.clock.time, Gap: j.clock.gap, GapAt: j.clock.gapAt}
	for at, b := range j.ballots.all {
		if b.state == stateVoid || j.phase < phaseEnded && at >= j.clock.gone {
			continue
		}
		c.Expired++
		if b.state == stateUndecided {
			c.Undecided++
		}
	}
	return c
}

// takeEnd judges an end (V07): the first valid one ends the election.
func (j *judge) takeEnd(p *prepared, end *entry.End) {
	if err := j.checkV07End(p, end); err != nil {
		j.void(p, v07, "%w", err)
		return
	}
	j.phase, j.endIndex = phaseEnded, p.index
	j.log.want(p.index + 1)
	// No ballot is taken or decided and no code is given from here on.
	j.pending, j.clock.waiting, j.alphas = map[int32]*sealed{}, nil, newFingerprintSet()
	j.recount()
}

// checkV07End returns why an end is void. Times of valid ticks ascend, so the
// last one tells whether any was late enough.
func (j *judge) checkV07End(p *prepared, end *entry.End) error {
	if err := j.signedBy(p); err != nil {
		return err
	}
	switch c := &j.clock; {
	case end.Close != j.closeIndex:
		return fmt.Errorf("names a close at index %d, which is at %d", end.Close, j.closeIndex)
	case !c.closed:
		return fmt.Errorf("close has no code tick yet")
	case c.time-c.closedAt < j.manifest.DecisionSeconds:
		return fmt.Errorf("comes %d seconds after close, voters have %d to decide", c.time-c.closedAt, j.manifest.DecisionSeconds)
	}
	return nil
}

// checkV07 holds that the election has ended.
func (j *judge) checkV07() {
	j.note(v07, "%d ticks", j.clock.ticks)
	switch {
	case j.phase == phaseOpen:
		j.skip("the election is still open", v07)
	case j.phase == phaseClosing && !j.clock.closed:
		j.skip("the election was closed and no tick has confirmed that yet", v07)
	case j.phase == phaseClosing:
		j.skip("the election is closed and has not ended: voters may still decide", v07)
	}
	j.pass(v07)
}
