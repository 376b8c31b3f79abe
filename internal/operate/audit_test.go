package operate

import (
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
	"rollcall/registrar"
	"rollcall/tally/record"
)

func TestAuditPlan(t *testing.T) {
	m := &entry.Manifest{Units: []entry.Unit{{ID: "all"}, {ID: "north"}, {ID: "south"}, {ID: "isle"}, {ID: "empty"}}}
	voters := []uint64{0, 60, 30, 9, 0}
	units := func(list ...any) AuditPlan {
		p := AuditPlan{Units: map[string]int{}}
		for i := 0; i < len(list); i += 2 {
			p.Units[list[i].(string)] = list[i+1].(int)
		}
		return p
	}
	for _, c := range []struct {
		plan AuditPlan
		want string
	}{
		{AuditPlan{}, "[0 0 0 0 0]"},
		{AuditPlan{Total: 3}, "[0 1 1 1 0]"},
		{AuditPlan{Total: 4}, "[0 2 1 1 0]"},
		{AuditPlan{Total: 5}, "[0 2 2 1 0]"},
		{AuditPlan{Total: 102}, "[0 61 31 10 0]"},
		{AuditPlan{Total: 1800}, "[0 1090 546 164 0]"},
		{units("south", 7), "[0 0 7 0 0]"},
		{units("south", 799, "isle", 1, "north", 1000), "[0 1000 799 1 0]"},
		{AuditPlan{Total: 2}, "want at least one for each of the 3 units with voters"},
		{AuditPlan{Total: -1}, "want at least one for each"},
		{AuditPlan{Total: 1801}, "an election has at most 1800"},
		{units("south", 800, "isle", 1, "north", 1000), "1801 audit credentials: an election has at most 1800"},
		{units("south", int(^uint(0)>>1), "north", int(^uint(0)>>1)), "an election has at most 1800"},
		{units("south", 0), `unit "south": want at least 1`},
		{units("empty", 1), `unit "empty": want at least 1, and a unit with voters`},
		{units("all", 1), `unit "all": want at least 1, and a unit with voters`},
		{units("west", 1), "there is no such unit"},
	} {
		got, err := c.plan.counts(m, voters)
		if s := fmt.Sprint(got); err == nil && s != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, %v; want %s", c.plan, got, err, c.want)
		}
	}
}

// TestAuditorsSpeakAllLanguages holds that languages take turns, over all units, and
// that none comes first always.
func TestAuditorsSpeakAllLanguages(t *testing.T) {
	m := &entry.Manifest{Languages: []string{"en", "es", "zh"}, Units: []entry.Unit{{ID: "north"}, {ID: "south"}, {ID: "isle"}}}
	first := map[string]bool{}
	for range 200 {
		list, err := auditors(m, []uint64{4, 0, 3}, 2)
		if err != nil || len(list) != 7 {
			t.Fatalf("%d auditors, %v", len(list), err)
		}
		first[list[0].Language] = true
		speak := map[string]int{}
		for i, p := range list {
			if speak[p.Language]++; i > 0 && p.Language == list[i-1].Language || p.Unit != uint64(i/4*2) || !p.Auditor {
				t.Fatalf("auditor %d: %+v", i, p)
			}
		}
		for _, l := range m.Languages {
			if speak[l] < 2 {
				t.Fatalf("languages %v", speak)
			}
		}
	}
	if len(first) != 3 {
		t.Errorf("200 rolls began with %v", first)
	}
}

// TestRollWithAuditors cuts the posting off before the commitment, and takes it up
// again.
func TestRollWithAuditors(t *testing.T) {
	s := newStaff(t)
	s.disturb = busy(entry.KindAudit)
	plan := RollOptions{Audit: AuditPlan{Total: 2}}
	_, err := Roll(t.Context(), s.remote, s.dir, s.rollCSV(), plan)
	s.refused(err, "roll, entry 3 of 3")
	if sum := s.update().Summary(); !sum.RollEnded || sum.Voters != 5 || sum.Auditors != 0 {
		t.Errorf("before the commitment: %+v", sum)
	}
	s.disturb = nil
	rolled, err := Roll(t.Context(), s.remote, s.dir, "no file is read now", RollOptions{})
	s.must(err)
	if !rolled.Resumed || rolled.Voters != 3 || rolled.Units["town"] != 3 || rolled.Auditors != 2 || rolled.AuditLetters != s.dir.AuditLetters() {
		t.Errorf("rolled %+v", rolled)
	}
	if sum := s.update().Summary(); sum.Voters != 3 || sum.Auditors != 2 {
		t.Errorf("on the board: %d voters, %d auditors", sum.Voters, sum.Auditors)
	}
	_, err = Roll(t.Context(), s.remote, s.dir, s.rollCSV(), plan)
	s.refused(err, "on the board already, with 3 voters")

	for path, want := range map[string]int{s.dir.Letters(): 3, s.dir.AuditLetters(): 2} {
		f, err := os.Open(path)
		s.must(err)
		defer f.Close()
		lines, err := csv.NewReader(f).ReadAll()
		s.must(err)
		if len(lines) != want+1 || lines[0][5] != "cast_code" || lines[0][9] != "street" {
			t.Errorf("%s: %d letters, columns %q", path, len(lines)-1, lines[0])
		}
		for _, l := range lines[1:] {
			if auditor := strings.HasPrefix(l[0], "Auditor "); auditor != (want == 2) || (l[5] == "") != auditor || l[1] != "town" || l[2] != "en" || len(l[4]) != 9 {
				t.Errorf("%s: a letter with unit %q, language %q, an auditor's: %v, cast code of %d digits", path, l[1], l[2], auditor, len(l[5]))
			}
		}
	}
	for _, path := range []string{s.dir.AuditLetters(), s.dir.Audit()} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, error %v; want 0600", path, info.Mode(), err)
		}
	}
}

// TestRollRefusesOldAudit holds that nothing of an earlier try is overwritten.
func TestRollRefusesOldAudit(t *testing.T) {
	s := newStaff(t)
	for _, path := range []string{s.dir.AuditLetters(), s.dir.Audit()} {
		s.must(os.WriteFile(path, []byte("precious"), 0o600))
		_, err := Roll(t.Context(), s.remote, s.dir, s.rollCSV(), RollOptions{Audit: AuditPlan{Total: 1}})
		s.refused(err, path+" is there already and is not overwritten")
		if b, _ := os.ReadFile(path); string(b) != "precious" {
			t.Errorf("%s was overwritten", path)
		}
		s.must(os.Remove(path))
	}
	_, err := Roll(t.Context(), s.remote, s.dir, s.rollCSV(), RollOptions{Audit: AuditPlan{Units: map[string]int{"village": 1}}})
	s.refused(err, "there is no such unit")
	if _, err := os.Stat(s.dir.Letters()); err == nil {
		t.Error("letters were written for a plan that is refused")
	}
}

// endWithAuditors runs an election whose auditors a test has chosen: the first of some
// voters, of whom so many cast.
func (s *staff) endWithAuditors(auditors, voters, cast int) {
	s.t.Helper()
	state := s.update()
	missing, err := MissingPrompts(s.dir, state.Manifest())
	s.must(err)
	s.record(missing)
	s.ceremony()
	var list []voter
	var keys []registrar.VoterKeys
	for i := range voters {
		v := voter{schnorr.GenerateKey(), schnorr.GenerateKey()}
		list = append(list, v)
		keys = append(keys, registrar.VoterKeys{BallotKey: v.ballot.Public(), CastKey: v.cast.Public(), Auditor: i < auditors})
	}
	secret, err := registrar.ReadKeys(s.dir.Key("registrar"))
	s.must(err)
	hash := state.Hash()
	signed, err := signRoll(state.Manifest(), hash, secret.Sign, keys)
	s.must(err)
	body, err := commit(s.dir, s.remote.ID, hash, keys, []uint64{uint64(auditors)})
	s.must(err)
	e, err := entry.Sign(body, hash[:], secret.Sign)
	s.must(err)
	for _, e := range append(signed, e) {
		_, err := s.remote.Post(s.t.Context(), e.Bytes())
		s.must(err)
	}
	s.update()
	opened, err := Open(s.t.Context(), s.remote, s.dir)
	s.must(err)
	if opened.Auditors != uint64(auditors) || opened.Voters["town"] != uint64(voters-auditors) {
		s.t.Errorf("opened %+v", opened)
	}
	s.vote(list[:cast]...)
	_, err = OpenAudit(s.t.Context(), s.remote, s.dir)
	s.refused(err, "not possible in this phase")
	_, err = Close(s.t.Context(), s.remote, s.dir)
	s.must(err)
	s.wait(func(state *record.State) bool {
		_, ok := state.End()
		return ok
	})
}

// TestOpenAudit opens a list with a ballot that should not be there, after everything
// that can be wrong with the file.
func TestOpenAudit(t *testing.T) {
	s := newStaff(t)
	_, err := OpenAudit(t.Context(), s.remote, s.dir)
	s.refused(err, "the election has no audit credentials")
	s.endWithAuditors(2, 4, 1)

	good, err := os.ReadFile(s.dir.Audit())
	s.must(err)
	for want, b := range map[string]string{
		"unknown field":                  strings.Replace(string(good), `"salt"`, `"sand"`, 1),
		"is of another election":         strings.Replace(string(good), `"election": "`, `"election": "0`, 1),
		"something stands after its end": string(good) + "{}",
		"unexpected EOF":                 string(good[:len(good)/2]),
		"salt: want 64":                  strings.Replace(string(good), `"salt": "`, `"salt": "0`, 1),
		"keys: number 0: want 64":        strings.Replace(string(good), "[\n  \"", "[\n  \"0", 1),
		"credentials and salt that were": otherSalt(string(good)),
	} {
		s.must(os.WriteFile(s.dir.Audit(), []byte(b), 0o600))
		_, err := OpenAudit(t.Context(), s.remote, s.dir)
		s.refused(err, want)
	}
	s.must(os.Remove(s.dir.Audit()))
	_, err = OpenAudit(t.Context(), s.remote, s.dir)
	s.refused(err, "without it nobody can say")

	s.must(os.WriteFile(s.dir.Audit(), good, 0o600))
	s.must(registrar.DestroyOPRFKey(s.dir.Key("registrar"))) // as after every end
	size := s.update().Size()
	opened, err := OpenAudit(t.Context(), s.remote, s.dir)
	s.must(err)
	if opened.Credentials != 2 || opened.Counted != 1 || opened.Index < size {
		t.Errorf("opened %+v", opened)
	}
	s.update()
	_, err = OpenAudit(t.Context(), s.remote, s.dir)
	s.refused(err, "opened already")
}

// otherSalt changes the first digit of the salt.
func otherSalt(file string) string {
	before, after, _ := strings.Cut(file, `"salt": "`)
	digit := "0"
	if after[0] == '0' {
		digit = "1"
	}
	return before + `"salt": "` + digit + after[1:]
}

// FuzzParseAudit reads anything. What can be read is written again as it was.
func FuzzParseAudit(f *testing.F) {
	const id = "0000000000000000000000000000"
	key := strings.Repeat("ab", 32)
	f.Add([]byte(`{"election":"` + id + `","salt":"` + key + `","keys":["` + key + `","` + strings.Repeat("cd", 32) + `"]}`))
	f.Add([]byte(`{"election":"` + id + `","salt":"` + key + `","keys":null} `))
	f.Add([]byte(`{"election":"` + id + `","salt":"` + key + `","keys":["` + key + `","` + key + `"]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseAudit(b, id)
		if err != nil {
			return
		}
		if list, err := l.Credentials(); err != nil || len(list) > entry.MaxAudit || len(l.Salt) != 32 {
			t.Fatalf("%d credentials, %v", len(list), err)
		}
		if _, err := entry.Sign(l, make([]byte, entry.HashSize), schnorr.GenerateKey()); err != nil {
			t.Fatalf("no entry can hold it: %v", err)
		}
	})
}
