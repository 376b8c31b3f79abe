package dkg

import (
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"rollcall/crypto/group"
)

// Bounds of one ciphertext in bytes ("Protocol Messages"). The minimum is a
// share without payload; the maximum is the specification's interoperability
// floor of 64 KiB. The board's own limit on an entry is lower.
const (
	MinCiphertextSize = group.ScalarSize + chacha20poly1305.Overhead // 48
	MaxCiphertextSize = 65536
)

const (
	prefixH6  = "COCKTAIL-DKG-Ristretto255-SHA512-H6"
	frameSize = 8 // the length before a ciphertext
)

// secretPoints are the two Diffie-Hellman points that sender and recipient of
// one share have in common: e = e_j*P_i = d_i*E_j and d = d_j*P_i = d_i*P_j.
type secretPoints struct{ e, d *group.Point }

// aeadKey hashes the shared points to the 32-byte key and 24-byte nonce of one
// ciphertext: H6 of "Ciphersuites". ephemeral is the sender's E, sender and
// recipient their long-term keys.
func aeadKey(s secretPoints, ephemeral, sender, recipient *group.Point, context []byte) (key [32]byte, nonce [24]byte) {
	h := sha512.New()
	h.Write([]byte(prefixH6))
	for _, secret := range []*group.Point{s.e, s.d} {
		b := secret.Bytes()
		h.Write(b)
		clear(b)
	}
	h.Write(ephemeral.Bytes())
	h.Write(sender.Bytes())
	h.Write(recipient.Bytes())
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(context))))
	h.Write(context)
	var sum [64]byte
	h.Sum(sum[:0])
	copy(key[:], sum[:32])
	copy(nonce[:], sum[32:56])
	clear(sum[:])
	return key, nonce
}

// seal encrypts one share and its payload with XChaCha20-Poly1305, without
// associated data. The key is used once: it depends on a fresh ephemeral key.
func seal(key *[32]byte, nonce *[24]byte, share *group.Scalar, payload []byte) []byte {
	plaintext := append(share.Bytes(), payload...)
	defer clear(plaintext)
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		panic("dkg: 32-byte key refused: " + err.Error()) // the length is the only cause
	}
	return aead.Seal(nil, nonce[:], plaintext, nil)
}

// open decrypts one share and its payload and checks the share against the
// dealer's commitments for recipient i ("Round 2", step 3). The error wraps
// ErrDecrypt, ErrEncoding or ErrShare, the three ways a share can be bad.
func open(key *[32]byte, nonce *[24]byte, ciphertext []byte, i int, commitment []*group.Point) (*group.Scalar, []byte, error) {
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		panic("dkg: 32-byte key refused: " + err.Error()) // the length is the only cause
	}
	plaintext, err := aead.Open(nil, nonce[:], ciphertext, nil)
	if err != nil {
		return nil, nil, ErrDecrypt
	}
	defer clear(plaintext)
	if len(plaintext) < group.ScalarSize {
		return nil, nil, fmt.Errorf("%w: %d bytes, want %d", ErrEncoding, len(plaintext), group.ScalarSize)
	}
	share, err := group.ParseScalar(plaintext[:group.ScalarSize])
	if err != nil {
		return nil, nil, ErrEncoding
	}
	if !group.MulBase(share).Equal(evaluateCommitment(commitment, i)) {
		share.Wipe()
		return nil, nil, ErrShare
	}
	return share, append([]byte(nil), plaintext[group.ScalarSize:]...), nil
}

// appendFrame appends a ciphertext behind its length, 8 bytes big-endian.
func appendFrame(b, ciphertext []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(ciphertext)))
	return append(b, ciphertext...)
}

// cutFrame takes one framed ciphertext off the front of b.
func cutFrame(b []byte) (ciphertext, rest []byte, err error) {
	if len(b) < frameSize {
		return nil, nil, fmt.Errorf("%d bytes left, want %d for a length", len(b), frameSize)
	}
	size := binary.BigEndian.Uint64(b)
	b = b[frameSize:]
	if size < MinCiphertextSize || size > MaxCiphertextSize {
		return nil, nil, fmt.Errorf("length is %d, want %d to %d", size, MinCiphertextSize, MaxCiphertextSize)
	}
	if uint64(len(b)) < size {
		return nil, nil, fmt.Errorf("%d bytes left, want %d", len(b), size)
	}
	return b[:size:size], b[size:], nil
}

// cutFrames takes exactly n framed ciphertexts, which must fill b.
func cutFrames(b []byte, n int) ([][]byte, error) {
	ciphertexts := make([][]byte, n)
	for j := range ciphertexts {
		var err error
		if ciphertexts[j], b, err = cutFrame(b); err != nil {
			return nil, fmt.Errorf("ciphertext %d: %w", j+1, err)
		}
	}
	if len(b) != 0 {
		return nil, fmt.Errorf("%d bytes after ciphertext %d", len(b), n)
	}
	return ciphertexts, nil
}
