package script

import (
	"bytes"
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What is listed is what the sources import, and nothing else: a package that
// another one brings along would have to be looked at first.
func TestPackagesAreThoseImported(t *testing.T) {
	list, err := Packages()
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, p := range list {
		listed = append(listed, p.Name)
	}
	sources, err := filepath.Glob("src/*.js")
	if err != nil {
		t.Fatal(err)
	}
	outside := regexp.MustCompile(`\bfrom "((?:@[^"/]+/)?[^"/.][^"/]*)`)
	imported := map[string]bool{}
	for _, name := range sources {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range outside.FindAllSubmatch(b, -1) {
			imported[string(m[1])] = true
		}
	}
	if want := slices.Sorted(maps.Keys(imported)); len(want) == 0 || !slices.Equal(listed, want) {
		t.Errorf("listed %q, imported %q", listed, want)
	}
}

// one is a lock as npm writes it, with all that is allowed.
const one = `{
  "name": "x", "lockfileVersion": 3, "requires": true,
  "packages": {
    "": {"name": "x", "dependencies": {"@a/b": "1.2.3"}},
    "node_modules/c.d": {"version": "0.1.0-rc.1+z", "integrity": "sha512-BBBB", "license": "MIT"},
    "node_modules/@a/b": {"version": "1.2.3", "integrity": "sha512-AAAA", "dependencies": {"c.d": "*"},
      "engines": {"node": ">= 20"}, "funding": {"url": "u"}}
  }
}`

// sums puts sums of the right length in the place of AAAA and BBBB.
func sums(lock string) string {
	for _, c := range []string{"A", "B"} {
		sum := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(c), 64))
		lock = strings.ReplaceAll(lock, "sha512-"+strings.Repeat(c, 4), "sha512-"+sum)
	}
	return lock
}

func TestPackages(t *testing.T) {
	list, err := packages([]byte(sums(one)))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Name != "@a/b" || list[0].Version != "1.2.3" || list[1].Name != "c.d" || list[1].Version != "0.1.0-rc.1+z" {
		t.Fatalf("got %+v", list)
	}
	if list[0].SHA512[0] != 'A' || list[0].SHA512[63] != 'A' || list[1].SHA512[63] != 'B' {
		t.Errorf("sums %x and %x", list[0].SHA512, list[1].SHA512)
	}
}

// A lock of which a list could be wrong gives none.
func TestPackagesRefuses(t *testing.T) {
	for _, c := range []struct{ name, old, new, problem string }{
		{"no JSON", one, "", "EOF"},
		{"something after it", "  }\n}", "  }\n}{}", "after its end"},
		{"too long", "  }\n}", "  }\n}" + strings.Repeat(" ", maxLock), "at most 65536"},
		{"another version of locks", `ion": 3`, `ion": 2`, "version 2, want 3"},
		{"the list of older locks", `"requires": true`, `"dependencies": {}`, "unknown field"},
		{"from elsewhere", `"license"`, `"resolved"`, `"node_modules/c.d": json: unknown field "resolved"`},
		{"another name", `"license"`, `"name"`, "unknown field"},
		{"for development", `"license": "MIT"`, `"dev": true`, "unknown field"},
		{"a link", `"license": "MIT"`, `"link": true`, "unknown field"},
		{"a folder of the project", `"node_modules/c.d"`, `"packages/c.d"`, "right below node_modules"},
		{"a second version", `"node_modules/c.d"`, `"node_modules/@a/b/node_modules/c.d"`, "right below node_modules"},
		{"a way out", `"node_modules/c.d"`, `"node_modules/../c.d"`, "right below node_modules"},
		{"upper case", `"node_modules/c.d"`, `"node_modules/C.d"`, "right below node_modules"},
		{"no version", `"version": "1.2.3", `, "", `version ""`},
		{"a range", `"version": "1.2.3"`, `"version": "^1.2.3"`, `version "^1.2.3"`},
		{"no sum", `, "integrity": "sha512-BBBB"`, "", "is not one SHA-512"},
		{"a weak sum", "sha512-BBBB", "sha1-BBBB", "is not one SHA-512"},
		{"no base64", "sha512-BBBB", "sha512-!", "is not one SHA-512"},
		{"a short sum", "sha512-BBBB", "sha512-QkJC", "is not one SHA-512"},
		{"two sums", `sha512-BBBB`, `sha512-BBBB sha512-AAAA`, "is not one SHA-512"},
	} {
		if !strings.Contains(one, c.old) {
			t.Fatalf("%s: nothing to replace", c.name)
		}
		list, err := packages([]byte(sums(strings.Replace(one, c.old, c.new, 1))))
		if list != nil || err == nil || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v, error %v, want %q", c.name, list, err, c.problem)
		}
	}
}

// FuzzPackages holds that what is taken is in order, each with a name and a
// version.
func FuzzPackages(f *testing.F) {
	f.Add(lock)
	f.Add([]byte(sums(one)))
	f.Add([]byte(`{"lockfileVersion": 3, "packages": {"": null, "node_modules/a": {}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := packages(b)
		if err != nil && list != nil {
			t.Error("a list and an error")
		}
		for n, p := range list {
			if !lockedPath.MatchString("node_modules/"+p.Name) || !lockedVersion.MatchString(p.Version) {
				t.Errorf("package %+v", p)
			}
			if n > 0 && p.Name <= list[n-1].Name {
				t.Errorf("%q after %q", p.Name, list[n-1].Name)
			}
		}
	})
}
