package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"rollcall/bulletin/checkpoint"
)

// Limits of asking.
const (
	// askTimeout is below what a cosignature's time may differ from a tick's.
	askTimeout = 4 * time.Second
	maxPause   = 30 * time.Second
)

// ErrNoQuorum says that fewer witnesses cosigned than are needed.
var ErrNoQuorum = errors.New("no quorum of witnesses")

// Member names a witness of a group.
type Member struct {
	Key *checkpoint.Verifier
	// MLDSA is its ML-DSA-44 key, under the same name; nil if none is known.
	MLDSA *checkpoint.Verifier
	URL   string // its address: requests go to URL/add-checkpoint
}

// Group is the witnesses of one log, of whom a quorum must cosign each tree.
type Group struct {
	members []*member
	quorum  int
	log     *slog.Logger

	mu    sync.Mutex
	last  time.Time // of the last quorum
	err   error     // of the last tree, nil if the quorum cosigned
	since time.Time // when err became nil, or ceased to be; zero before the first tree
}

// NewGroup returns the witnesses of a log. Logger is told when one goes or comes
// back; nobody if nil.
func NewGroup(members []Member, quorum int, logger *slog.Logger) (*Group, error) {
	if quorum < 1 || quorum > len(members) {
		return nil, fmt.Errorf("a quorum of %d among %d witnesses", quorum, len(members))
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	g := &Group{quorum: quorum, log: logger}
	// A witness that sends elsewhere is not followed: its address is configured.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, m := range members {
		if err := CheckURL(m.URL); err != nil {
			return nil, fmt.Errorf("witness %s: %w", m.Key.Name(), err)
		}
		if m.MLDSA != nil && (!m.MLDSA.MLDSA() || m.MLDSA.Name() != m.Key.Name()) {
			return nil, fmt.Errorf("witness %s: its second key is no ML-DSA-44 key of that name", m.Key.Name())
		}
		g.members = append(g.members, &member{key: m.Key, mldsa: m.MLDSA, state: Unknown, url: strings.TrimSuffix(m.URL, "/") + Path, http: client})
	}
	return g, nil
}

// CheckURL says whether s can be the address of a witness.
func CheckURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%q is no address such as https://witness.example", s)
	}
	return nil
}

// Cosign asks all witnesses at once and returns the first cosignatures that make
// a quorum, in the order of the members, and after them what came with these from
// second keys, which count for no quorum; the others are not waited for. A witness
// that failed, or has not answered the last request yet, is left alone for a while,
// unless it is needed. The error, which wraps ErrNoQuorum and what each witness
// said, comes after a few seconds. A witness that is late is heard all the same, so
// that the report is of all: ctx should last.
func (g *Group) Cosign(ctx context.Context, t Tree) ([]checkpoint.Cosignature, error) {
	type answer struct {
		place int
		reply reply
		err   error
	}
	answers := make(chan answer, len(g.members))
	asked := 0
	ask := func(places []int) {
		asked += len(places)
		for _, i := range places {
			m := g.members[i]
			m.begin()
			go func() {
				ctx, cancel := context.WithTimeout(ctx, askTimeout)
				defer cancel()
				r, err := m.ask(ctx, t)
				g.note(m, err)
				if err == nil {
					g.noteMLDSA(m, r.mldsaErr)
				}
				answers <- answer{i, r, err}
			}()
		}
	}
	ready, spared := g.ready(time.Now())
	ask(ready)
	got := make([]*reply, len(g.members))
	n := 0
	for heard := 0; heard < asked && n < g.quorum; heard++ {
		a := <-answers
		if a.err == nil {
			got[a.place] = &a.reply
			n++
		} else if len(spared) > 0 { // they may be needed now
			ask(spared)
			spared = nil
		}
	}
	var list, second []checkpoint.Cosignature
	for _, r := range got {
		if r == nil {
			continue
		}
		list = append(list, r.cs)
		if r.mldsa != nil {
			second = append(second, *r.mldsa)
		}
	}
	return append(list, second...), g.judge(n)
}

// ready returns the places of those to ask, who did not fail lately and are not
// asked already, and of the others; all are ready if these are not enough.
func (g *Group) ready(now time.Time) (ready, spared []int) {
	var all []int
	for i, m := range g.members {
		all = append(all, i)
		m.mu.Lock()
		if now.Before(m.again) || m.asked > 0 {
			spared = append(spared, i)
		} else {
			ready = append(ready, i)
		}
		m.mu.Unlock()
	}
	if len(ready) < g.quorum {
		return all, nil
	}
	return ready, spared
}

// note keeps what became of a request, and tells the log when that has changed.
func (g *Group) note(m *member, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked--
	if errors.Is(err, context.Canceled) {
		return // the board closes
	}
	before := m.err
	m.err = err
	m.stands(stateOf(err))
	if err == nil {
		m.failures, m.again, m.cosigned = 0, time.Time{}, time.Now()
		if before != nil {
			g.log.Info("a witness cosigns again", "witness", m.key.Name())
		}
		return
	}
	m.again = time.Now().Add(min(time.Second<<min(m.failures, 10), maxPause))
	m.failures++
	if before == nil || before.Error() != err.Error() {
		g.log.Warn("a witness does not cosign", "witness", m.key.Name(), "error", err)
	}
}

// noteMLDSA keeps what became of a second key's cosignature, and tells the log when
// that has changed. Nothing waits for it.
func (g *Group) noteMLDSA(m *member, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.mldsaErr
	m.mldsaErr = err
	switch {
	case err == nil && before != nil:
		g.log.Info("a witness cosigns with ML-DSA-44 again", "witness", m.key.Name())
	case err != nil && before == nil:
		g.log.Warn("a witness cosigns without a right ML-DSA-44 cosignature", "witness", m.key.Name(), "error", err)
	}
}

// judge says whether n cosignatures are enough, and tells the log when that has
// changed.
func (g *Group) judge(n int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.err
	g.err = nil
	if out := n < g.quorum; g.since.IsZero() || out != (before != nil) {
		g.since = time.Now()
	}
	if n >= g.quorum {
		g.last = time.Now()
		if before != nil {
			g.log.Info("the quorum of witnesses cosigns again")
		}
		return nil
	}
	why := []error{fmt.Errorf("%w: %d cosigned, %d are needed", ErrNoQuorum, n, g.quorum)}
	for _, m := range g.members {
		m.mu.Lock()
		if m.err != nil {
			why = append(why, fmt.Errorf("%s: %w", m.key.Name(), m.err))
		}
		m.mu.Unlock()
	}
	g.err = errors.Join(why...)
	if before == nil {
		g.log.Error("NO QUORUM OF WITNESSES: nothing is published, no code is spoken and nothing is cast until they cosign", "cosigned", n, "needed", g.quorum)
	}
	return g.err
}
