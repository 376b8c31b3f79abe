package registrar

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"rollcall/crypto/credential"
	"rollcall/crypto/transcript"
)

// Budgets of one voter number, by purpose: within any hour, and in all until
// staff refill them.
const (
	PINPerHour  = 10
	PINInAll    = 30
	CastPerHour = 5
	CastInAll   = 10
)

// budgetHour is the span of the hourly budgets, and how long a nonce and its
// answer are remembered.
const budgetHour = time.Hour

// ServiceConfig configures a Service.
type ServiceConfig struct {
	// Path is the service's own database file, made with mode 0600.
	Path         string
	Key          *credential.OPRFKey
	ElectionHash [64]byte
	// Now is the clock; time.Now where nil.
	Now func() time.Time
	// Alarm, where set, is called once in a clock hour (UTC) in which
	// AlarmAt evaluations were counted for all voters together. It is an alarm
	// and never a cap: a cap would let one caller shut out all others.
	Alarm   func(count int)
	AlarmAt int
	// KeepUnknown bounds how many voter numbers that were never registered
	// have a budget at a time, so that trying numbers does not fill the disk;
	// 100,000 where zero.
	KeepUnknown int
}

func (c ServiceConfig) withDefaults() ServiceConfig {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.KeepUnknown == 0 {
		c.KeepUnknown = 100_000
	}
	return c
}

// Service evaluates within budgets. What a request cost is on disk before its
// answer is given, so no crash gives tries back. A voter number that nobody has
// is answered, and its budget kept, like any other: neither answer nor time
// says whether it was issued. Service is safe for concurrent use; it
// implements Evaluator.
type Service struct {
	config ServiceConfig
	db     *sql.DB

	mu         sync.Mutex // serialises the writers of db
	tagKey     []byte     // under mu
	unknown    int        // rows of unregistered voter numbers, under mu
	alarmHour  int64      // hour since the epoch that alarmCount is of, under mu
	alarmCount int        // under mu
	alarmed    bool       // the hour's alarm was given, under mu
}

// OpenService opens or makes the database. A database of another election or
// another key is refused: under another key all budgets would be full again.
func OpenService(ctx context.Context, config ServiceConfig) (*Service, error) {
	config = config.withDefaults()
	if config.Key == nil {
		return nil, errors.New("opening the registrar's service: no OPRF key")
	}
	secret := config.Key.Bytes()
	tagKey := transcript.New("rollcall/v1/registrar/tag-key").Bytes(secret).Bytes(config.ElectionHash[:]).Sum()
	clear(secret)
	s := &Service{config: config, tagKey: tagKey[:]}
	if err := s.open(ctx); err != nil {
		return nil, fmt.Errorf("opening the registrar's database %s: %w", config.Path, err)
	}
	return s, nil
}

// Close closes the database. Requests under way finish first.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tagKey)
	return s.db.Close()
}

// Evaluate answers one request. A request that came before with the same
// nonce, voter number and purpose counts nothing and gets the same answer, for
// an hour. The errors are ErrRequest, ErrNonce, ErrBudget and ErrUnavailable.
func (s *Service) Evaluate(ctx context.Context, request Request) (Response, error) {
	if err := verifyRequest(request); err != nil {
		return Response{}, err
	}
	// The info is made of the voter number whose budget pays, so nobody can be
	// asked about at another's expense.
	info, err := credential.Info(s.config.ElectionHash, request.Purpose, request.VoterNumber)
	if err != nil {
		return Response{}, fmt.Errorf("%w: %w", err, ErrRequest)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tag := s.tag(request.Purpose, request.VoterNumber)
	now := s.config.Now()
	var response Response
	var counted bool
	unknown := s.unknown
	err = s.transact(ctx, func(tx *sql.Tx) error {
		first, err := findAnswer(ctx, tx, tag, request.Nonce)
		if err != nil {
			return err
		}
		if first != nil {
			if !bytes.Equal(first.blinded, request.Blinded) {
				return ErrNonce
			}
			response = first.response
			return nil
		}
		if unknown, err = evictUnknown(ctx, tx, s.config.KeepUnknown, s.unknown); err != nil {
			return err
		}
		newUnknown, err := spend(ctx, tx, tag, request.Purpose, now)
		if err != nil {
			return err
		}
		if newUnknown {
			unknown++
		}
		if response.Evaluated, response.Proof, err = s.config.Key.Evaluate(info, request.Blinded); err != nil {
			return err
		}
		counted = true
		return keepAnswer(ctx, tx, tag, request, response, now)
	})
	switch {
	case errors.Is(err, ErrBudget), errors.Is(err, ErrNonce):
		return Response{}, err
	case err != nil:
		return Response{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s.unknown = unknown
	if counted {
		s.raiseAlarm(now)
	}
	return response, nil
}

// Register makes issued voter numbers known, so that their budgets are kept
// however many others are tried. It must be called once the letters are made;
// registering a number again changes nothing.
func (s *Service) Register(ctx context.Context, voterNumbers []string) error {
	for _, number := range voterNumbers {
		if err := credential.VerifyVoterNumber(number); err != nil {
			return fmt.Errorf("registering voter numbers: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.transact(ctx, func(tx *sql.Tx) error {
		add, err := tx.PrepareContext(ctx, addKnown)
		if err != nil {
			return err
		}
		defer add.Close()
		for _, number := range voterNumbers {
			for _, purpose := range []credential.Purpose{credential.PurposePIN, credential.PurposeCast} {
				if _, err := add.ExecContext(ctx, s.tag(purpose, number)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		err = s.countUnknown(ctx)
	}
	if err != nil {
		return fmt.Errorf("registering voter numbers: %w", err)
	}
	return nil
}

// Refill gives a voter number its whole budgets again, for both purposes. It
// is for staff who have identified the voter.
func (s *Service) Refill(ctx context.Context, voterNumber string) error {
	if err := credential.VerifyVoterNumber(voterNumber); err != nil {
		return fmt.Errorf("refilling a budget: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.transact(ctx, func(tx *sql.Tx) error {
		return errors.Join(
			refill(ctx, tx, s.tag(credential.PurposePIN, voterNumber)),
			refill(ctx, tx, s.tag(credential.PurposeCast, voterNumber)))
	})
	if err != nil {
		return fmt.Errorf("refilling a budget: %w", err)
	}
	return nil
}

// tagSize is the size of a tag in bytes: among 2*10^8 inputs two tags are
// equal with a chance of 2^-73.
const tagSize = 16

// tag is the name of a voter number's budget in the database. Without the OPRF
// key the 10^8 voter numbers can not be tried. The caller holds s.mu.
func (s *Service) tag(purpose credential.Purpose, voterNumber string) []byte {
	mac := hmac.New(sha512.New, s.tagKey)
	mac.Write(transcript.Frame([]byte(purpose), []byte(voterNumber)))
	return mac.Sum(nil)[:tagSize]
}

// raiseAlarm counts one evaluation of the hour. The caller holds s.mu.
func (s *Service) raiseAlarm(now time.Time) {
	if hour := now.Unix() / 3600; hour != s.alarmHour {
		s.alarmHour, s.alarmCount, s.alarmed = hour, 0, false
	}
	s.alarmCount++
	if s.config.Alarm != nil && s.config.AlarmAt > 0 && s.alarmCount >= s.config.AlarmAt && !s.alarmed {
		s.alarmed = true
		s.config.Alarm(s.alarmCount)
	}
}
