package house

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// maxLines is the most lines a Go file may have: beyond it, it has two jobs.
const maxLines = 500

func TestFileLengths(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		head, _, _ := bytes.Cut(b, []byte("package "))
		if bytes.Contains(head, []byte("DO NOT EDIT")) {
			return nil // generated
		}
		files++
		if n := bytes.Count(b, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, more than %d", path, n, maxLines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Fatalf("only %d files found below %s", files, root)
	}
}
