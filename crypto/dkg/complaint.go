package dkg

import (
	"errors"
	"fmt"
	"io"

	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

// A complaint opens the points that make the key of one encrypted share and
// proves them right ("5. Ciphertexts Not Bound by the Transcript", option 3).
// The proof is Chaum and Pedersen's, for three pairs at once: one d_i with
//
//	P_i = d_i*G,  S_e = d_i*E_j,  S_d = d_i*P_j
//
// Everyone then derives the key, decrypts the ciphertext on the board, and sees
// which of the specification's three failures it is, or that it is none. The
// failure needs no tag: it is not claimed, it is recomputed. Which ciphertext
// is disputed needs no proof either: it is in the dealer's signed entry
// (option 2).

// ComplaintSize is the size of an encoded complaint in bytes.
const ComplaintSize = 5*group.PointSize + 2*group.ScalarSize // 224

const tagComplaint = "rollcall/v1/dkg/complaint"

// complaint is the decoded form, with the two parties.
type complaint struct {
	complainer, accused int
	shared              secretPoints    // S_e, S_d
	commitments         [3]*group.Point // a_0, a_1, a_2
	challenge, response *group.Scalar   // c, z
}

// NewComplaint returns the proof, ComplaintSize bytes, that the share of dealer
// accused for this trustee is bad. It refuses a share that is good. rand must
// be crypto/rand.Reader outside tests.
//
// A complaint makes the disputed share public, and ends the attempt: a trustee
// that complained must not sign this transcript, and one that signed must not
// complain. It also makes public d_i*P_j, which is the same in later attempts
// under the same keys; their shares stay secret behind d_i*E_j, with E_j new.
func (t *Trustee) NewComplaint(c *Ceremony, accused int, rand io.Reader) ([]byte, error) {
	p := c.params
	if !p.equal(t.params) {
		return nil, errors.New("complaint: ceremony has other parameters than the trustee")
	}
	if err := p.checkParties(t.index, accused); err != nil {
		return nil, fmt.Errorf("complaint: %w", err)
	}
	if share, _, err := t.openFrom(c, accused); err == nil {
		share.Wipe()
		return nil, fmt.Errorf("complaint: share of trustee %d is good", accused)
	}
	x, err := t.openPoints(c, accused, rand)
	if err != nil {
		return nil, fmt.Errorf("complaint: %w", err)
	}
	return x.bytes(), nil
}

// openPoints opens the points of one share and proves them right, whether the
// share is good or bad.
func (t *Trustee) openPoints(c *Ceremony, accused int, rand io.Reader) (*complaint, error) {
	m := c.messages[accused-1]
	shared := t.shared(m.Ephemeral, c.params.key(accused))
	x := &complaint{
		complainer: t.index, accused: accused,
		shared: secretPoints{e: shared.e.Encoded(), d: shared.d.Encoded()},
	}
	nonce, err := t.complaintNonce(x, rand)
	if err != nil {
		return nil, err
	}
	defer nonce.Wipe()
	x.commitments = [3]*group.Point{
		group.MulBase(nonce).Encoded(),
		m.Ephemeral.Mul(nonce).Encoded(),
		c.params.key(accused).Mul(nonce).Encoded(),
	}
	x.challenge = x.hash(c)
	x.response = nonce.Add(x.challenge.Mul(t.secret))
	return x, nil
}

// complaintNonce hashes key, fresh randomness and the opened points, so that
// neither a bad random source nor a repeated complaint gives the key away.
func (t *Trustee) complaintNonce(x *complaint, rand io.Reader) (*group.Scalar, error) {
	var fresh [64]byte
	if _, err := io.ReadFull(rand, fresh[:]); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	defer clear(fresh[:])
	key := t.secret.Bytes()
	defer clear(key)
	return transcript.New(tagComplaint + "/nonce").Bytes(key).Bytes(fresh[:]).
		Point(x.shared.e).Point(x.shared.d).Challenge(), nil
}

// hash is the proof's challenge, over the whole statement: session, indices,
// keys, the dealer's message as far as it concerns this share, the opened
// points and the commitments.
func (x *complaint) hash(c *Ceremony) *group.Scalar {
	m := c.messages[x.accused-1]
	return transcript.New(tagComplaint).
		Bytes(c.params.context).
		Uint64(uint64(x.complainer)).
		Uint64(uint64(x.accused)).
		Point(c.params.key(x.complainer)).
		Point(c.params.key(x.accused)).
		Point(m.Ephemeral).
		Bytes(appendPoints(nil, m.Commitment)).
		Bytes(m.Ciphertexts[x.complainer-1]).
		Point(x.shared.e).
		Point(x.shared.d).
		Bytes(appendPoints(nil, x.commitments[:])).
		Challenge()
}

// bytes is the wire form: S_e || S_d || a_0 || a_1 || a_2 || c || z, 32 bytes
// each.
func (x *complaint) bytes() []byte {
	b := appendPoints(nil, []*group.Point{x.shared.e, x.shared.d})
	b = appendPoints(b, x.commitments[:])
	b = append(b, x.challenge.Bytes()...)
	return append(b, x.response.Bytes()...)
}

// parseComplaint decodes ComplaintSize bytes.
func parseComplaint(complainer, accused int, b []byte) (*complaint, error) {
	if len(b) != ComplaintSize {
		return nil, fmt.Errorf("%d bytes, want %d", len(b), ComplaintSize)
	}
	points, err := parsePoints(5, b)
	if err != nil {
		return nil, fmt.Errorf("point %w", err)
	}
	b = b[5*group.PointSize:]
	x := &complaint{
		complainer:  complainer,
		accused:     accused,
		shared:      secretPoints{e: points[0], d: points[1]},
		commitments: [3]*group.Point(points[2:]),
	}
	if x.challenge, err = group.ParseScalar(b[:group.ScalarSize]); err != nil {
		return nil, fmt.Errorf("challenge: %w", err)
	}
	if x.response, err = group.ParseScalar(b[group.ScalarSize:]); err != nil {
		return nil, fmt.Errorf("response: %w", err)
	}
	return x, nil
}

// equations are what must hold for the opened points to be right.
func (x *complaint) equations(c *Ceremony) []group.Equation {
	minusOne, minusC := group.ScalarFromUint64(1).Neg(), x.challenge.Neg()
	bases := [3]*group.Point{group.Base(), c.messages[x.accused-1].Ephemeral, c.params.key(x.accused)}
	images := [3]*group.Point{c.params.key(x.complainer), x.shared.e, x.shared.d}
	labels := [3]string{"complainer's key", "ephemeral shared point", "long-term shared point"}
	equations := make([]group.Equation, 3)
	for k := range equations {
		equations[k] = group.Equation{Label: labels[k], Terms: []group.Term{
			{Scalar: x.response, Point: bases[k]},
			{Scalar: minusOne, Point: x.commitments[k]},
			{Scalar: minusC, Point: images[k]},
		}}
	}
	return equations
}

// JudgeComplaint decides in public the complaint evidence that trustee
// complainer posted against dealer accused, both from 1. The verdict always
// names one of the two:
//
//   - the dealer, if the proof holds and the share is bad; its error wraps
//     ErrDecrypt, ErrEncoding or ErrShare;
//   - the complainer, if the evidence is malformed, the proof does not hold or
//     the share is good; its error wraps ErrFalseComplaint.
//
// The error is not nil, and there is no verdict, only if the indices are not
// those of two trustees. That the complainer signed the entry is the caller's
// to check.
func JudgeComplaint(c *Ceremony, complainer, accused int, evidence []byte) (*Fault, error) {
	if err := c.params.checkParties(complainer, accused); err != nil {
		return nil, err
	}
	falseFor := func(reason error) *Fault {
		return &Fault{Trustee: complainer, Err: fmt.Errorf("%w: %w", ErrFalseComplaint, reason), Public: true}
	}
	x, err := parseComplaint(complainer, accused, evidence)
	if err != nil {
		return falseFor(err), nil
	}
	if !x.hash(c).Equal(x.challenge) {
		return falseFor(errors.New("challenge does not match")), nil
	}
	if err := group.VarTimeCheckAll(x.equations(c), nil); err != nil {
		return falseFor(err), nil
	}
	ciphertext := c.messages[accused-1].Ciphertexts[complainer-1]
	if _, _, err := c.openWith(x.shared, accused, complainer, ciphertext); err != nil {
		return &Fault{Trustee: accused, Err: fmt.Errorf("share for trustee %d: %w", complainer, err), Public: true}, nil
	}
	return falseFor(fmt.Errorf("share of trustee %d is good", accused)), nil
}

// checkParties refuses indices that are not those of two trustees.
func (p *Params) checkParties(complainer, accused int) error {
	if err := p.checkIndex(complainer); err != nil {
		return fmt.Errorf("complainer: %w", err)
	}
	if err := p.checkIndex(accused); err != nil {
		return fmt.Errorf("accused: %w", err)
	}
	if complainer == accused {
		return fmt.Errorf("trustee %d accuses itself", accused)
	}
	return nil
}
