package verifier

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/schnorr"
)

// saved returns what is saved of a report, as read again; nil if there is
// nothing to save. What is read and saved again must be the same bytes.
func saved(t *testing.T, report *Report) *State {
	t.Helper()
	if report.Snapshot == nil {
		return nil
	}
	var file bytes.Buffer
	if err := report.Snapshot.Save(&file); err != nil {
		t.Fatal(err)
	}
	s, err := ReadState(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatalf("reading what was saved: %v", err)
	}
	if s.j == nil {
		return s
	}
	var again bytes.Buffer
	if err := (&Snapshot{s.j}).Save(&again); err != nil || !bytes.Equal(again.Bytes(), file.Bytes()) {
		t.Fatalf("what was read is saved as something else: %v", err)
	}
	return s
}

// mustAgreeInSteps holds that a record judged a few entries at a time, through
// a saved state each time, gives the report that it gives at once. Of what it gives
// at once everybody else is asked by judgeEverywhere.
func (r *record) mustAgreeInSteps(t *testing.T, want *Report, files board, o Options, step uint64) {
	t.Helper()
	early := o
	early.OldCheckpoints = nil // they are of sizes that are not reached yet
	var since *State
	for size := uint64(1); size < r.size(); size += step {
		early.Since = since
		report, err := Verify(t.Context(), r.publishAt(size), early)
		if err != nil {
			t.Fatal(err)
		}
		if report.Failed() {
			if report.Snapshot != nil {
				t.Error("there is a snapshot of a record that fails")
			}
			if !want.Failed() {
				dump(t, report)
				t.Fatalf("the first %d entries fail, all of them do not", size)
			}
			return
		}
		if since = saved(t, report); since == nil {
			t.Fatalf("nothing to save of %d entries", size)
		}
	}
	o.Since = since
	got, err := Verify(t.Context(), files, o)
	if err != nil {
		t.Fatal(err)
	}
	mustBeSame(t, got, want)
}

// mustBeSame compares all of two reports but the time they took. If V05 fails,
// the one that goes on from a state may say more, or stop earlier.
func mustBeSame(t *testing.T, got, want *Report) {
	t.Helper()
	if want.Check("V05").Status == Fail {
		if got.Check("V05").Status != Fail {
			dump(t, got)
			t.Fatal("V05 does not fail from a saved state")
		}
		return
	}
	tallies := [2]*Tally{}
	copies := [2]Report{}
	for i, r := range []*Report{got, want} {
		tallies[i], copies[i] = r.Tally, *r
		copies[i].Elapsed, copies[i].Tally, copies[i].Snapshot, copies[i].Before = 0, nil, nil, 0
		copies[i].Clock.Gap, copies[i].Clock.GapAt = 0, 0 // of what is judged now
		if len(r.Void) == 0 {
			copies[i].Void = nil
		}
	}
	if !reflect.DeepEqual(copies[0], copies[1]) {
		dump(t, want)
		dump(t, got)
		t.Fatalf("from a saved state the report is %+v, at once %+v", copies[0], copies[1])
	}
	if !bytes.Equal(flat(tallies[0]), flat(tallies[1])) {
		t.Fatal("from a saved state the tally is another")
	}
}

// flat writes a tally down.
func flat(y *Tally) []byte {
	if y == nil {
		return nil
	}
	b := append(y.ElectionHash[:], y.Root[:]...)
	b = append(b, byte(y.End))
	b = append(b, y.JointKey.Bytes()...)
	for _, s := range y.VerificationShares {
		b = append(b, s.Bytes()...)
	}
	for _, p := range y.Parts {
		b = append(b, byte(p.Contest), byte(len(p.Units)), byte(p.Ballots))
		for _, u := range p.Units {
			b = append(b, byte(u))
		}
		b = append(b, elgamal.Encode(p.Sums)...)
	}
	return b
}

// TestResume cuts a record with one void entry of many kinds after each entry,
// goes on one entry at a time, and from every entry to the end. Everybody is asked of
// the whole of it; the rest is about states, which this process has.
func TestResume(t *testing.T) {
	r := build(t, tamper{before: func(r *record, step string, _ entry.Body) bool {
		switch step {
		case "tick 3": // copies, with an alpha that is there
			r.append(r.raws[r.ballots["ballot n0"].index])
		case "cast n2", "tick 6", "end", "totals 0", "share 1.0": // decided before, or out of phase
			r.insert(&entry.Cast{Ballot: r.ballots["ballot n0"].index, Leaf: r.ballots["ballot n0"].leaf[:]}, r.voters["n0"].cast, r.booth)
		}
		return true
	}, signers: func(r *record, step string, keys []*schnorr.SecretKey) []*schnorr.SecretKey {
		if strings.HasSuffix(step, " i0") {
			return []*schnorr.SecretKey{keys[0], r.booth2}
		}
		return keys
	}})
	o := r.options()
	want := r.verify()
	if !want.Verified() || len(want.Void) != 6 {
		dump(t, want)
		t.Fatalf("%d void entries, want 6", len(want.Void))
	}
	r.mustAgreeInSteps(t, want, r.publish(), o, 1)
	for size := uint64(1); size <= r.size(); size++ {
		report, err := Verify(t.Context(), r.publishAt(size), o)
		if err != nil {
			t.Fatal(err)
		}
		since := saved(t, report)
		if since == nil || since.ElectionID() != o.ElectionID {
			t.Fatalf("no state of %d entries, or of another election", size)
		}
		again := o
		again.Since = since
		got, err := Verify(t.Context(), r.publish(), again)
		if err != nil {
			t.Fatal(err)
		}
		mustBeSame(t, got, want)
		// The same board again, from the state of just that.
		same := o
		same.Since = saved(t, report)
		if got, err = Verify(t.Context(), r.publishAt(size), same); err != nil {
			t.Fatal(err)
		}
		mustBeSame(t, got, report)
	}
}

// TestResumeLong does the same over several bundles, so that tiles fill up and
// bundles are taken up in their middle.
func TestResumeLong(t *testing.T) {
	r := build(t, tamper{before: func(r *record, step string, _ entry.Body) bool {
		for range map[string]int{"tick 2": 150, "cast n0": 250, "tick 6": 130, "totals 0": 100}[step] {
			r.append(r.raws[len(r.raws)-1]) // void, whatever it is
		}
		return true
	}})
	want := r.verify()
	if want.Size < 600 {
		t.Fatalf("only %d entries", want.Size)
	}
	for _, step := range []uint64{85, 255, 256, 257} {
		r.mustAgreeInSteps(t, want, r.publish(), r.options(), step)
	}
}
