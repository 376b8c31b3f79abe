package credential

import (
	"bytes"
	"encoding/hex"
	"testing"

	circlgroup "github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/oprf"
	"github.com/cloudflare/circl/zk/dleq"

	"rollcall/crypto/group"
)

// RFC 9497, appendix A.1.3: ristretto255-SHA512, POPRF mode.
const (
	rfcSeed    = "a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3"
	rfcKeyInfo = "74657374206b6579"
	rfcSecret  = "145c79c108538421ac164ecbe131942136d5570b16d8bf41a24d4337da981e07"
	rfcPublic  = "c647bef38497bc6ec077c22af65b696efa43bff3b4a1975a3e8e0a1c5a79d631"
	rfcInfo    = "7465737420696e666f"
)

var rfcSingle = []struct {
	name, input, blind, blinded, evaluated, proof, output string
}{
	{
		name:      "A.1.3.1",
		input:     "00",
		blind:     "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
		blinded:   "c8713aa89241d6989ac142f22dba30596db635c772cbf25021fdd8f3d461f715",
		evaluated: "1a4b860d808ff19624731e67b5eff20ceb2df3c3c03b906f5693e2078450d874",
		proof:     "41ad1a291aa02c80b0915fbfbb0c0afa15a57e2970067a602ddb9e8fd6b7100de32e1ecff943a36f0b10e3dae6bd266cdeb8adf825d86ef27dbc6c0e30c52206",
		output:    "ca688351e88afb1d841fde4401c79efebb2eb75e7998fa9737bd5a82a152406d38bd29f680504e54fd4587eddcf2f37a2617ac2fbd2993f7bdf45442ace7d221",
	},
	{
		name:      "A.1.3.2",
		input:     "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
		blind:     "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
		blinded:   "f0f0b209dd4d5f1844dac679acc7761b91a2e704879656cb7c201e82a99ab07d",
		evaluated: "8c3c9d064c334c6991e99f286ea2301d1bde170b54003fb9c44c6d7bd6fc1540",
		proof:     "4c39992d55ffba38232cdac88fe583af8a85441fefd7d1d4a8d0394cd1de77018bf135c174f20281b3341ab1f453fe72b0293a7398703384bed822bfdeec8908",
		output:    "7c6557b276a137922a0bcfc2aa2b35dd78322bd500235eb6d6b6f91bc5b56a52de2d65612d503236b321f5d0bebcbc52b64b92e426f29c9b8b69f52de98ae507",
	},
	{
		// The second element of A.1.3.3, whose batch proof one request can
		// not hold; the empty proof says so below.
		name:      "A.1.3.3, second element",
		input:     "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
		blind:     "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
		blinded:   "423a01c072e06eb1cce96d23acce06e1ea64a609d7ec9e9023f3049f2d64e50c",
		evaluated: "aa1f16e903841036e38075da8a46655c94fc92341887eb5819f46312adfc0504",
		output:    "7c6557b276a137922a0bcfc2aa2b35dd78322bd500235eb6d6b6f91bc5b56a52de2d65612d503236b321f5d0bebcbc52b64b92e426f29c9b8b69f52de98ae507",
	},
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rfcKey(t testing.TB) *OPRFKey {
	t.Helper()
	key, err := ParseOPRFKey(unhex(t, rfcSecret))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestRFC9497Key(t *testing.T) {
	// The vectors' key comes from a seed, under the mode of the function.
	private, err := oprf.DeriveKey(suite, oprf.PartialObliviousMode, unhex(t, rfcSeed), unhex(t, rfcKeyInfo))
	if err != nil {
		t.Fatal(err)
	}
	derived, err := newOPRFKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]*OPRFKey{"derived": derived, "parsed": rfcKey(t)} {
		if got := hex.EncodeToString(key.Bytes()); got != rfcSecret {
			t.Errorf("%s: skSm = %s, want %s", name, got, rfcSecret)
		}
		if got := hex.EncodeToString(key.Public().Bytes()); got != rfcPublic {
			t.Errorf("%s: pkSm = %s, want %s", name, got, rfcPublic)
		}
	}
}

func TestRFC9497Vectors(t *testing.T) {
	key := rfcKey(t)
	info := unhex(t, rfcInfo)
	for _, v := range rfcSingle {
		t.Run(v.name, func(t *testing.T) {
			fixed := circlgroup.Ristretto255.NewScalar()
			if err := fixed.UnmarshalBinary(unhex(t, v.blind)); err != nil {
				t.Fatal(err)
			}
			b, err := blind(key.Public(), info, unhex(t, v.input), fixed)
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(b.Blinded()); got != v.blinded {
				t.Errorf("BlindedElement = %s, want %s", got, v.blinded)
			}
			evaluated, proof, err := key.Evaluate(info, b.Blinded())
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(evaluated); got != v.evaluated {
				t.Errorf("EvaluationElement = %s, want %s", got, v.evaluated)
			}
			proofs := [][]byte{proof}
			if v.proof != "" {
				proofs = append(proofs, unhex(t, v.proof))
			}
			for _, proof := range proofs {
				output, err := b.Finalize(unhex(t, v.evaluated), proof)
				if err != nil {
					t.Fatal(err)
				}
				if got := hex.EncodeToString(output); got != v.output {
					t.Errorf("Output = %s, want %s", got, v.output)
				}
			}
			full, err := key.Output(info, unhex(t, v.input))
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(full); got != v.output {
				t.Errorf("Output without blinding = %s, want %s", got, v.output)
			}
		})
	}
}

// The proof of A.1.3.1 was made with a published nonce: the prover of the
// library, given that nonce, must write the RFC's bytes.
func TestRFC9497ProofBytes(t *testing.T) {
	v := rfcSingle[0]
	info := unhex(t, rfcInfo)
	framed := append([]byte("Info"), byte(len(info)>>8), byte(len(info)))
	framed = append(framed, info...)
	context := "OPRFV1-\x02-ristretto255-SHA512"
	g := circlgroup.Ristretto255
	tweak := g.HashToScalar(framed, []byte("HashToScalar-"+context))
	secret, nonce := g.NewScalar(), g.NewScalar()
	if err := secret.UnmarshalBinary(unhex(t, rfcSecret)); err != nil {
		t.Fatal(err)
	}
	if err := nonce.UnmarshalBinary(unhex(t, "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e")); err != nil {
		t.Fatal(err)
	}
	tweaked := g.NewScalar().Add(tweak, secret)
	blinded, err := parseElement("blinded", unhex(t, v.blinded))
	if err != nil {
		t.Fatal(err)
	}
	evaluated, err := parseElement("evaluated", unhex(t, v.evaluated))
	if err != nil {
		t.Fatal(err)
	}
	prover := dleq.Prover{Params: dleq.Params{G: g, H: suite.Hash(), DST: []byte(context)}}
	proof, err := prover.ProveBatchWithRandomnessRFC9497(tweaked, g.NewElement().MulGen(tweaked),
		[]circlgroup.Element{evaluated}, []circlgroup.Element{blinded}, nonce)
	if err != nil {
		t.Fatal(err)
	}
	got, err := proof.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, unhex(t, v.proof)) {
		t.Errorf("Proof = %x, want %s", got, v.proof)
	}
}

// The same function in the project's own group: output = H(input, info,
// 1/(k+m) * HashToGroup(input)), so evaluated * (k+m) must be blinded. This
// holds circl's group against crypto/group.
func TestEvaluationInOwnGroup(t *testing.T) {
	info := unhex(t, rfcInfo)
	framed := append([]byte("Info"), byte(len(info)>>8), byte(len(info)))
	framed = append(framed, info...)
	m, err := circlgroup.Ristretto255.HashToScalar(framed, []byte("HashToScalar-OPRFV1-\x02-ristretto255-SHA512")).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	tweak, err := group.ParseScalar(m)
	if err != nil {
		t.Fatal(err)
	}
	k, err := group.ParseScalar(unhex(t, rfcSecret))
	if err != nil {
		t.Fatal(err)
	}
	blinded := group.MulBase(group.RandomScalar())
	evaluated, _, err := rfcKey(t).Evaluate(info, blinded.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	e, err := group.ParseElement(evaluated)
	if err != nil {
		t.Fatal(err)
	}
	if !e.Mul(k.Add(tweak)).Equal(blinded) {
		t.Error("evaluated element is not blinded/(k+m)")
	}
}
