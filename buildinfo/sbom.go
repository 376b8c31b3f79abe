package buildinfo

import (
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
)

// The part of CycloneDX 1.6 that is needed (ECMA-424, second edition).
type (
	bom struct {
		Format      string      `json:"bomFormat"`
		SpecVersion string      `json:"specVersion"`
		Version     int         `json:"version"` // of the document, not of the program
		Metadata    metadata    `json:"metadata"`
		Components  []component `json:"components"`
	}
	metadata struct {
		Lifecycles []lifecycle `json:"lifecycles"`
		Component  component   `json:"component"`
	}
	lifecycle struct {
		Phase string `json:"phase"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version,omitempty"`
		Hashes     []hash     `json:"hashes,omitempty"`
		PURL       string     `json:"purl,omitempty"`
		Properties []property `json:"properties,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

// NPMPackage is a package of npm inside a file that the program embeds. The go
// command knows nothing of it, so who embeds it has to tell.
type NPMPackage struct {
	Name, Version string   // such as @noble/curves and 2.4.0
	SHA512        [64]byte // of the package's tarball: the "integrity" of package-lock.json
}

// SBOM lists what the program is made of as CycloneDX 1.6 in JSON: its modules,
// Go's standard library, and the packages of npm that it embeds. The same file
// gives the same bytes, so there is no time and no serial number. It says
// nothing of licences and of which module needs which, because a program does
// not know these.
//
// The sum of a module is one of go.sum, over names and hashes of its files: a
// property and no "hash", which would be of a single file. A package of npm is
// published as a single file, its tarball, so the SHA-512 of that is a "hash":
// of the package that the purl names, as everybody can get it, and not of the
// bundle, which has only parts of it and is covered by the program's own hash.
func (i *Info) SBOM(embedded ...NPMPackage) ([]byte, error) {
	self := component{Type: "application", Ref: i.Program, Name: i.Program, Version: i.Version,
		Hashes: []hash{{"SHA-256", i.SHA256}}}
	add := func(name, value string) {
		if value != "" {
			self.Properties = append(self.Properties, property{"rollcall:" + name, value})
		}
	}
	add("revision", i.Revision)
	add("committed", i.Committed)
	if i.Modified {
		add("modified", "true")
	}
	for _, key := range sortedKeys(i.Settings) {
		add("build:"+key, i.Settings[key])
	}

	// Not a module, but what most advisories are about. Its name is the one in
	// Go's vulnerability database.
	goVersion := strings.TrimPrefix(i.Go, "go")
	std := purl("golang", "stdlib", goVersion)
	components := []component{{Type: "library", Ref: std, Name: "stdlib", Version: goVersion, PURL: std}}
	for _, m := range i.modules {
		c := component{Type: "library", Ref: purl("golang", m.Path, m.Version), Name: m.Path, Version: m.Version}
		c.PURL = c.Ref
		if m.Sum != "" {
			c.Properties = []property{{"rollcall:go.sum", m.Sum}}
		}
		components = append(components, c)
	}
	for _, p := range embedded {
		ref := purl("npm", p.Name, p.Version)
		components = append(components, component{Type: "library", Ref: ref, Name: p.Name, Version: p.Version,
			Hashes: []hash{{"SHA-512", hex.EncodeToString(p.SHA512[:])}}, PURL: ref})
	}
	b, err := json.MarshalIndent(bom{"CycloneDX", "1.6", 1, metadata{[]lifecycle{{"post-build"}}, self}, components}, "", "  ")
	return append(b, '\n'), err
}

// purl is a package URL of purl-spec, type golang or npm: both are in lower case,
// with slashes as they are. The @ before npm's scope is escaped, which a path
// would not need, because a version begins with one.
func purl(kind, name, version string) string {
	parts := strings.Split(strings.ToLower(name), "/")
	for n, p := range parts {
		parts[n] = strings.ReplaceAll(url.PathEscape(p), "@", "%40")
	}
	s := "pkg:" + kind + "/" + strings.Join(parts, "/")
	if version != "" {
		s += "@" + url.QueryEscape(version)
	}
	return s
}
