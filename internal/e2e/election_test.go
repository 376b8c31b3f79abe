package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/crypto/dkg"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/threshold"
	"rollcall/internal/caller"
	"rollcall/internal/demo/names"
	"rollcall/internal/operate"
	"rollcall/internal/service"
	"rollcall/internal/voter"
	"rollcall/internal/workspace"
	"rollcall/phone/polling"
	"rollcall/phone/prompt"
	"rollcall/tally/count"
	"rollcall/tally/manifest"
	"rollcall/tally/record"
)

// fast is how much faster than people talk our own callers call.
const fast = 20

// limit ends what hangs.
const limit = 2 * time.Minute

// options of an election of a test.
type options struct {
	voters   int           // on the roll; 0 is 3
	auditors int           // beside them
	decision int           // seconds to decide; 0 is 600
	starts   time.Duration // when calling begins, from now; 0 is a minute ago
	// witnesses must all sign.
	witnesses []*gate
}

// election is an open election in a directory of its own. Nothing of it runs
// until serve.
type election struct {
	dir     workspace.Dir
	letters []voter.Letter
	audits  []voter.Letter  // auditors'
	shares  []*dkg.KeyShare // of all trustees: nobody else ever has more than one

	service *service.Service // once served
	line    voter.Line
	log     *lockedBuffer // what the service logged
}

// lockedBuffer is a buffer that many may write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// manifestOf describes an election about what the demo is about, whose names
// have shipped sounds.
func manifestOf(o options) string {
	decision, starts := o.decision, o.starts
	if decision == 0 {
		decision = 600
	}
	if starts == 0 {
		starts = -time.Minute
	}
	local := func(l names.Local) string { return fmt.Sprintf("{en: %q, es: %q}", l["en"], l["es"]) }
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	var b strings.Builder
	fmt.Fprintf(&b, "title: %s\nlanguages: [en, es]\nrehearsal: true\nphone: '+1 555 0123'\nhelp_line: %q\n", local(names.Title), names.HelpLine)
	fmt.Fprintf(&b, "minimum: 2\ndecision_seconds: %d\ntrustees_needed: 2\n", decision)
	fmt.Fprintf(&b, "windows: [{from: %s, to: %s}]\n", at(starts), at(24*time.Hour))
	b.WriteString("units: [{id: town, name: Town}]\ncontests:\n")
	for i, c := range names.Contests {
		fmt.Fprintf(&b, "  - id: contest-%d\n    title: %s\n    vote_for: %d\n    options:\n", i+1, local(c.Title), c.Limit)
		for j, option := range c.Options {
			fmt.Fprintf(&b, "      - {id: option-%d, name: %s}\n", j+1, local(option))
		}
	}
	b.WriteString(inManifest(o.witnesses))
	return b.String()
}

// open makes an election and takes it through ceremony and roll to opening.
func open(t *testing.T, o options) *election {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	e := &election{dir: workspace.Dir(t.TempDir()), log: &lockedBuffer{}}
	file, err := manifest.Parse(strings.NewReader(manifestOf(o)))
	must(t, err)
	const n = 3
	signing, ceremony, trustees := make([]*schnorr.SecretKey, n), make([]*group.Scalar, n), make([]entry.Trustee, n)
	for i := range n {
		signing[i], ceremony[i] = schnorr.GenerateKey(), group.RandomScalar()
		trustees[i] = entry.Trustee{Name: fmt.Sprintf("Trustee %d", i+1), Signing: signing[i].Public().Bytes(),
			Ceremony: group.MulBase(ceremony[i]).Bytes()}
	}
	_, err = operate.Init(ctx, e.dir, file, trustees)
	must(t, err)
	know(t, o.witnesses, e.dir)
	s, err := service.Start(ctx, service.Config{Dir: string(e.dir), Roles: []service.Role{service.Board}, HTTP: "127.0.0.1:0"})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	remote, err := operate.ConnectDir(ctx, s.URL(), e.dir)
	must(t, err)
	e.makeKey(t, remote, signing, ceremony)

	roll := "name,unit,language\n"
	voters := o.voters
	if voters == 0 {
		voters = 3
	}
	for i := range voters {
		roll += fmt.Sprintf("Voter %d,town,en\n", i+1)
	}
	rollFile := filepath.Join(t.TempDir(), "roll.csv")
	must(t, os.WriteFile(rollFile, []byte(roll), 0o600))
	_, err = operate.Roll(ctx, remote, e.dir, rollFile, operate.RollOptions{Audit: operate.AuditPlan{Total: o.auditors}})
	must(t, err)
	_, err = remote.Follower.Update(ctx)
	must(t, err)
	_, err = operate.Open(ctx, remote, e.dir)
	must(t, err)
	e.letters, err = voter.ReadLetters(e.dir.Letters())
	must(t, err)
	if o.auditors > 0 {
		e.audits, err = voter.ReadLetters(e.dir.AuditLetters())
		must(t, err)
	}
	return e
}

// makeKey runs the key ceremony, and keeps every trustee's share.
func (e *election) makeKey(t *testing.T, r *operate.Remote, signing []*schnorr.SecretKey, secrets []*group.Scalar) {
	t.Helper()
	const attempt = 1
	ctx, hash := t.Context(), r.State().Hash()
	params, err := count.Params(r.State().Manifest(), hash, attempt)
	must(t, err)
	n := len(signing)
	post := func(i int, body entry.Body) {
		t.Helper()
		signed, err := entry.Sign(body, hash[:], signing[i])
		must(t, err)
		_, err = r.Post(ctx, signed.Bytes())
		must(t, err)
	}
	trustees, messages := make([]*dkg.Trustee, n), make([][]byte, n)
	for i := range n {
		trustees[i], err = dkg.NewTrustee(params, i+1, secrets[i])
		must(t, err)
		messages[i], err = trustees[i].Round1(rand.Reader, nil)
		must(t, err)
		h := dkg.CommitmentHash(dkg.SessionID(hash, attempt), i+1, messages[i])
		post(i, &entry.Commitment{Attempt: attempt, Trustee: uint64(i + 1), Hash: h[:]})
	}
	for i := range n {
		post(i, &entry.Round1{Attempt: attempt, Trustee: uint64(i + 1), Message: messages[i]})
	}
	verified, err := dkg.VerifyMessages(params, messages)
	must(t, err)
	rounds, signatures := make([]*dkg.Round2, n), make([][]byte, n)
	for i := range n {
		rounds[i], err = trustees[i].Round2(verified, messages[i])
		must(t, err)
		signatures[i] = rounds[i].Signature()
		post(i, &entry.Confirm{Attempt: attempt, Trustee: uint64(i + 1), Signature: signatures[i]})
	}
	for _, round := range rounds {
		share, err := round.Finish(signatures)
		must(t, err)
		e.shares = append(e.shares, share)
	}
	_, err = r.Follower.Update(ctx)
	must(t, err)
}

// serve starts board, registrar and phone line. Changes are made to how they
// are set up.
func (e *election) serve(t *testing.T, speed float64, changes ...func(*service.Config)) {
	t.Helper()
	cfg := service.Config{Dir: string(e.dir), HTTP: "127.0.0.1:0", SIP: "127.0.0.1:0", Speed: speed,
		Logger: slog.New(slog.NewTextHandler(e.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, change := range changes {
		change(&cfg)
	}
	var err error
	e.service, err = service.Start(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() {
		must(t, e.service.Close())
		e.checkLog(t)
	})
	addr, _ := e.service.SIP()
	e.line = voter.Line{Addr: addr, Dictionary: e.dictionary(t), Speed: speed}
}

// checkLog fails the test if the log, at its most talkative, holds a secret of a
// letter or a name that could be chosen.
func (e *election) checkLog(t *testing.T) {
	t.Helper()
	log := e.log.String()
	for _, l := range e.letters {
		if strings.Contains(log, l.Number) || strings.Contains(log, l.PIN) || strings.Contains(log, l.CastCode) {
			t.Error("the log holds a number of a letter")
		}
	}
	for _, l := range e.audits {
		if strings.Contains(log, l.Number) || strings.Contains(log, l.PIN) {
			t.Error("the log holds a number of an auditor's letter")
		}
	}
	for _, c := range names.Contests {
		for _, option := range c.Options {
			if strings.Contains(log, option["en"]) || strings.Contains(log, option["es"]) {
				t.Errorf("the log holds %q", option["en"])
			}
		}
	}
}

// library is the sounds of the election's calls.
func (e *election) library(t *testing.T) *prompt.Library {
	t.Helper()
	library, err := service.NewLibrary(e.dir)
	must(t, err)
	return library
}

// dictionary is what callers of the election know by heart.
func (e *election) dictionary(t *testing.T) *caller.Dictionary {
	t.Helper()
	m, _, err := service.ReadManifest(e.dir)
	must(t, err)
	phrases, err := polling.Phrases(m)
	must(t, err)
	sounds, err := e.library(t).Dictionary(phrases)
	must(t, err)
	d, err := caller.NewDictionary(sounds)
	must(t, err)
	return d
}

// ballots are those that were sealed for a letter, in order.
func (e *election) ballots(t *testing.T, l voter.Letter) []record.Ballot {
	t.Helper()
	list, known := e.service.State().FindBallotNumber(l.BallotNumber)
	if !known {
		t.Fatal("the letter's ballot number is not on the roll")
	}
	return list
}

// castBallot returns the one ballot that was cast for a letter.
func (e *election) castBallot(t *testing.T, l voter.Letter) record.Ballot {
	t.Helper()
	var found []record.Ballot
	for _, b := range e.ballots(t, l) {
		if b.Decision == record.Cast {
			found = append(found, b)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d ballots were cast, want 1", len(found))
	}
	return found[0]
}

// decrypt opens one ballot with two trustees' shares: for each contest the
// options voted for, by position, where "none" comes after the last.
func (e *election) decrypt(t *testing.T, b record.Ballot) [][]int {
	t.Helper()
	var votes [][]int
	indices := []uint64{1, 3}
	for _, c := range b.Contests {
		list, err := elgamal.ParseCiphertexts(c.Ciphertexts, len(c.Ciphertexts)/64)
		must(t, err)
		chosen := []int{}
		for option, ciphertext := range list {
			var partial []*group.Point
			for _, i := range indices {
				partial = append(partial, ciphertext.Alpha.Mul(e.shares[i-1].Secret))
			}
			m, err := threshold.Combine(ciphertext.Beta, indices, partial)
			must(t, err)
			switch {
			case m.Equal(e.shares[0].Public.JointKey):
				chosen = append(chosen, option)
			case !m.IsIdentity():
				t.Fatalf("contest %d, option %d holds neither 0 nor 1", c.Contest, option)
			}
		}
		votes = append(votes, chosen)
	}
	return votes
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
