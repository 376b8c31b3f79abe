package verifier

import (
	"errors"
	"fmt"
)

// check holds that a state agrees with itself, so far that no part of it can
// lead the judge astray: a state is its owner's, but a disk can fail, and
// input never panics.
func (s *State) check() error {
	j := s.j
	size := j.log.builder.Size()
	for _, check := range []func() error{
		func() error { return s.checkSize(size) },
		j.checkClock, j.checkRollState,
		func() error { return j.checkBallotStates(size) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	if j.phase == phaseEnded {
		j.recount()
	}
	return nil
}

// checkSize holds that the state is about what its checkpoint signs: all of
// it, or what ended before.
func (s *State) checkSize(size uint64) error {
	j := s.j
	switch {
	case j.phase < phaseEnded && size != s.checkpoint.Size:
		return fmt.Errorf("tree: has %d entries, its checkpoint %d", size, s.checkpoint.Size)
	case size > s.checkpoint.Size:
		return fmt.Errorf("tree: has %d entries, its checkpoint only %d", size, s.checkpoint.Size)
	case size == s.checkpoint.Size && j.log.builder.Root() != s.checkpoint.Root:
		return errors.New("tree: its root is not that of its checkpoint")
	case j.phase == phaseEnded && size != j.endIndex+1:
		return fmt.Errorf("tree: has %d entries, the election ends with entry %d", size, j.endIndex)
	case j.phase < phaseEnded && j.endIndex != 0, j.phase == phaseOpen && j.closeIndex != 0, j.closeIndex >= size:
		return errors.New("election: close or end are not where the phase has them")
	}
	return nil
}

func (j *judge) checkClock() error {
	c := &j.clock
	n := int32(j.ballots.len())
	switch {
	case c.last >= j.log.builder.Size(), c.gone < 0, c.gone > c.coded, c.coded > n:
		return errors.New("clock: not of this record")
	case j.phase < phaseEnded && len(c.waiting) != int(n-c.coded), j.phase == phaseEnded && len(c.waiting) > 0:
		return errors.New("clock: other ballots wait for a code than have none")
	}
	return nil
}

func (j *judge) checkRollState() error {
	j.roll.counts = make([]uint64, len(j.manifest.Units))
	for i := range j.roll.list {
		v := &j.roll.list[i]
		switch {
		case i > 0 && j.roll.list[i-1].ballotKey.value() >= v.ballotKey.value():
			return fmt.Errorf("voter %d: not in order", i)
		case int(v.unit) >= len(j.plan.leaf) || !j.plan.leaf[v.unit]:
			return fmt.Errorf("voter %d: there is no such unit", i)
		case v.last < -1 || int(v.last) >= j.ballots.len(), v.number() >= 1e10:
			return fmt.Errorf("voter %d: no such ballot or number", i)
		}
		j.roll.counts[v.unit]++
	}
	return nil
}

func (j *judge) checkBallotStates(size uint64) error {
	last := uint32(0)
	for at, b := range j.ballots.all {
		switch {
		case b.index <= last || uint64(b.index) >= size:
			return fmt.Errorf("ballot %d: not in order", at)
		case b.voter < 0 || int(b.voter) >= len(j.roll.list):
			return fmt.Errorf("ballot %d: there is no such voter", at)
		case b.previous < -1 || b.previous >= at:
			return fmt.Errorf("ballot %d: not after the one before it", at)
		case b.state > stateVoid || b.code() >= 1e14:
			return fmt.Errorf("ballot %d: no such state or code", at)
		}
		last = b.index
		open := j.phase < phaseEnded && at >= j.clock.gone && b.state == stateUndecided
		if open != (j.pending[at] != nil) {
			return fmt.Errorf("ballot %d: can be decided or not, and its content says otherwise", at)
		}
	}
	return nil
}
