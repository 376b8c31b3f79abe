package monitor_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/verifier"
	"rollcall/verifier/evidence"
	"rollcall/verifier/monitor"
)

// slack, least and so on are what the scenes are watched with.
const (
	slack       = time.Minute
	unreachable = 5 * time.Minute
	window      = time.Hour
	least       = 20
)

// memory is a monitor.Store.
type memory struct {
	saved []byte
	loads int
	fails error // what Save returns
}

// Load implements monitor.Store.
func (m *memory) Load() (*verifier.State, error) {
	m.loads++
	if m.saved == nil {
		return nil, nil
	}
	return verifier.ReadState(bytes.NewReader(m.saved))
}

// Save implements monitor.Store.
func (m *memory) Save(s *verifier.Snapshot) error {
	if m.fails != nil {
		return m.fails
	}
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		return err
	}
	m.saved = b.Bytes()
	return nil
}

// scene is a record that a board and a mirror show, and a monitor of both.
type scene struct {
	t            *testing.T
	r            *record
	main, mirror *server
	clock        time.Time
	store        *memory
	kept         [][]byte // evidence
	m            *monitor.Monitor
	events       []monitor.Event // so far
}

func newScene(t *testing.T, change ...func(*monitor.Options)) *scene {
	t.Helper()
	s := &scene{t: t, r: open(t), store: &memory{}}
	s.main, s.mirror = serve(t, s.r.publish()), serve(t, s.r.publish())
	s.watch(change...)
	return s
}

// watch begins to watch with a new monitor, which goes on from what is saved.
func (s *scene) watch(change ...func(*monitor.Options)) {
	s.t.Helper()
	o := monitor.Options{
		Record: verifier.Options{Policy: s.r.policy(), ElectionID: entry.NewElectionID(s.r.hash)},
		Main:   s.reader(s.main), Mirrors: []monitor.Board{s.reader(s.mirror)}, Store: s.store,
		Keep: func(b []byte) (string, error) { s.kept = append(s.kept, b); return "evidence.txt", nil },
		Now:  func() time.Time { return s.clock }, TickSlack: slack, Unreachable: unreachable,
		Undecided: 0.5, Window: window, Least: least,
	}
	for _, c := range change {
		c(&o)
	}
	m, err := monitor.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.m = m
}

// reader reads a board over HTTP.
func (s *scene) reader(from *server) monitor.Board {
	s.t.Helper()
	r, err := tlog.OpenURL(from.URL, from.Client())
	if err != nil {
		s.t.Fatal(err)
	}
	return monitor.Board{Name: from.URL, Reader: r}
}

// both has board and mirror show the record as it is.
func (s *scene) both() {
	s.main.show(s.r.publish())
	s.mirror.show(s.r.publish())
}

// look makes a round so long after the record's last time, and returns what it
// tells.
func (s *scene) look(after time.Duration) []monitor.Event {
	s.t.Helper()
	s.clock = time.Unix(int64(s.r.now), 0).Add(after)
	events := s.m.Round(s.t.Context())
	s.events = append(s.events, events...)
	return events
}

// kinds returns the kinds of the events of a level so far, each once.
func (s *scene) kinds(level string) []string {
	var kinds []string
	for _, e := range s.events {
		if e.Level == level && !slices.Contains(kinds, e.Kind) {
			kinds = append(kinds, e.Kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// proven reports whether the evidence that was kept proves a fork, by itself.
func (s *scene) proven() bool {
	for _, b := range s.kept {
		e, err := evidence.Parse(b)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := e.Prove(s.r.log.Verifier()); err == nil {
			return true
		} else if !errors.Is(err, evidence.ErrOpen) {
			s.t.Error(err)
		}
	}
	return false
}
