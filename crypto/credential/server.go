package credential

import (
	"crypto/rand"
	"errors"
	"fmt"

	circlgroup "github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/oprf"

	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

// Sizes in bytes.
const (
	OPRFKeySize       = group.ScalarSize
	OPRFPublicKeySize = group.PointSize
	ElementSize       = group.PointSize      // a blinded or an evaluated element
	ProofSize         = 2 * group.ScalarSize // challenge and response
	OutputSize        = 64
)

// Purpose says what an evaluation is for. It is part of the function's public
// info, so that an answer for one purpose is worth nothing for another.
type Purpose string

// The purposes.
const (
	PurposePIN  Purpose = "pin"  // the ballot key, from the PIN
	PurposeCast Purpose = "cast" // the cast key, from PIN and cast code
)

const infoTag = "rollcall/v1/oprf"

// suite is RFC 9497, section 4.1, in the partially oblivious mode.
var suite = oprf.SuiteRistretto255

// Info returns the function's public info: tag, election hash, purpose and
// voter number, each behind its length. It is made by the side that evaluates
// from the request's own voter number, so nobody is asked about at another's
// expense.
func Info(electionHash [64]byte, purpose Purpose, voterNumber string) ([]byte, error) {
	if purpose != PurposePIN && purpose != PurposeCast {
		return nil, fmt.Errorf("unknown purpose: %w", ErrFormat)
	}
	if err := VerifyVoterNumber(voterNumber); err != nil {
		return nil, err
	}
	return transcript.Frame([]byte(infoTag), electionHash[:], []byte(purpose), []byte(voterNumber)), nil
}

// OPRFKey is the registrar's key of the function, made for one election. It
// is safe for concurrent use.
type OPRFKey struct {
	private *oprf.PrivateKey
	public  *OPRFPublicKey
	server  oprf.PartialObliviousServer
}

// GenerateOPRFKey returns a fresh key from crypto/rand.
func GenerateOPRFKey() (*OPRFKey, error) {
	// circl ignores the reader for this group and takes crypto/rand itself.
	private, err := oprf.GenerateKey(suite, rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating the OPRF key: %w", err)
	}
	return newOPRFKey(private)
}

// ParseOPRFKey decodes 32 bytes, refusing zero and numbers not below the group
// order.
func ParseOPRFKey(b []byte) (*OPRFKey, error) {
	x, err := group.ParseScalar(b)
	if err != nil {
		return nil, fmt.Errorf("OPRF key: %w", err)
	}
	defer x.Wipe()
	if x.IsZero() {
		return nil, errors.New("OPRF key is zero")
	}
	// A second UnmarshalBinary would keep the old public key: always fresh.
	private := new(oprf.PrivateKey)
	if err := private.UnmarshalBinary(suite, b); err != nil {
		return nil, fmt.Errorf("OPRF key: %w", err)
	}
	return newOPRFKey(private)
}

func newOPRFKey(private *oprf.PrivateKey) (*OPRFKey, error) {
	// Public caches without a lock, so it is called here, once.
	b, err := private.Public().MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("OPRF key: %w", err)
	}
	public, err := ParseOPRFPublicKey(b)
	if err != nil {
		return nil, err
	}
	return &OPRFKey{private, public, oprf.NewPartialObliviousServer(suite, private)}, nil
}

// Bytes returns the 32-byte secret scalar, for writing to a key file.
func (k *OPRFKey) Bytes() []byte {
	b, err := k.private.MarshalBinary()
	if err != nil {
		panic("credential: encoding a scalar failed: " + err.Error()) // a valid scalar always encodes
	}
	return b
}

// Public returns the key of the manifest.
func (k *OPRFKey) Public() *OPRFPublicKey { return k.public }

// Evaluate is the server's side, BlindEvaluate of RFC 9497, section 3.3.3, of
// exactly one blinded element of 32 bytes. It returns the evaluated element
// (32 bytes) and the proof (64 bytes) that the public key's secret was used.
// The element is decoded strictly and the identity refused: circl would
// evaluate it.
func (k *OPRFKey) Evaluate(info, blinded []byte) (evaluated, proof []byte, err error) {
	element, err := parseElement("blinded element", blinded)
	if err != nil {
		return nil, nil, err
	}
	evaluation, err := k.server.Evaluate(&oprf.EvaluationRequest{Elements: []oprf.Blinded{element}}, info)
	if err != nil {
		return nil, nil, fmt.Errorf("evaluating: %w", err)
	}
	if evaluated, err = evaluation.Elements[0].MarshalBinaryCompress(); err != nil {
		return nil, nil, fmt.Errorf("evaluated element: %w", err)
	}
	if proof, err = evaluation.Proof.MarshalBinary(); err != nil {
		return nil, nil, fmt.Errorf("proof: %w", err)
	}
	return evaluated, proof, nil
}

// Output evaluates the function on a known input, without blinding, and
// returns 64 bytes: what the registrar does when it makes the letters. The
// result is the one that Blind, Evaluate and Finalize give.
func (k *OPRFKey) Output(info, input []byte) ([]byte, error) {
	output, err := k.server.FullEvaluate(input, info)
	if err != nil {
		return nil, fmt.Errorf("evaluating: %w", err)
	}
	return output, nil
}

// OPRFPublicKey is the function's public key, an element that is not the
// identity. It is immutable.
type OPRFPublicKey struct {
	key   *oprf.PublicKey
	bytes [OPRFPublicKeySize]byte
}

// ParseOPRFPublicKey decodes 32 bytes, refusing the identity and non-canonical
// encodings.
func ParseOPRFPublicKey(b []byte) (*OPRFPublicKey, error) {
	if _, err := group.ParseElement(b); err != nil {
		return nil, fmt.Errorf("OPRF public key: %w", err)
	}
	key := new(oprf.PublicKey)
	if err := key.UnmarshalBinary(suite, b); err != nil {
		return nil, fmt.Errorf("OPRF public key: %w", err)
	}
	return &OPRFPublicKey{key, [OPRFPublicKeySize]byte(b)}, nil
}

// Bytes returns the 32-byte encoding.
func (p *OPRFPublicKey) Bytes() []byte { return append([]byte(nil), p.bytes[:]...) }

// parseElement decodes with the project's own strict codec first: circl
// documents that its decoder may take several encodings of one element.
func parseElement(name string, b []byte) (circlgroup.Element, error) {
	if _, err := group.ParseElement(b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	e := circlgroup.Ristretto255.NewElement()
	if err := e.UnmarshalBinary(b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return e, nil
}

// VerifyElement checks that b is the 32-byte canonical encoding of an element
// other than the identity, as Evaluate demands.
func VerifyElement(b []byte) error {
	_, err := group.ParseElement(b)
	return err
}
