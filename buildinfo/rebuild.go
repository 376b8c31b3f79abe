package buildinfo

import (
	"fmt"
	"slices"
	"strings"
)

// documented are the settings that a build by the command of README.md has,
// with their values; those of the platform may have any.
var documented = map[string]string{
	"-buildmode":  "exe",
	"-compiler":   "gc",
	"-trimpath":   "true",
	"CGO_ENABLED": "0",
}

// derived settings are not chosen by who builds: they follow from go.mod.
var derived = []string{"DefaultGODEBUG"}

// obstacles says why a clean clone, built by the documented command, would give
// other bytes than this program's.
func (i *Info) obstacles() []string {
	var list []string
	if i.Revision == "" {
		list = append(list, "it does not name its revision")
	}
	if i.Modified {
		list = append(list, "the sources were changed after the revision that it names")
	}
	for _, key := range sortedKeys(documented) {
		if have, want := i.Settings[key], documented[key]; have != want {
			list = append(list, fmt.Sprintf("it was built without %s=%s", key, want))
		}
	}
	for _, key := range sortedKeys(i.Settings) {
		_, ok := documented[key]
		// Flags of a C compiler are there only if CGO_ENABLED is, which is said already.
		if ok || slices.Contains(derived, key) || strings.HasPrefix(key, "GO") || strings.HasPrefix(key, "CGO_") {
			continue
		}
		list = append(list, fmt.Sprintf("it was built with %s", assignment(key, i.Settings[key])))
	}
	return list
}

// rebuild is the documented command with the toolchain and the platform of this
// program. -buildvcs=true is given because it fails where there is no clone: a
// build that names no revision would have another hash, and nobody told why.
func (i *Info) rebuild(pkg string) string {
	env := append([]string{"GOTOOLCHAIN=" + i.Go},
		i.assignments(func(key string) bool { return !strings.HasPrefix(key, "-") && !slices.Contains(derived, key) })...)
	return strings.Join(env, " ") + " go build -trimpath -buildvcs=true -o . " + pkg
}

// assignments are the settings of those keys, in the order of their names.
func (i *Info) assignments(of func(key string) bool) []string {
	var list []string
	for _, key := range sortedKeys(i.Settings) {
		if of(key) {
			list = append(list, assignment(key, i.Settings[key]))
		}
	}
	return list
}

// assignment writes a setting such that a shell reads it as one word.
func assignment(key, value string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-+.,:=/@", r)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return !plain(r) }) {
		value = "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
	}
	return key + "=" + value
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
