package dkg

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

// cheated is a ceremony in which dealer 1 cheats trustee 2.
func cheated(t *testing.T, b badShare) (*fixture, *Ceremony) {
	t.Helper()
	f := newFixture(t, 2, 3)
	f.messages[0] = b.make(t, f).Bytes()
	return f, f.verified(t)
}

// anyBadShare is one of each cause.
func anyBadShare(t *testing.T, name string) badShare {
	t.Helper()
	for _, b := range badShares() {
		if b.name == name {
			return b
		}
	}
	t.Fatalf("no bad share %q", name)
	return badShare{}
}

func judge(t *testing.T, c *Ceremony, complainer, accused int, evidence []byte) *Fault {
	t.Helper()
	verdict, err := JudgeComplaint(c, complainer, accused, evidence)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// Every bad share convicts its dealer before everyone.
func TestComplaintConvictsDealer(t *testing.T) {
	for _, test := range badShares() {
		t.Run(test.name, func(t *testing.T) {
			f, c := cheated(t, test)
			evidence, err := f.trustees[1].NewComplaint(c, 1, random("complaint"))
			if err != nil {
				t.Fatal(err)
			}
			if len(evidence) != ComplaintSize {
				t.Errorf("complaint has %d bytes, want %d", len(evidence), ComplaintSize)
			}
			wantFault(t, judge(t, c, 2, 1, evidence), 1, test.cause, true)
		})
	}
}

func TestNoComplaintAboutGoodShare(t *testing.T) {
	f := newFixture(t, 2, 3)
	c := f.verified(t)
	for _, accused := range []int{-1, 0, 1, 2, 3, 4} { // 2 is the trustee itself
		if b, err := f.trustees[1].NewComplaint(c, accused, random("complaint")); err == nil || b != nil {
			t.Errorf("complaint about trustee %d made", accused)
		}
	}
}

// A complainer that lies is named, however it lies about a good share.
func TestFalseComplaint(t *testing.T) {
	f := newFixture(t, 2, 3)
	c := f.verified(t)
	liar := f.trustees[1]
	wrong := group.ScalarFromUint64(12345)
	for name, test := range map[string]struct {
		lie  func() *complaint
		text string
	}{
		"true points":              {func() *complaint { return opened(t, liar, c, 1) }, "share of trustee 1 is good"},
		"ephemeral point altered":  {func() *complaint { return lie(c, liar, [3]*group.Scalar{nil, wrong, nil}) }, "ephemeral shared point"},
		"long-term point altered":  {func() *complaint { return lie(c, liar, [3]*group.Scalar{nil, nil, wrong}) }, "long-term shared point"},
		"both points altered":      {func() *complaint { return lie(c, liar, [3]*group.Scalar{nil, wrong, wrong}) }, "ephemeral shared point"},
		"proof for another secret": {func() *complaint { return lie(c, liar, [3]*group.Scalar{wrong, wrong, wrong}) }, "complainer's key"},
	} {
		t.Run(name, func(t *testing.T) {
			verdict := judge(t, c, 2, 1, test.lie().bytes())
			wantFault(t, verdict, 2, ErrFalseComplaint, true)
			if !strings.Contains(verdict.Error(), test.text) {
				t.Errorf("got %v, want %q", verdict, test.text)
			}
		})
	}
}

func opened(t *testing.T, trustee *Trustee, c *Ceremony, accused int) *complaint {
	t.Helper()
	x, err := trustee.openPoints(c, accused, random("opened"))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// lie makes the best proof that a complainer can for wrong points: secrets[k]
// takes the place of its own secret in equation k, where it is not nil. The
// response fits the first secret; each equation with another one fails.
func lie(c *Ceremony, trustee *Trustee, secrets [3]*group.Scalar) *complaint {
	m, p := c.messages[0], c.params
	for k := range secrets {
		if secrets[k] == nil {
			secrets[k] = trustee.secret
		}
	}
	nonce := group.ScalarFromUint64(99)
	x := &complaint{
		complainer: trustee.index, accused: 1,
		shared: secretPoints{e: m.Ephemeral.Mul(secrets[1]).Encoded(), d: p.key(1).Mul(secrets[2]).Encoded()},
		commitments: [3]*group.Point{
			group.MulBase(nonce).Encoded(), m.Ephemeral.Mul(nonce).Encoded(), p.key(1).Mul(nonce).Encoded(),
		},
	}
	x.challenge = x.hash(c)
	x.response = nonce.Add(x.challenge.Mul(secrets[0]))
	return x
}

// Weak Fiat-Shamir: a liar that may choose the opened points after the
// challenge solves all three equations. The points are in the hash.
func TestPointsChosenAfterChallenge(t *testing.T) {
	f := newFixture(t, 2, 3)
	c := f.verified(t)
	x := opened(t, f.trustees[1], c, 1)
	// a_1 moves by delta, and S_e by -delta/c, so the second equation holds.
	delta := group.MulBase(group.ScalarFromUint64(77))
	x.commitments[1] = x.commitments[1].Add(delta).Encoded()
	x.shared.e = x.shared.e.Sub(delta.Mul(x.challenge.Invert())).Encoded()
	if err := group.VarTimeCheckAll(x.equations(c), nil); err != nil {
		t.Fatalf("the attack is built wrong: %v", err)
	}
	verdict := judge(t, c, 2, 1, x.bytes())
	wantFault(t, verdict, 2, ErrFalseComplaint, true)
	if !strings.Contains(verdict.Error(), "challenge does not match") {
		t.Errorf("got %v, want the challenge refused", verdict)
	}
}

// A true complaint with any bit changed proves nothing, and one about a good
// share never convicts the dealer.
func TestComplaintAltered(t *testing.T) {
	f, c := cheated(t, anyBadShare(t, "authentic share+1"))
	evidence, err := f.trustees[1].NewComplaint(c, 1, random("complaint"))
	if err != nil {
		t.Fatal(err)
	}
	good := newFixture(t, 2, 3)
	goodCeremony := good.verified(t)
	falseEvidence := opened(t, good.trustees[1], goodCeremony, 1).bytes()
	for i := range evidence {
		bit := 8*i + i%8
		wantFault(t, judge(t, c, 2, 1, flipped(evidence, bit)), 2, ErrFalseComplaint, true)
		wantFault(t, judge(t, goodCeremony, 2, 1, flipped(falseEvidence, bit)), 2, ErrFalseComplaint, true)
	}
	for name, b := range map[string][]byte{
		"empty":                {},
		"truncated":            evidence[:ComplaintSize-1],
		"trailing byte":        append(bytes.Clone(evidence), 0),
		"identity as S_e":      replaced(evidence, 0, make([]byte, 32)),
		"identity as S_d":      replaced(evidence, 32, make([]byte, 32)),
		"identity as a_0":      replaced(evidence, 64, make([]byte, 32)),
		"c + q":                replaced(evidence, 160, plusOrder(evidence[160:192])),
		"z + q":                replaced(evidence, 192, plusOrder(evidence[192:])),
		"points exchanged":     append(append(bytes.Clone(evidence[32:64]), evidence[:32]...), evidence[64:]...),
		"another's complaint":  opened(t, f.trustees[2], c, 1).bytes(),
		"about another dealer": opened(t, f.trustees[1], c, 3).bytes(),
	} {
		t.Run(name, func(t *testing.T) {
			wantFault(t, judge(t, c, 2, 1, b), 2, ErrFalseComplaint, true)
		})
	}
}

// The proof is of one complainer, dealer, ciphertext and session.
func TestComplaintBinds(t *testing.T) {
	f, c := cheated(t, anyBadShare(t, "first bit flipped"))
	x := opened(t, f.trustees[1], c, 1)
	base := x.challenge
	alter := func(change func(p *Params, m *Message, x *complaint)) *group.Scalar {
		p := *c.params
		m := *c.messages[0]
		m.Commitment = append([]*group.Point(nil), m.Commitment...)
		m.Ciphertexts = append([][]byte(nil), m.Ciphertexts...)
		y := *x
		other := &Ceremony{params: &p, messages: append([]*Message{&m}, c.messages[1:]...)}
		change(&p, &m, &y)
		return y.hash(other)
	}
	moved := multiple(4242)
	if !alter(func(*Params, *Message, *complaint) {}).Equal(base) {
		t.Fatal("nothing altered gives another challenge")
	}
	for name, change := range map[string]func(p *Params, m *Message, x *complaint){
		"context":          func(p *Params, _ *Message, _ *complaint) { p.context = flipped(p.context, 0) },
		"complainer":       func(_ *Params, _ *Message, x *complaint) { x.complainer = 3 },
		"accused":          func(_ *Params, _ *Message, x *complaint) { x.accused = 3 },
		"keys":             func(p *Params, _ *Message, _ *complaint) { p.keys = []*group.Point{p.keys[0], moved, p.keys[2]} },
		"dealer's key":     func(p *Params, _ *Message, _ *complaint) { p.keys = []*group.Point{moved, p.keys[1], p.keys[2]} },
		"ephemeral key":    func(_ *Params, m *Message, _ *complaint) { m.Ephemeral = moved },
		"coefficient":      func(_ *Params, m *Message, _ *complaint) { m.Commitment[1] = moved },
		"ciphertext":       func(_ *Params, m *Message, _ *complaint) { m.Ciphertexts[1] = flipped(m.Ciphertexts[1], 9) },
		"ephemeral secret": func(_ *Params, _ *Message, x *complaint) { x.shared.e = moved },
		"long-term secret": func(_ *Params, _ *Message, x *complaint) { x.shared.d = moved },
		"commitment 0":     func(_ *Params, _ *Message, x *complaint) { x.commitments[0] = moved },
		"commitment 1":     func(_ *Params, _ *Message, x *complaint) { x.commitments[1] = moved },
		"commitment 2":     func(_ *Params, _ *Message, x *complaint) { x.commitments[2] = moved },
	} {
		if alter(change).Equal(base) {
			t.Errorf("%s is not in the challenge", name)
		}
	}
}

// A complaint of another session judges nothing in this one.
func TestComplaintReplayed(t *testing.T) {
	bad := anyBadShare(t, "authentic share+1")
	old := newFixtureIn(t, "another session", 2, 3)
	old.messages[0] = bad.make(t, old).Bytes()
	evidence, err := old.trustees[1].NewComplaint(old.verified(t), 1, random("complaint"))
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, 2, 3)
	wantFault(t, judge(t, f.verified(t), 2, 1, evidence), 2, ErrFalseComplaint, true)
}

func TestComplaintParties(t *testing.T) {
	f := newFixture(t, 2, 3)
	c := f.verified(t)
	evidence := opened(t, f.trustees[1], c, 1).bytes()
	for _, parties := range [][2]int{{0, 1}, {1, 0}, {4, 1}, {1, 4}, {-1, 1}, {2, 2}} {
		if verdict, err := JudgeComplaint(c, parties[0], parties[1], evidence); err == nil || verdict != nil {
			t.Errorf("complaint of trustee %d about %d judged", parties[0], parties[1])
		}
	}
}

// Two complaints about one share use two nonces even if randomness repeats
// across shares: the points are hashed in.
func TestComplaintNonces(t *testing.T) {
	f := newFixture(t, 2, 3)
	c := f.verified(t)
	a, b := opened(t, f.trustees[1], c, 1), opened(t, f.trustees[1], c, 3)
	if a.commitments[0].Equal(b.commitments[0]) {
		t.Error("two complaints share a nonce")
	}
	if _, err := f.trustees[1].openPoints(c, 1, bytes.NewReader(make([]byte, 63))); err == nil {
		t.Error("random source of 63 bytes taken")
	}
}

func TestFaultText(t *testing.T) {
	one := &Fault{Trustee: 3, Err: ErrShare}
	two := &Fault{Trustee: 1, Other: 3, Err: ErrDuplicate}
	if got := one.Error(); got != "trustee 3: share does not match the dealer's commitments" {
		t.Errorf("got %q", got)
	}
	if got := two.Error(); got != "trustees 1 and 3: equal to another trustee's" {
		t.Errorf("got %q", got)
	}
	if !errors.Is(one, ErrShare) {
		t.Error("fault does not wrap its cause")
	}
}
