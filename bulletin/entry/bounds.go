package entry

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// checkBounds walks v and holds every byte string, text, list and map against
// the size of its struct tag: `size:"32"` for exactly, `min:"1"` and
// `max:"100"` for counts of bytes or elements; `each:"60"` lets the values of a
// map or the texts of a list have 1 to 60 bytes, and byte strings of a list
// exactly that many. A test holds that no field of the schema lacks its bound. The error begins with the path of the fault, such as
// "manifest.contests[2].options[0].id".
func checkBounds(path string, v any) error {
	if err := walkBounds(reflect.ValueOf(v), bounds{}); err != nil {
		return err.below(path)
	}
	return nil
}

// boundError is a bound exceeded; its path is put together on the way up, so that
// what is within its bounds costs nothing.
type boundError struct{ path, fault string }

func (e *boundError) Error() string { return e.path + ": " + e.fault }

func (e *boundError) below(path string) *boundError {
	e.path = path + e.path
	return e
}

// bounds are the limits of one field; a negative maximum means none.
type bounds struct{ min, max, each int }

// field is one field of a struct of the schema.
type field struct {
	index int
	name  string
	bounds
}

// fields are the fields of structs, by reflect.Type: tags are read once.
var fields sync.Map

func fieldsOf(t reflect.Type) []field {
	if known, ok := fields.Load(t); ok {
		return known.([]field)
	}
	var list []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		name := f.Tag.Get("cbor")
		if name == "" {
			name = f.Name
		}
		list = append(list, field{i, name, boundsOf(f)})
	}
	fields.Store(t, list)
	return list
}

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

func walkBounds(v reflect.Value, b bounds) *boundError {
	switch v.Kind() {
	case reflect.Pointer:
		return walkBounds(v.Elem(), b)
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			if err := walkBounds(v.Field(f.index), f.bounds); err != nil {
				return err.below("." + f.name)
			}
		}
	case reflect.String:
		return checkLength("bytes of text", v.Len(), b)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return checkLength("bytes", v.Len(), b)
		}
		if err := checkLength("elements", v.Len(), b); err != nil {
			return err
		}
		each := elementBounds(v.Type().Elem(), b.each)
		for i := range v.Len() {
			if err := walkBounds(v.Index(i), each); err != nil {
				return err.below(fmt.Sprintf("[%d]", i))
			}
		}
	case reflect.Map:
		if err := checkLength("elements", v.Len(), b); err != nil {
			return err
		}
		keys := v.MapKeys() // in order, so that the same fault gives the same error
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			if err := checkLength("bytes of text", v.MapIndex(k).Len(), bounds{min: 1, max: b.each}); err != nil {
				return err.below("." + k.String())
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

func checkLength(unit string, n int, b bounds) *boundError {
	fault := func(want string, limit int) *boundError {
		return &boundError{fault: fmt.Sprintf("%d %s, want %s%d", n, unit, want, limit)}
	}
	switch {
	case b.max >= 0 && b.min == b.max && n != b.max:
		return fault("", b.max)
	case n < b.min:
		return fault("at least ", b.min)
	case b.max >= 0 && n > b.max:
		return fault("at most ", b.max)
	}
	return nil
}
