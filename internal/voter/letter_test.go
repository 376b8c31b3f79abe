package voter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const header = "name,voter_number,pin,cast_code,ballot_number,unit,language\n"

func TestReadLetters(t *testing.T) {
	for _, tt := range []struct {
		name, file, fault string
		want              []Letter
	}{
		{name: "grouped-numbers", file: header + "Ana,123 456 789,1234 5678,456 789,1234 5678 9012,north,es\n",
			want: []Letter{{"123456789", "12345678", "456789", "123456789012", "north", "es"}}},
		{name: "no-letters", file: header},
		{name: "empty", file: "", fault: "EOF"},
		{name: "no-column", file: strings.Replace(header, "pin,", "", 1), fault: `no column "pin"`},
		{name: "short-line", file: header + "Ana,1\n", fault: "wrong number of fields"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "letters.csv")
			if err := os.WriteFile(path, []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ReadLetters(path)
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) || !strings.Contains(err.Error(), path) {
					t.Errorf("got %v, want %q and the path", err, tt.fault)
				}
				return
			}
			if err != nil || len(got) != len(tt.want) {
				t.Fatalf("%d letters: %v", len(got), err)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("letter %d was read wrong", i)
				}
			}
		})
	}
}
