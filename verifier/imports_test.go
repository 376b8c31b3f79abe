package verifier

import (
	"os/exec"
	"strings"
	"testing"
)

// allowed are the packages of this module that the verifier may rest on, with
// the reason why each does not weaken its word.
var allowed = map[string]string{
	"rollcall/buildinfo":           "what the program says of itself, from the standard library alone",
	"rollcall/bulletin/checkpoint": "checks signed checkpoints and cosignatures, whose form C2SP fixes",
	"rollcall/bulletin/entry":      "decodes entries: the schema, no rule",
	"rollcall/bulletin/hint":       "says which points hints are for; a hint decides nothing",
	"rollcall/bulletin/tlog":       "reads files and hashes trees, by RFC 6962",
	"rollcall/crypto/checkdigit":   "arithmetic of two check digits",
	"rollcall/crypto/dkg":          "the public half of the key ceremony",
	"rollcall/crypto/elgamal":      "ciphertexts and their sums",
	"rollcall/crypto/group":        "the group",
	"rollcall/crypto/schnorr":      "signatures",
	"rollcall/crypto/sigma":        "proofs of ballots, as equations",
	"rollcall/crypto/threshold":    "proofs of shares, and their combination",
	"rollcall/crypto/transcript":   "hashing",
	"rollcall/webhook":             "signs and posts what the monitor tells; it reads no record",
}

// banned are packages that would make the verifier believe the side it judges,
// or drag in what a judge of files has no use for.
var banned = map[string]string{
	"rollcall/api":            "serves the board: a verifier must not read through the server it checks",
	"rollcall/phone":          "makes ballots",
	"rollcall/registrar":      "knows voters",
	"rollcall/tally":          "runs the election by the rules judged here: one mistake would be made twice",
	"rollcall/bulletin/store": "keeps the board: what is public is files",
	"rollcall/internal":       "parts of the program that runs elections",
	"github.com/gin-gonic":    "a web server",
	"database/sql":            "a database",
	"modernc.org/sqlite":      "a database",
}

func TestImports(t *testing.T) {
	for _, pkg := range []string{"rollcall/verifier", "rollcall/cmd/rollcall-verify"} {
		out, err := exec.Command("go", "list", "-deps", pkg).Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", pkg, err)
		}
		for _, dep := range strings.Fields(string(out)) {
			for ban, why := range banned {
				if dep == ban || strings.HasPrefix(dep, ban+"/") {
					t.Errorf("%s imports %s, which %s", pkg, dep, why)
				}
			}
			own := dep == "rollcall/verifier" || strings.HasPrefix(dep, "rollcall/verifier/") || dep == "rollcall/cmd/rollcall-verify"
			if strings.HasPrefix(dep, "rollcall/") && !own && allowed[dep] == "" {
				t.Errorf("%s imports %s, which nobody has said may be trusted by a verifier", pkg, dep)
			}
		}
	}
}
