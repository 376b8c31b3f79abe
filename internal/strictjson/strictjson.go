// Package strictjson reads JSON of this repository's own files: what is not
// known, or comes after the end, is an error. It knows no file and no field.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// ErrTrailing says that something stands after the end of the value.
var ErrTrailing = errors.New("something stands after its end")

// Decode reads exactly one value into v. Unknown fields of objects are errors, as
// is anything but white space after the value (ErrTrailing).
func Decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrTrailing
	}
	return nil
}
