package registrar

import (
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"rollcall/crypto/schnorr"
	"rollcall/crypto/transcript"
)

// The signature of a booth's request, in four headers: the booth's public key,
// a nonce of this sending (16 bytes) and the signature in lower-case
// hexadecimal, the time in seconds since the epoch.
const (
	headerBooth     = "Rollcall-Booth"
	headerTime      = "Rollcall-Time"
	headerNonce     = "Rollcall-Nonce"
	headerSignature = "Rollcall-Signature"

	requestTag = "rollcall/v1/booth-request"
)

const (
	// requestWindow is how far a request's time may be from the registrar's.
	requestWindow = 60 * time.Second
	// maxNonces bounds the nonces of one booth in each of two generations of
	// two windows: 500 requests a second.
	maxNonces = 60_000
)

// Errors of a booth's signature.
var (
	// ErrUnauthorized says that a request is not signed, by a booth of this
	// election, within the last minute.
	ErrUnauthorized = errors.New("request is not authorized")
	// ErrReplay says that this very request came before.
	ErrReplay = errors.New("request was sent before")
)

// requestMessage is what a booth signs: tag, election hash, nonce, seconds
// since the epoch as 8 bytes, method, path and SHA-512 of the body, each behind
// its length. Its own key is in the signature's challenge.
func requestMessage(electionHash [64]byte, nonce [NonceSize]byte, unix int64, method, path string, body []byte) []byte {
	sum := sha512.Sum512(body)
	seconds := binary.BigEndian.AppendUint64(nil, uint64(unix))
	return transcript.Frame([]byte(requestTag), electionHash[:], nonce[:], seconds, []byte(method), []byte(path), sum[:])
}

// signRequest sets the four headers.
func signRequest(r *http.Request, key *schnorr.SecretKey, electionHash [64]byte, nonce [NonceSize]byte, now time.Time, body []byte) {
	message := requestMessage(electionHash, nonce, now.Unix(), r.Method, r.URL.Path, body)
	r.Header.Set(headerBooth, hex.EncodeToString(key.Public().Bytes()))
	r.Header.Set(headerTime, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(headerNonce, hex.EncodeToString(nonce[:]))
	r.Header.Set(headerSignature, hex.EncodeToString(key.Sign(message)))
}

// authenticator checks the booths' signatures. It is safe for concurrent use.
type authenticator struct {
	electionHash [64]byte
	booths       map[[schnorr.PublicKeySize]byte]*booth
}

// booth is a key and the nonces it used of late.
type booth struct {
	key schnorr.PublicKey

	mu       sync.Mutex
	since    time.Time // start of the younger generation, under mu
	young    map[[NonceSize]byte]bool
	previous map[[NonceSize]byte]bool
}

func newAuthenticator(electionHash [64]byte, keys []schnorr.PublicKey) *authenticator {
	a := &authenticator{electionHash: electionHash, booths: make(map[[schnorr.PublicKeySize]byte]*booth, len(keys))}
	for _, key := range keys {
		a.booths[[schnorr.PublicKeySize]byte(key.Bytes())] = &booth{key: key}
	}
	return a
}

// verify checks a request whose body is body. The errors wrap
// ErrUnauthorized, ErrReplay or, where too many requests came, ErrUnavailable.
func (a *authenticator) verify(r *http.Request, body []byte, now time.Time) error {
	var public [schnorr.PublicKeySize]byte
	var nonce [NonceSize]byte
	var signature [schnorr.SignatureSize]byte
	if err := errors.Join(
		parseHex(r, headerBooth, public[:]),
		parseHex(r, headerNonce, nonce[:]),
		parseHex(r, headerSignature, signature[:])); err != nil {
		return err
	}
	unix, err := parseTime(r)
	if err != nil {
		return err
	}
	if age := now.Sub(time.Unix(unix, 0)); age > requestWindow || age < -requestWindow {
		return fmt.Errorf("%s: more than %s from the registrar's clock: %w", headerTime, requestWindow, ErrUnauthorized)
	}
	b, ok := a.booths[public]
	if !ok {
		return fmt.Errorf("%s: no booth of this election: %w", headerBooth, ErrUnauthorized)
	}
	if err := b.key.Verify(requestMessage(a.electionHash, nonce, unix, r.Method, r.URL.Path, body), signature[:]); err != nil {
		return fmt.Errorf("%s: %w: %w", headerSignature, err, ErrUnauthorized)
	}
	// Only now, so that nobody else can fill the booth's memory.
	return b.remember(nonce, now)
}

// remember notes a nonce for at least two windows: a request may come a window
// early and be replayed until a window late. After a restart an old request
// can come a second time within its window; it then gets the answer of the
// first, which its sender has, and counts nothing.
func (b *booth) remember(nonce [NonceSize]byte, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if age := now.Sub(b.since); b.young == nil || age > 2*requestWindow {
		b.previous, b.young, b.since = b.young, map[[NonceSize]byte]bool{}, now
	}
	if b.young[nonce] || b.previous[nonce] {
		return ErrReplay
	}
	if len(b.young) >= maxNonces {
		return fmt.Errorf("too many requests of one booth: %w", ErrUnavailable)
	}
	b.young[nonce] = true
	return nil
}

// parseHex reads a header that must be there once and be exactly the
// lower-case hexadecimal of len(dst) bytes.
func parseHex(r *http.Request, name string, dst []byte) error {
	values := r.Header.Values(name)
	if len(values) != 1 || len(values[0]) != hex.EncodedLen(len(dst)) {
		return fmt.Errorf("%s: want one value of %d characters: %w", name, hex.EncodedLen(len(dst)), ErrUnauthorized)
	}
	if _, err := hex.Decode(dst, []byte(values[0])); err != nil || hex.EncodeToString(dst) != values[0] {
		return fmt.Errorf("%s: not lower-case hexadecimal: %w", name, ErrUnauthorized)
	}
	return nil
}

func parseTime(r *http.Request) (int64, error) {
	values := r.Header.Values(headerTime)
	if len(values) != 1 {
		return 0, fmt.Errorf("%s: want one value: %w", headerTime, ErrUnauthorized)
	}
	unix, err := strconv.ParseInt(values[0], 10, 64)
	// Beyond 2^40 the arithmetic of time.Time could overflow.
	if err != nil || unix < 0 || unix > 1<<40 || strconv.FormatInt(unix, 10) != values[0] {
		return 0, fmt.Errorf("%s: not seconds since the epoch: %w", headerTime, ErrUnauthorized)
	}
	return unix, nil
}
