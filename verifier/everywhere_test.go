package verifier

import (
	"bytes"
	"fmt"
	"testing"

	"rollcall/bulletin/tlog"
)

// Whoever judges a record must come to one verdict, whatever is wrong with it. So a
// test that makes a record has it judged by judgeEverywhere. One that asks fewer says
// why.

// judgeEverywhere judges a board in batches, and holds everybody else who judges
// boards to what that says: this process with each equation by itself; the program
// that everybody has, with every operation of the group done by circl; and, with
// ROLLCALL_PEERS=1, the verifier in another language. The error is Verify's.
func judgeEverywhere(t *testing.T, files board, o Options) (*Report, error) {
	t.Helper()
	return judgeCase(t, 0, files, o)
}

// judgeCase is judgeEverywhere of case n of many that are alike: circl is asked only
// about each circlEach-th, beginning with 0.
func judgeCase(t *testing.T, n int, files board, o Options) (*Report, error) {
	t.Helper()
	return JudgeFolder(t, n, files.folder(t), o)
}

// JudgeFolder is judgeCase of a board that lies on the disk. It has a name for
// tests outside of this package.
func JudgeFolder(t *testing.T, n int, folder string, o Options) (*Report, error) {
	t.Helper()
	source, err := tlog.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	report, err := judgeHere(t, source, o)
	if codeModulus.Int64() != 1e14 {
		return report, err // a test has made receipt codes short, in this process
	}
	args := append([]string{folder}, flags(t, o)...)
	if n%circlEach == 0 {
		mustAgreeWith(t, "circl", report, args)
	}
	mustAgreeWithJS(t, report, args)
	return report, err
}

// judgeHere judges a board in this process alone: in batches and with each equation
// by itself, which must say the same.
func judgeHere(t *testing.T, source tlog.Reader, o Options) (*Report, error) {
	t.Helper()
	report, err := Verify(t.Context(), source, o)
	o.OneByOne = true
	alone, errAlone := Verify(t.Context(), source, o)
	if a, b := comparable(t, report), comparable(t, alone); a != b || !bytes.Equal(flat(report.Tally), flat(alone.Tally)) {
		t.Errorf("in batches:\n%s\none by one:\n%s", a, b)
	}
	if a, b := fmt.Sprint(err), fmt.Sprint(errAlone); a != b {
		t.Errorf("in batches: %s, one by one: %s", a, b)
	}
	return report, err
}
