package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"

	"rollcall/internal/command"
)

// version tells the hash of the very file that runs, in each form.
func TestVersionTellsTheHash(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%x", sha256.Sum256(content))
	for _, form := range []string{"", "--json", "--sbom"} {
		var out, errs bytes.Buffer
		if code := command.Main(strings.Fields("version "+form), nil, &out, &errs); code != 0 {
			t.Fatalf("version %s: exit code %d: %s", form, code, errs.String())
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("version %s: no %s in\n%s", form, want, out.String())
		}
		if form == "" {
			continue
		}
		var v map[string]any
		if err := json.Unmarshal(out.Bytes(), &v); err != nil {
			t.Errorf("version %s: %v", form, err)
		}
		if form == "--json" && v["sha256"] != want {
			t.Errorf("version --json: sha256 %q, want %q", v["sha256"], want)
		}
	}
}

// What npm locked for the scripts in the program is in its list, with the hash
// that npm holds the tarball against, and no other package of npm is.
func TestSBOMListsThePackagesOfScripts(t *testing.T) {
	raw, err := os.ReadFile("../../api/script/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	if err := json.Unmarshal(raw, &lock); err != nil {
		t.Fatal(err)
	}
	delete(lock.Packages, "") // the scripts themselves
	want := map[string]string{}
	for path, p := range lock.Packages {
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.Integrity, "sha512-"))
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(path, "node_modules/")
		want["pkg:npm/"+strings.Replace(name, "@", "%40", 1)+"@"+p.Version] = fmt.Sprintf("%s SHA-512 %x", name, sum)
	}
	if len(want) == 0 {
		t.Fatal("nothing is locked")
	}

	var out, errs bytes.Buffer
	if code := command.Main([]string{"version", "--sbom"}, nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(&out, cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range *bom.Components {
		if !strings.HasPrefix(c.PackageURL, "pkg:npm/") {
			continue
		}
		got[c.PackageURL] = c.Name
		if c.Hashes != nil {
			for _, h := range *c.Hashes {
				got[c.PackageURL] += fmt.Sprintf(" %s %s", h.Algorithm, h.Value)
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
}
