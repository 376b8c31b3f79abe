package monitor_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/tally/booth"
	"rollcall/verifier/monitor"
)

// cases are all alarms: what raises each one and nothing else, or very nearly
// does; and, where it can pass, what ends it.
var cases = []struct {
	name, kind string
	run        func(s *scene, nearly bool)
	heal       func(s *scene)
}{
	{"rollback", "rollback", func(s *scene, nearly bool) {
		s.look(0)
		if nearly { // signed anew, at the same size
			s.main.show(s.r.publish())
		} else {
			s.main.show(s.r.publishAt(s.r.size() - 1))
		}
		s.look(0)
	}, func(s *scene) { s.both() }},
	{"fork", "fork", func(s *scene, nearly bool) {
		other := s.r.clone(s.t)
		s.r.ticks(5)
		s.both()
		s.look(0)
		if nearly {
			other = s.r
		}
		other.ticks(1, 1)
		s.main.show(other.publish())
		s.look(0)
	}, nil},
	{"a mirror's fork", "fork", func(s *scene, nearly bool) {
		other := s.r.clone(s.t)
		s.r.ticks(5)
		if nearly {
			other = s.r.clone(s.t)
		}
		other.ticks(1, 1, 1)
		s.main.show(s.r.publish())
		s.mirror.show(other.publish())
		s.look(0)
	}, nil},
	{"unsigned", "unsigned", func(s *scene, nearly bool) {
		f := s.r.publish()
		if nearly { // a stranger signed as well, and first
			stranger, err := checkpoint.GenerateCosigner("stranger.example/s", rand.Reader)
			s.r.must(err)
			c, err := stranger.Cosign(checkpoint.Checkpoint{Origin: s.r.log.Origin(), Size: s.r.size(), Root: s.r.root(s.r.size())}, s.r.now)
			s.r.must(err)
			f["checkpoint"], err = checkpoint.AddCosignatures(f["checkpoint"], c)
			s.r.must(err)
		} else {
			f["checkpoint"] = s.r.checkpoint(s.r.size(), false)
		}
		s.main.show(f)
		s.look(0)
	}, func(s *scene) { s.both() }},
	{"tiles", "tiles", func(s *scene, nearly bool) {
		s.look(0)
		s.r.ticks(1, 1)
		f := s.r.publish()
		if !nearly {
			f[(tlog.Tile{Width: int(s.r.size())}).Path()][40] ^= 1
		}
		s.mirror.show(f)
		s.look(0)
	}, func(s *scene) { s.both() }},
	{"unreachable", "unreachable", func(s *scene, nearly bool) {
		s.look(0)
		s.mirror.show(nil)
		s.look(0)
		s.r.ticks(60, 60, 60, 60, 60)
		s.main.show(s.r.publish())
		s.look(seconds(nearly, -1, 0))
	}, func(s *scene) { s.both() }},
	{"entries unreachable", "unreachable", func(s *scene, nearly bool) {
		s.look(0)
		s.r.ticks(60)
		s.both()
		f := s.r.publish()
		delete(f, (tlog.Tile{Level: tlog.EntriesLevel, Width: int(s.r.size())}).Path())
		s.main.show(f) // which can be compared, and not verified
		s.look(0)
		s.look(time.Minute)
		s.look(unreachable + seconds(nearly, -1, 0))
	}, func(s *scene) { s.r.ticks(60, 60, 60, 60, 60); s.both() }},
	{"no tick", "tick", func(s *scene, nearly bool) {
		s.look(0)
		s.look(time.Minute + slack + seconds(nearly, 0, 1))
	}, func(s *scene) { s.r.ticks(120); s.both() }},
	{"no first tick", "tick", func(s *scene, nearly bool) {
		s.r.raws = s.r.raws[:s.r.size()-1]
		s.both()
		s.look(0)
		s.look(time.Minute + slack + seconds(nearly, 0, 1))
	}, func(s *scene) { s.r.ticks(120); s.both() }},
	{"a late tick", "tick", func(s *scene, nearly bool) {
		s.look(0)
		s.r.ticks(120 + uint64(seconds(nearly, 0, 1)/time.Second))
		s.both()
		s.look(0)
	}, nil},
	{"a tick that strays", "tick-time", func(s *scene, nearly bool) {
		s.look(0)
		s.r.now++
		s.r.strayed(5 + uint64(seconds(nearly, 0, 1)/time.Second))
		s.r.ticks(1)
		s.both()
		s.look(0)
	}, nil},
	{"a tick from the future", "tick-time", func(s *scene, nearly bool) {
		s.look(-slack - seconds(nearly, 0, 1))
	}, func(*scene) {}},
	{"void", "void", func(s *scene, nearly bool) {
		sealed := s.r.ballot(0)
		s.both()
		s.look(0)
		s.r.cast(0, sealed)
		if !nearly {
			s.r.cast(0, sealed)
		}
		s.r.ticks(1)
		s.both()
		s.look(0)
	}, nil},
	{"undecided", "undecided", func(s *scene, nearly bool) {
		votes(s, 0, least, least/2-int(seconds(nearly, 0, 1)/time.Second))
		s.look(0)
	}, func(s *scene) {
		for range 60 {
			s.r.ticks(60)
		}
		votes(s, least, least, least)
	}},
	{"failed", "failed", func(s *scene, nearly bool) {
		s.look(0)
		root := s.r.root(s.r.size())
		if !nearly {
			root[0] ^= 1
		}
		s.r.post(&entry.Close{Index: s.r.size(), Root: root[:]}, s.r.authority)
		s.r.ticks(1)
		s.both()
		s.look(0)
	}, nil},
	{"state", "state", func(s *scene, nearly bool) {
		s.look(0)
		if !nearly {
			s.store.fails = errors.New("no room")
		}
		s.r.ticks(1)
		s.both()
		s.look(0)
	}, func(s *scene) { s.store.fails = nil; s.r.ticks(1); s.both() }},
}

// seconds is a time for what nearly raises an alarm, and one for what does.
func seconds(nearly bool, near, far int) time.Duration {
	if nearly {
		far = near
	}
	return time.Duration(far) * time.Second
}

// votes seals n ballots of voters from first on, casts some, and lets the time of
// all others run out.
func votes(s *scene, first, n, cast int) {
	var sealed []*booth.Sealed
	for v := range n {
		sealed = append(sealed, s.r.ballot(first+v))
	}
	for v, b := range sealed[:cast] {
		s.r.cast(first+v, b)
	}
	s.r.ticks(30, 30, 1)
	s.both()
}

// TestAlarms raises each alarm, and holds that it is the only one; that it is not
// raised by what is just in order; that it is told once; and that it ends.
func TestAlarms(t *testing.T) {
	for _, c := range cases {
		for _, nearly := range []bool{true, false} {
			name := c.name
			if nearly {
				name += ", nearly"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newScene(t)
				c.run(s, nearly)
				var want []string
				if !nearly {
					want = []string{c.kind}
				}
				if got := s.kinds(monitor.Alarm); !slices.Equal(got, want) {
					t.Fatalf("alarms %q, want %q: %+v", got, want, s.events)
				}
				if s.m.Raised() == nearly || s.proven() != (c.kind == "fork" && !nearly) {
					t.Errorf("raised %v, evidence %d", s.m.Raised(), len(s.kept))
				}
				if nearly {
					return
				}
				heal(t, s, c.heal)
			})
		}
	}
}

// heal looks again, at the same, and then at what ends the alarm.
func heal(t *testing.T, s *scene, with func(*scene)) {
	before, standing := len(s.events), s.m.Status().Standing
	s.clock = s.clock.Add(time.Millisecond)
	s.events = append(s.events, s.m.Round(t.Context())...)
	if n := len(s.events); n != before {
		t.Errorf("told again: %+v", s.events[before:])
	}
	if with == nil {
		return
	}
	with(s)
	s.look(time.Second)
	after := s.events[before:]
	if len(standing) != 1 || !slices.ContainsFunc(after, func(e monitor.Event) bool {
		return e.Level == monitor.Over && e.Kind == standing[0].Kind && e.Board == standing[0].Board && e.Alarm == standing[0].Alarm
	}) {
		t.Errorf("alarms %+v, and then %+v", standing, after)
	}
	if status := s.m.Status(); len(status.Standing) != 0 || len(status.Past) != 1 || status.Past[0].Ended != s.clock || !s.m.Raised() {
		t.Errorf("still standing: %+v, past: %+v", status.Standing, status.Past)
	}
	if got := s.kinds(monitor.Alarm); len(got) != 1 {
		t.Errorf("more alarms: %q", got)
	}
}
