package tlog

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestParseHash(t *testing.T) {
	want := Hash{1, 2, 31: 3}
	text := base64.StdEncoding.EncodeToString(want[:])
	if got, err := ParseHash(text); err != nil || got != want {
		t.Errorf("%x, %v", got, err)
	}
	for name, bad := range map[string]string{
		"nothing": "", "no padding": strings.TrimSuffix(text, "="), "31 bytes": base64.StdEncoding.EncodeToString(want[:31]),
		"a line end within": text[:8] + "\n" + text[8:], "a carriage return after": text + "\r",
		"spare bits": text[:42] + "N=", "another alphabet": strings.Repeat("-", 43) + "=",
	} {
		if _, err := ParseHash(bad); err == nil {
			t.Errorf("%s: %q passes", name, bad)
		}
	}
}
