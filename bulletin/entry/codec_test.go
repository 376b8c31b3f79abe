package entry

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// A writer of CBOR for these tests, which writes wrong things as well.

// head is the shortest head of a major type and a number.
func head(major byte, n uint64) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return []byte{major<<5 | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))
	}
	return binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(n))
}

func join(parts ...[]byte) []byte      { return bytes.Join(parts, nil) }
func uintItem(n uint64) []byte         { return head(0, n) }
func byteItem(b []byte) []byte         { return join(head(2, uint64(len(b))), b) }
func textItem(s string) []byte         { return join(head(3, uint64(len(s))), []byte(s)) }
func arrayItem(items ...[]byte) []byte { return join(head(4, uint64(len(items))), join(items...)) }
func mapItem(items ...[]byte) []byte   { return join(head(5, uint64(len(items)/2)), join(items...)) }
func endBody(number ...[]byte) []byte  { return mapItem(textItem("close"), join(number...)) }
func sigItem(signer, value int) []byte {
	return arrayItem(byteItem(fill(0, signer)), byteItem(fill(0, value)))
}
func rawEnd(body []byte) []byte { return rawEntry("end", body, sigItem(32, 64)) }
func castBody(ballot, leaf []byte) []byte {
	return mapItem(textItem("leaf"), leaf, textItem("ballot"), ballot)
}
func rawEntry(kind string, body []byte, sigs ...[]byte) []byte {
	return arrayItem(textItem(kind), byteItem(body), arrayItem(sigs...))
}

// TestByHand holds that the writer above writes what Decode reads, so that the
// corruptions below fail for the reason they name.
func TestByHand(t *testing.T) {
	for _, raw := range [][]byte{
		rawEnd(endBody(uintItem(7))),
		rawEnd(endBody(uintItem(1000))),
		rawEntry("cast", castBody(uintItem(70000), byteItem(fill(0, 32))), sigItem(32, 64), sigItem(32, 64)),
	} {
		if _, err := Decode(raw); err != nil {
			t.Errorf("%x: %v", raw, err)
		}
	}
}

// TestDecodeRefuses has one corruption of each sort. want is how the error
// begins; is, where set, is what it wraps.
func TestDecodeRefuses(t *testing.T) {
	good := rawEnd(endBody(uintItem(7)))
	leaf := byteItem(fill(0, 32))
	sig := sigItem(32, 64)
	for _, c := range []struct {
		name, want string
		raw        []byte
		is         error
	}{
		{"nothing", "entry: ", nil, nil},
		{"trailing byte", "entry: ", append(bytes.Clone(good), 0), nil},
		{"cut short", "entry: ", good[:len(good)-1], nil},
		{"two entries", "entry: ", join(good, good), nil},
		{"oversize", "entry of 65536 bytes", bytes.Repeat([]byte{0}, MaxSize+1), ErrTooLarge},
		{"not an array", "entry: ", mapItem(textItem("close"), uintItem(1)), nil},
		{"two elements", "entry: ", arrayItem(textItem("end"), byteItem(nil)), nil},
		{"four elements", "entry: ", arrayItem(textItem("end"), byteItem(endBody(uintItem(7))), arrayItem(sig), uintItem(0)), nil},
		{"array of indefinite length", "entry: ", join([]byte{0x9f}, textItem("end"), byteItem(endBody(uintItem(7))), arrayItem(sig), []byte{0xff}), nil},
		{"array head not shortest", "entry: ", join([]byte{0x98, 3}, good[1:]), ErrNotCanonical},
		{"unknown kind", `kind "ended": unknown kind`, rawEntry("ended", endBody(uintItem(7)), sig), ErrUnknownKind},
		{"kind in capitals", `kind "End": unknown kind`, rawEntry("End", endBody(uintItem(7)), sig), ErrUnknownKind},
		{"empty kind", `kind "": unknown kind`, rawEntry("", endBody(uintItem(7)), sig), ErrUnknownKind},
		{"long kind", "entry.Kind: 33 bytes of text, want at most 32", rawEntry(strings.Repeat("k", 33), nil, sig), nil},
		{"kind as bytes", "entry: ", arrayItem(byteItem([]byte("end")), byteItem(endBody(uintItem(7))), arrayItem(sig)), nil},
		{"body as text", "entry: ", arrayItem(textItem("end"), textItem("x"), arrayItem(sig)), nil},
		{"body as map", "entry: ", arrayItem(textItem("end"), endBody(uintItem(7)), arrayItem(sig)), nil},
		{"tagged entry", "entry: ", join([]byte{0xc0}, good), nil},

		{"no signature", "end: 0 signatures, want 1", rawEntry("end", endBody(uintItem(7))), nil},
		{"two signatures of one", "end: 2 signatures, want 1", rawEntry("end", endBody(uintItem(7)), sig, sig), nil},
		{"one signature of two", "cast: 1 signatures, want 2", rawEntry("cast", castBody(uintItem(1), leaf), sig), nil},
		{"three signatures", "entry.Signatures: 3 elements, want at most 2", rawEntry("cast", castBody(uintItem(1), leaf), sig, sig, sig), nil},
		{"signer of 31 bytes", "entry.Signatures[0].Signer: 31 bytes, want 32", rawEntry("end", endBody(uintItem(7)), sigItem(31, 64)), nil},
		{"signature of 65 bytes", "entry.Signatures[0].Value: 65 bytes, want 64", rawEntry("end", endBody(uintItem(7)), sigItem(32, 65)), nil},
		{"signature of three elements", "entry: ", rawEntry("end", endBody(uintItem(7)), arrayItem(byteItem(fill(0, 32)), byteItem(fill(0, 64)), uintItem(0))), nil},
		{"signatures null", "entry: ", arrayItem(textItem("end"), byteItem(endBody(uintItem(7))), []byte{0xf6}), ErrNotCanonical},

		{"trailing byte in body", "end: ", rawEnd(append(endBody(uintItem(7)), 0)), nil},
		{"empty body", "end: ", rawEnd(nil), nil},
		{"missing key", "end: not in deterministic", rawEnd(mapItem()), ErrNotCanonical},
		{"missing key of bounded size", "cast.leaf: 0 bytes, want 32", rawEntry("cast", mapItem(textItem("ballot"), uintItem(1)), sig, sig), nil},
		{"unknown key", "end: ", rawEnd(mapItem(textItem("close"), uintItem(7), textItem("nonce"), uintItem(1))), nil},
		{"key of another kind", "end: ", rawEnd(mapItem(textItem("index"), uintItem(7))), nil},
		{"key in capitals", "end: ", rawEnd(mapItem(textItem("Close"), uintItem(7))), nil},
		{"key as bytes", "end: ", rawEnd(mapItem(byteItem([]byte("close")), uintItem(7))), nil},
		{"key as number", "end: ", rawEnd(mapItem(uintItem(0), uintItem(7))), nil},
		{"duplicate key", "end: ", rawEnd(mapItem(textItem("close"), uintItem(7), textItem("close"), uintItem(8))), nil},
		{"duplicate key, same value", "end: ", rawEnd(mapItem(textItem("close"), uintItem(7), textItem("close"), uintItem(7))), nil},
		{"keys in wrong order", "cast: not in deterministic", rawEntry("cast", mapItem(textItem("ballot"), uintItem(1), textItem("leaf"), leaf), sig, sig), ErrNotCanonical},
		{"map of indefinite length", "end: ", rawEnd(join([]byte{0xbf}, textItem("close"), uintItem(7), []byte{0xff})), nil},
		{"bytes of indefinite length", "cast: ", rawEntry("cast", castBody(uintItem(1), join([]byte{0x5f}, leaf, []byte{0xff})), sig, sig), nil},
		{"number in 2 bytes for 1", "end: not in deterministic", rawEnd(endBody([]byte{0x18, 7})), ErrNotCanonical},
		{"number in 9 bytes for 1", "end: not in deterministic", rawEnd(endBody([]byte{0x1b, 0, 0, 0, 0, 0, 0, 0, 7})), ErrNotCanonical},
		{"length in 3 bytes for 2", "cast: not in deterministic", rawEntry("cast", castBody(uintItem(1), join([]byte{0x59, 0, 32}, fill(0, 32))), sig, sig), ErrNotCanonical},
		{"null number", "end: not in deterministic", rawEnd(endBody([]byte{0xf6})), ErrNotCanonical},
		{"undefined number", "end: ", rawEnd(endBody([]byte{0xf7})), nil},
		{"null bytes", "cast.leaf: 0 bytes, want 32", rawEntry("cast", castBody(uintItem(1), []byte{0xf6}), sig, sig), nil},
		{"null list", "result-end: not in deterministic", rawEntry("result-end", mapItem(textItem("end"), uintItem(1), textItem("chunks"), leaf, textItem("trustees"), []byte{0xf6}), sig), ErrNotCanonical},
		{"negative number", "end: ", rawEnd(endBody([]byte{0x20})), nil},
		{"float", "end: ", rawEnd(endBody([]byte{0xf9, 0x47, 0x00})), nil},
		{"float of 8 bytes", "end: ", rawEnd(endBody([]byte{0xfb, 0x40, 0x1c, 0, 0, 0, 0, 0, 0})), nil},
		{"true for a number", "end: ", rawEnd(endBody([]byte{0xf5})), nil},
		{"text for a number", "end: ", rawEnd(endBody(textItem("7"))), nil},
		{"tagged number", "end: ", rawEnd(endBody([]byte{0xc1}, uintItem(7))), nil},
		{"bignum", "end: ", rawEnd(endBody([]byte{0xc2}, byteItem([]byte{7}))), nil},
		{"text for bytes", "cast: ", rawEntry("cast", castBody(uintItem(1), textItem(strings.Repeat("x", 32))), sig, sig), nil},
		{"list for bytes", "cast.leaf: 1 bytes, want 32", rawEntry("cast", castBody(uintItem(1), arrayItem(uintItem(1))), sig, sig), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := Decode(c.raw)
			switch {
			case err == nil:
				t.Fatalf("read as %+v", e.Body)
			case !strings.HasPrefix(err.Error(), c.want):
				t.Errorf("error %q, want %q...", err, c.want)
			case c.is != nil && !errors.Is(err, c.is):
				t.Errorf("error %q does not wrap %q", err, c.is)
			}
		})
	}
}

// TestInvalidUTF8 has a byte that is no UTF-8 in a text, in a key and in the
// kind.
func TestInvalidUTF8(t *testing.T) {
	sig := sigItem(32, 64)
	part := func(contest string) []byte {
		return mapItem(textItem("units"), arrayItem(textItem("u")), textItem("ballots"), uintItem(0), textItem("contest"), textItem(contest),
			textItem("options"), arrayItem(), textItem("undervotes"), uintItem(0))
	}
	result := func(contest string) []byte {
		return rawEntry("result", mapItem(textItem("chunk"), uintItem(0), textItem("parts"), arrayItem(part(contest))), sig)
	}
	if _, err := Decode(result("\u00e9")); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		"label": result("\xe9"), "kind": rawEntry("clos\xe9", endBody(uintItem(7)), sig),
		"key": rawEnd(mapItem(textItem("inde\xe9"), uintItem(7))),
	} {
		if _, err := Decode(raw); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// TestEveryByteMatters flips each byte of an entry of every kind: what still
// decodes has other bytes, so another leaf hash, and its signatures fail.
func TestEveryByteMatters(t *testing.T) {
	for _, b := range sampleBodies() {
		e := mustSign(t, b)
		raw := e.Bytes()
		step := max(1, len(raw)/40)
		for i := 0; i < len(raw); i += step {
			changed := bytes.Clone(raw)
			changed[i] ^= 0x40
			got, err := Decode(changed)
			if err != nil {
				continue
			}
			if got.LeafHash() == e.LeafHash() {
				t.Fatalf("%s, byte %d: same leaf hash", b.Kind(), i)
			}
			hash := sampleHash()
			if b.Kind() == KindManifest {
				hash = nil
			}
			if err := verifySample(got, hash, b.Kind()); err == nil {
				t.Errorf("%s, byte %d: signatures still hold", b.Kind(), i)
			}
		}
	}
}

// TestEmptyListWritten holds that a nil list is written as an empty one.
func TestEmptyListWritten(t *testing.T) {
	null, err := marshal("result-end", &ResultEnd{End: 1, Chunks: fill(0, 32)})
	if err != nil {
		t.Fatal(err)
	}
	empty, err := marshal("result-end", &ResultEnd{End: 1, Chunks: fill(0, 32), Trustees: []uint64{}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(null, empty) || bytes.IndexByte(null, 0xf6) >= 0 {
		t.Errorf("nil list: %x, empty list: %x", null, empty)
	}
}
