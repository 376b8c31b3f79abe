package dkg

import (
	"bytes"
	"errors"
	"fmt"

	"rollcall/crypto/group"
)

// Round2 is a trustee's state after its shares have been found good: its
// signature of the transcript, and the secret share, which Finish gives out
// once everyone has signed.
type Round2 struct {
	ceremony  *Ceremony
	index     int
	secret    *group.Scalar // x_i
	payloads  [][]byte
	signature []byte
}

// KeyShare is a trustee's result.
type KeyShare struct {
	// Index is the trustee's index, from 1.
	Index int
	// Secret is x_i, with x_i*G = VerificationShares[Index-1].
	Secret *group.Scalar
	// Payloads are what the trustees sent along, in their order. They are
	// authenticated but agree with no commitment. Rollcall sends none.
	Payloads [][]byte
	// Public is what everybody knows.
	Public *Result
}

// Wipe overwrites the secret share.
func (s *KeyShare) Wipe() { s.Secret.Wipe() }

// Round2 decrypts and checks the trustee's n shares, sums them, and signs the
// transcript ("Round 2" from step 3, Algorithm 5, and "Round 3" to step 3). It
// repeats: the same messages give the same result, so that a trustee whose
// machine was restarted goes on from the board.
//
// own is the message that Round1 returned. A board that shows another under
// this trustee's index gives ErrOwnMessage and no signature. A bad share gives
// a *Fault that names the dealer and is not public; NewComplaint makes it so.
func (t *Trustee) Round2(c *Ceremony, own []byte) (*Round2, error) {
	if !c.params.equal(t.params) {
		return nil, errors.New("round 2: ceremony has other parameters than the trustee")
	}
	if !bytes.Equal(c.messages[t.index-1].Bytes(), own) {
		return nil, fmt.Errorf("round 2: %w", ErrOwnMessage)
	}
	r := &Round2{ceremony: c, index: t.index, secret: new(group.Scalar)}
	for j := 1; j <= c.params.N(); j++ {
		share, payload, err := t.openFrom(c, j)
		if err != nil {
			r.Wipe()
			return nil, &Fault{Trustee: j, Err: err}
		}
		r.add(share, payload)
	}
	if !group.MulBase(r.secret).Equal(c.shares[t.index-1]) {
		r.Wipe()
		return nil, errors.New("round 2: sum of good shares is no good share") // step 4.4
	}
	var err error
	if r.signature, err = sign(t.secret, c.Transcript()); err != nil {
		r.Wipe()
		return nil, fmt.Errorf("round 2: transcript: %w", err)
	}
	return r, nil
}

// openFrom decrypts and checks the share that dealer j sent to t.
func (t *Trustee) openFrom(c *Ceremony, j int) (*group.Scalar, []byte, error) {
	m := c.messages[j-1]
	return c.openWith(t.shared(m.Ephemeral, c.params.key(j)), j, t.index, m.Ciphertexts[t.index-1])
}

// openWith decrypts and checks the ciphertext of dealer j for trustee i under
// the points they share.
func (c *Ceremony) openWith(s secretPoints, j, i int, ciphertext []byte) (*group.Scalar, []byte, error) {
	m := c.messages[j-1]
	key, nonce := aeadKey(s, m.Ephemeral, c.params.key(j), c.params.key(i), c.params.context)
	defer clear(key[:])
	return open(&key, &nonce, ciphertext, i, m.Commitment)
}

// add takes one share into the sum and wipes it.
func (r *Round2) add(share *group.Scalar, payload []byte) {
	sum := r.secret.Add(share)
	r.secret.Wipe()
	share.Wipe()
	r.secret = sum
	r.payloads = append(r.payloads, payload)
}

// Signature returns the trustee's signature of the transcript, 64 bytes.
func (r *Round2) Signature() []byte { return append([]byte(nil), r.signature...) }

// Wipe overwrites the secret share.
func (r *Round2) Wipe() { r.secret.Wipe() }

// Finish checks that all trustees signed the transcript that this trustee
// signed, and gives out the key share ("Round 3", steps 4 and 5). The secret
// passes to the KeyShare. A trustee at fault is named by a *Fault.
func (r *Round2) Finish(signatures [][]byte) (*KeyShare, error) {
	result, err := r.ceremony.VerifyCertificate(signatures)
	if err != nil {
		return nil, err
	}
	return &KeyShare{Index: r.index, Secret: r.secret, Payloads: r.payloads, Public: result}, nil
}
