package peers

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pcapDir is where the Debian package puts its recorded key presses.
const pcapDir = "/usr/share/sip-tester"

// pressTime is how long sipp takes to play one recorded press, 140 ms, and the pause after it.
const pressTime = 250 * time.Millisecond

// NeedSipp skips the test unless sipp can press keys: it is installed, with its recordings, and may open the raw
// socket that it plays them through.
func NeedSipp(t testing.TB) {
	t.Helper()
	Need(t, "sipp", "sip-tester")
	if _, err := os.Stat(filepath.Join(pcapDir, "dtmf_2833_1.pcap")); err != nil {
		missing(t, "sipp has no recorded key presses (Debian package sip-tester)")
	}
	if os.Geteuid() != 0 {
		missing(t, "sipp (Debian package sip-tester) needs root to play recorded key presses")
	}
}

// Step is one thing a sipp caller does. Exactly one field is set.
type Step struct {
	Pause time.Duration // say nothing
	Keys  string        // press these keys, '0' to '9', '*' and '#', one after the other
}

// Sipp is one call by sipp.
type Sipp struct {
	Dir     string         // an empty folder for its files
	Target  netip.AddrPort // whom to call
	Steps   []Step
	Info    bool // press keys by SIP INFO, and do not offer telephone-event; otherwise by RFC 4733 from recordings
	WaitBye bool // let the answerer end the call after the last step; otherwise sipp does
	Port    int  // for its sound, even; calls at the same time need different ones. 0 is 6000
}

// Run makes the call and returns when it is over. Any response that a plain call does not bring is an error.
func (s Sipp) Run(ctx context.Context) error {
	scenario, err := s.scenario()
	if err != nil {
		return err
	}
	path := filepath.Join(s.Dir, "call.xml")
	if err := os.WriteFile(path, []byte(scenario), 0o600); err != nil {
		return fmt.Errorf("sipp: %w", err)
	}
	port := s.Port
	if port == 0 {
		port = 6000
	}
	faults := filepath.Join(s.Dir, "errors.log")
	cmd := exec.CommandContext(ctx, "sipp", s.Target.String(), "-sf", path, "-m", "1", "-nostdin",
		"-i", "127.0.0.1", "-mi", "127.0.0.1", "-mp", fmt.Sprint(port),
		"-trace_err", "-error_file", faults, "-timeout", "300", "-timeout_error")
	cmd.Dir = s.Dir
	cmd.Env = append(os.Environ(), "TERM=dumb")
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(faults) // absent if there was nothing to report
		return fmt.Errorf("sipp: %w\n%s%s", err, log, tail(out))
	}
	return nil
}

// tail returns the last part of a program's output, for an error.
func tail(out []byte) []byte {
	const most = 2000
	return out[max(0, len(out)-most):]
}

// scenario writes the call as sipp's XML.
func (s Sipp) scenario() (string, error) {
	formats, events := "0 8", ""
	if !s.Info {
		formats, events = "0 8 101", "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n"
	}
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<scenario name=\"call\">\n")
	b.WriteString(sendMessage("INVITE", 1, "", "Content-Type: application/sdp\n", `v=0
o=sipp 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP `+formats+`
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
`+events))
	b.WriteString(`<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="200"/>` + "\n")
	b.WriteString(sendMessage("ACK", 1, "[peer_tag_param]", "", ""))
	cseq := 1
	for _, step := range s.Steps {
		if step.Pause > 0 {
			fmt.Fprintf(&b, "<pause milliseconds=\"%d\"/>\n", step.Pause.Milliseconds())
		}
		for _, key := range step.Keys {
			name, err := keyName(key)
			if err != nil {
				return "", err
			}
			if !s.Info {
				fmt.Fprintf(&b, "<nop><action><exec play_pcap_audio=\"%s/dtmf_2833_%s.pcap\"/></action></nop>\n<pause milliseconds=\"%d\"/>\n",
					pcapDir, name, pressTime.Milliseconds())
				continue
			}
			cseq++
			b.WriteString(sendMessage("INFO", cseq, "[peer_tag_param]", "Content-Type: application/dtmf-relay\n",
				fmt.Sprintf("Signal=%c\nDuration=160\n", key)))
			b.WriteString(`<recv response="200"/>` + "\n")
		}
	}
	if s.WaitBye {
		b.WriteString(`<recv request="BYE"/><send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>` + "\n")
	} else {
		b.WriteString(sendMessage("BYE", cseq+1, "[peer_tag_param]", "", ""))
		b.WriteString(`<recv response="200"/>` + "\n")
	}
	b.WriteString("</scenario>\n")
	return b.String(), nil
}

// sendMessage writes one request of the scenario.
func sendMessage(method string, cseq int, toTag, headers, body string) string {
	retrans := ` retrans="500"`
	if method == "ACK" {
		retrans = ""
	}
	return fmt.Sprintf(`<send%s><![CDATA[
%s sip:rollcall@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:sipp@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:rollcall@[remote_ip]:[remote_port]>%s
Call-ID: [call_id]
CSeq: %d %s
Contact: <sip:sipp@[local_ip]:[local_port]>
Max-Forwards: 70
%sContent-Length: [len]

%s
]]></send>
`, retrans, method, toTag, cseq, method, headers, body)
}

// keyName returns the name that the recordings have for a key.
func keyName(key rune) (string, error) {
	switch {
	case key >= '0' && key <= '9':
		return string(key), nil
	case key == '*':
		return "star", nil
	case key == '#':
		return "pound", nil
	}
	return "", errors.New("sipp: not a digit, '*' or '#'")
}
