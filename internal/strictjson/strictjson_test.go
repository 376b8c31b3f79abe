package strictjson

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

type file struct {
	Calls int   `json:"calls"`
	List  []int `json:"list"`
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, in, problem string
		calls             int
	}{
		{"whole", `{"calls": 3, "list": [1]}`, "", 3},
		{"white space around", " \n{\"calls\": 4}\r\n\t ", "", 4},
		{"nothing", "", "EOF", 0},
		{"cut", `{"calls": 3`, "unexpected EOF", 0},
		{"unknown field", `{"calls": 3, "call": 4}`, `unknown field "call"`, 0},
		{"another type", `{"calls": "3"}`, "cannot unmarshal", 0},
		{"second value", `{"calls": 3} {"calls": 4}`, ErrTrailing.Error(), 0},
		{"bracket after it", `{"calls": 3}}`, ErrTrailing.Error(), 0},
		{"comma after it", `{"calls": 3},`, ErrTrailing.Error(), 0},
		{"zero byte after it", "{\"calls\": 3}\x00", ErrTrailing.Error(), 0},
	} {
		var f file
		err := Decode([]byte(c.in), &f)
		switch {
		case c.problem == "" && (err != nil || f.Calls != c.calls):
			t.Errorf("%s: %+v, %v", c.name, f, err)
		case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
			t.Errorf("%s: error %v, want %q", c.name, err, c.problem)
		}
	}
	if err := Decode([]byte("{}{}"), &file{}); !errors.Is(err, ErrTrailing) {
		t.Errorf("error %v", err)
	}
}

// FuzzDecode holds that what is taken is one value of JSON.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"calls": 3, "list": [1, 2]}`))
	f.Add([]byte(`{"calls": 3}x`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v file
		if Decode(b, &v) == nil && !json.Valid(b) {
			t.Errorf("%q is taken", b)
		}
	})
}
