package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// machine says what a run was measured on and with, a line each.
func machine(libraries []library) []string {
	lines := []string{
		fmt.Sprintf("%s, %d cores, %s/%s", processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
		fmt.Sprintf("%s; %s", runtime.Version(), time.Now().UTC().Format("2 January 2006")),
	}
	versions := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			versions[m.Path] = m.Version
		}
	}
	for _, l := range libraries {
		var with []string
		for _, m := range l.modules {
			with = append(with, m+" "+versions[m])
		}
		lines = append(lines, l.name+": "+strings.Join(with, ", "))
	}
	if out, err := exec.Command("belenios-tool", "--version").Output(); err == nil {
		lines = append(lines, "Debian's belenios-tool "+strings.TrimSpace(string(out)))
	}
	for _, peer := range [][]string{{"wrk", "-v"}, {"chromium", "--version"}} {
		out, _ := exec.Command(peer[0], peer[1]).Output() // wrk fails where it is asked for its version
		if line, _, _ := strings.Cut(string(out), "\n"); line != "" {
			line, _, _ = strings.Cut(line, ", ")
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// processor returns the name of the processor, as Linux has it.
func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range bytes.Lines(b) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(name)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return "unknown processor"
}
