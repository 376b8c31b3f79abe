package phone

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/demo/names"
	"rollcall/internal/text"
	"rollcall/phone/callflow"
	"rollcall/phone/prompt"
)

const (
	testNumber = "104005006"
	testPIN    = "80070061"
	testCast   = "456789"
	testCode   = "1200560090001234"
)

// line is a telephone line in fake time, with a caller on it who recognises
// what is played. Line and Election are fakes here since the faults of these
// tests (an election that never answers, a cast that ends just as the caller
// hangs up) can not be made with real ones at will; phone/sip and tally have
// tests with real ones.
type line struct {
	t      *testing.T
	digits chan byte
	words  map[string][]byte // audio by phrase

	mu      sync.Mutex
	broken  bool     // Play fails
	heard   []byte   // frames played and not recognised yet
	ids     []string // phrases recognised
	playing bool
	hungUp  bool
}

func (l *line) Play(ctx context.Context, ulaw []byte) error {
	if len(ulaw)%prompt.FrameSize != 0 {
		l.t.Errorf("asked to play %d bytes", len(ulaw))
	}
	l.mu.Lock()
	if l.playing {
		l.t.Error("two utterances at once")
	}
	l.playing = true
	broken := l.broken
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.playing = false
		l.mu.Unlock()
	}()
	if broken {
		return errors.New("line is broken")
	}
	for frame := range slices.Chunk(ulaw, prompt.FrameSize) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		l.mu.Lock()
		l.heard = append(l.heard, frame...)
		l.mu.Unlock()
	}
	return nil
}

func (l *line) Digits() <-chan byte { return l.digits }

func (l *line) Hangup() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hungUp = true
}

// recognise gives the IDs of the phrases heard so far. Frames that are the start
// of a phrase wait for the rest of it.
func (l *line) recognise() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.heard) > 0 {
		id, step := "", prompt.FrameSize
		for phrase, audio := range l.words {
			if bytes.HasPrefix(l.heard, audio) {
				id, step = phrase, len(audio)
				break
			}
			if bytes.HasPrefix(audio, l.heard) {
				return slices.Clone(l.ids)
			}
		}
		if id != "" {
			l.ids = append(l.ids, id)
		}
		l.heard = l.heard[step:]
	}
	return slices.Clone(l.ids)
}

// messages are all that was heard so far, in the language.
func (l *line) messages(lang string) []text.Heard {
	c, err := text.For(lang)
	if err != nil {
		l.t.Fatal(err)
	}
	return c.Hear(l.recognise())
}

func (l *line) times(lang string, id text.ID) int {
	n := 0
	for _, h := range l.messages(lang) {
		if h.ID == id && h.Whole {
			n++
		}
	}
	return n
}

// await waits until a message was heard whole once more than before.
func (l *line) await(lang string, id text.ID) {
	l.t.Helper()
	for before := l.times(lang, id); l.times(lang, id) == before; {
		l.mu.Lock()
		over := l.hungUp
		l.mu.Unlock()
		if over {
			l.t.Errorf("the call ended before %q was heard", id)
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// press presses keys as people do, with 200 ms between them.
func (l *line) press(keys string) {
	for i := range len(keys) {
		select {
		case l.digits <- keys[i]:
		case <-time.After(time.Minute):
			l.t.Errorf("nobody took key %d of %d", i+1, len(keys))
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// election is an Election and its only Voter and Ballot, with faults to order.
type election struct {
	languages                               []string
	contests                                []callflow.Contest
	identifyErr, sealErr, castErr, testErr  error
	identifyTime, sealTime, castTime, tests time.Duration

	mu         sync.Mutex
	sealed     [][][]int
	cast       []string // cast codes
	tested     int
	closed     int
	given      [][]byte // slices that must be wiped
	sealCtxErr error
	patience   []time.Duration // of Seal and Cast, until their deadlines
}

// waits notes how long a question may take.
func (e *election) waits(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	until, _ := ctx.Deadline()
	e.patience = append(e.patience, time.Until(until))
}

func (e *election) Describe() callflow.Election {
	d := names.Election()
	if e.languages != nil {
		d.Languages = e.languages
	}
	return d
}

// take waits as long as the election takes, or until ctx ends.
func take(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (e *election) Identify(ctx context.Context, voterNumber, pin []byte) (Voter, error) {
	e.mu.Lock()
	e.given = append(e.given, voterNumber, pin)
	e.mu.Unlock()
	if err := take(ctx, e.identifyTime); err != nil {
		return nil, err
	}
	if e.identifyErr != nil {
		return nil, e.identifyErr
	}
	if string(voterNumber) != testNumber || string(pin) != testPIN {
		return nil, ErrWrongPIN
	}
	return e, nil
}

func (e *election) Contests(lang string) []callflow.Contest {
	if e.contests != nil {
		return e.contests
	}
	return names.Ballot(lang)
}

func (e *election) Seed() uint64 { return 7 }

func (e *election) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed++
}

func (e *election) Seal(ctx context.Context, choices [][]int) (Ballot, error) {
	e.waits(ctx)
	copied := make([][]int, len(choices))
	for i := range choices {
		copied[i] = slices.Clone(choices[i])
	}
	err := take(ctx, e.sealTime)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sealed = append(e.sealed, copied)
	e.sealCtxErr = err
	return e, errors.Join(err, e.sealErr)
}

func (e *election) Code() string { return testCode }

func (e *election) Cast(ctx context.Context, castCode []byte) error {
	e.waits(ctx)
	e.mu.Lock()
	e.cast = append(e.cast, string(castCode))
	e.given = append(e.given, castCode)
	e.mu.Unlock()
	if err := take(ctx, e.castTime); err != nil {
		return err
	}
	if e.castErr == nil && string(castCode) != testCast {
		return ErrWrongCastCode
	}
	return e.castErr
}

func (e *election) Test(ctx context.Context) error {
	e.mu.Lock()
	e.tested++
	e.mu.Unlock()
	if err := take(ctx, e.tests); err != nil {
		return err
	}
	return e.testErr
}

// result is what is left of a call.
type result struct {
	outcome Outcome
	line    *line
	log     string
	took    time.Duration // fake time
}

var shippedWords = sync.OnceValues(func() (map[string][]byte, error) {
	ballots := map[string][]callflow.Contest{"en": names.Ballot("en"), "es": names.Ballot("es")}
	phrases, err := callflow.Phrases(names.Election(), ballots)
	if err != nil {
		return nil, err
	}
	lib, err := prompt.New(prompt.Config{})
	if err != nil {
		return nil, err
	}
	return lib.Dictionary(phrases)
})

// dial runs one call in fake time. The caller is a goroutine of its own; cancel
// ends the context of the call, as the line does when it is hung up.
func dial(t *testing.T, e *election, cfg Config, caller func(l *line, cancel func())) result {
	t.Helper()
	words, err := shippedWords()
	if err != nil {
		t.Fatal(err)
	}
	lib, err := prompt.New(prompt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var res result
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		l := &line{t: t, digits: make(chan byte), words: words}
		var wg sync.WaitGroup
		wg.Go(func() { caller(l, cancel) })
		begin := time.Now()
		res = result{outcome: Run(ctx, l, e, lib, cfg), line: l, took: time.Since(begin)}
		wg.Wait()
		res.log = log.String()
	})
	if !res.line.hungUp {
		t.Error("the line was not hung up")
	}
	for _, secret := range e.given {
		if len(bytes.Trim(secret, "\x00")) > 0 {
			t.Error("a number or code was not wiped")
		}
	}
	for _, secret := range []string{testNumber, testPIN, testCast, testCode} {
		if bytes.Contains([]byte(res.log), []byte(secret)) {
			t.Error("the log holds a secret")
		}
	}
	return res
}
