package credential

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"

	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

const (
	testVoter  = "136695976" // a published example of MOD 11,10
	otherVoter = "100000008"
	testPIN    = "01234567"
	testCode   = "456789"
)

var testHash = [64]byte{1, 2, 3}

func newKey(t testing.TB) *OPRFKey {
	t.Helper()
	key, err := GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func mustInfo(t testing.TB, hash [64]byte, p Purpose, voter string) []byte {
	t.Helper()
	info, err := Info(hash, p, voter)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// ask runs the whole protocol once.
func ask(t testing.TB, key *OPRFKey, info, input []byte) []byte {
	t.Helper()
	b, err := Blind(key.Public(), info, input)
	if err != nil {
		t.Fatal(err)
	}
	evaluated, proof, err := key.Evaluate(info, b.Blinded())
	if err != nil {
		t.Fatal(err)
	}
	output, err := b.Finalize(evaluated, proof)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

func TestNumbers(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		verify   func(string) error
		ok       bool
	}{
		{"voter number", testVoter, VerifyVoterNumber, true},
		{"voter number, leading zero", "000000002", VerifyVoterNumber, false},
		{"voter number, check digit off", "136695977", VerifyVoterNumber, false},
		{"voter number, neighbours swapped", "163695976", VerifyVoterNumber, false},
		{"voter number, eight digits", "13669597", VerifyVoterNumber, false},
		{"voter number, ten digits", "1366959760", VerifyVoterNumber, false},
		{"voter number, space", "1366 5976", VerifyVoterNumber, false},
		{"voter number, other digits", "13669597\u0666", VerifyVoterNumber, false},
		{"voter number, empty", "", VerifyVoterNumber, false},
		{"PIN", testPIN, VerifyPIN, true},
		{"PIN, zeros", "00000000", VerifyPIN, true},
		{"PIN, seven digits", "0123456", VerifyPIN, false},
		{"PIN, nine digits", "012345678", VerifyPIN, false},
		{"PIN, sign", "-1234567", VerifyPIN, false},
		{"cast code, lowest", "400000", VerifyCastCode, true},
		{"cast code, highest", "999999", VerifyCastCode, true},
		{"cast code, first digit 3", "399999", VerifyCastCode, false},
		{"cast code, five digits", "45678", VerifyCastCode, false},
		{"cast code, hash key", "45678#", VerifyCastCode, false},
		{"ballot number, eleven digits", "12345678901", VerifyBallotNumber, false},
		{"ballot number, check digits off", "000000000000", VerifyBallotNumber, false},
		{"ballot number, 00 for 97", "000000000097", VerifyBallotNumber, false},
	} {
		err := tc.verify(tc.in)
		if tc.ok != (err == nil) {
			t.Errorf("%s: error %v, want ok %v", tc.name, err, tc.ok)
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: error %v does not wrap ErrFormat", tc.name, err)
		}
		if tc.in != "" && strings.Contains(err.Error(), tc.in) {
			t.Errorf("%s: error repeats the number", tc.name)
		}
	}
}

func TestInputs(t *testing.T) {
	in, err := PINInput(testPIN)
	if err != nil || string(in) != testPIN {
		t.Errorf("PINInput = %q, %v", in, err)
	}
	in, err = CastInput(testPIN, testCode)
	if err != nil || string(in) != testPIN+testCode {
		t.Errorf("CastInput = %q, %v", in, err)
	}
	for name, f := range map[string]func() ([]byte, error){
		"short PIN":              func() ([]byte, error) { return PINInput("1234567") },
		"cast with a long PIN":   func() ([]byte, error) { return CastInput("123456784", "56789") },
		"cast with a short code": func() ([]byte, error) { return CastInput(testPIN, "45678") },
	} {
		if _, err := f(); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: error %v, want ErrFormat", name, err)
		}
	}
}

func TestInfoIsFramed(t *testing.T) {
	got := mustInfo(t, testHash, PurposeCast, testVoter)
	want := transcript.Frame([]byte("rollcall/v1/oprf"), testHash[:], []byte("cast"), []byte(testVoter))
	if !bytes.Equal(got, want) {
		t.Errorf("info = %x, want %x", got, want)
	}
	if len(got) != 8+16+8+64+8+4+8+9 {
		t.Errorf("info has %d bytes", len(got))
	}
	if _, err := Info(testHash, "PIN", testVoter); !errors.Is(err, ErrFormat) {
		t.Errorf("unknown purpose: %v", err)
	}
	if _, err := Info(testHash, PurposePIN, "136695970"); !errors.Is(err, ErrFormat) {
		t.Errorf("bad voter number: %v", err)
	}
}

// What must change the output, and what must not.
func TestOutputDependsOn(t *testing.T) {
	key := newKey(t)
	info := mustInfo(t, testHash, PurposePIN, testVoter)
	base := ask(t, key, info, []byte(testPIN))
	if !bytes.Equal(base, ask(t, key, info, []byte(testPIN))) {
		t.Error("two blindings of one PIN give two outputs")
	}
	direct, err := key.Output(info, []byte(testPIN))
	if err != nil || !bytes.Equal(base, direct) {
		t.Errorf("Output differs from the blinded way (%v)", err)
	}
	for name, other := range map[string][]byte{
		"wrong PIN":      ask(t, key, info, []byte("01234568")),
		"other voter":    ask(t, key, mustInfo(t, testHash, PurposePIN, otherVoter), []byte(testPIN)),
		"other purpose":  ask(t, key, mustInfo(t, testHash, PurposeCast, testVoter), []byte(testPIN)),
		"other election": ask(t, key, mustInfo(t, [64]byte{9}, PurposePIN, testVoter), []byte(testPIN)),
		"other key":      ask(t, newKey(t), info, []byte(testPIN)),
	} {
		if bytes.Equal(base, other) {
			t.Errorf("%s gives the same output", name)
		}
	}
}

func TestFinalizeRefuses(t *testing.T) {
	key, cheat := newKey(t), newKey(t)
	info := mustInfo(t, testHash, PurposePIN, testVoter)
	b, err := Blind(key.Public(), info, []byte(testPIN))
	if err != nil {
		t.Fatal(err)
	}
	evaluated, proof, err := key.Evaluate(info, b.Blinded())
	if err != nil {
		t.Fatal(err)
	}
	cheatEvaluated, cheatProof, err := cheat.Evaluate(info, b.Blinded())
	if err != nil {
		t.Fatal(err)
	}
	otherEvaluated, otherProof, err := key.Evaluate(mustInfo(t, testHash, PurposePIN, otherVoter), b.Blinded())
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(proof)
	flipped[40] ^= 1
	order := unhex(t, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	for _, tc := range []struct {
		name             string
		evaluated, proof []byte
		want             error // nil: any error
	}{
		{"another key's answer", cheatEvaluated, cheatProof, ErrProof},
		{"another key's element under a good proof", cheatEvaluated, proof, ErrProof},
		{"another voter's answer", otherEvaluated, otherProof, ErrProof},
		{"the blinded element sent back", b.Blinded(), proof, ErrProof},
		{"proof altered", evaluated, flipped, ErrProof},
		{"proof of zeros", evaluated, make([]byte, ProofSize), ErrProof},
		{"proof with challenge + l", evaluated, slices.Concat(addLE(proof[:32], order), proof[32:]), nil},
		{"proof with response + l", evaluated, slices.Concat(proof[:32], addLE(proof[32:], order)), nil},
		{"proof cut short", evaluated, proof[:63], nil},
		{"proof with a trailing byte", evaluated, append(slices.Clone(proof), 0), nil},
		{"no proof", evaluated, nil, nil},
		{"identity", make([]byte, 32), proof, group.ErrIdentity},
		{"non-canonical element", bytes.Repeat([]byte{0xff}, 32), proof, group.ErrPoint},
		{"element cut short", evaluated[:31], proof, nil},
		{"two elements", slices.Concat(evaluated, evaluated), proof, nil},
		{"no element", nil, proof, nil},
	} {
		output, err := b.Finalize(tc.evaluated, tc.proof)
		if err == nil || output != nil {
			t.Errorf("%s: taken", tc.name)
		}
		if tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", tc.name, err, tc.want)
		}
	}
	if _, err := b.Finalize(evaluated, proof); err != nil {
		t.Errorf("the honest answer after the bad ones: %v", err)
	}
	b.Wipe()
	if _, err := b.Finalize(evaluated, proof); err == nil {
		t.Error("an output after Wipe")
	}
}

// addLE adds two little-endian numbers of 32 bytes.
func addLE(a, b []byte) []byte {
	x, y := slices.Clone(a), slices.Clone(b)
	slices.Reverse(x)
	slices.Reverse(y)
	sum := new(big.Int).Add(new(big.Int).SetBytes(x), new(big.Int).SetBytes(y)).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return sum
}

func TestBlindCopiesItsInput(t *testing.T) {
	key := newKey(t)
	info := mustInfo(t, testHash, PurposePIN, testVoter)
	input, publicInfo := []byte(testPIN), slices.Clone(info)
	b, err := Blind(key.Public(), publicInfo, input)
	if err != nil {
		t.Fatal(err)
	}
	clear(input)
	clear(publicInfo)
	evaluated, proof, err := key.Evaluate(info, b.Blinded())
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Finalize(evaluated, proof)
	if err != nil {
		t.Fatal(err)
	}
	if want := ask(t, key, info, []byte(testPIN)); !bytes.Equal(got, want) {
		t.Error("wiping the caller's input changed the output")
	}
}

func TestEvaluateRefuses(t *testing.T) {
	key := newKey(t)
	info := mustInfo(t, testHash, PurposePIN, testVoter)
	good := group.MulBase(group.RandomScalar()).Bytes()
	for _, tc := range []struct {
		name    string
		blinded []byte
		want    error
	}{
		{"nil", nil, nil},
		{"empty", []byte{}, nil},
		{"identity", make([]byte, 32), group.ErrIdentity},
		{"31 bytes", good[:31], nil},
		{"33 bytes", append(slices.Clone(good), 0), nil},
		{"two elements", slices.Concat(good, good), nil},
		{"negative", append([]byte{1}, make([]byte, 31)...), group.ErrPoint},
		{"field order", unhex(t, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), group.ErrPoint},
		{"high bit", append(slices.Clone(good[:31]), good[31]|0x80), group.ErrPoint},
	} {
		evaluated, proof, err := key.Evaluate(info, tc.blinded)
		if err == nil || evaluated != nil || proof != nil {
			t.Errorf("%s: taken", tc.name)
		}
		if tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestParseKeysRefuse(t *testing.T) {
	order := unhex(t, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	for name, b := range map[string][]byte{
		"zero": make([]byte, 32), "order": order, "31 bytes": make([]byte, 31), "nil": nil,
		"order + 1": addLE(order, append([]byte{1}, make([]byte, 31)...)),
	} {
		if _, err := ParseOPRFKey(b); err == nil {
			t.Errorf("secret key %s: taken", name)
		}
	}
	for name, b := range map[string][]byte{
		"identity": make([]byte, 32), "not a point": bytes.Repeat([]byte{0xff}, 32), "33 bytes": make([]byte, 33), "nil": nil,
	} {
		if _, err := ParseOPRFPublicKey(b); err == nil {
			t.Errorf("public key %s: taken", name)
		}
	}
	key := newKey(t)
	again, err := ParseOPRFKey(key.Bytes())
	if err != nil || !bytes.Equal(again.Public().Bytes(), key.Public().Bytes()) {
		t.Errorf("a key does not survive its encoding: %v", err)
	}
}

func TestKeysFollowTheSpec(t *testing.T) {
	o1, o2 := bytes.Repeat([]byte{1}, 64), bytes.Repeat([]byte{2}, 64)
	for _, tc := range []struct {
		tag    string
		derive func() (string, error)
	}{
		{"rollcall/v1/credential/ballot", func() (string, error) {
			k, err := BallotKey(testHash, o1, o2)
			if err != nil {
				return "", err
			}
			return hex.EncodeToString(k.Bytes()), nil
		}},
		{"rollcall/v1/credential/cast", func() (string, error) {
			k, err := CastKey(testHash, o1, o2)
			if err != nil {
				return "", err
			}
			return hex.EncodeToString(k.Bytes()), nil
		}},
	} {
		got, err := tc.derive()
		want := hex.EncodeToString(transcript.New(tc.tag).Bytes(testHash[:]).Uint64(2).Bytes(o1).Bytes(o2).Challenge().Bytes())
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", tc.tag, got, err, want)
		}
	}
	for name, outputs := range map[string][][]byte{
		"no outputs": nil, "63 bytes": {o1[:63]}, "second with 65 bytes": {o1, append(slices.Clone(o2), 0)}, "nil output": {nil},
	} {
		if _, err := BallotKey(testHash, outputs...); err == nil {
			t.Errorf("ballot key of %s", name)
		}
		if _, err := CastKey(testHash, outputs...); err == nil {
			t.Errorf("cast key of %s", name)
		}
	}
}

func TestBallotNumber(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200 {
		k, err := BallotKey(testHash, bytes.Repeat([]byte{byte(i)}, 64))
		if err != nil {
			t.Fatal(err)
		}
		n := BallotNumber(testHash, k.Public())
		if err := VerifyBallotNumber(n); err != nil {
			t.Fatalf("%s: %v", n, err)
		}
		if n == BallotNumber([64]byte{7}, k.Public()) {
			t.Errorf("%s does not depend on the election", n)
		}
		seen[n] = true
	}
	if len(seen) < 199 {
		t.Errorf("200 credentials gave %d ballot numbers", len(seen))
	}
}

func TestEvaluateConcurrently(t *testing.T) {
	key := newKey(t)
	info := mustInfo(t, testHash, PurposePIN, testVoter)
	want := ask(t, key, info, []byte(testPIN))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if !bytes.Equal(ask(t, key, info, []byte(testPIN)), want) {
				t.Error("another output")
			}
		})
	}
	wg.Wait()
}

func FuzzEvaluate(f *testing.F) {
	key := rfcKey(f)
	f.Add(unhex(f, rfcSingle[0].blinded))
	f.Add(make([]byte, 32))
	f.Fuzz(func(t *testing.T, blinded []byte) {
		evaluated, proof, err := key.Evaluate([]byte("info"), blinded)
		if err != nil {
			return
		}
		if len(evaluated) != ElementSize || len(proof) != ProofSize {
			t.Errorf("answer of %d and %d bytes", len(evaluated), len(proof))
		}
	})
}

func FuzzFinalize(f *testing.F) {
	key := rfcKey(f)
	info := unhex(f, rfcInfo)
	b, err := Blind(key.Public(), info, []byte(testPIN))
	if err != nil {
		f.Fatal(err)
	}
	want, err := key.Output(info, []byte(testPIN))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(unhex(f, rfcSingle[0].evaluated), unhex(f, rfcSingle[0].proof))
	f.Fuzz(func(t *testing.T, evaluated, proof []byte) {
		output, err := b.Finalize(evaluated, proof)
		if err == nil && !bytes.Equal(output, want) {
			t.Error("a false answer was taken")
		}
	})
}

func BenchmarkEvaluate(b *testing.B) {
	key := newKey(b)
	info := mustInfo(b, testHash, PurposePIN, testVoter)
	blinded := group.MulBase(group.RandomScalar()).Bytes()
	for b.Loop() {
		if _, _, err := key.Evaluate(info, blinded); err != nil {
			b.Fatal(err)
		}
	}
}
