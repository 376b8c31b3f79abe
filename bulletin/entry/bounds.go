package entry

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// checkBounds walks v and holds every byte string, text, list and map against
// the size of its struct tag: `size:"32"` for exactly, `min:"1"` and
// `max:"100"` for counts of bytes or elements; `each:"60"` lets the values of a
// map or the texts of a list have 1 to 60 bytes, and byte strings of a list
// exactly that many. A test holds that no field of the schema lacks its bound. The error begins with the path of the fault, such as
// "manifest.contests[2].options[0].id".
func checkBounds(path string, v any) error {
	return walkBounds(path, reflect.ValueOf(v), bounds{})
}

// bounds are the limits of one field; a negative maximum means none.
type bounds struct{ min, max, each int }

func boundsOf(f reflect.StructField) bounds {
	b := bounds{max: -1, each: -1}
	read := func(tag string, into *int) {
		if s := f.Tag.Get(tag); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil {
				panic("entry: bad bound on " + f.Name) // the tags are constants
			}
			*into = n
		}
	}
	read("min", &b.min)
	read("max", &b.max)
	read("each", &b.each)
	if f.Tag.Get("size") != "" {
		read("size", &b.min)
		read("size", &b.max)
	}
	return b
}

func walkBounds(path string, v reflect.Value, b bounds) error {
	switch v.Kind() {
	case reflect.Pointer:
		return walkBounds(path, v.Elem(), b)
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Name == "_" {
				continue
			}
			name := f.Tag.Get("cbor")
			if name == "" {
				name = f.Name
			}
			if err := walkBounds(path+"."+name, v.Field(i), boundsOf(f)); err != nil {
				return err
			}
		}
	case reflect.String:
		return checkLength(path, "bytes of text", v.Len(), b)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return checkLength(path, "bytes", v.Len(), b)
		}
		if err := checkLength(path, "elements", v.Len(), b); err != nil {
			return err
		}
		for i := range v.Len() {
			if err := walkBounds(fmt.Sprintf("%s[%d]", path, i), v.Index(i), elementBounds(v.Type().Elem(), b.each)); err != nil {
				return err
			}
		}
	case reflect.Map:
		if err := checkLength(path, "elements", v.Len(), b); err != nil {
			return err
		}
		keys := v.MapKeys() // in order, so that the same fault gives the same error
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			at := fmt.Sprintf("%s.%s", path, k)
			if err := checkLength(at, "bytes of text", v.MapIndex(k).Len(), bounds{min: 1, max: b.each}); err != nil {
				return err
			}
		}
	}
	return nil
}

// elementBounds are those of the elements of a list whose tag has each.
func elementBounds(t reflect.Type, each int) bounds {
	if t.Kind() == reflect.Slice {
		return bounds{min: each, max: each, each: -1}
	}
	return bounds{min: 1, max: each, each: -1}
}

func checkLength(path, unit string, n int, b bounds) error {
	switch {
	case b.max >= 0 && b.min == b.max && n != b.max:
		return fmt.Errorf("%s: %d %s, want %d", path, n, unit, b.max)
	case n < b.min:
		return fmt.Errorf("%s: %d %s, want at least %d", path, n, unit, b.min)
	case b.max >= 0 && n > b.max:
		return fmt.Errorf("%s: %d %s, want at most %d", path, n, unit, b.max)
	}
	return nil
}
