package verifier

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/fxamacker/cbor/v2"
)

// Bounds of a saved state. An item is one CBOR value; whatever there may be
// many of comes in many items, so that nothing is made room for before it is
// there.
const (
	maxItem    = 1 << 18 // bytes
	pieceBytes = 1 << 16 // of packed elements in one item
)

var (
	stateEnc = func() cbor.EncMode {
		o := cbor.CoreDetEncOptions()
		o.NilContainers = cbor.NilContainerAsEmpty
		m, err := o.EncMode()
		if err != nil {
			panic("verifier: " + err.Error()) // the options are constants
		}
		return m
	}()
	stateDec = func() cbor.DecMode {
		m, err := cbor.DecOptions{
			DupMapKey:         cbor.DupMapKeyEnforcedAPF,
			IndefLength:       cbor.IndefLengthForbidden,
			TagsMd:            cbor.TagsForbidden,
			ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
			UTF8:              cbor.UTF8RejectInvalid,
			FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
			MaxArrayElements:  2000,
			MaxMapPairs:       32,
			MaxNestedLevels:   8,
		}.DecMode()
		if err != nil {
			panic("verifier: " + err.Error()) // the options are constants
		}
		return m
	}()
)

// coder writes the items of a saved state, or reads them: the same code does
// both, so that they can not come apart. Its first error stays.
type coder struct {
	out *bufio.Writer // when writing
	in  *bufio.Reader // when reading
	sum hash.Hash     // of everything so far
	err error
}

func newEncoder(w io.Writer) *coder {
	return &coder{out: bufio.NewWriterSize(w, 1<<16), sum: sha256.New()}
}

func newDecoder(r io.Reader) *coder {
	return &coder{in: bufio.NewReaderSize(r, 1<<16), sum: sha256.New()}
}

func (c *coder) writing() bool { return c.out != nil }

// fail keeps the first error; nil is none.
func (c *coder) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *coder) write(b []byte) {
	c.sum.Write(b)
	_, err := c.out.Write(b)
	c.fail(err)
}

// read returns the next n bytes, nil after an error.
func (c *coder) read(n int) []byte {
	if c.err != nil {
		return nil
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c.in, b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("is cut")
		}
		c.err = err
		return nil
	}
	c.sum.Write(b)
	return b
}

// item codes the value behind v: its length in 4 bytes, and CBOR in
// deterministic encoding.
func (c *coder) item(name string, v any) {
	if c.err != nil {
		return
	}
	if c.writing() {
		b, err := stateEnc.Marshal(v)
		if err != nil || len(b) > maxItem {
			c.fail(fmt.Errorf("%s: %d bytes: %w", name, len(b), errors.Join(err, errTooLong)))
			return
		}
		c.write(binary.BigEndian.AppendUint32(nil, uint32(len(b))))
		c.write(b)
		return
	}
	head := c.read(4)
	if head == nil {
		return
	}
	n := binary.BigEndian.Uint32(head)
	if n > maxItem {
		c.fail(fmt.Errorf("%s: %d bytes: %w", name, n, errTooLong))
		return
	}
	b := c.read(int(n))
	if b == nil {
		return
	}
	if err := stateDec.Unmarshal(b, v); err != nil {
		c.fail(fmt.Errorf("%s: %w", name, err))
		return
	}
	if again, err := stateEnc.Marshal(v); err != nil || !bytes.Equal(again, b) {
		c.fail(fmt.Errorf("%s: not in deterministic encoding", name))
	}
}

var errTooLong = fmt.Errorf("an item has at most %d", maxItem)

// items codes a list: how many, and each as an item. get and put are called in
// order.
func items[T any](c *coder, name string, n int, get func(i int) T, put func(v T) error) {
	count := uint64(n)
	c.item(name, &count)
	for i := uint64(0); i < count && c.err == nil; i++ {
		var v T
		if c.writing() {
			v = get(int(i))
		}
		if c.item(name, &v); c.err == nil && !c.writing() {
			if err := put(v); err != nil {
				c.fail(fmt.Errorf("%s %d: %w", name, i, err))
			}
		}
	}
}

// packed codes a list of elements of size bytes each, many to an item. pack
// appends the next one, unpack takes it.
func (c *coder) packed(name string, n, size int, pack func(i int, b []byte) []byte, unpack func(i int, b []byte) error) {
	count := uint64(n)
	c.item(name, &count)
	if count > maxSize*16 {
		c.fail(fmt.Errorf("%s: %d of them", name, count))
	}
	each := uint64(pieceBytes / size)
	for from := uint64(0); from < count && c.err == nil; from += each {
		to := min(from+each, count)
		var b []byte
		if c.writing() {
			b = make([]byte, 0, pieceBytes)
			for i := from; i < to; i++ {
				b = pack(int(i), b)
			}
		}
		c.item(name, &b)
		if c.writing() || c.err != nil {
			continue
		}
		if uint64(len(b)) != (to-from)*uint64(size) {
			c.fail(fmt.Errorf("%s %d: %d bytes for %d of them", name, from, len(b), to-from))
			return
		}
		for i := from; i < to && c.err == nil; i++ {
			if err := unpack(int(i), b[int(i-from)*size:][:size]); err != nil {
				c.fail(fmt.Errorf("%s %d: %w", name, i, err))
			}
		}
	}
}

// finish codes the hash of everything, which ends a state.
func (c *coder) finish() {
	sum := c.sum.Sum(nil)
	if c.writing() {
		c.write(sum)
		c.fail(c.out.Flush())
		return
	}
	if got := c.read(len(sum)); got != nil && !bytes.Equal(got, sum) {
		c.fail(errors.New("its hash does not match"))
	}
	if c.err == nil {
		if _, err := c.in.ReadByte(); !errors.Is(err, io.EOF) {
			c.fail(errors.New("goes on after its end"))
		}
	}
}
