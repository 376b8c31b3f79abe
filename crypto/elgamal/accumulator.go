package elgamal

import (
	"fmt"

	"rollcall/crypto/group"
)

// Accumulator adds up many encoded ciphertexts of ballots with no allocation
// for any of them. The zero value is the sum of none.
type Accumulator struct{ alpha, beta group.Accumulator }

// Add decodes one ciphertext of 64 bytes as ParseCiphertexts does, with the next
// two hints of a decoder, which may be nil, and adds it. After an error the sum
// is of no more use. The error names the part, alpha or beta.
func (a *Accumulator) Add(d *group.Decoder, b []byte) error {
	if len(b) != CiphertextSize {
		return fmt.Errorf("ciphertext has %d bytes, want %d", len(b), CiphertextSize)
	}
	if err := a.alpha.Add(d, b[:group.PointSize]); err != nil {
		return fmt.Errorf("alpha: %w", err)
	}
	if err := a.beta.Add(d, b[group.PointSize:]); err != nil {
		return fmt.Errorf("beta: %w", err)
	}
	return nil
}

// Merge adds the sum of another accumulator.
func (a *Accumulator) Merge(o *Accumulator) {
	a.alpha.Merge(&o.alpha)
	a.beta.Merge(&o.beta)
}

// Ciphertext returns the sum so far.
func (a *Accumulator) Ciphertext() Ciphertext {
	return Ciphertext{Alpha: a.alpha.Point(), Beta: a.beta.Point()}
}
