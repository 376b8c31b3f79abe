package verifier

import (
	"bytes"
	"fmt"

	"rollcall/bulletin/entry"
	"rollcall/crypto/dkg"
)

// ceremonyState is the attempts at the key ceremony, in order; number i is
// attempts[i-1].
type ceremonyState struct {
	attempts []*attempt
	result   *dkg.Ceremony // of the attempt that open names, once V02 holds
}

// attempt is what the trustees posted in one attempt, by trustee.
type attempt struct {
	commitments map[uint64][]byte
	messages    map[uint64][]byte
	confirms    map[uint64][]byte
	complaints  []complaint
	early       error // a message that came before some commitment
}

type complaint struct {
	index uint64
	body  *entry.Complaint
}

// takeCeremony collects the entries of the key ceremony. Only what can never
// be right is a fault here: attempts out of order, an attempt that was not
// started, and a second entry where a trustee has one.
func (j *judge) takeCeremony(p *prepared) {
	c := &j.ceremony
	fault := func(format string, args ...any) {
		j.fail(v02, fmt.Errorf("entry %d: %s: %w", p.index, p.entry.Kind(), fmt.Errorf(format, args...)))
	}
	if start, ok := p.entry.Body.(*entry.Ceremony); ok {
		if start.Attempt != uint64(len(c.attempts))+1 {
			fault("attempt %d, want %d", start.Attempt, len(c.attempts)+1)
			return
		}
		c.attempts = append(c.attempts, &attempt{
			commitments: map[uint64][]byte{}, messages: map[uint64][]byte{}, confirms: map[uint64][]byte{},
		})
		return
	}
	number, trustee := ceremonyPlace(p.entry.Body)
	if number < 1 || number > uint64(len(c.attempts)) {
		fault("attempt %d was not started", number)
		return
	}
	if trustee < 1 || trustee > uint64(len(j.manifest.Trustees)) {
		return // V06 has failed by it
	}
	a := c.attempts[number-1]
	once := func(of map[uint64][]byte, value []byte) {
		if _, ok := of[trustee]; ok {
			fault("a second one of trustee %d in attempt %d", trustee, number)
			return
		}
		of[trustee] = value
	}
	switch b := p.entry.Body.(type) {
	case *entry.Commitment:
		once(a.commitments, b.Hash)
	case *entry.Round1:
		if n := len(j.manifest.Trustees); len(a.commitments) < n && a.early == nil {
			a.early = fmt.Errorf("message of trustee %d (entry %d) came when only %d of %d trustees had committed to theirs",
				trustee, p.index, len(a.commitments), n)
		}
		once(a.messages, b.Message)
	case *entry.Confirm:
		once(a.confirms, b.Signature)
	case *entry.Complaint:
		a.complaints = append(a.complaints, complaint{p.index, b})
	}
}

// ceremonyPlace returns attempt and trustee of a trustee's entry.
func ceremonyPlace(body entry.Body) (attempt, trustee uint64) {
	switch b := body.(type) {
	case *entry.Commitment:
		return b.Attempt, b.Trustee
	case *entry.Round1:
		return b.Attempt, b.Trustee
	case *entry.Complaint:
		return b.Attempt, b.Trustee
	case *entry.Confirm:
		return b.Attempt, b.Trustee
	}
	return 0, 0
}

// checkV02 holds that in the attempt that open names every trustee committed
// to a message before anyone's was posted, posted that message, and that all
// messages and proofs of possession are right.
func (j *judge) checkV02(p *prepared, open *entry.Open) {
	j.pass(v02)
	if err := j.verifyMessages(open.Attempt); err != nil {
		j.fail(v02, fmt.Errorf("open (entry %d): ceremony attempt %d: %w", p.index, open.Attempt, err))
	}
}

func (j *judge) verifyMessages(number uint64) error {
	if number < 1 || number > uint64(len(j.ceremony.attempts)) {
		return fmt.Errorf("was not started")
	}
	a, n := j.ceremony.attempts[number-1], len(j.manifest.Trustees)
	session := dkg.SessionID(j.hash, number)
	if a.early != nil {
		return a.early
	}
	messages := make([][]byte, n)
	for i := range messages {
		trustee := uint64(i) + 1
		m, ok := a.messages[trustee]
		if !ok {
			return fmt.Errorf("trustee %d: no message", trustee)
		}
		hash := dkg.CommitmentHash(session, i+1, m)
		if !bytes.Equal(hash[:], a.commitments[trustee]) {
			return fmt.Errorf("trustee %d: message is not the one it had committed to", trustee)
		}
		messages[i] = m
	}
	params, err := j.ceremonyParams(session)
	if err != nil {
		return err
	}
	c, err := dkg.VerifyMessages(params, messages)
	if err != nil {
		return err
	}
	for _, complaint := range a.complaints {
		return judgeComplaint(c, n, complaint)
	}
	j.ceremony.result = c
	return nil
}

func (j *judge) ceremonyParams(session []byte) (*dkg.Params, error) {
	var keys [][]byte
	for i := range j.manifest.Trustees {
		keys = append(keys, j.manifest.Trustees[i].Ceremony)
	}
	return dkg.NewParams(session, int(j.manifest.Threshold), keys)
}

// judgeComplaint names who is at fault. An attempt with a complaint is never
// complete, whoever that is.
func judgeComplaint(c *dkg.Ceremony, trustees int, of complaint) error {
	if of.body.Against < 1 || of.body.Against > uint64(trustees) {
		return fmt.Errorf("complaint (entry %d) is against trustee %d, who does not exist", of.index, of.body.Against)
	}
	fault, err := dkg.JudgeComplaint(c, int(of.body.Trustee), int(of.body.Against), of.body.Evidence)
	if err != nil {
		return fmt.Errorf("complaint (entry %d): %w", of.index, err)
	}
	return fmt.Errorf("ended by a complaint (entry %d): %w", of.index, fault)
}

// checkV03 recomputes the joint key and the verification shares, and holds
// that every trustee signed the one transcript and that open names that key.
func (j *judge) checkV03(p *prepared, open *entry.Open) {
	c := j.ceremony.result
	if c == nil {
		j.skip("not judged, since V02 failed", v03)
		return
	}
	j.pass(v03)
	path := fmt.Sprintf("open (entry %d): ceremony attempt %d", p.index, open.Attempt)
	a := j.ceremony.attempts[open.Attempt-1]
	signatures := make([][]byte, len(j.manifest.Trustees))
	for i := range signatures {
		s, ok := a.confirms[uint64(i)+1]
		if !ok {
			j.fail(v03, fmt.Errorf("%s: trustee %d did not sign the transcript", path, i+1))
			return
		}
		signatures[i] = s
	}
	result, err := c.VerifyCertificate(signatures)
	if err != nil {
		j.fail(v03, fmt.Errorf("%s: %w", path, err))
		return
	}
	j.shares = result.VerificationShares
	if !bytes.Equal(result.JointKey.Bytes(), open.JointKey) {
		j.fail(v03, fmt.Errorf("%s: joint key is not the one that open names", path))
	}
}
