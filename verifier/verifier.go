package verifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
)

// Options says against what a record is held. A record that vouches only for
// itself proves nothing: without an id V01 is skipped, without a policy V05.
type Options struct {
	// ElectionID is the id on the voters' letters; empty skips V01.
	ElectionID entry.ElectionID
	// Policy names the log's key and the witnesses a checkpoint needs; nil
	// skips V05.
	Policy *checkpoint.Policy
	// OldCheckpoints are signed checkpoints that somebody kept: the record
	// must hold each of them as a prefix.
	OldCheckpoints [][]byte
	// ExpectedCounts is the number of voters of every leaf unit, by id, as
	// published elsewhere; nil if it was not.
	ExpectedCounts map[string]uint64
	// Query asks for the state of ballots; nil asks for none.
	Query *Query
	// Since, if set, is what an earlier verification found: the record is
	// judged from there on, and must be the same up to there, or V05 fails.
	Since *State
	// OneByOne checks every equation by itself instead of hundreds of ballots as
	// one sum. It takes several times as long and says the same.
	OneByOne bool
	// NoHints leaves the board's hints alone and computes every root.
	NoHints bool
	// Progress, if set, is told how many entries of how many are judged, first
	// of all where that starts.
	Progress func(done, total uint64)
}

// maxSize is how many entries a record may have, SPEC.md, section 15. Within it, positions of
// entries, ballots and voters fit where they are packed to 31 or 32 bits.
const maxSize = 1 << 31

// attempts is how often a record is read if two values fall on one
// fingerprint, which even once is next to impossible.
const attempts = 3

// disagreement says whether the two arithmetics of group.Both disagree, which
// only a fault of one of them or of the machine can bring about.
var disagreement = group.Disagreement

// Verify reads the board behind source up to its checkpoint and judges it.
// The report is never nil. An error wraps tlog.ErrFetch or ctx's and says that
// the record could not be read to its end; the report then holds what could be
// judged. Whether the record is in order is the report's to say, not the
// error's. It computes in the arithmetic that group.Use has chosen; where the two
// of group.Both disagree, no check passes.
func Verify(ctx context.Context, source tlog.Reader, opts Options) (*Report, error) {
	start := time.Now()
	var (
		report *Report
		err    error
	)
	for try := 1; ; try++ {
		// A state goes on once: after a collision all is judged anew.
		j := opts.Since.begin(source, opts)
		err = j.read(ctx)
		again := false
		if err == nil && len(j.hits) > 0 {
			// Nothing is known as long as what the hits decided is not looked at.
			if again, err = j.relook(ctx); err != nil {
				err = j.unreadable(err)
			}
		}
		if again && try == attempts {
			err = fmt.Errorf("reading the record: fingerprints collide again and again, which says that it changes while it is read: %w", tlog.ErrFetch)
			j.skip(err.Error(), all...)
		}
		d := disagreement()
		if d != nil {
			j.checks = checks{}
			j.skip(d.Error(), all...)
		}
		report = j.report()
		if again && try < attempts {
			continue
		}
		if err == nil && d == nil {
			report.Snapshot = j.snapshot()
		}
		report.Elapsed = time.Since(start)
		return report, err
	}
}

// read makes the one pass over the record. Whatever is wrong with it is
// recorded in the checks; the error says that it could not be fetched.
func (j *judge) read(ctx context.Context) error {
	signed, err := j.source.Checkpoint(ctx)
	if err != nil {
		return j.unreadable(err)
	}
	size, err := j.log.begin(signed)
	if err != nil {
		j.fail(v05, err)
		return nil
	}
	j.checkPolicy()
	switch s := j.log.saved; {
	case s != nil && size < s.Size:
		j.fail(v05, fmt.Errorf("the board shows %d entries, and %d when it was verified before: it was rolled back", size, s.Size))
		return nil
	case size == 0:
		j.checkV05(true)
		j.skip("the board is empty", all...)
		return nil
	case size > maxSize:
		j.fail(v05, fmt.Errorf("checkpoint: %d entries, a record has at most %d", size, uint64(maxSize)))
		return nil
	}
	from := j.log.builder.Size()
	if err := j.resume(ctx, size); err != nil {
		return j.unreadable(err)
	}
	if j.opts.Progress != nil {
		j.opts.Progress(from, size)
	}
	b := newBundler(ctx, j, size)
	err = tlog.Entries(ctx, j.source, tlog.ResumeAt(from), size, func(index uint64, raw []byte) error {
		if index < from {
			return j.log.again(index, raw)
		}
		return b.add(index, raw)
	})
	if err != nil {
		if errors.Is(err, tlog.ErrFetch) && ctx.Err() == nil {
			b.flush(j.log.builder.Size() + uint64(len(b.entries)))
			j.finishPart()
		}
		// What the tiles lack now only follows from that; what is wrong does not.
		if terr := j.finishTiles(); !notRead(terr) && terr != nil {
			return j.unreadable(terr)
		}
		return j.unreadable(err)
	}
	// Every entry has been read: a board that holds back a hash tile must not
	// keep from judgement what only the whole record shows.
	err = j.finishTiles()
	if err == nil {
		err = j.log.oldErr
	}
	if err != nil {
		j.skip(fmt.Sprintf("a hash tile could not be read: %v", err), v05)
	}
	j.before = j.checks
	j.finish()
	return err
}

// bundle judges the next entries: what each needs alone on all cores, then all
// of them in order.
func (j *judge) bundle(entries []*prepared, hints map[uint64][]byte) {
	if first := entries[0]; first.index == 0 {
		first.decodeManifest()
		j.checkV01(first)
	}
	chunks := j.prepare(entries, hints)
	for i, chunk := range chunks {
		for k, p := range chunk {
			if _, ok := ballotOf(p); ok && p.ballot == nil && j.phase == phaseOpen {
				j.prepareBallots(rest(chunks, i, k))
			}
			if p.index > 0 && j.halted == "" {
				j.take(p)
			}
			j.append(p)
		}
	}
	j.addUp()
	j.checkV15()
}

// unreadable sorts an error of the reader: what was read and is wrong fails
// V05, what could not be read is returned. A fault that was found stands.
func (j *judge) unreadable(err error) error {
	if !notRead(err) {
		j.fail(v05, err)
		return nil
	}
	j.skip(fmt.Sprintf("the record could not be read to its end: %v", err), all...)
	return err
}

// notRead reports whether an error says nothing about the record itself.
func notRead(err error) bool {
	return errors.Is(err, tlog.ErrFetch) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// report sums up.
func (j *judge) report() *Report {
	r := &Report{
		Checks:    j.checks.list(),
		Void:      j.voids,
		Size:      j.log.builder.Size(),
		Before:    j.log.before,
		Results:   j.result.counts,
		Clock:     j.tell(),
		Tally:     j.tally,
		Receipts:  j.receipts(),
		Rehearsal: j.manifest != nil && j.manifest.Rehearsal,
	}
	if j.manifest != nil {
		r.ElectionID = string(entry.NewElectionID(j.hash))
	}
	slices.SortStableFunc(r.Void, func(a, b Void) int { return cmp.Compare(a.Index, b.Index) })
	for _, b := range j.ballots.all {
		switch b.state {
		case stateCast:
			r.Ballots.Cast++
		case stateTested:
			r.Ballots.Tested++
		case stateUndecided:
			r.Ballots.Undecided++
		}
	}
	for _, v := range r.Void {
		if v.Kind == string(entry.KindBallot) {
			r.Ballots.Void++
		}
	}
	return r
}
