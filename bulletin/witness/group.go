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

	mu   sync.Mutex
	last time.Time // of the last quorum
	err  error     // of the last tree, nil if the quorum cosigned
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
		g.members = append(g.members, &member{key: m.Key, mldsa: m.MLDSA, url: strings.TrimSuffix(m.URL, "/") + Path, http: client})
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
// that failed is left alone for a while, unless it is needed. The error, which
// wraps ErrNoQuorum and what each witness said, comes after a few seconds.
func (g *Group) Cosign(ctx context.Context, t Tree) ([]checkpoint.Cosignature, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	type answer struct {
		place int
		reply reply
		err   error
	}
	asked := g.ready(time.Now())
	answers := make(chan answer, len(asked))
	for _, i := range asked {
		go func() {
			r, err := g.members[i].ask(ctx, t)
			answers <- answer{i, r, err}
		}()
	}
	got := make([]*reply, len(g.members))
	n := 0
	for range asked {
		a := <-answers
		g.note(g.members[a.place], a.err)
		if a.err != nil {
			continue
		}
		g.noteMLDSA(g.members[a.place], a.reply.mldsaErr)
		got[a.place] = &a.reply
		if n++; n == g.quorum {
			break
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

// ready returns the places of those to ask: who did not fail lately, or all if
// these are not enough.
func (g *Group) ready(now time.Time) []int {
	var all, ready []int
	for i, m := range g.members {
		all = append(all, i)
		m.mu.Lock()
		if !now.Before(m.again) {
			ready = append(ready, i)
		}
		m.mu.Unlock()
	}
	if len(ready) < g.quorum {
		return all
	}
	return ready
}

// note keeps what became of a request, and tells the log when that has changed.
func (g *Group) note(m *member, err error) {
	if errors.Is(err, context.Canceled) {
		return // the quorum was faster, or the board closes
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.err
	m.err = err
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

// Report is how a group fares.
type Report struct {
	Quorum int
	// Last is when a quorum cosigned last; zero if never since the start. Err says
	// why the last tree found none, nil if it did.
	Last    time.Time
	Err     error
	Members []MemberReport
}

// MemberReport is how one witness fares.
type MemberReport struct {
	Name string
	Last time.Time // when it cosigned last; zero if never since the start
	Err  error     // of the last request
	// MLDSA says that it is known to have an ML-DSA-44 key, and MLDSAErr why there
	// was no right cosignature of it when the witness cosigned last.
	MLDSA    bool
	MLDSAErr error
}

// Report returns how the witnesses fare.
func (g *Group) Report() Report {
	g.mu.Lock()
	r := Report{Quorum: g.quorum, Last: g.last, Err: g.err}
	g.mu.Unlock()
	for _, m := range g.members {
		m.mu.Lock()
		r.Members = append(r.Members, MemberReport{Name: m.key.Name(), Last: m.cosigned, Err: m.err, MLDSA: m.mldsa != nil, MLDSAErr: m.mldsaErr})
		m.mu.Unlock()
	}
	return r
}
