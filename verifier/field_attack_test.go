package verifier

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
)

// change is one change of one field of a signed body.
type change struct {
	path     string
	do, undo func()
}

// changesOf lists changes of everything in a body: numbers out of range, bytes
// flipped and cut, lists cut, doubled and reversed.
func changesOf(path string, v reflect.Value) (list []change) {
	add := func(what string, do func()) {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		list = append(list, change{path + " " + what, do, func() { v.Set(before) }})
	}
	switch v.Kind() {
	case reflect.Pointer:
		return changesOf(path, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Name != "_" {
				list = append(list, changesOf(path+"."+f.Name, v.Field(i))...)
			}
		}
	case reflect.Uint64:
		for _, n := range []uint64{v.Uint() + 1, v.Uint() - 1, 0, 1 << 63, math.MaxUint64} {
			if n != v.Uint() {
				add(fmt.Sprintf("%+d", int64(n-v.Uint())), func() { v.SetUint(n) })
			}
		}
	case reflect.String:
		add("= another", func() { v.SetString("another") })
	case reflect.Slice:
		n := v.Len()
		if n == 0 {
			return nil
		}
		fresh := func(m int) reflect.Value {
			s := reflect.MakeSlice(v.Type(), m, m)
			reflect.Copy(s, v)
			return s
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			for _, at := range []int{0, n / 2, n - 1} {
				add(fmt.Sprintf("byte %d", at), func() {
					s := fresh(n)
					s.Index(at).SetUint(s.Index(at).Uint() ^ 1)
					v.Set(s)
				})
			}
			add("= 0", func() { v.Set(reflect.MakeSlice(v.Type(), n, n)) })
			for _, m := range []int{0, 32, 64, n - 1, n - 32, n - 64, n + 1, n + 32, n + 64, 2 * n} {
				if m >= 0 && m != n {
					add(fmt.Sprintf("of %d bytes", m), func() { v.Set(fresh(m)) })
				}
			}
			return list
		}
		add("cut", func() { v.Set(fresh(n - 1)) })
		add("empty", func() { v.Set(reflect.MakeSlice(v.Type(), 0, 0)) })
		add("doubled", func() { v.Set(reflect.AppendSlice(fresh(n), v)) })
		add("last again", func() { v.Set(reflect.Append(fresh(n), v.Index(n-1))) })
		if n > 1 {
			add("reversed", func() {
				s := fresh(n)
				for i := range n {
					s.Index(i).Set(v.Index(n - 1 - i))
				}
				v.Set(s)
			})
		}
		for i := range n {
			list = append(list, changesOf(fmt.Sprintf("%s[%d]", path, i), v.Index(i))...)
		}
	}
	return list
}

// sample is which of the thousands of changes are tried: a prime, so that all
// sorts and places come up.
const sample = 47

// free are fields that nothing rests on but the hash of their entry, or that may
// be a second more or less.
var free = []string{"ceremony .Time", "tick .Time +1", "tick .Time -1", "tick .Random"}

// TestEveryField changes one field of one signed entry of an honest record, for
// each kind, by whoever holds its key: numbers out of range and near 2^64, bytes
// flipped, cut and doubled, lists reversed. Nothing may panic; what is not void,
// and listed, must fail; and the follower and everybody who judges records must agree,
// of whom circl is asked about some only under the race detector.
func TestEveryField(t *testing.T) {
	counts := map[string]int{}
	var steps []string
	build(t, tamper{before: func(_ *record, s string, body entry.Body) bool {
		if s != "manifest" { // with another manifest it is another election
			steps, counts[s] = append(steps, s), len(changesOf("", reflect.ValueOf(body)))
		}
		return true
	}})
	at := 0
	for _, step := range steps {
		for i := range counts[step] {
			if at++; at%sample == 0 {
				t.Run(fmt.Sprintf("%s/%d", step, i), func(t *testing.T) {
					t.Parallel()
					changeField(t, at/sample, step, i)
				})
			}
		}
	}
	if at < 1000 {
		t.Errorf("only %d changes are known", at)
	}
}

// changeField makes change i of a step, which is case n of all, and holds the record
// against it.
func changeField(t *testing.T, n int, step string, i int) {
	what, legal, undo := "", true, func() {}
	key := schnorr.GenerateKey()
	r := build(t, tamper{before: func(r *record, s string, body entry.Body) bool {
		if s != step {
			return true
		}
		list := changesOf("", reflect.ValueOf(body))
		if i >= len(list) { // the lists of a random record vary in length
			legal = false
			panic(stopped{})
		}
		what, undo = string(body.Kind())+" "+list[i].path, list[i].undo
		list[i].do()
		keys := []*schnorr.SecretKey{key}
		switch body.Kind() {
		case entry.KindBallot, entry.KindCast, entry.KindTest:
			keys = append(keys, key)
		}
		if _, err := entry.Sign(body, r.hash[:], keys...); err != nil {
			legal = false // the schema has no such entry
			panic(stopped{})
		}
		return true
	}, raw: func(_ *record, s string, raw []byte) []byte {
		if s == step {
			undo() // later steps are those of the honest election
		}
		return raw
	}})
	if !legal {
		return
	}
	files, options := r.publish(), r.options()
	report, err := judgeCase(t, n, files, options)
	if err != nil {
		t.Fatal(err)
	}
	r.mustAgree(t, report, files, options)
	switch {
	case report.Failed(), report.Verified() && len(report.Void) > 0:
	case report.Verified() && slices.ContainsFunc(free, func(f string) bool { return strings.HasPrefix(what, f) }):
	default:
		dump(t, report)
		t.Errorf("%s: neither failed nor void", what)
	}
}
