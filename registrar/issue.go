package registrar

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"rollcall/crypto/checkdigit"
	"rollcall/crypto/credential"
	"rollcall/crypto/schnorr"
)

// maxIssued bounds the voter numbers of one election: with more than a tenth
// of all numbers given out, a guessed one would be somebody's too often.
const maxIssued = 10_000_000

// Letter is what one voter gets by mail. It is secret until it is mailed and
// exists nowhere else afterwards.
type Letter struct {
	Person       Person
	VoterNumber  string // 9 digits
	PIN          string // 8 digits
	CastCode     string // 6 digits, the first 4 to 9; empty for an auditor
	BallotNumber string // 12 digits; public
}

// Format keeps the letter out of every log line and error text.
func (Letter) Format(s fmt.State, _ rune) { fmt.Fprint(s, "registrar.Letter{...}") }

// VoterKeys is one line of the board's roll.
type VoterKeys struct {
	BallotKey schnorr.PublicKey // the credential
	CastKey   schnorr.PublicKey
	Unit      uint64 // position in the manifest
	Auditor   bool   // known to the registrar alone
}

// IssueParams is what all letters of an election share.
type IssueParams struct {
	ElectionHash [64]byte
	Key          *credential.OPRFKey
	// Progress, where set, is called with the number of letters made, not
	// more than once for each, from one goroutine at a time.
	Progress func(done, total int)
}

// Issue draws voter number, PIN and, but for auditors, cast code for every person
// and derives their keys. The letters are in the order of people. The keys are shuffled
// with crypto/rand, so that their order on the board says nothing. Voter
// numbers and ballot numbers are unique: who draws one that is taken draws
// anew. It takes about a millisecond a person and processor.
func Issue(ctx context.Context, params IssueParams, people []Person) ([]Letter, []VoterKeys, error) {
	is := &issuer{params: params, ballotNumber: credential.BallotNumber}
	return is.issue(ctx, people)
}

// issuer holds the numbers given out so far.
type issuer struct {
	params IssueParams
	// ballotNumber is credential.BallotNumber but in the test of a collision.
	ballotNumber func([64]byte, schnorr.PublicKey) string

	mu            sync.Mutex
	voterNumbers  map[string]bool // under mu
	ballotNumbers map[string]bool // under mu
	done          int             // under mu
}

func (is *issuer) issue(ctx context.Context, people []Person) ([]Letter, []VoterKeys, error) {
	if is.params.Key == nil {
		return nil, nil, errors.New("issuing letters: no OPRF key")
	}
	if len(people) > maxIssued {
		return nil, nil, fmt.Errorf("issuing letters: %d people, at most %d voter numbers", len(people), maxIssued)
	}
	is.voterNumbers = make(map[string]bool, len(people))
	is.ballotNumbers = make(map[string]bool, len(people))
	letters, keys := make([]Letter, len(people)), make([]VoterKeys, len(people))
	group, ctx := errgroup.WithContext(ctx)
	workers := max(1, min(runtime.GOMAXPROCS(0), len(people)))
	for w := range workers {
		group.Go(func() error {
			for i := w; i < len(people); i += workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				var err error
				if letters[i], keys[i], err = is.one(people[i]); err != nil {
					return fmt.Errorf("person %d: %w", i, err)
				}
				is.progress(len(people))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, fmt.Errorf("issuing letters: %w", err)
	}
	if err := shuffle(keys); err != nil {
		return nil, nil, fmt.Errorf("issuing letters: %w", err)
	}
	return letters, keys, nil
}

// one makes one letter, drawing anew until both numbers are free.
func (is *issuer) one(person Person) (Letter, VoterKeys, error) {
	letter := Letter{Person: person}
	var err error
	for {
		if letter.VoterNumber, err = drawVoterNumber(); err != nil {
			return Letter{}, VoterKeys{}, err
		}
		if is.take(is.voterNumbers, letter.VoterNumber) {
			break
		}
	}
	for {
		if letter.PIN, err = drawDigits(credential.PINDigits, 0); err != nil {
			return Letter{}, VoterKeys{}, err
		}
		ballotKey, err := is.deriveBallotKey(letter)
		if err != nil {
			return Letter{}, VoterKeys{}, err
		}
		letter.BallotNumber = is.ballotNumber(is.params.ElectionHash, ballotKey)
		if !is.take(is.ballotNumbers, letter.BallotNumber) {
			continue
		}
		castKey, err := is.drawCastKey(&letter)
		if err != nil {
			return Letter{}, VoterKeys{}, err
		}
		return letter, VoterKeys{BallotKey: ballotKey, CastKey: castKey, Unit: person.Unit, Auditor: person.Auditor}, nil
	}
}

// drawCastKey draws the cast code of a letter and derives its key. An auditor has
// none: the key is drawn itself and its secret forgotten, so that no code at all, not
// even a guessed one, casts a ballot.
func (is *issuer) drawCastKey(letter *Letter) (schnorr.PublicKey, error) {
	if letter.Person.Auditor {
		key := schnorr.GenerateKey()
		defer key.Wipe()
		return key.Public(), nil
	}
	var err error
	if letter.CastCode, err = drawDigits(credential.CastCodeDigits, 4); err != nil {
		return schnorr.PublicKey{}, err
	}
	return is.deriveCastKey(*letter)
}

// take notes a number as given out and reports whether it was free.
func (is *issuer) take(numbers map[string]bool, number string) bool {
	is.mu.Lock()
	defer is.mu.Unlock()
	if numbers[number] {
		return false
	}
	numbers[number] = true
	return true
}

func (is *issuer) progress(total int) {
	is.mu.Lock()
	defer is.mu.Unlock()
	is.done++
	if is.params.Progress != nil {
		is.params.Progress(is.done, total)
	}
}

func (is *issuer) deriveBallotKey(l Letter) (schnorr.PublicKey, error) {
	input, err := credential.PINInput(l.PIN)
	if err != nil {
		return schnorr.PublicKey{}, err
	}
	return is.derive(credential.PurposePIN, l.VoterNumber, input, credential.BallotKey)
}

func (is *issuer) deriveCastKey(l Letter) (schnorr.PublicKey, error) {
	input, err := credential.CastInput(l.PIN, l.CastCode)
	if err != nil {
		return schnorr.PublicKey{}, err
	}
	return is.derive(credential.PurposeCast, l.VoterNumber, input, credential.CastKey)
}

// derive evaluates without blinding, keeps the public half and wipes the rest.
func (is *issuer) derive(purpose credential.Purpose, voterNumber string, input []byte,
	toKey func([64]byte, ...[]byte) (*schnorr.SecretKey, error)) (schnorr.PublicKey, error) {
	defer clear(input)
	info, err := credential.Info(is.params.ElectionHash, purpose, voterNumber)
	if err != nil {
		return schnorr.PublicKey{}, err
	}
	output, err := is.params.Key.Output(info, input)
	if err != nil {
		return schnorr.PublicKey{}, err
	}
	defer clear(output)
	key, err := toKey(is.params.ElectionHash, output)
	if err != nil {
		return schnorr.PublicKey{}, err
	}
	defer key.Wipe()
	return key.Public(), nil
}

// drawVoterNumber draws eight random digits and appends the check digit. They
// are sparse: most numbers with a right check digit are nobody's.
func drawVoterNumber() (string, error) {
	digits, err := drawDigits(credential.VoterNumberDigits-1, 0)
	if err != nil {
		return "", err
	}
	return checkdigit.Append1110(digits)
}

// drawDigits draws a uniform number of n digits whose first is at least
// first.
func drawDigits(n, first int64) (string, error) {
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(n-1), nil)
	least := new(big.Int).Mul(ten, big.NewInt(first))
	span := new(big.Int).Mul(ten, big.NewInt(10-first))
	v, err := rand.Int(rand.Reader, span)
	if err != nil {
		return "", fmt.Errorf("drawing digits: %w", err)
	}
	return fmt.Sprintf("%0*d", int(n), v.Add(v, least)), nil
}

// shuffle is Fisher and Yates' with crypto/rand.
func shuffle(keys []VoterKeys) error {
	for i := len(keys) - 1; i > 0; i-- {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			return fmt.Errorf("shuffling: %w", err)
		}
		keys[i], keys[j.Int64()] = keys[j.Int64()], keys[i]
	}
	return nil
}
