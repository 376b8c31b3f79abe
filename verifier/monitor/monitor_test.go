package monitor_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/internal/election"
	"rollcall/verifier"
	"rollcall/verifier/monitor"
)

// TestDoorTicksInTime has the board's own door keep its clock for an hour in
// which nobody votes, and then stop: it is the board that the monitor expects
// (SPEC.md, section 8), with nothing left to tolerate.
func TestDoorTicksInTime(t *testing.T) {
	ctx := t.Context()
	o := election.Small(t.TempDir())
	o.Voters, o.Open = []int{0, 0, 1, 0}, 2*time.Hour
	e, err := election.New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := errors.Join(e.Ceremony(ctx), e.Open(ctx)); err != nil {
		t.Fatal(err)
	}
	board, err := tlog.OpenDir(e.Public())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(e.Policy())
	if err != nil {
		t.Fatal(err)
	}
	policy, err := checkpoint.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, r: open(t), store: &memory{}, main: serve(t, nil), mirror: serve(t, nil)}
	s.watch(func(o *monitor.Options) {
		o.TickSlack, o.Mirrors, o.Main = 0, nil, monitor.Board{Name: "door", Reader: board}
		o.Record = verifier.Options{ElectionID: e.ID(), Policy: policy}
	})
	round := func(after time.Duration) []string {
		s.clock = time.Unix(int64(e.Now()), 0).Add(after)
		s.events = append(s.events, s.m.Round(ctx)...)
		return s.kinds(monitor.Alarm)
	}
	for elapsed := time.Duration(0); elapsed < time.Hour; {
		if err := e.Door.Step(ctx); err != nil {
			t.Fatal(err)
		}
		const late = 20 * time.Second // for a busy machine, and witnesses
		e.Advance(30*time.Second + late)
		elapsed += 30*time.Second + late
		if alarms := round(0); len(alarms) > 0 {
			t.Fatalf("after %v: %q: %+v", elapsed, alarms, s.events)
		}
	}
	if err := e.Door.Step(ctx); err != nil {
		t.Fatal(err)
	}
	if alarms := round(time.Minute); len(alarms) > 0 {
		t.Errorf("a minute later: %q", alarms)
	}
	if alarms := round(time.Minute + time.Second); len(alarms) != 1 || alarms[0] != "tick" {
		t.Errorf("a minute and a second later: %q", alarms)
	}
}

// TestTooFewToSay holds that nothing is said of ballots that ran out undecided
// before there are enough of them.
func TestTooFewToSay(t *testing.T) {
	s := newScene(t)
	votes(s, 0, least-1, 0)
	s.look(0)
	if got := s.kinds(monitor.Alarm); len(got) > 0 || s.m.Status().Judged.Undecided != nil {
		t.Errorf("alarms %q: %+v", got, s.events)
	}
	votes(s, least-1, 1, 0)
	s.look(0)
	if u := s.m.Status().Judged.Undecided; u == nil || *u != (monitor.Share{Undecided: least, Expired: least, Percent: 100}) {
		t.Errorf("%+v", u)
	}
}

// TestWindow holds that ballots which ran out long ago say nothing of now: in
// one hour all were undecided, in the next one none.
func TestWindow(t *testing.T) {
	s := newScene(t)
	votes(s, 0, least-1, 0)
	s.look(0)
	for range 60 {
		s.r.ticks(60)
		s.both()
		s.look(0)
	}
	votes(s, least, least, least)
	s.look(0)
	if u := s.m.Status().Judged.Undecided; u == nil || u.Undecided != 0 || u.Expired != least {
		t.Errorf("%+v", u)
	}
	if got := s.kinds(monitor.Alarm); len(got) > 0 {
		t.Errorf("alarms %q", got)
	}
}

// TestStateIsReadOnce holds that what was saved is read once at the start, and
// that a monitor goes on from there: it tells nothing again, and what came
// meanwhile.
func TestStateIsReadOnce(t *testing.T) {
	s := newScene(t)
	sealed := s.r.ballot(0)
	s.r.cast(0, sealed)
	s.r.cast(0, sealed) // void
	s.r.ticks(1)
	s.both()
	s.look(0)
	if got := s.kinds(monitor.Alarm); len(got) != 1 || got[0] != "void" {
		t.Fatalf("alarms %q", got)
	}
	s.store.loads, s.events = 0, nil
	s.watch()
	if j := s.m.Status().Judged; j != nil {
		t.Errorf("before it has looked: %+v", j)
	}
	s.look(0)
	if s.store.loads != 1 || len(s.kinds(monitor.Alarm)) > 0 {
		t.Errorf("read %d times, %+v", s.store.loads, s.events)
	}
	if j := s.m.Status().Judged; j == nil || j.New != 0 || j.Size != s.r.size() {
		t.Errorf("judged: %+v", j)
	}
	s.events = nil
	s.watch()
	s.main.show(s.r.publishAt(s.r.size() - 1))
	s.look(0)
	if got := s.kinds(monitor.Alarm); len(got) != 1 || got[0] != "rollback" || s.m.Status().Judged != nil {
		t.Errorf("rolled back meanwhile: %q", got)
	}
}

// TestStatusClaimsNothing holds that what was not judged is never told as if it
// were: entries beyond the last verification, and a board that is gone since.
func TestStatusClaimsNothing(t *testing.T) {
	s := newScene(t)
	if got := s.m.Status(); !got.Looked.IsZero() || got.Largest != nil || got.Judged != nil || len(got.Boards) != 2 || got.Boards[0].Shows != nil {
		t.Errorf("before it has looked: %+v", got)
	}
	s.look(0)
	size := s.r.size()
	s.r.ticks(1)
	f := s.r.publish()
	delete(f, (tlog.Tile{Level: tlog.EntriesLevel, Width: int(s.r.size())}).Path())
	s.main.show(f) // signed, and its entries can not be read
	s.mirror.show(s.r.publish())
	s.look(0)
	got := s.m.Status()
	if got.Largest.Size != size+1 || got.Judged.Size != size || got.Judged.Status != verifier.Skipped || got.Boards[0].Shows != nil || got.Boards[0].Lost.IsZero() || got.Boards[1].Shows.Size != size+1 {
		b, _ := json.MarshalIndent(got, "", " ")
		t.Errorf("%s", b)
	}
	s.main.show(s.r.publish())
	s.look(0)
	if j := s.m.Status().Judged; j.Size != size+1 || j.New != 1 || !j.Running || j.LastTick.Unix() != int64(s.r.now) || j.PerSecond() <= 0 || len(j.Checks) != 21 {
		t.Errorf("%+v", j)
	}
}

// TestReadAgain holds that a board which was gone, and comes back with something
// wrong, is not gone any more: it is that which is told, and stands.
func TestReadAgain(t *testing.T) {
	for _, c := range []struct {
		kind  string
		files func(r, forged *record) files
	}{
		{"fork", func(_, forged *record) files { return forged.publish() }},
		{"rollback", func(r, _ *record) files { return r.publishAt(r.size() - 7) }},
		{"tiles", func(r, _ *record) files { r.ticks(1); return r.hiding(true) }},
		{"unsigned", func(r, _ *record) files { return files{tlog.CheckpointPath: r.checkpoint(r.size(), false)} }},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			forged := s.r.clone(t)
			s.look(0)
			s.mirror.show(nil)
			s.look(0)
			s.r.ticks(60, 60, 60, 60, 60, 60)
			forged.ticks(61)
			s.main.show(s.r.publish())
			s.look(0)
			if got := s.kinds(monitor.Alarm); len(got) != 1 || got[0] != "unreachable" {
				t.Fatalf("alarms %q", got)
			}
			s.mirror.show(c.files(s.r, forged))
			s.look(0)
			got := s.m.Status()
			if len(got.Standing) != 1 || got.Standing[0].Kind != c.kind || !got.Boards[1].Lost.IsZero() || len(s.kinds(monitor.Over)) != 1 {
				t.Errorf("lost since %v, standing: %+v", got.Boards[1].Lost, got.Standing)
			}
		})
	}
}

// TestPastIsBounded holds that a board can not have the monitor remember, or
// tell, more and more.
func TestPastIsBounded(t *testing.T) {
	s := newScene(t)
	sealed := s.r.ballot(0)
	s.r.cast(0, sealed)
	for range 130 {
		s.r.cast(0, sealed)
		s.r.ticks(1)
		s.main.show(s.r.publish())
		s.look(0)
	}
	got := s.m.Status()
	if len(got.Past) != 100 || got.Alarms != 130 || got.Past[99].Alarm != 130 || len(got.Standing) != 0 {
		t.Errorf("%d past, %d alarms", len(got.Past), got.Alarms)
	}
}

// TestLongText holds that a text is cut, between two characters.
func TestLongText(t *testing.T) {
	s := newScene(t, func(o *monitor.Options) {
		o.Mirrors = []monitor.Board{{Name: "long", Reader: refusing{strings.Repeat("ö", 5000)}}}
	})
	s.look(0)
	for _, e := range s.events {
		if e.Board == "long" && (len(e.Text) > 4100 || strings.ToValidUTF8(e.Text, "") != e.Text || !strings.HasSuffix(e.Text, "ö...")) {
			t.Errorf("%d bytes: %q", len(e.Text), e.Text[len(e.Text)-20:])
		}
	}
	if n := len(s.kinds(monitor.Note)); n == 0 {
		t.Error("nothing is said")
	}
}

// refusing is a board that says why not, at length.
type refusing struct{ why string }

func (r refusing) Checkpoint(context.Context) ([]byte, error) { return nil, errors.New(r.why) }

func (r refusing) Tile(context.Context, tlog.Tile) ([]byte, error) { return nil, errors.New(r.why) }

// TestNeedsPolicy holds that nothing is watched that vouches only for itself.
func TestNeedsPolicy(t *testing.T) {
	if _, err := monitor.New(monitor.Options{}); err == nil {
		t.Error("a monitor without a policy")
	}
}
