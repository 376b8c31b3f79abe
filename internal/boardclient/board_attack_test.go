package boardclient_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/internal/boardclient"
	"rollcall/internal/election"
	"rollcall/tally/booth"
	"rollcall/tally/follow"
	"rollcall/tally/record"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// liar is a board with an honest log whose answers to posts are lies: what
// lie returns an index for is dropped.
type liar struct {
	*election.Election
	lie func(e *entry.Entry) (index uint64, drop bool)
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var index uint64
	e, err := entry.Decode(raw)
	if err == nil {
		var drop bool
		if index, drop = l.lie(e); !drop {
			if index, err = l.Door.Post(r.Context(), raw); err == nil {
				err = l.Door.Tick(r.Context())
			}
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]uint64{"index": index})
}

// remoteBooth returns an honest booth that runs alone, as rollcall serve --role
// booth does, and works with a board that lies.
func remoteBooth(t *testing.T) (*liar, *booth.Booth, *follow.Follower) {
	t.Helper()
	ctx := t.Context()
	e, err := election.New(ctx, election.Small(t.TempDir()))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	must(t, e.Ceremony(ctx))
	must(t, e.Open(ctx))
	must(t, e.Door.Tick(ctx))
	l := &liar{Election: e, lie: func(*entry.Entry) (uint64, bool) { return 0, false }}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	client, err := boardclient.New(server.URL)
	must(t, err)
	reader, err := tlog.OpenDir(e.Public())
	must(t, err)
	text, err := os.ReadFile(e.Policy())
	must(t, err)
	policy, err := checkpoint.ParsePolicy(text)
	must(t, err)
	follower := follow.New(reader, policy, e.ID())
	_, err = follower.Update(ctx)
	must(t, err)
	b, err := booth.New(e.Manifest, e.Hash, e.Door.State().JointKey(), e.BoothKey, &boardclient.Board{Client: client, Follower: follower})
	must(t, err)
	return l, b, follower
}

var choices = [][]int{{0}, {}}

// TestDroppedCast is a board that takes a cast, drops it, and answers with the
// index of another entry, which a tick covers: the caller must not hear that the
// ballot is cast.
func TestDroppedCast(t *testing.T) {
	l, b, follower := remoteBooth(t)
	voter := l.Voters[0]
	sealed, err := b.Seal(t.Context(), voter.Ballot, voter.Unit, choices)
	must(t, err)
	l.lie = func(*entry.Entry) (uint64, bool) { return sealed.Index, true }
	if _, err := b.Cast(t.Context(), sealed, voter.Cast); err == nil {
		t.Error("a cast that the board has dropped is called cast")
	}
	_, err = follower.Update(t.Context())
	must(t, err)
	if n := follower.State().Summary().Cast; n != 0 {
		t.Fatalf("%d ballots are cast", n)
	}
	// The same cast counts once an honest board has it.
	l.lie = func(*entry.Entry) (uint64, bool) { return 0, false }
	if _, err := b.Cast(t.Context(), sealed, voter.Cast); err != nil {
		t.Errorf("an honest cast: %v", err)
	}
}

// TestClash is a board that drops a ballot and answers with the index of
// another voter's, so that two voters would be read one receipt code and find
// one ballot (Kuesters, Truderung and Vogt, 2012).
func TestClash(t *testing.T) {
	l, b, _ := remoteBooth(t)
	first, second := l.Voters[0], l.Voters[1]
	sealed, err := b.Seal(t.Context(), first.Ballot, first.Unit, choices)
	must(t, err)
	l.lie = func(*entry.Entry) (uint64, bool) { return sealed.Index, true }
	if clash, err := b.Seal(t.Context(), second.Ballot, second.Unit, choices); err == nil {
		t.Errorf("the second voter is read %s, the first one's code is %s", clash.Code, sealed.Code)
	}
}

// TestVoidCast is a board that takes a cast when its time is over, so that it is
// void: it stands at its index, a tick covers it, and it does not count.
func TestVoidCast(t *testing.T) {
	l, b, follower := remoteBooth(t)
	voter := l.Voters[0]
	sealed, err := b.Seal(t.Context(), voter.Ballot, voter.Unit, choices)
	must(t, err)
	l.Advance(time.Duration(l.Manifest.DecisionSeconds+30) * time.Second)
	must(t, l.Door.Tick(t.Context()))
	l.lie = func(e *entry.Entry) (uint64, bool) {
		// The door has no way for void entries, its log has.
		index, err := l.Board.Append(context.WithoutCancel(t.Context()), e.Bytes())
		if err != nil {
			return 0, false
		}
		return index, true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := b.Cast(ctx, sealed, voter.Cast); err == nil {
		t.Error("a void cast is called cast")
	}
	_, err = follower.Update(t.Context())
	must(t, err)
	if follower.State().Phase() != record.PhaseOpen || follower.State().Summary().Cast != 0 {
		t.Error("the cast counts")
	}
}
