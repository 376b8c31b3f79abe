// Package buildinfo says what the running program is: its version, the
// revision of the sources, how it was built, the modules in it, and the hash of
// its file, so that whoever builds the same sources can compare.
//
// It asks nobody: all of it is in the program itself, where the go command put
// it. It stands on the standard library alone, because both programs link it
// and rollcall-verify is read by auditors.
package buildinfo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime/debug"
	"strings"
)

// Info is what a program says of itself. Revision, Committed and Rebuild are
// empty where they are not known.
type Info struct {
	Program   string `json:"program"` // rollcall or rollcall-verify
	Version   string `json:"version"` // of the module: a tag, a pseudo-version, or (devel)
	SHA256    string `json:"sha256"`  // of the file that runs, in hexadecimal
	Revision  string `json:"revision,omitempty"`
	Committed string `json:"committed,omitempty"` // RFC 3339
	// Modified says that the sources were not those of the revision.
	Modified bool   `json:"modified"`
	Go       string `json:"go"`       // such as go1.26.8
	Platform string `json:"platform"` // such as linux/amd64
	// Settings are the flags and variables of the build that the go command
	// writes down. With -trimpath these are without -ldflags.
	Settings map[string]string `json:"settings"`
	// Rebuild is the shell command that makes the same bytes out of a clean
	// clone at Revision. If there is none, Obstacles says why.
	Rebuild   string   `json:"rebuild,omitempty"`
	Obstacles []string `json:"obstacles,omitempty"`

	modules []*debug.Module // what is linked, without the program's own module
}

// Version is the version of the program's module.
func Version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(unknown)"
}

// Read reads what is known of the running program, and hashes its file.
func Read() (*Info, error) {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, errors.New("this program was built without module support and knows nothing of itself")
	}
	sum, err := hashSelf()
	if err != nil {
		return nil, fmt.Errorf("hashing this program: %w", err)
	}
	return describe(b, sum), nil
}

// describe puts in order what the go command wrote down.
func describe(b *debug.BuildInfo, sum string) *Info {
	i := &Info{Program: path.Base(b.Path), Version: b.Main.Version, SHA256: sum, Settings: map[string]string{}}
	// An experiment of the toolchain stands behind the version, and in the settings.
	i.Go, _, _ = strings.Cut(b.GoVersion, " ")
	for _, s := range b.Settings {
		switch s.Key {
		case "vcs":
		case "vcs.revision":
			i.Revision = s.Value
		case "vcs.time":
			i.Committed = s.Value
		case "vcs.modified":
			i.Modified = s.Value == "true"
		default:
			i.Settings[s.Key] = s.Value
		}
	}
	i.Platform = i.Settings["GOOS"] + "/" + i.Settings["GOARCH"]
	for _, m := range b.Deps {
		if m.Replace != nil {
			i.Obstacles = append(i.Obstacles, fmt.Sprintf("%s is replaced by %s", m.Path, m.Replace.Path))
			m = m.Replace
		}
		i.modules = append(i.modules, m)
	}
	i.Obstacles = append(i.Obstacles, i.obstacles()...)
	if len(i.Obstacles) == 0 {
		i.Rebuild = i.rebuild("./" + strings.TrimPrefix(b.Path, b.Main.Path+"/"))
	}
	return i
}

// Form is how Print says it.
type Form int

// The forms: for people, Info as JSON, and what SBOM gives.
const (
	Text Form = iota
	JSON
	SBOM
)

// Print is what the command "version" of both programs does. SBOM alone lists
// what is embedded.
func Print(w io.Writer, form Form, embedded ...NPMPackage) error {
	i, err := Read()
	if err != nil {
		return err
	}
	var b []byte
	switch form {
	case Text:
		return i.WriteText(w)
	case JSON:
		b, err = json.MarshalIndent(i, "", "  ")
		b = append(b, '\n')
	default:
		b, err = i.SBOM(embedded...)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// WriteText writes it for people.
func (i *Info) WriteText(w io.Writer) error {
	var t strings.Builder
	fmt.Fprintf(&t, "%s %s\n", i.Program, i.Version)
	switch {
	case i.Revision == "":
		t.WriteString("  revision   not known\n")
	case i.Modified:
		fmt.Fprintf(&t, "  revision   %s of %s, and something was changed\n", i.Revision, i.Committed)
	default:
		fmt.Fprintf(&t, "  revision   %s of %s\n", i.Revision, i.Committed)
	}
	fmt.Fprintf(&t, "  go         %s, %s, %d modules (--sbom lists them)\n", i.Go, i.Platform, len(i.modules))
	fmt.Fprintf(&t, "  settings   %s\n", strings.Join(i.assignments(func(key string) bool { return i.Settings[key] != "" }), " "))
	fmt.Fprintf(&t, "  sha256     %s\n\n", i.SHA256)
	if i.Rebuild == "" {
		fmt.Fprintf(&t, "Nobody can build this file again to compare: %s.\n"+
			"README.md, \"Check that this is the program\", says how to build one that can be compared.\n", strings.Join(i.Obstacles, "; "))
	} else {
		fmt.Fprintf(&t, "Anyone can build the same file and compare its hash. In a clean clone of the sources:\n\n"+
			"  git checkout %s\n  %s\n  sha256sum %s\n\n", i.Revision, i.Rebuild, i.Program)
	}
	t.WriteString("A false program can print any hash: where it matters, take the hash of the file yourself.\n")
	_, err := io.WriteString(w, t.String())
	return err
}
