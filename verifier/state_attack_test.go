package verifier

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
)

// What goes on from a state is judged in this process and in batches: the verifier in
// another language has no states, and those of another arithmetic are in
// TestStateOfAnotherArithmetic. Such records are judged from their beginning, by
// everybody, elsewhere: parts of the honest one in TestUnfinishedElections, ones with an
// entry changed in TestFlippedEntries, and ones with a wrong hash tile or older
// checkpoint in TestTamperedLog.

// stateAt returns the state after the first size entries.
func (r *record) stateAt(size uint64) *State {
	r.t.Helper()
	return saved(r.t, r.judgeAt(size))
}

func (r *record) judgeAt(size uint64) *Report {
	r.t.Helper()
	report, err := Verify(r.t.Context(), r.publishAt(size), r.options())
	r.must(err)
	return report
}

// file returns a state as saved.
func (r *record) stateFile(size uint64) []byte {
	r.t.Helper()
	var b bytes.Buffer
	r.must(r.judgeAt(size).Snapshot.Save(&b))
	return b.Bytes()
}

// since judges a board from a state.
func (r *record) since(s *State, files board, change ...func(*Options)) (*Report, error) {
	o := r.options()
	o.Since = s
	for _, c := range change {
		c(&o)
	}
	return Verify(r.t.Context(), files, o)
}

// long builds a record of several bundles, with void entries after "tick 2",
// and what else is done before its steps.
func long(t *testing.T, before ...func(*record, string, entry.Body) bool) *record {
	return build(t, tamper{before: func(r *record, step string, body entry.Body) bool {
		if step == "tick 2" {
			for range 600 {
				r.append(r.raws[len(r.raws)-1])
			}
		}
		for _, do := range before {
			if !do(r, step, body) {
				return false
			}
		}
		return true
	}})
}

// TestChangedHistory is a log that signs, with its witnesses, another past than
// the one that a monitor has verified.
func TestChangedHistory(t *testing.T) {
	short, many := build(t, tamper{}), long(t)
	end := slices.IndexFunc(short.raws, func(raw []byte) bool {
		e, err := entry.Decode(raw)
		return err == nil && e.Kind() == entry.KindEnd
	})
	for _, c := range []struct {
		name    string
		r       *record
		size    uint64 // when the state was saved
		change  int    // the entry that is another then, -1 for none
		shows   uint64 // how many entries there are then
		problem string
	}{
		{"an entry of the bundle that goes on", short, 25, 20, short.size(), "entry 20 is not the one that was verified before: the board has changed history"},
		{"nothing new", short, 30, 20, 30, "entry 20 is not the one that was verified before: the board has changed history"},
		{"an entry long ago", many, 400, 100, many.size(), "the board has changed history since 400 entries were verified"},
		{"an entry long ago, nothing new", many, 512, 100, 512, "the board has changed history since 512 entries were verified"},
		{"before the election opened", short, 8, 5, short.size(), "the first 8 entries are not those that were verified before: the board has changed history"},
		{"after the end", short, short.size(), end + 2, short.size(), "entries are not those that were verified before: the board has changed history"},
		{"before the end", short, short.size(), 20, short.size(), "entry 20 is not the one that was verified before"},
		{"one entry less", short, 25, -1, 24, "the board shows 24 entries, and 25 when it was verified before: it was rolled back"},
		{"back to setup", short, short.size(), -1, 3, "it was rolled back"},
		{"one entry less after the end", short, short.size(), -1, short.size() - 1, "it was rolled back"},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := *c.r
			other.t = t
			since := other.stateAt(c.size)
			if c.change >= 0 {
				raw := slices.Clone(other.raws[c.change])
				raw[len(raw)-1] ^= 1
				other.replace(c.change, raw)
			}
			report, err := other.since(since, other.publishAt(c.shows))
			if err != nil {
				t.Fatal(err)
			}
			if k := report.Check("V05"); k.Status != Fail || !strings.Contains(k.Error, c.problem) {
				t.Errorf("V05 is %s %q, want a failure with %q", k.Status, k.Error, c.problem)
			}
			if report.Snapshot != nil {
				t.Error("a changed history can be saved")
			}
		})
	}
}

// TestOtherElection holds that a state of one election says nothing about
// another.
func TestOtherElection(t *testing.T) {
	one, two := build(t, tamper{stop: "tick 3"}), build(t, tamper{stop: "tick 3", keys: "others"})
	since := one.stateAt(one.size())
	if since.ElectionID() != one.options().ElectionID {
		t.Errorf("the state is of %s", since.ElectionID())
	}
	report, err := two.since(since, two.publish())
	if err != nil || report.Check("V01").Status != Fail || report.Check("V05").Status != Fail {
		dump(t, report)
		t.Errorf("the state of another election: %v", err)
	}
}

// TestResumeHeldAgainst holds that what a record is held against is asked for
// anew: an id or policy that was not given then is checked now.
func TestResumeHeldAgainst(t *testing.T) {
	r := build(t, tamper{})
	report, err := Verify(t.Context(), r.publishAt(30), Options{})
	r.must(err)
	since := func() *State { return saved(t, report) }
	for _, c := range []struct {
		name   string
		change func(o *Options)
		check  string
		status Status
	}{
		{"id", func(o *Options) {}, "V01", Pass},
		{"policy", func(o *Options) {}, "V05", Pass},
		{"no id", func(o *Options) { o.ElectionID = "" }, "V01", Skipped},
		{"another id", func(o *Options) { o.ElectionID = entry.NewElectionID([64]byte{1}) }, "V01", Fail},
		{"no policy", func(o *Options) { o.Policy = nil }, "V05", Skipped},
		{"witnesses that did not sign", func(o *Options) { o.Policy.Quorum = 3 }, "V05", Fail},
		{"other counts", func(o *Options) { o.ExpectedCounts = map[string]uint64{"north": 1} }, "V04", Fail},
	} {
		report, err := r.since(since(), r.publish(), c.change)
		if err != nil || report.Check(c.check).Status != c.status {
			t.Errorf("%s: %s is %s, want %s, %v", c.name, c.check, report.Check(c.check).Status, c.status, err)
		}
	}
}

// TestResumeOldCheckpoints holds checkpoints that are older than the state
// against the tree that it was about.
func TestResumeOldCheckpoints(t *testing.T) {
	r := long(t)
	for _, c := range []struct {
		name   string
		old    []byte
		files  func(b board)
		status Status
		fetch  bool
	}{
		{"before", r.checkpoint(100), nil, Pass, false},
		{"at a tile", r.checkpoint(256), nil, Pass, false},
		{"at the state", r.checkpoint(400), nil, Pass, false},
		{"after", r.checkpoint(500), nil, Pass, false},
		{"another tree before", r.checkpointOf(100, tlog.Hash{1}), nil, Fail, false},
		{"another tree at the state", r.checkpointOf(400, tlog.Hash{1}), nil, Fail, false},
		{"a tile that is gone", r.checkpoint(100), func(b board) { delete(b, "tile/0/000") }, Skipped, true},
		{"a tile that fits the lie", r.checkpointOf(100, tlog.Hash{1}), func(b board) { b["tile/0/000"][0] ^= 1 }, Fail, false},
	} {
		files := r.publish()
		if c.files != nil {
			c.files(files)
		}
		report, err := r.since(r.stateAt(400), files, func(o *Options) { o.OldCheckpoints = [][]byte{c.old} })
		if errors.Is(err, tlog.ErrFetch) != c.fetch || report.Check("V05").Status != c.status {
			dump(t, report)
			t.Errorf("%s: V05 is %s, want %s, %v", c.name, report.Check("V05").Status, c.status, err)
		}
	}
}

// TestResumeCollision makes fingerprints of a state collide: what a hit decides
// is looked at from the first entry on, and all is judged anew.
func TestResumeCollision(t *testing.T) {
	r := build(t, at("tick 3", func(r *record, _ entry.Body) { r.append(r.raws[r.ballots["ballot n0"].index]) }))
	want := r.verify()
	since := r.stateAt(r.ballots["ballot n0"].index + 1)
	since.j.prints.mask = 0
	since.j.roll.list = []voter{{last: -1, unit: 1}} // on that fingerprint
	since.j.alphas.add(0)
	reads := 0
	got, err := r.since(since, r.publish(), func(o *Options) {
		o.Progress = func(done, _ uint64) {
			if done == 0 {
				reads++
			}
		}
	})
	if err != nil || reads != 1 {
		t.Fatalf("judged anew %d times, want once, %v", reads, err)
	}
	mustBeSame(t, got, want)
}

// TestStateServesOnce holds that a state that has been used, and one that is
// given with a query, only bind the history.
func TestStateServesOnce(t *testing.T) {
	r := build(t, tamper{})
	want := r.verify()
	since := r.stateAt(30)
	for range 2 {
		got, err := r.since(since, r.publish())
		if err != nil {
			t.Fatal(err)
		}
		mustBeSame(t, got, want)
	}
	if report, err := r.since(since, r.publishAt(29)); err != nil || report.Check("V05").Status != Fail {
		t.Errorf("a used state: V05 is %s, %v", report.Check("V05").Status, err)
	}
	q := &Query{number: ballotNumber(r.hash, r.voters["n0"].ballot.Public().Bytes())}
	report, err := r.since(r.stateAt(30), r.publish(), func(o *Options) { o.Query = q })
	if err != nil || !report.Verified() || len(report.Receipts) != 1 {
		t.Errorf("a query: %d receipts, %v", len(report.Receipts), err)
	}
}

// TestDamagedState is a file that is no state, or one with damage.
func TestDamagedState(t *testing.T) {
	r := build(t, tamper{stop: "tick 4"})
	good := r.stateFile(r.size())
	for _, c := range []struct {
		name, problem string
		file          []byte
	}{
		{"empty", "does not begin as one", nil},
		{"something else", "does not begin as one", bytes.Repeat([]byte("no state at all\n"), 9)},
		{"another version", "another version of this program", bytes.Replace(good, []byte("version 2"), []byte("version 1"), 1)},
		{"only a head", "is cut", good[:len(stateMagic)]},
		{"longer", "goes on after its end", append(slices.Clone(good), 0)},
		{"an item without end", "an item has at most", append([]byte(stateMagic), 0xff, 0xff, 0xff, 0xff)},
		{"last byte", "its hash does not match", append(slices.Clone(good[:len(good)-1]), good[len(good)-1]^1)},
	} {
		if _, err := ReadState(bytes.NewReader(c.file)); !errors.Is(err, ErrState) || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.problem)
		}
	}
	for at := 0; at < len(good); at += 23 {
		if _, err := ReadState(bytes.NewReader(good[:at])); !errors.Is(err, ErrState) {
			t.Errorf("cut at %d: error %v", at, err)
		}
		bad := slices.Clone(good)
		bad[at] ^= byte(1 + at%255)
		if _, err := ReadState(bytes.NewReader(bad)); !errors.Is(err, ErrState) {
			t.Errorf("byte %d of %d: error %v", at, len(good), err)
		}
	}
}

// TestInconsistentState is a whole file that does not agree with itself, which
// only a fault of this program, or of memory, could write.
func TestInconsistentState(t *testing.T) {
	for _, c := range []struct {
		name, problem string
		stop          string
		change        func(j *judge)
	}{
		{"leaf too many", "tree: its edge is that of another", "tick 4", func(j *judge) {
			j.log.kept.entries.Leaves = append(j.log.kept.entries.Leaves, tlog.Hash{})
		}},
		{"checkpoint of another size", "entries, its checkpoint 99", "tick 4", func(j *judge) { j.log.signed = withLine(j.log.signed, 1, "99") }},
		{"root of another tree", "root is not that of its checkpoint", "tick 4", func(j *judge) {
			j.log.signed = withLine(j.log.signed, 2, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		}},
		{"manifest with a byte flipped", "signature 0", "tick 4", func(j *judge) {
			raw := slices.Clone(j.first)
			raw[len(raw)-1] ^= 1
			j.first = raw
		}},
		{"end before its time", "close or end are not where", "tick 4", func(j *judge) { j.endIndex = 3 }},
		{"close beyond the tree", "close or end are not where", "tick 6", func(j *judge) { j.closeIndex = 1 << 20 }},
		{"another end", "the election ends with entry", "totals 0", func(j *judge) { j.endIndex = 9 }},
		{"clock beyond the tree", "clock: not of this record", "tick 4", func(j *judge) { j.clock.last = 1 << 40 }},
		{"codes for nobody", "there is no such ballot", "tick 4", func(j *judge) { j.clock.coded = 1 << 30 }},
		{"codes taken back", "clock: other ballots wait", "tick 4", func(j *judge) { j.clock.coded--; j.clock.gone = 0 }},
		{"expired before their code", "clock: not of this record", "tick 4", func(j *judge) { j.clock.gone = j.clock.coded + 1 }},
		{"roll out of order", "voter 1: not in order", "tick 4", func(j *judge) { j.roll.list[1].ballotKey = j.roll.list[0].ballotKey }},
		{"unit that is none", "there is no such unit", "tick 4", func(j *judge) { j.roll.list[j.ballots.at(0).voter].unit = 0 }},
		{"voter's ballot that is none", "voter 2: no such ballot", "tick 4", func(j *judge) { j.roll.list[2].last = 1000 }},
		{"ballot number too long", "voter 2: no such ballot or number", "tick 4", func(j *judge) { j.roll.list[2].numberHigh = 9 }},
		{"ballots out of order", "ballot 1: not in order", "tick 4", func(j *judge) { j.ballots.at(1).index = 1 }},
		{"ballot beyond the tree", "ballot 8: not in order", "tick 4", func(j *judge) { j.ballots.at(8).index = 1 << 20 }},
		{"ballot of nobody", "no such voter", "tick 4", func(j *judge) { j.ballots.at(8).voter = -1 }},
		{"ballot after itself", "ballot 1: not after", "tick 4", func(j *judge) { j.ballots.at(1).previous = 1 }},
		{"state that is none", "ballot 1: no such state", "tick 4", func(j *judge) { j.ballots.at(1).state = 7 }},
		{"code too long", "ballot 1: no such state or code", "tick 4", func(j *judge) { j.ballots.at(1).setCode(1e14) }},
		{"ballot without content", "can be decided or not", "tick 4", func(j *judge) { delete(j.pending, 5) }},
		{"content of a decided ballot", "can be decided or not", "tick 4", func(j *judge) { j.pending[0] = j.pending[5] }},
		{"content that is no point", "point is the identity", "tick 4", func(j *judge) {
			j.pending[5].contests[0].alphas[0] = group.Identity().Affine()
		}},
		{"content that is too short", "ciphertexts are missing", "tick 4", func(j *judge) { j.pending[5].contests = j.pending[5].contests[:1] }},
		{"content that is too long", "too many ciphertexts", "tick 4", func(j *judge) {
			j.pending[5].contests = append(slices.Clone(j.pending[5].contests), j.pending[5].contests[0])
		}},
		{"sum of no contest", "cell 5: no such contest", "tick 4", func(j *judge) { j.cells[cellKey{9, 1}] = j.cells[cellKey{0, 1}]; delete(j.cells, cellKey{0, 1}) }},
		{"void by no check", "no such check", "tick 4", func(j *judge) { j.voids = append(j.voids, Void{Check: "V99"}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := build(t, tamper{stop: c.stop})
			report := r.judgeAt(r.size())
			c.change(report.Snapshot.j)
			var b bytes.Buffer
			if err := report.Snapshot.Save(&b); err != nil {
				t.Fatal(err)
			}
			if _, err := ReadState(&b); !errors.Is(err, ErrState) || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("error %v, want %q", err, c.problem)
			}
		})
	}
}

// withLine replaces one line of a signed checkpoint.
func withLine(signed []byte, n int, line string) []byte {
	lines := strings.Split(string(signed), "\n")
	lines[n] = line
	return []byte(strings.Join(lines, "\n"))
}

// failing fails after some bytes, as a full disk does.
type failing struct{ room int }

func (f *failing) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errors.New("no room")
	}
	return len(b), nil
}

func TestSaveFails(t *testing.T) {
	r := build(t, tamper{stop: "tick 4"})
	snapshot := r.judgeAt(r.size()).Snapshot
	if err := snapshot.Save(&failing{100}); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("error %v, want that there is no room", err)
	}
	if err := snapshot.Save(&failing{1 << 20}); err != nil {
		t.Error(err)
	}
}

// TestNothingToSave holds that nothing is saved of a record that could not be
// read, or of which there is nothing.
func TestNothingToSave(t *testing.T) {
	r := build(t, tamper{})
	for name, files := range map[string]board{
		"empty":        {tlog.CheckpointPath: r.checkpointOf(0, tlog.EmptyRoot(), 0, 1)},
		"no bundle":    {tlog.CheckpointPath: r.checkpoint(r.size(), 0, 1)},
		"no hash tile": func() board { b := r.publish(); delete(b, tlog.Tile{Index: 0, Width: int(r.size())}.Path()); return b }(),
		"too large":    {tlog.CheckpointPath: r.checkpointOf(maxSize+1, tlog.Hash{1}, 0, 1)},
		"other root": func() board {
			b := r.publish()
			b[tlog.CheckpointPath] = r.checkpointOf(r.size(), tlog.Hash{1}, 0, 1)
			return b
		}(),
	} {
		report, _ := judgeEverywhere(t, files, r.options())
		if report.Snapshot != nil {
			t.Errorf("%s: something is saved", name)
		}
	}
}

// FuzzReadState reads any bytes as a state, with a hash that fits them. None
// makes the reader panic, and what it takes can be gone on from.
func FuzzReadState(f *testing.F) {
	var (
		good  []byte
		files board
		o     Options
	)
	f.Fuzz(func(t *testing.T, at uint32, with []byte, whole bool) {
		if good == nil {
			r := build(t, tamper{stop: "tick 4"})
			good, files, o = r.stateFile(r.size()), r.publish(), r.options()
		}
		file := with
		if !whole {
			// Put the bytes somewhere into a good one.
			i := int(at) % len(good)
			file = slices.Concat(good[:i], with, good[min(len(good), i+len(with)):])
		}
		if len(file) > 32 {
			c := newDecoder(nil)
			c.sum.Write(file[:len(file)-32])
			file = append(slices.Clone(file[:len(file)-32]), c.sum.Sum(nil)...)
		}
		s, err := ReadState(bytes.NewReader(file))
		if err != nil {
			return
		}
		opts := o
		opts.Since = s
		if _, err := Verify(t.Context(), files, opts); err != nil {
			t.Error(err)
		}
	})
}
