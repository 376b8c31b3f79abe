package registrar

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rollcall/crypto/credential"
	"rollcall/crypto/group"
)

// TestMain turns the test binary into the process that
// TestKilledServiceKeepsBudgets kills.
func TestMain(m *testing.M) {
	if path := os.Getenv("ROLLCALL_TEST_SERVICE"); path != "" {
		if err := serveUntilKilled(path, os.Getenv("ROLLCALL_TEST_KEY")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serveUntilKilled answers for one voter and says "answered" after each
// answer.
func serveUntilKilled(path, keyHex string) error {
	secret, err := hex.DecodeString(keyHex)
	if err != nil {
		return err
	}
	key, err := credential.ParseOPRFKey(secret)
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := OpenService(ctx, ServiceConfig{Path: path, Key: key, ElectionHash: testHash})
	if err != nil {
		return err
	}
	for i := range PINPerHour {
		blinded, nonce := group.MulBase(group.RandomScalar()).Bytes(), [NonceSize]byte{byte(i)}
		if _, err := s.Evaluate(ctx, Request{Purpose: pin, VoterNumber: testVoter, Blinded: blinded, Nonce: nonce}); err != nil {
			return err
		}
		fmt.Println("answered")
	}
	return nil
}

// Killed after any number of answers, the service has counted every answer it
// gave, and at most the one it was about to give.
func TestKilledServiceKeepsBudgets(t *testing.T) {
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, killAfter := range []int{1, 4, 9} {
		path := filepath.Join(t.TempDir(), "registrar.db")
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), "ROLLCALL_TEST_SERVICE="+path, "ROLLCALL_TEST_KEY="+hex.EncodeToString(key.Bytes()))
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		answered := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if answered++; answered == killAfter {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // killed
		if answered < killAfter {
			t.Fatalf("%d answers, want %d", answered, killAfter)
		}
		config := ServiceConfig{Path: path, Key: key, ElectionHash: testHash}
		left := triesLeft(t, reopenService(t, config), config, pin, testVoter)
		if spent := PINPerHour - left; spent != answered && spent != answered+1 {
			t.Errorf("%d answers given, %d counted", answered, spent)
		}
	}
}
