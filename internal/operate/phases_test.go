package operate

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/internal/boardclient"
	"rollcall/internal/trustee"
	"rollcall/internal/workspace"
	"rollcall/registrar"
	"rollcall/tally/booth"
	"rollcall/tally/count"
	"rollcall/tally/record"
)

// TestOpenRefuses names each thing that is missing, until nothing is.
func TestOpenRefuses(t *testing.T) {
	s := newStaff(t)
	open := func() error {
		s.update()
		_, err := Open(t.Context(), s.remote, s.dir)
		return err
	}
	s.refused(open(), "rollcall prompts check")
	missing, err := MissingPrompts(s.dir, s.remote.State().Manifest())
	s.must(err)
	for _, p := range missing {
		if !strings.Contains(p.Text, "of the test") && !strings.Contains(p.Text, "Test election") {
			t.Errorf("missing: %+v", p)
		}
	}
	s.record(missing)
	s.refused(open(), "trustee 1 (Trustee 1) has posted no message")
	_, err = Close(t.Context(), s.remote, s.dir)
	s.refused(err, "not open yet")
	_, err = Tally(t.Context(), s.remote, s.dir)
	s.refused(err, "has not ended")
	s.ceremony()
	s.refused(open(), "the roll is not posted yet")
	_, err = Roll(t.Context(), s.remote, s.dir, s.rollCSV(), RollOptions{})
	s.must(err)

	// An attempt that was begun anew has to be finished.
	n, err := NewAttempt(t.Context(), s.remote, s.dir)
	if err != nil || n != 2 {
		t.Fatalf("attempt %d, error %v; want 2", n, err)
	}
	s.refused(open(), "the key ceremony is not complete")
	s.ceremony()
	s.update()
	opened, err := Open(t.Context(), s.remote, s.dir)
	s.must(err)
	if opened.Voters["town"] != 3 {
		t.Errorf("opened %+v", opened)
	}
	s.refused(open(), "opened before")
	_, err = Roll(t.Context(), s.remote, s.dir, s.rollCSV(), RollOptions{})
	s.refused(err, "already")
}

// voter is a voter whose keys the test has.
type voter struct{ ballot, cast *schnorr.SecretKey }

// openWithVoters opens an election whose roll a test has made.
func (s *staff) openWithVoters(n int) []voter {
	s.t.Helper()
	state := s.update()
	missing, err := MissingPrompts(s.dir, state.Manifest())
	s.must(err)
	s.record(missing)
	s.ceremony()
	var voters []voter
	var keys []registrar.VoterKeys
	for range n {
		v := voter{schnorr.GenerateKey(), schnorr.GenerateKey()}
		voters = append(voters, v)
		keys = append(keys, registrar.VoterKeys{BallotKey: v.ballot.Public(), CastKey: v.cast.Public()})
	}
	secret, err := registrar.ReadKeys(s.dir.Key("registrar"))
	s.must(err)
	signed, err := signRoll(state.Manifest(), state.Hash(), secret.Sign, keys)
	s.must(err)
	for _, e := range signed {
		_, err := s.remote.Post(s.t.Context(), e.Bytes())
		s.must(err)
	}
	s.update()
	_, err = Open(s.t.Context(), s.remote, s.dir)
	s.must(err)
	return voters
}

// vote casts a ballot for Ada, through the HTTP board of a booth that runs
// alone.
func (s *staff) vote(voters ...voter) {
	s.t.Helper()
	key, err := s.dir.ReadKey(workspace.Booth)
	s.must(err)
	s.wait(func(state *record.State) bool {
		tick, _ := state.LastTick()
		return tick != nil
	})
	state := s.remote.State()
	b, err := booth.New(state.Manifest(), state.Hash(), state.JointKey(), key,
		&boardclient.Board{Client: s.remote.Client, Follower: s.remote.Follower})
	s.must(err)
	for _, v := range voters {
		sealed, err := b.Seal(s.t.Context(), v.ballot, 0, [][]int{{0}})
		s.must(err)
		_, err = b.Cast(s.t.Context(), sealed, v.cast)
		s.must(err)
	}
}

// decrypt has a trustee, from 1, decrypt.
func (s *staff) decrypt(i int) {
	s.t.Helper()
	t, err := trustee.Open(s.trustees[i-1], passphrase)
	s.must(err)
	defer t.Close()
	src := trustee.Source{Reader: s.remote.Reader, Policy: s.remote.Policy, ID: s.remote.ID}
	s.must(t.Decrypt(s.t.Context(), src, s.remote, false))
}

// TestCloseAndTally closes while ballots come in, and counts although one
// trustee posts rubbish.
func TestCloseAndTally(t *testing.T) {
	s := newStaff(t)
	voters := s.openWithVoters(2)
	s.vote(voters...)

	// Another entry takes the place of the close, twice.
	state := s.remote.State()
	key, err := s.dir.ReadKey(workspace.Booth)
	s.must(err)
	b, err := booth.New(state.Manifest(), state.Hash(), state.JointKey(), key, nil)
	s.must(err)
	others := 0
	s.disturb = func(_ http.ResponseWriter, e *entry.Entry) bool {
		if e.Kind() == entry.KindClose && others < 2 {
			made, _, err := b.Make(voters[others].ballot, 0, [][]int{{1}})
			s.must(err)
			client, err := boardclient.New(s.service.URL())
			s.must(err)
			_, err = client.Post(t.Context(), made.Bytes())
			s.must(err)
			others++
		}
		return false
	}
	index, err := Close(t.Context(), s.remote, s.dir)
	s.must(err)
	s.disturb = nil
	if at, _, ok := s.update().Closed(); others != 2 || !ok || at != index {
		t.Errorf("closed at %d after %d others, the board says %d (%v)", index, others, at, ok)
	}
	_, err = Close(t.Context(), s.remote, s.dir)
	s.refused(err, "closed already")
	s.wait(func(state *record.State) bool {
		_, ok := state.Totals()
		return ok
	})

	tallied, err := Tally(t.Context(), s.remote, s.dir)
	if !errors.Is(err, count.ErrShares) || len(tallied.Bad) != 0 {
		t.Errorf("without shares: error %v, %+v", err, tallied)
	}
	s.rubbish(2)
	s.decrypt(1)
	s.update()
	tallied, err = Tally(t.Context(), s.remote, s.dir)
	if !errors.Is(err, count.ErrShares) || len(tallied.Bad) != 1 || !strings.Contains(tallied.Bad[0], "trustee 2 (Trustee 2)") {
		t.Errorf("with one valid share: error %v, %+v", err, tallied)
	}
	s.decrypt(3)
	s.update()
	for _, what := range []string{"first", "second"} {
		before := s.update().Size()
		tallied, err = Tally(t.Context(), s.remote, s.dir)
		s.must(err)
		if len(tallied.Bad) != 1 || len(tallied.Parts) != 1 || tallied.Parts[0].Options[0].Votes != 2 {
			t.Errorf("%s tally: %+v", what, tallied)
		}
		if posted := s.update().Size() > before; posted != (what == "first") {
			t.Errorf("%s tally: posted something: %v", what, posted)
		}
	}
	if _, _, _, done := s.remote.State().Result(); !done {
		t.Error("no result on the board")
	}
	// The registrar, which runs beside the board, destroys its key by itself.
	for {
		_, err := registrar.ReadKeys(s.dir.Key("registrar"))
		if errors.Is(err, registrar.ErrDestroyed) {
			break
		}
		s.must(err)
		time.Sleep(10 * time.Millisecond)
	}
	_, err = Roll(t.Context(), s.remote, s.dir, s.rollCSV(), RollOptions{})
	s.refused(err, "already")
}

// rubbish posts a share of a trustee that is no decryption.
func (s *staff) rubbish(i uint64) {
	s.t.Helper()
	state := s.update()
	parts, _ := state.Totals()
	sums, _, err := count.Sums(state.Manifest(), parts)
	s.must(err)
	var points []byte
	for range sums {
		points = append(points, group.MulBase(group.RandomScalar()).Bytes()...)
	}
	end, _ := state.End()
	root, err := s.remote.Follower.RootAt(end + 1)
	s.must(err)
	key, hash := s.stolenKey(i), state.Hash()
	chunk, err := entry.Sign(&entry.Share{Trustee: i, Points: points}, hash[:], key)
	s.must(err)
	leaf := chunk.LeafHash()
	last, err := entry.Sign(&entry.ShareEnd{Trustee: i, End: end, Root: root[:], Chunks: leaf[:], Proof: make([]byte, 128)}, hash[:], key)
	s.must(err)
	for _, e := range []*entry.Entry{chunk, last} {
		_, err := s.remote.Post(s.t.Context(), e.Bytes())
		s.must(err)
	}
}

// stolenKey reads a trustee's signing key out of its key file.
func (s *staff) stolenKey(i uint64) *schnorr.SecretKey {
	s.t.Helper()
	f, err := os.Open(filepath.Join(s.trustees[i-1], "trustee.key"))
	s.must(err)
	defer f.Close()
	id, err := age.NewScryptIdentity(passphrase)
	s.must(err)
	r, err := age.Decrypt(f, id)
	s.must(err)
	var secrets struct{ Signing trustee.Hex }
	s.must(json.NewDecoder(r).Decode(&secrets))
	key, err := schnorr.ParseSecretKey(secrets.Signing)
	s.must(err)
	return key
}
