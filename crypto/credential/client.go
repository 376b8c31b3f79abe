package credential

import (
	"errors"
	"fmt"

	circlgroup "github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/oprf"
	"github.com/cloudflare/circl/zk/dleq"
)

// ErrProof says that an answer is not one of the key that the manifest names.
var ErrProof = errors.New("evaluation does not match the public key")

// Blinding is the client's side of one evaluation. It is not safe for
// concurrent use.
type Blinding struct {
	client  oprf.PartialObliviousClient
	data    *oprf.FinalizeData
	info    []byte
	input   []byte
	blinded []byte
}

// Blind starts one evaluation of input, as PINInput or CastInput give it,
// under public info, as Info gives it. It is Blind of RFC 9497, section 3.3.3.
// Input is copied: the caller may wipe it at once.
func Blind(public *OPRFPublicKey, info, input []byte) (*Blinding, error) {
	return blind(public, info, input, nil)
}

// blind takes the blinding scalar as an argument where a test must repeat.
func blind(public *OPRFPublicKey, info, input []byte, fixed oprf.Blind) (*Blinding, error) {
	b := &Blinding{
		client: oprf.NewPartialObliviousClient(suite, public.key),
		info:   append([]byte(nil), info...),
		// circl keeps a reference to the input until Finalize. Were it the
		// caller's slice, wiping the PIN early would give a wrong output.
		input: append([]byte(nil), input...),
	}
	var request *oprf.EvaluationRequest
	var err error
	if fixed == nil {
		b.data, request, err = b.client.Blind([][]byte{b.input})
	} else {
		b.data, request, err = b.client.DeterministicBlind([][]byte{b.input}, []oprf.Blind{fixed})
	}
	if err != nil {
		return nil, fmt.Errorf("blinding: %w", err)
	}
	if b.blinded, err = request.Elements[0].MarshalBinaryCompress(); err != nil {
		return nil, fmt.Errorf("blinded element: %w", err)
	}
	return b, nil
}

// Blinded returns the 32-byte blinded element: all that the server sees of the
// input.
func (b *Blinding) Blinded() []byte { return append([]byte(nil), b.blinded...) }

// Finalize checks the server's proof (64 bytes) for the evaluated element (32
// bytes) and returns the function's output, 64 bytes. A wrong PIN is not an
// error: it gives another output. The error wraps ErrProof where the encodings
// are fine and the proof is not.
func (b *Blinding) Finalize(evaluated, proof []byte) ([]byte, error) {
	if b.data == nil {
		return nil, errors.New("finalizing: the input was wiped")
	}
	element, err := parseElement("evaluated element", evaluated)
	if err != nil {
		return nil, err
	}
	p := new(dleq.Proof)
	if err := p.UnmarshalBinary(circlgroup.Ristretto255, proof); err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	outputs, err := b.client.Finalize(b.data, &oprf.Evaluation{Elements: []oprf.Evaluated{element}, Proof: p}, b.info)
	if errors.Is(err, oprf.ErrInvalidProof) {
		return nil, ErrProof
	}
	if err != nil {
		return nil, fmt.Errorf("finalizing: %w", err)
	}
	return outputs[0], nil
}

// Wipe overwrites the copy of the input; Finalize then returns an error.
func (b *Blinding) Wipe() {
	clear(b.input)
	b.data = nil
}
