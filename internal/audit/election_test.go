package audit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	mrand "math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/dkg"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/internal/audit"
	"rollcall/internal/boardclient"
	"rollcall/internal/demo/names"
	"rollcall/internal/operate"
	"rollcall/internal/service"
	"rollcall/internal/text"
	"rollcall/internal/voter"
	"rollcall/internal/workspace"
	"rollcall/phone"
	"rollcall/phone/media"
	"rollcall/phone/polling"
	"rollcall/phone/prompt"
	"rollcall/phone/sip"
	"rollcall/registrar"
	"rollcall/tally/booth"
	"rollcall/tally/count"
	"rollcall/tally/follow"
	"rollcall/tally/manifest"
	"rollcall/tally/record"
)

// speed is how much faster than people talk the calls are, and slow what calls over
// a bad line are: after a phrase that lost something an auditor looks for all of
// them, for which one core is not enough at the other speed. The line waits for keys
// as long as for people, since what a machine hears late it is to have heard.
//
// One ballot in oneIn is swapped by a booth that is to be found, with 95 % confidence,
// by many calls; the others are how many calls are made of a booth that swaps in short
// calls, of an honest one, by an audit that breaks off, and of a booth that speaks one
// code to all. Each audit makes atOnce of them at a time, at most.
const (
	speed  = 20
	slow   = 5
	oneIn  = 20
	many   = 59
	short  = 9
	honest = 8
	broken = 6
	copied = 4
	atOnce = 8
)

// limit ends what hangs.
const limit = 8 * time.Minute

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// manifestText describes an election of one language and two contests, one of
// each sort, whose names have shipped sounds.
func manifestText() string {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	var b strings.Builder
	fmt.Fprintf(&b, "title: %q\nlanguages: [en]\nrehearsal: true\nphone: '+1 555 0123'\nhelp_line: %q\n", names.Title["en"], names.HelpLine)
	fmt.Fprintf(&b, "minimum: 2\ndecision_seconds: 600\ntrustees_needed: 1\nwindows: [{from: %s, to: %s}]\n", at(-time.Minute), at(24*time.Hour))
	b.WriteString("units: [{id: town, name: Town}]\ncontests:\n")
	for i, c := range names.Contests {
		fmt.Fprintf(&b, "  - id: contest-%d\n    title: %q\n    vote_for: %d\n    options:\n", i+1, c.Title["en"], c.Limit)
		for j, option := range c.Options[:4] {
			fmt.Fprintf(&b, "      - {id: option-%d, name: %q}\n", j+1, option["en"])
		}
	}
	return b.String()
}

// town is an open election with board and registrar, and a booth of the test's.
type town struct {
	dir      workspace.Dir
	letters  []voter.Letter
	service  *service.Service
	library  *prompt.Library
	follower *follow.Follower
	polls    *polling.Election
	speed    float64 // of its line
}

func open(t *testing.T, auditors int) *town {
	t.Helper()
	if raced {
		t.Skip("the race detector hears no call in time: go test ./internal/audit without it, as .ci/run does")
	}
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	e := &town{dir: workspace.Dir(t.TempDir()), speed: speed}
	file, err := manifest.Parse(strings.NewReader(manifestText()))
	must(t, err)
	signing, ceremony := schnorr.GenerateKey(), group.RandomScalar()
	_, err = operate.Init(ctx, e.dir, file, []entry.Trustee{{Name: "Trustee", Signing: signing.Public().Bytes(), Ceremony: group.MulBase(ceremony).Bytes()}})
	must(t, err)
	e.service, err = service.Start(t.Context(), service.Config{Dir: string(e.dir), Roles: []service.Role{service.Board, service.Registrar},
		HTTP: "127.0.0.1:0", Private: "127.0.0.1:0"})
	must(t, err)
	t.Cleanup(func() { must(t, e.service.Close()) })
	remote, err := operate.ConnectDir(ctx, e.service.URL(), e.dir)
	must(t, err)
	makeKey(t, remote, signing, ceremony)
	roll := "name,unit,language\nVoter,town,en\n"
	rollFile := filepath.Join(t.TempDir(), "roll.csv")
	must(t, os.WriteFile(rollFile, []byte(roll), 0o600))
	_, err = operate.Roll(ctx, remote, e.dir, rollFile, operate.RollOptions{Audit: operate.AuditPlan{Total: auditors}})
	must(t, err)
	_, err = remote.Follower.Update(ctx)
	must(t, err)
	_, err = operate.Open(ctx, remote, e.dir)
	must(t, err)
	e.letters, err = voter.ReadLetters(e.dir.AuditLetters())
	must(t, err)
	e.library, err = prompt.New(prompt.Config{})
	must(t, err)
	e.makeBooth(t)
	return e
}

// makeKey runs the key ceremony of the one trustee.
func makeKey(t *testing.T, r *operate.Remote, signing *schnorr.SecretKey, secret *group.Scalar) {
	t.Helper()
	ctx, hash := t.Context(), r.State().Hash()
	params, err := count.Params(r.State().Manifest(), hash, 1)
	must(t, err)
	post := func(body entry.Body) {
		t.Helper()
		signed, err := entry.Sign(body, hash[:], signing)
		must(t, err)
		_, err = r.Post(ctx, signed.Bytes())
		must(t, err)
	}
	trustee, err := dkg.NewTrustee(params, 1, secret)
	must(t, err)
	message, err := trustee.Round1(rand.Reader, nil)
	must(t, err)
	h := dkg.CommitmentHash(dkg.SessionID(hash, 1), 1, message)
	post(&entry.Commitment{Attempt: 1, Trustee: 1, Hash: h[:]})
	post(&entry.Round1{Attempt: 1, Trustee: 1, Message: message})
	verified, err := dkg.VerifyMessages(params, [][]byte{message})
	must(t, err)
	round, err := trustee.Round2(verified, message)
	must(t, err)
	post(&entry.Confirm{Attempt: 1, Trustee: 1, Signature: round.Signature()})
	_, err = r.Follower.Update(ctx)
	must(t, err)
}

// makeBooth makes an honest booth's election.
func (e *town) makeBooth(t *testing.T) {
	t.Helper()
	key, err := e.dir.ReadKey(workspace.Booth)
	must(t, err)
	policy, id, err := service.ReadPolicy(e.dir)
	must(t, err)
	reader, err := tlog.OpenURL(e.service.URL(), nil)
	must(t, err)
	e.follower = follow.New(reader, policy, id)
	_, err = e.follower.Update(t.Context())
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = e.follower.Wait(ctx, func(*record.State) bool { return false }) })
	t.Cleanup(func() { stop(); wg.Wait() })
	client, err := boardclient.New(e.service.URL())
	must(t, err)
	state := e.follower.State()
	b, err := booth.New(state.Manifest(), state.Hash(), state.JointKey(), key, &boardclient.Board{Client: client, Follower: e.follower})
	must(t, err)
	hardener, err := registrar.NewClient(registrar.ClientConfig{BaseURL: e.service.RegistrarURL(), BoothKey: key, ElectionHash: state.Hash()})
	must(t, err)
	e.polls, err = polling.New(polling.Config{State: e.follower.State, Evaluator: hardener, Booth: func() (*booth.Booth, error) { return b, nil }})
	must(t, err)
}

// cheat is what a booth does against its voters; the zero cheat is honest.
type cheat struct {
	swaps func(choices [][]int) bool // asked when choices are kept
	code  func(own string) string    // spoken in its place
	test  func(phone.Ballot) error   // in place of a test
	drop  bool                       // hang up when test is pressed
	early bool                       // hang up on hearing its first key
	twice bool                       // seal a second ballot

	mumbles bool // speak codes that no program understands
}

// listen starts a line with a booth, and returns where it is.
func (e *town) listen(t *testing.T, c cheat) netip.AddrPort {
	t.Helper()
	line, err := sip.Listen(sip.Config{Listen: "127.0.0.1:0", Speed: e.speed}, func(ctx context.Context, call *sip.Call) {
		election := &crookedElection{Election: e.polls, cheat: c, call: call}
		phone.Run(ctx, &crookedLine{call, election, e.library, ctx.Done()}, election, e.library, phone.Config{})
	})
	must(t, err)
	t.Cleanup(func() { must(t, line.Close()) })
	return line.Addr()
}

type crookedElection struct {
	phone.Election
	cheat
	call *sip.Call

	own atomic.Pointer[string] // the code of the ballot, once it is sealed
}

// crookedLine hears the keys before the booth's program does.
type crookedLine struct {
	*sip.Call
	e    *crookedElection
	lib  *prompt.Library
	over <-chan struct{}
}

// Play speaks, but where the booth mumbles its code: there nothing is heard.
func (l *crookedLine) Play(ctx context.Context, ulaw []byte) error {
	if code := l.e.own.Load(); code != nil && l.e.mumbles {
		phrases, err := text.Render([]text.Message{{Lang: "en", ID: text.CodeIs, Digits: *code}})
		if err != nil {
			return err
		}
		sound, err := l.lib.Audio(phrases)
		if err != nil {
			return err
		}
		ulaw = bytes.ReplaceAll(ulaw, sound, bytes.Repeat([]byte{media.Silence}, len(sound)))
	}
	return l.Call.Play(ctx, ulaw)
}

func (l *crookedLine) Digits() <-chan byte {
	if !l.e.early {
		return l.Call.Digits()
	}
	heard := make(chan byte, 100) // more than are keyed in a call
	go func() {
		for {
			select {
			case key := <-l.Call.Digits():
				if key == '2' && l.e.own.Load() != nil {
					l.Hangup()
					return
				}
				heard <- key
			case <-l.over:
				return
			}
		}
	}()
	return heard
}

func (e *crookedElection) Identify(ctx context.Context, number, pin []byte) (phone.Voter, error) {
	v, err := e.Election.Identify(ctx, number, pin)
	if err != nil {
		return nil, err
	}
	return &crookedVoter{v, e}, nil
}

type crookedVoter struct {
	phone.Voter
	e *crookedElection
}

func (v *crookedVoter) Seal(ctx context.Context, choices [][]int) (phone.Ballot, error) {
	if v.e.swaps != nil && v.e.swaps(choices) {
		if first := choices[0]; len(first) == 0 {
			choices[0] = []int{0}
		} else {
			choices[0] = []int{(first[0] + 1) % 4}
		}
	}
	if v.e.twice {
		again := [][]int{append([]int{}, choices[0]...), append([]int{}, choices[1]...)}
		if _, err := v.Voter.Seal(ctx, again); err != nil {
			return nil, err
		}
	}
	b, err := v.Voter.Seal(ctx, choices)
	if err != nil {
		return nil, err
	}
	code := b.Code()
	v.e.own.Store(&code)
	return &crookedBallot{b, v.e}, nil
}

type crookedBallot struct {
	phone.Ballot
	e *crookedElection
}

func (b *crookedBallot) Code() string {
	if b.e.code == nil {
		return b.Ballot.Code()
	}
	return b.e.code(b.Ballot.Code())
}

func (b *crookedBallot) Test(ctx context.Context) error {
	if b.e.drop {
		b.e.call.Hangup()
		return phone.ErrClosed
	}
	if b.e.test != nil {
		return b.e.test(b.Ballot)
	}
	return b.Ballot.Test(ctx)
}

// config is of an audit of n calls with the first so many letters.
func (e *town) config(t *testing.T, line netip.AddrPort, letters []voter.Letter, n int, seed byte) audit.Config {
	t.Helper()
	policy, id, err := service.ReadPolicy(e.dir)
	must(t, err)
	board, err := audit.OpenBoard(t.Context(), e.service.URL(), policy, id)
	must(t, err)
	return audit.Config{
		Dir: filepath.Join(t.TempDir(), "audit"), Line: voter.Line{Addr: line, Speed: e.speed}, Board: board, Election: id, Library: e.library,
		Letters: letters, Plan: audit.PlanOptions{Calls: n, Random: mrand.NewChaCha8([32]byte{seed})},
		AtOnce: min(len(letters), atOnce), MaxCall: 5 * time.Minute, Patience: 5 * time.Second,
	}
}

// run runs an audit to its end. Of a test that fails, it tells how each call ended.
func run(t *testing.T, cfg audit.Config) *audit.Report {
	t.Helper()
	t.Cleanup(func() {
		if !t.Failed() && !testing.Verbose() {
			return
		}
		results, _ := filepath.Glob(filepath.Join(cfg.Dir, "calls", "*", "result.json"))
		for _, path := range results {
			if b, err := os.ReadFile(path); err == nil {
				t.Logf("%s", b)
			}
		}
	})
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	a, err := audit.Open(cfg)
	must(t, err)
	r, err := a.Run(ctx)
	must(t, err)
	if t.Failed() || testing.Verbose() {
		var b strings.Builder
		r.Write(&b)
		t.Log(b.String())
	}
	return r
}
