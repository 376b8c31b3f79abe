package registrar

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"rollcall/crypto/credential"
)

func freshNonce(t testing.TB) (n [NonceSize]byte) {
	t.Helper()
	if _, err := rand.Read(n[:]); err != nil {
		t.Fatal(err)
	}
	return n
}

// A letter's numbers must give the keys of the board's roll, and anything else
// keys that are on no roll, without an error that would say what was wrong.
func TestLetterOpensItsKeys(t *testing.T) {
	s, config := openService(t, nil)
	people := []Person{{Name: "A", Unit: 0}, {Name: "B", Unit: 1}, {Name: "C", Unit: 1}}
	letters, roll, err := Issue(t.Context(), IssueParams{ElectionHash: testHash, Key: config.Key}, people)
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		cast [32]byte
		unit uint64
	}
	onRoll := map[[32]byte]line{}
	for _, k := range roll {
		onRoll[[32]byte(k.BallotKey.Bytes())] = line{[32]byte(k.CastKey.Bytes()), k.Unit}
	}
	ballot := func(voter, pin string) [32]byte {
		t.Helper()
		k, err := DeriveBallotKey(t.Context(), s, config.Key.Public(), testHash, voter, pin)
		if err != nil {
			t.Fatal(err)
		}
		return [32]byte(k.Public().Bytes())
	}
	cast := func(voter, pin, code string) [32]byte {
		t.Helper()
		k, err := DeriveCastKey(t.Context(), s, config.Key.Public(), testHash, voter, pin, code)
		if err != nil {
			t.Fatal(err)
		}
		return [32]byte(k.Public().Bytes())
	}
	for i, l := range letters {
		entry, ok := onRoll[ballot(l.VoterNumber, l.PIN)]
		if !ok {
			t.Fatalf("letter %d: credential is not on the roll", i)
		}
		if entry.unit != people[i].Unit {
			t.Errorf("letter %d: unit %d, want %d", i, entry.unit, people[i].Unit)
		}
		if entry.cast != cast(l.VoterNumber, l.PIN, l.CastCode) {
			t.Errorf("letter %d: another cast key", i)
		}
		if entry.cast == cast(l.VoterNumber, l.PIN, otherDigits(l.CastCode)) {
			t.Errorf("letter %d: a wrong cast code gives the cast key", i)
		}
		if _, ok := onRoll[ballot(l.VoterNumber, otherDigits(l.PIN))]; ok {
			t.Errorf("letter %d: a wrong PIN gives a credential of the roll", i)
		}
		if _, ok := onRoll[ballot(l.VoterNumber, letters[(i+1)%3].PIN)]; ok {
			t.Errorf("letter %d: another voter's PIN gives a credential of the roll", i)
		}
	}
}

// otherDigits changes the last digit.
func otherDigits(s string) string {
	b := []byte(s)
	b[len(b)-1] = '0' + (b[len(b)-1]-'0'+1)%10
	return string(b)
}

// scripted answers from a list and keeps the requests.
type scripted struct {
	requests []Request
	answers  []func(Request) (Response, error)
}

func (s *scripted) Evaluate(_ context.Context, r Request) (Response, error) {
	s.requests = append(s.requests, r)
	if len(s.requests) > len(s.answers) {
		return Response{}, errors.New("asked too often")
	}
	return s.answers[len(s.requests)-1](r)
}

func TestDeriveTriesAgainWithOneNonce(t *testing.T) {
	service, config := openService(t, nil)
	lost := func(r Request) (Response, error) {
		if _, err := service.Evaluate(t.Context(), r); err != nil {
			t.Error(err)
		}
		return Response{}, ErrUnavailable // the answer got lost
	}
	through := func(r Request) (Response, error) { return service.Evaluate(t.Context(), r) }
	ev := &scripted{answers: []func(Request) (Response, error){lost, through}}
	if _, err := DeriveBallotKey(t.Context(), ev, config.Key.Public(), testHash, testVoter, testPIN); err != nil {
		t.Fatal(err)
	}
	if len(ev.requests) != 2 || ev.requests[0].Nonce != ev.requests[1].Nonce ||
		!bytes.Equal(ev.requests[0].Blinded, ev.requests[1].Blinded) {
		t.Error("the second try is not the same request")
	}
	if left := triesLeft(t, service, config, credential.PurposePIN, testVoter); left != PINPerHour-1 {
		t.Errorf("%d tries left, want %d", left, PINPerHour-1)
	}
}

// triesLeft asks until the budget is spent.
func triesLeft(t *testing.T, s *Service, config ServiceConfig, purpose credential.Purpose, voter string) int {
	t.Helper()
	for n := range 1000 {
		_, err := s.Evaluate(t.Context(), newRequest(t, config.Key, purpose, voter))
		if errors.Is(err, ErrBudget) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no budget")
	return 0
}

func TestDeriveRefuses(t *testing.T) {
	_, config := openService(t, nil)
	cheat, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	cheating := func(r Request) (Response, error) {
		info, err := credential.Info(testHash, r.Purpose, r.VoterNumber)
		if err != nil {
			return Response{}, err
		}
		evaluated, proof, err := cheat.Evaluate(info, r.Blinded)
		return Response{evaluated, proof}, err
	}
	fails := func(err error) func(Request) (Response, error) {
		return func(Request) (Response, error) { return Response{}, err }
	}
	for _, tc := range []struct {
		name             string
		voter, pin, code string
		answers          []func(Request) (Response, error)
		want             error
		asked            int
	}{
		{"another key's answer", testVoter, testPIN, testCode, []func(Request) (Response, error){cheating}, credential.ErrProof, 1},
		{"budget spent", testVoter, testPIN, testCode, []func(Request) (Response, error){fails(ErrBudget)}, ErrBudget, 1},
		{"down", testVoter, testPIN, testCode, []func(Request) (Response, error){fails(ErrUnavailable), fails(ErrUnavailable)}, ErrUnavailable, 2},
		{"short PIN", testVoter, "1234567", testCode, nil, credential.ErrFormat, 0},
		{"voter number mistyped", "136695977", testPIN, testCode, nil, credential.ErrFormat, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for purpose, f := range map[string]func(Evaluator) error{
				"ballot": func(ev Evaluator) error {
					_, err := DeriveBallotKey(t.Context(), ev, config.Key.Public(), testHash, tc.voter, tc.pin)
					return err
				},
				"cast": func(ev Evaluator) error {
					_, err := DeriveCastKey(t.Context(), ev, config.Key.Public(), testHash, tc.voter, tc.pin, tc.code)
					return err
				},
			} {
				ev := &scripted{answers: tc.answers}
				err := f(ev)
				if !errors.Is(err, tc.want) {
					t.Errorf("%s: error %v, want %v", purpose, err, tc.want)
				}
				if len(ev.requests) != tc.asked {
					t.Errorf("%s: asked %d times, want %d", purpose, len(ev.requests), tc.asked)
				}
				mustNotTell(t, err, tc.voter, tc.pin, tc.code)
			}
		})
	}
	ev := &scripted{}
	_, err = DeriveCastKey(t.Context(), ev, config.Key.Public(), testHash, testVoter, testPIN, "312345")
	if !errors.Is(err, credential.ErrFormat) || len(ev.requests) != 0 {
		t.Errorf("cast code below 4: %v after %d requests", err, len(ev.requests))
	}
}
