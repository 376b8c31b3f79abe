package witness

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
)

// Path is where a witness takes requests, below its address.
const Path = "/add-checkpoint"

// SizeType is the media type of an answer 409, which is a tree size.
const SizeType = "text/x.tlog.size"

// maxProof is the most hashes a proof may have, by the specification.
const maxProof = 63

// MaxRequest is the most bytes a request may have.
const MaxRequest = checkpoint.MaxSize + 8<<10

// ErrMalformed is wrapped by every error of ParseRequest.
var ErrMalformed = errors.New("malformed request")

// Request asks a witness to cosign a checkpoint.
type Request struct {
	// Old is the size that the witness is believed to have cosigned last, and
	// Proof that its tree is a prefix of the checkpoint's.
	Old   uint64
	Proof []tlog.Hash
	// Signed is the checkpoint, signed by its log.
	Signed []byte
}

// Marshal writes the body of a request.
func (r Request) Marshal() []byte {
	b := fmt.Appendf(nil, "old %d\n", r.Old)
	for _, h := range r.Proof {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), r.Signed...)
}

// ParseRequest reads the body of a request; only what Marshal writes passes. It
// does not look into the checkpoint.
func ParseRequest(body []byte) (Request, error) {
	if len(body) > MaxRequest {
		return Request{}, fmt.Errorf("%w: %d bytes, at most %d are read", ErrMalformed, len(body), MaxRequest)
	}
	head, signed, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return Request{}, fmt.Errorf("%w: no empty line before a checkpoint", ErrMalformed)
	}
	first, rest, more := strings.Cut(string(head), "\n")
	digits, ok := strings.CutPrefix(first, "old ")
	old, err := ParseSize(digits)
	if !ok || err != nil {
		return Request{}, fmt.Errorf("%w: the first line is not \"old\" and a size", ErrMalformed)
	}
	r := Request{Old: old, Signed: signed}
	for more {
		if len(r.Proof) == maxProof {
			return Request{}, fmt.Errorf("%w: over %d lines of proof", ErrMalformed, maxProof)
		}
		var line string
		line, rest, more = strings.Cut(rest, "\n")
		h, err := tlog.ParseHash(line)
		if err != nil {
			return Request{}, fmt.Errorf("%w: line %d of the proof is no hash", ErrMalformed, len(r.Proof)+1)
		}
		r.Proof = append(r.Proof, h)
	}
	return r, nil
}

// ParseSize reads a tree size: decimal digits without leading zeroes, below
// 2^63, which is where databases end.
func ParseSize(s string) (uint64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%w: no tree size", ErrMalformed)
	}
	return uint64(n), nil
}
