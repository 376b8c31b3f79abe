package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are the texts for readers, from the root of the repository.
var documents = []string{"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/THREATS.md", "docs/SPEC.md", "docs/PERFORMANCE.md"}

func document(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNamedTestsExist holds that a document which rests on a test names one
// that there is.
func TestNamedTestsExist(t *testing.T) {
	defined := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range function.FindAllStringSubmatch(string(b), -1) {
			defined[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	n := 0
	for _, name := range documents {
		for _, m := range named.FindAllStringSubmatch(document(t, name), -1) {
			n++
			if !defined[m[1]] {
				t.Errorf("%s names %s, which is nowhere", name, m[1])
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d tests named", n)
	}
}

// TestLinks holds that links inside the repository lead somewhere.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, name := range documents {
		for _, m := range link.FindAllStringSubmatch(document(t, name), -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			target := name
			if path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(name), path))
			}
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(target))); err != nil {
				t.Errorf("%s: link %s: %v", name, m[1], err)
			} else if anchor != "" && !anchors(document(t, target))[anchor] {
				t.Errorf("%s: link %s: no such heading", name, m[1])
			}
		}
	}
}

// anchors are the headings of a document as links name them.
func anchors(markdown string) map[string]bool {
	found := map[string]bool{}
	odd := regexp.MustCompile(`[^a-z0-9 -]`)
	for line := range strings.Lines(markdown) {
		if strings.HasPrefix(line, "#") {
			heading := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
			found[strings.ReplaceAll(odd.ReplaceAllString(heading, ""), " ", "-")] = true
		}
	}
	return found
}
