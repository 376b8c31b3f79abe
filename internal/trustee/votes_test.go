package trustee

import (
	"bytes"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/schnorr"
	"rollcall/tally/booth"
	"rollcall/tally/count"
)

// voter is one voter of a test election, and the ballot it has sealed.
type voter struct {
	ballot, cast *schnorr.SecretKey
	unit         uint64
	sealed       *booth.Sealed
}

// election is a board that has been opened.
type election struct {
	*board
	voters []*voter
	booth  *booth.Booth
}

// units are the units of the voters in turn: enough for north and south, and
// one on the isle, who must be merged.
var units = []uint64{1, 1, 1, 2, 2, 3, 1}

// newElection runs ceremony, roll and opening, with 2 of n trustees needed.
func newElection(t *testing.T, trustees int) *election {
	t.Helper()
	e := &election{board: newBoard(t, trustees, 2)}
	e.attempt(1)
	e.ceremony()
	counts := make([]uint64, len(e.manifest.Units))
	roll := &entry.Roll{}
	for _, u := range units {
		v := &voter{ballot: schnorr.GenerateKey(), cast: schnorr.GenerateKey(), unit: u}
		e.voters = append(e.voters, v)
		roll.Voters = entry.AppendVoter(roll.Voters, entry.Voter{
			BallotKey: [32]byte(v.ballot.Public().Bytes()), CastKey: [32]byte(v.cast.Public().Bytes()), Unit: u})
		counts[u]++
	}
	leaf := e.post(roll, e.registrar).LeafHash()
	e.post(&entry.RollEnd{Chunks: leaf[:], Counts: counts}, e.registrar)
	keys, err := count.Ceremony(e.state, 1)
	e.must(err)
	root := e.tree.Root()
	e.post(&entry.Open{JointKey: keys.JointKey.Bytes(), Attempt: 1, Voters: counts, Size: e.size(), Root: root[:]}, e.authority)
	e.tick()
	e.booth, err = booth.New(e.manifest, e.hash, keys.JointKey, e.boothKey, nil)
	e.must(err)
	return e
}

// seal has all voters seal a ballot: every second one for Ben.
func (e *election) seal() {
	e.t.Helper()
	for i, v := range e.voters {
		made, sealed, err := e.booth.Make(v.ballot, v.unit, [][]int{{i % 2}})
		e.must(err)
		sealed.Index, err = e.Post(e.t.Context(), made.Bytes())
		e.must(err)
		v.sealed = sealed
	}
	e.tick()
}

// castEntry signs the cast of a voter's ballot.
func (e *election) castEntry(v *voter) *entry.Entry {
	e.t.Helper()
	made, err := e.booth.MakeCast(v.sealed, v.cast)
	e.must(err)
	return made
}

// castAll casts the ballots of some voters.
func (e *election) castAll(voters ...*voter) {
	e.t.Helper()
	for _, v := range voters {
		_, err := e.Post(e.t.Context(), e.castEntry(v).Bytes())
		e.must(err)
	}
	e.tick()
}

// close closes the election and covers that with a tick.
func (e *election) close() {
	e.t.Helper()
	root := e.tree.Root()
	e.post(&entry.Close{Index: e.size(), Root: root[:]}, e.authority)
	e.tick()
}

// end lets the decision time pass and ends the election.
func (e *election) end() {
	e.t.Helper()
	e.now += testDecision
	e.tick()
	index, _, _ := e.state.Closed()
	e.post(&entry.End{Close: index}, e.boardKey)
}

// totals returns the honest totals.
func (e *election) totals() []entry.Part {
	e.t.Helper()
	parts, err := count.Totals(e.state)
	e.must(err)
	return parts
}

// postTotals posts totals as they are, right or not.
func (e *election) postTotals(parts []entry.Part) {
	e.t.Helper()
	leaf := e.post(&entry.Totals{Parts: parts}, e.boardKey).LeafHash()
	end, _ := e.state.End()
	e.post(&entry.TotalsEnd{End: end, Chunks: leaf[:]}, e.boardKey)
}

// ended is an election in which all but the last voter have cast, with its
// totals.
func ended(t *testing.T, trustees int) *election {
	t.Helper()
	e := newElection(t, trustees)
	e.seal()
	e.castAll(e.voters[:6]...)
	e.close()
	e.end()
	e.postTotals(e.totals())
	return e
}

// decrypt has a trustee decrypt from its key file alone.
func (e *election) decrypt(trustee int, restored bool) error {
	e.t.Helper()
	return e.decryptWith(trustee, e.source(), restored)
}

func (e *election) decryptWith(trustee int, src Source, restored bool) error {
	e.t.Helper()
	t := e.open(trustee)
	defer t.Close()
	return t.Decrypt(e.t.Context(), src, e, restored)
}

// fork returns a copy of the election that goes on alone.
func (e *election) fork() *election {
	f := *e
	f.board = e.board.fork()
	return &f
}

// sumOf returns the sum of some voters' ballots, as a part of the totals has
// it.
func (e *election) sumOf(voters ...*voter) []byte {
	e.t.Helper()
	var total []elgamal.Ciphertext
	for _, v := range voters {
		made, err := entry.Decode(e.raws[v.sealed.Index])
		e.must(err)
		cs, err := elgamal.ParseCiphertexts(made.Body.(*entry.Ballot).Contests[0].Ciphertexts, 3)
		e.must(err)
		if total == nil {
			total = cs
			continue
		}
		for i := range total {
			total[i] = total[i].Add(cs[i])
		}
	}
	return elgamal.Encode(total)
}

// sharesOf returns how many entries with shares are on the board.
func (b *board) shareEntries() int {
	n := 0
	for _, raw := range b.raws {
		if bytes.Contains(raw[:min(len(raw), 16)], []byte("share")) {
			n++
		}
	}
	return n
}
