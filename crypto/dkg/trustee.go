package dkg

import (
	"fmt"
	"io"

	"rollcall/crypto/group"
)

// Trustee is one participant with its long-term ceremony key. It is not safe
// for concurrent use.
type Trustee struct {
	params *Params
	index  int
	secret *group.Scalar // d_i
}

// NewTrustee returns trustee index, from 1, whose secret d_i must belong to
// the ceremony key in that place. It keeps secret. Errors wrap ErrSetup.
func NewTrustee(p *Params, index int, secret *group.Scalar) (*Trustee, error) {
	if err := p.checkIndex(index); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	if !group.MulBase(secret).Equal(p.key(index)) {
		return nil, fmt.Errorf("%w: secret key does not belong to the ceremony key of trustee %d", ErrSetup, index)
	}
	return &Trustee{params: p, index: index, secret: secret}, nil
}

// Wipe overwrites the trustee's long-term secret. The trustee is of no use
// after it.
func (t *Trustee) Wipe() { t.secret.Wipe() }

// shared returns the points shared with the sender of a share, whose
// ephemeral and long-term keys are given.
func (t *Trustee) shared(ephemeral, key *group.Point) secretPoints {
	return secretPoints{e: ephemeral.Mul(t.secret), d: key.Mul(t.secret)}
}

// Round1 makes the trustee's round-1 message ("Round 1", Algorithm 4), to be
// posted after everyone's CommitmentHash. rand must be crypto/rand.Reader; all
// else is for tests that must repeat. payloads are nil or one for every
// trustee, at most MaxCiphertextSize-MinCiphertextSize bytes each; Rollcall
// sends none.
//
// Polynomial and ephemeral key are wiped before Round1 returns: round 2 reads
// the trustee's own share from the message. The message must be stored before
// its hash is posted, for a second message in one session is refused by all.
func (t *Trustee) Round1(rand io.Reader, payloads [][]byte) ([]byte, error) {
	p := t.params
	if payloads != nil && len(payloads) != p.N() {
		return nil, fmt.Errorf("round 1: %d payloads, want %d", len(payloads), p.N())
	}
	for j, payload := range payloads {
		if len(payload) > MaxCiphertextSize-MinCiphertextSize {
			return nil, fmt.Errorf("round 1: payload %d has %d bytes, want at most %d",
				j+1, len(payload), MaxCiphertextSize-MinCiphertextSize)
		}
	}
	f, err := newPolynomial(p.Threshold(), rand)
	if err != nil {
		return nil, fmt.Errorf("round 1: %w", err)
	}
	defer f.wipe()
	e, err := randomNonZero(rand)
	if err != nil {
		return nil, fmt.Errorf("round 1: %w", err)
	}
	defer e.Wipe()

	m := &Message{Commitment: f.commit(), Ephemeral: group.MulBase(e).Encoded()}
	if m.Proof, err = sign(f[0], signedByProof(p.context, m.Commitment, m.Ephemeral)); err != nil {
		return nil, fmt.Errorf("round 1: proof of possession: %w", err)
	}
	for j := 1; j <= p.N(); j++ {
		var payload []byte
		if payloads != nil {
			payload = payloads[j-1]
		}
		shared := secretPoints{e: p.key(j).Mul(e), d: p.key(j).Mul(t.secret)}
		key, nonce := aeadKey(shared, m.Ephemeral, p.key(t.index), p.key(j), p.context)
		share := f.evaluate(j)
		m.Ciphertexts = append(m.Ciphertexts, seal(&key, &nonce, share, payload))
		share.Wipe()
		clear(key[:])
	}
	return m.Bytes(), nil
}
