package buildinfo

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// cyclonedxSchema compiles the schema of CycloneDX 1.6 that CycloneDX's own
// module ships.
func cyclonedxSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir := output(t, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go")
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	const base = "http://cyclonedx.org/schema/"
	for url, file := range map[string]string{
		"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json", "jsf-0.82.schema.json": "jsf-0.82.schemax.json",
	} {
		raw, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "schema", file))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(base+url, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(base + "bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, b []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// embedded are packages such as only a program tells that embeds them.
var embedded = []NPMPackage{
	{Name: "@noble/curves", Version: "2.4.0", SHA512: [64]byte{0: 0x0a, 63: 0xff}},
	{Name: "plain", Version: "1.0.0-rc.1+x"},
}

func TestSBOMFollowsTheSchema(t *testing.T) {
	schema := cyclonedxSchema(t)
	if err := validate(t, schema, output(t, verifyProgram(t), "version", "--sbom")); err != nil {
		t.Error(err)
	}
	changed := published()
	set(changed, "vcs.modified", "true")
	_, sum := testProgram(t)
	for name, i := range map[string]*Info{"a published one": describe(published(), sum), "a changed one": describe(changed, sum)} {
		b, err := i.SBOM(embedded...)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, b); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
		again, err := i.SBOM(embedded...)
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("%s: a second list differs (%v)", name, err)
		}
	}
	// The schema can refuse.
	b, err := describe(published(), "00ff").SBOM()
	if err != nil {
		t.Fatal(err)
	}
	if validate(t, schema, b) == nil {
		t.Error("the schema takes a SHA-256 of two bytes")
	}
}

// verifyProgram builds rollcall-verify, because the go command does not write
// into a test which modules it is made of.
func verifyProgram(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "rollcall-verify")
	output(t, "go", "build", "-o", name, "rollcall/cmd/rollcall-verify")
	return name
}

func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, stderr.String())
	}
	return out
}

// What the go command reads out of a program, CycloneDX's own decoder reads out
// of its list: each module once, with its sum.
func TestSBOMHasEveryModuleOnce(t *testing.T) {
	name := verifyProgram(t)
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(content))
	out := output(t, "go", "version", "-m", name)
	want := []string{"stdlib " + strings.TrimPrefix(runtime.Version(), "go")}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "dep" {
			want = append(want, strings.Join(f[1:], " "))
		}
	}
	if len(want) < 10 {
		t.Fatalf("only %d modules in\n%s", len(want), out)
	}

	list := bytes.NewReader(output(t, name, "version", "--sbom"))
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(list, cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range *bom.Components {
		line := c.Name + " " + c.Version
		if c.Properties != nil {
			for _, p := range *c.Properties {
				line += " " + p.Value
			}
		}
		got = append(got, line)
		if c.PackageURL == "" || c.PackageURL != c.BOMRef || c.Type != cyclonedx.ComponentTypeLibrary {
			t.Errorf("component %+v", c)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if h := *bom.Metadata.Component.Hashes; len(h) != 1 || h[0].Algorithm != cyclonedx.HashAlgoSHA256 || h[0].Value != sum {
		t.Errorf("hashes of the program: %v, want SHA-256 %s", h, sum)
	}
}

// Packages of npm come after the modules, each with the hash of its tarball.
func TestSBOMListsWhatIsEmbedded(t *testing.T) {
	b, err := describe(published(), "00ff").SBOM(embedded...)
	if err != nil {
		t.Fatal(err)
	}
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(b), cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range *bom.Components {
		line := fmt.Sprintf("%s %s %s %s", c.Type, c.Name, c.Version, c.PackageURL)
		if c.BOMRef != c.PackageURL {
			t.Errorf("%s: reference %q", line, c.BOMRef)
		}
		if c.Hashes != nil {
			for _, h := range *c.Hashes {
				line += fmt.Sprintf(" %s %s", h.Algorithm, h.Value)
			}
		}
		got = append(got, line)
	}
	want := []string{
		"library stdlib 1.26.8 pkg:golang/stdlib@1.26.8",
		"library example.org/a v1.0.0 pkg:golang/example.org/a@v1.0.0",
		"library example.org/B/v2 v2.0.0+incompatible pkg:golang/example.org/b/v2@v2.0.0%2Bincompatible",
		"library @noble/curves 2.4.0 pkg:npm/%40noble/curves@2.4.0 SHA-512 0a" + strings.Repeat("00", 62) + "ff",
		"library plain 1.0.0-rc.1+x pkg:npm/plain@1.0.0-rc.1%2Bx SHA-512 " + strings.Repeat("00", 64),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSBOMTellsTheRevision(t *testing.T) {
	b := published()
	set(b, "vcs.modified", "true")
	list, err := describe(b, "00ff").SBOM()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"rollcall:revision",
          "value": "2ec8412"`, `"rollcall:modified"`, `"rollcall:build:-trimpath"`, `"version": "v1.2.3"`} {
		if !strings.Contains(string(list), want) {
			t.Errorf("no %s in\n%s", want, list)
		}
	}
}

func TestPURL(t *testing.T) {
	for _, test := range []struct{ kind, name, version, want string }{
		{"golang", "github.com/fxamacker/cbor/v2", "v2.10.0", "pkg:golang/github.com/fxamacker/cbor/v2@v2.10.0"},
		{"golang", "github.com/CycloneDX/cyclonedx-go", "v0.12.0", "pkg:golang/github.com/cyclonedx/cyclonedx-go@v0.12.0"},
		{"golang", "example.org/a", "v2.0.0+incompatible", "pkg:golang/example.org/a@v2.0.0%2Bincompatible"},
		{"golang", "example.org/a b?#", "", "pkg:golang/example.org/a%20b%3F%23"},
		{"npm", "@angular/animation", "12.3.1", "pkg:npm/%40angular/animation@12.3.1"}, // purl-spec's own example
		{"npm", "foobar", "12.3.1", "pkg:npm/foobar@12.3.1"},                           // and another
	} {
		if got := purl(test.kind, test.name, test.version); got != test.want {
			t.Errorf("purl(%q, %q, %q) = %q, want %q", test.kind, test.name, test.version, got, test.want)
		}
	}
}
