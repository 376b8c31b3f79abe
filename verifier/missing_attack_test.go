package verifier

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
)

// withoutHashTile publishes a record with all its entries and no hash tile, and
// judges it.
func withoutHashTile(t *testing.T, r *record) *Report {
	t.Helper()
	files, found := r.publish(), false
	for name := range files {
		if strings.HasPrefix(name, "tile/0/") {
			delete(files, name)
			found = true
		}
	}
	if !found {
		t.Fatal("the board has no hash tile to hold back")
	}
	report, err := judgeEverywhere(t, files, r.options())
	if !errors.Is(err, tlog.ErrFetch) {
		t.Fatalf("error %v, want that a file could not be fetched", err)
	}
	return report
}

// TestHiddenHashTile is a board that serves a false result and holds back one
// file that no judgement of the result needs, so that "not verified" would read
// "incomplete".
func TestHiddenHashTile(t *testing.T) {
	for _, c := range []struct {
		name, check string
		tamper      tamper
	}{
		{"false result", "V16", at("result 0", func(_ *record, body entry.Body) {
			o := body.(*entry.Result).Parts[0].Options
			o[0].Votes, o[1].Votes = o[0].Votes+1, o[1].Votes-1
		})},
		{"part left out of the result", "V16", at("result 0", func(_ *record, body entry.Body) {
			b := body.(*entry.Result)
			b.Parts = b.Parts[1:]
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			report := withoutHashTile(t, build(t, c.tamper))
			if k := report.Check(c.check); k.Status != Fail || !report.Failed() {
				dump(t, report)
				t.Errorf("%s is %s, want a failure", c.check, k.Status)
			}
		})
	}
	// An honest record without the tile is incomplete and never verified.
	report := withoutHashTile(t, build(t, tamper{}))
	if k := report.Check("V05"); k.Status != Skipped || report.Failed() || report.Verified() {
		dump(t, report)
		t.Errorf("V05 is %s, want it skipped and nothing failed", k.Status)
	}
}

// TestHiddenTileOfOlderCheckpoint is a board that holds back a hash tile that only an
// older checkpoint needs, which is older than the state from which this goes on: what
// comes after the state is judged all the same. It is about states: records that hold
// something back are judged from their beginning, by everybody, in TestHiddenHashTile
// and TestFaultBeforeHiddenBundle.
func TestHiddenTileOfOlderCheckpoint(t *testing.T) {
	wrongTotals := func(r *record, step string, body entry.Body) bool {
		if step == "totals 0" {
			body.(*entry.Totals).Parts[0].Ballots++
		}
		return true
	}
	honest, wrong := long(t), long(t, wrongTotals)
	for _, c := range []struct {
		name, check string // "" if nothing is wrong
		r           *record
		old         [][]byte
	}{
		{"nothing wrong", "", honest, [][]byte{honest.checkpoint(100), honest.checkpoint(300)}},
		{"not held against what is not there", "", honest, [][]byte{honest.checkpointOf(100, tlog.Hash{1})}},
		{"wrong totals", "V14", wrong, [][]byte{wrong.checkpoint(100)}},
		{"another older checkpoint", "V05", honest, [][]byte{honest.checkpoint(100), honest.checkpointOf(300, tlog.Hash{1})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := c.r.publish()
			delete(files, "tile/0/000")
			report, err := c.r.since(c.r.stateAt(400), files, func(o *Options) { o.OldCheckpoints = c.old })
			if !errors.Is(err, tlog.ErrFetch) || report.Size != c.r.size() || report.Snapshot != nil {
				t.Errorf("%d of %d entries judged, error %v, want all and that a file could not be fetched", report.Size, c.r.size(), err)
			}
			if report.Failed() != (c.check != "") || c.check != "" && report.Check(c.check).Status != Fail {
				dump(t, report)
				t.Errorf("want a failure of %q", c.check)
			}
			for _, k := range report.Checks {
				if want := map[bool]Status{true: Skipped, false: Pass}[k.ID == "V05"]; c.check == "" && k.Status != want {
					t.Errorf("%s is %s, want %s", k.ID, k.Status, want)
				}
			}
		})
	}
}

// fill appends void entries until there are size ones: casts after the end whose second
// signature does not even decode, so that whoever judges them is soon done.
func (r *record) fill(size uint64) {
	b := r.ballots["ballot n0"]
	raw := slices.Clone(r.sign(&entry.Cast{Ballot: b.index, Leaf: b.leaf[:]}, b.voter.cast, r.booth).Bytes())
	raw[len(raw)-1] = 0xff // of S, which is not below the group's order then
	for r.size() < size {
		r.append(raw)
	}
}

// TestFaultBeforeHiddenBundle is a board that holds back the last bundle, so that a
// fault before it would read "incomplete".
func TestFaultBeforeHiddenBundle(t *testing.T) {
	hide := func(t *testing.T, r *record, o Options) *Report {
		t.Helper()
		files := r.publish()
		for name := range files {
			if strings.HasPrefix(name, "tile/entries/001") {
				delete(files, name)
			}
		}
		report, err := judgeEverywhere(t, files, o)
		if !errors.Is(err, tlog.ErrFetch) {
			t.Fatalf("error %v, want that a file could not be fetched", err)
		}
		if report.Snapshot != nil {
			t.Error("there is something to save")
		}
		return report
	}
	for _, c := range []struct {
		name, check string // "" if nothing is wrong
		tamper      tamper
		options     func(r *record, o *Options)
	}{
		{name: "nothing wrong"},
		{name: "stranger", check: "V06", tamper: signed("ceremony", func(r *record) []*schnorr.SecretKey { return []*schnorr.SecretKey{r.board} })},
		{name: "wrong totals", check: "V14", tamper: at("totals 0", func(_ *record, body entry.Body) { body.(*entry.Totals).Parts[0].Ballots++ })},
		{name: "false result", check: "V16", tamper: at("result 0", func(_ *record, body entry.Body) {
			o := body.(*entry.Result).Parts[0].Options
			o[0].Votes, o[1].Votes = o[0].Votes+1, o[1].Votes-1
		})},
		{name: "more votes than ballots, and no shares", check: "V17", tamper: tamper{before: func(_ *record, step string, body entry.Body) bool {
			if b, ok := body.(*entry.Result); ok && step == "result 0" {
				for i := range b.Parts {
					p := &b.Parts[i]
					if p.Contest == "council" && len(p.Options) > 0 { // of which two options can be chosen
						p.Options[0].Votes, p.Options[1].Votes, p.Options[2].Votes = p.Ballots+1, 0, 0
						p.Undervotes = p.Ballots - 1
					}
				}
			}
			return !strings.HasPrefix(step, "share")
		}}},
		{name: "a share of the result is not there", tamper: without("share 3.0", "share 3.1", "share-end 3")},
		{name: "expected counts", check: "V04", options: func(_ *record, o *Options) { o.ExpectedCounts = map[string]uint64{"north": 4} }},
		{name: "older checkpoint", check: "V05", options: func(r *record, o *Options) {
			o.OldCheckpoints = [][]byte{r.checkpointOf(7, [32]byte{1})}
		}},
		{name: "rolled back", check: "V05", options: func(r *record, o *Options) {
			o.OldCheckpoints = [][]byte{r.checkpointOf(301, [32]byte{1})}
		}},
		{name: "older checkpoint of what is not there", options: func(r *record, o *Options) {
			o.OldCheckpoints = [][]byte{r.checkpointOf(280, [32]byte{1}), r.checkpoint(7), r.checkpoint(256)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := build(t, c.tamper)
			r.fill(300)
			o := r.options()
			if c.options != nil {
				c.options(r, &o)
			}
			report := hide(t, r, o)
			if c.check == "" && (report.Failed() || report.Verified()) || c.check != "" && report.Check(c.check).Status != Fail {
				dump(t, report)
				t.Errorf("want a failure of %q", c.check)
			}
		})
	}
}

// TestUnreadableFilesOfACopy is a directory in which somebody has put what can not be
// read beside the record's files: it makes nothing incomplete, and hides no fault.
func TestUnreadableFilesOfACopy(t *testing.T) {
	short, more, grown := build(t, tamper{}), build(t, tamper{}), build(t, tamper{})
	more.fill(300)
	grown.fill(512)
	link := func(name string) error {
		return errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.Symlink("gone", name))
	}
	file := func(name string) error { return os.WriteFile(name, []byte("x"), 0o644) }
	for _, c := range []struct {
		name, path string
		r          *record
		put        func(name string) error
		wrong      string // a hash tile that is made wrong
	}{
		{"a dangling link for a hash tile", "tile/0/000.p/7", short, link, ""},
		{"a dangling link for a bundle", "tile/entries/000.p/7", short, link, ""},
		{"a dangling link for a full tile", "tile/0/001", more, link, ""},
		{"a file for a directory of bundles", "tile/entries/000.p", more, file, ""},
		{"a file for a directory of hash tiles", "tile/0/000.p", more, file, ""},
		{"a file for a directory of the record's own tile, which is full", "tile/0/001.p", grown, file, ""},
		{"a file for a directory of the record's own bundle, which is full", "tile/entries/001.p", grown, file, ""},
		{"and a wrong tile behind it", "tile/entries/000.p", more, file, "tile/1/000.p/1"},
		{"and a wrong tile before it", "tile/entries/000.p", more, file, "tile/0/000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, o := c.r.publish(), c.r.options()
			if c.r == grown { // whose files are copied after the checkpoint
				files = grown.publishAt(300)
				for _, full := range []string{"tile/0/001", "tile/entries/001"} {
					files[full] = grown.publish()[full]
					delete(files, full+".p/44")
				}
			}
			if c.wrong != "" {
				files[c.wrong][5] ^= 1
			}
			folder := files.folder(t)
			if err := c.put(filepath.Join(folder, c.path)); err != nil {
				t.Fatal(err)
			}
			report, err := JudgeFolder(t, 0, folder, o)
			if err != nil || report.Verified() != (c.wrong == "") || report.Failed() != (c.wrong != "") {
				dump(t, report)
				t.Errorf("error %v, want a failure of V05: %v", err, c.wrong != "")
			}
		})
	}
}

// TestWrongTileBeforeMissingOne holds that a wrong hash tile counts, whatever could
// not be fetched while entries streamed by. It makes by hand what only a board that
// changes meanwhile would bring about; of one that stays, others are asked in
// TestUnreadableFilesOfACopy.
func TestWrongTileBeforeMissingOne(t *testing.T) {
	r := build(t, tamper{})
	files := r.publish()
	files[tlog.Tile{Width: int(r.size())}.Path()][5] ^= 1
	j := newJudge(files, r.options())
	j.log.tiles = tlog.NewTileChecker(t.Context(), files, r.size())
	for _, raw := range r.raws {
		r.must(j.log.tiles.Append(raw, tlog.LeafHash(raw)))
	}
	j.log.tileErr = tlog.ErrFetch
	if err := j.finishTiles(); err != nil || !j.failed(v05) {
		t.Errorf("error %v, V05 %v, want that it failed", err, j.checks[v05].err)
	}
}

// TestEmptyRecord is a board of size 0: rolled back, or with a root that no tree has.
func TestEmptyRecord(t *testing.T) {
	r := build(t, tamper{})
	for _, c := range []struct {
		name   string
		root   [32]byte
		old    [][]byte
		policy bool
		failed bool
	}{
		{"empty", tlog.EmptyRoot(), [][]byte{r.checkpointOf(0, tlog.EmptyRoot())}, true, false},
		{"another root", r.tree.Root(), nil, true, true},
		{"another root, no policy", [32]byte{}, nil, false, true},
		{"rolled back", tlog.EmptyRoot(), [][]byte{r.checkpoint(1)}, true, true},
		{"of whose log is not known", tlog.EmptyRoot(), [][]byte{r.checkpoint(1)}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := board{tlog.CheckpointPath: r.checkpointOf(0, c.root, 0, 1)}
			o := r.options()
			o.OldCheckpoints = c.old
			if !c.policy {
				o.Policy = nil
			}
			report, err := judgeEverywhere(t, files, o)
			if err != nil || report.Verified() || report.Failed() != c.failed {
				dump(t, report)
				t.Errorf("error %v, want a failure: %v", err, c.failed)
			}
		})
	}
}

// TestMalformedSignatureLines: a checkpoint with a line that is none is wrong even where
// nobody says whose signature it must have.
func TestMalformedSignatureLines(t *testing.T) {
	r := build(t, tamper{})
	for _, c := range []struct {
		name, line string
		failed     bool
	}{
		{"another's", "\u2014 somebody AAAAAAAA\n", false},
		{"no line", "junk\n", true},
		{"no base64", "\u2014 somebody AAAA*AAA\n", true},
		{"base64 that is not canonical", "\u2014 somebody AAAAAAB=\n", true},
		{"too short", "\u2014 somebody AAAA\n", true},
		{"no name", "\u2014  AAAAAAAA\n", true},
		{"a name with a plus", "\u2014 some+body AAAAAAAA\n", true},
		{"a name with a wide space", "\u2014 some\u3000body AAAAAAAA\n", true},
		{"a control character", "\u2014 some\x01body AAAAAAAA\n", true},
		{"no end", "\u2014 somebody AAAAAAAA", true},
		{"too many", strings.Repeat("\u2014 somebody AAAAAAAA\n", 98), true},
		{"too long", "\u2014 somebody " + strings.Repeat("AAAA", 1<<14) + "\n", true},
	} {
		for size, files := range map[string]board{
			"empty":     {tlog.CheckpointPath: r.checkpointOf(0, tlog.EmptyRoot(), 0, 1)},
			"no bundle": {tlog.CheckpointPath: r.checkpoint(r.size(), 0, 1)},
		} {
			t.Run(c.name+", "+size, func(t *testing.T) {
				files[tlog.CheckpointPath] = append(files[tlog.CheckpointPath], c.line...)
				o := r.options()
				for _, o.Policy = range []*checkpoint.Policy{o.Policy, nil} {
					report, _ := judgeEverywhere(t, files, o)
					if report.Failed() != c.failed || (report.Check("V05").Status == Fail) != c.failed || report.Verified() {
						dump(t, report)
						t.Errorf("policy %v: want a failure: %v", o.Policy != nil, c.failed)
					}
				}
			})
		}
	}
}
