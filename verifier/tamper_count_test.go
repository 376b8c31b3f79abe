package verifier

import (
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

func parts(list ...entry.Part) []entry.Part { return list }

func TestTamperedTotals(t *testing.T) {
	totals := func(step string, change func(r *record, t *entry.Totals)) tamper {
		return at(step, func(r *record, body entry.Body) { change(r, body.(*entry.Totals)) })
	}
	// add puts the ballot of n3, who never cast it, into a sum.
	add := func(r *record, p *entry.Part) {
		n := r.manifest.Contests[p.Contest].Ciphertexts()
		sums, err := elgamal.ParseSums(p.Sums, n)
		r.must(err)
		cs, err := elgamal.ParseCiphertexts(r.ballots["ballot n3"].body.Contests[p.Contest].Ciphertexts, n)
		r.must(err)
		for k := range sums {
			sums[k] = sums[k].Add(cs[k])
		}
		p.Sums = elgamal.Encode(sums)
	}
	mustFail(t, []corruption{{
		name: "ballot that was not cast", check: "V14", reason: "totals chunk 0, part 0: contest 0, option 0: not the sum of the cast ballots",
		tamper: totals("totals 0", func(r *record, t *entry.Totals) { add(r, &t.Parts[0]) }),
	}, {
		name: "one option altered", check: "V14", reason: "totals chunk 1, part 1: contest 1, option 2: not the sum",
		tamper: totals("totals 1", func(r *record, t *entry.Totals) {
			p := &t.Parts[1]
			p.Sums = slices.Clone(p.Sums)
			copy(p.Sums[2*64:], group.Base().Bytes())
		}),
	}, {
		name: "one more ballot counted", check: "V14", reason: "counts 5 ballots, 4 were cast",
		tamper: totals("totals 0", func(_ *record, t *entry.Totals) { t.Parts[0].Ballots = 5 }),
	}, {
		name: "sums that are no points", check: "V14", reason: "no readable sums",
		tamper: totals("totals 0", func(_ *record, t *entry.Totals) { t.Parts[0].Sums = slices.Repeat([]byte{0xff}, 4*64) }),
	}, {
		name: "sums left out", check: "V14", reason: "no readable sums",
		tamper: totals("totals 0", func(_ *record, t *entry.Totals) { t.Parts[0].Sums = nil }),
	}, {
		name: "contest that does not exist", check: "V14", reason: "contest 3 is not one of the 3",
		tamper: totals("totals 1", func(_ *record, t *entry.Totals) { t.Parts[2].Contest = 3 }),
	}, {
		name: "chunks out of order", check: "V14", reason: "totals chunk 3, want 1",
		tamper: totals("totals 1", func(_ *record, t *entry.Totals) { t.Chunk = 3 }),
	}, {
		name: "another end", check: "V14", reason: "names an end at index",
		tamper: at("totals-end", func(_ *record, body entry.Body) { body.(*entry.TotalsEnd).End-- }),
	}, {
		name: "other chunks", check: "V14", reason: "its chunks are not those that were posted",
		tamper: at("totals-end", func(_ *record, body entry.Body) { body.(*entry.TotalsEnd).Chunks[0] ^= 1 }),
	}, {
		name: "tiny unit not merged", check: "V19", reason: "by the rule of merging it is contest 0, units [2 3]",
		tamper: tamper{partition: parts(
			entry.Part{Contest: 0, Units: []uint64{1}}, entry.Part{Contest: 0, Units: []uint64{2}}, entry.Part{Contest: 0, Units: []uint64{3}},
			entry.Part{Contest: 0, Units: []uint64{4}}, entry.Part{Contest: 1, Units: []uint64{1}}, entry.Part{Contest: 1, Units: []uint64{2}},
			entry.Part{Contest: 2, Units: []uint64{3}})},
	}, {
		name: "merged with another", check: "V19", reason: "totals chunk 0, part 0",
		tamper: tamper{partition: parts(
			entry.Part{Contest: 0, Units: []uint64{1, 3}}, entry.Part{Contest: 0, Units: []uint64{2}}, entry.Part{Contest: 0, Units: []uint64{4}},
			entry.Part{Contest: 1, Units: []uint64{1}}, entry.Part{Contest: 1, Units: []uint64{2}}, entry.Part{Contest: 2, Units: []uint64{3}})},
	}, {
		name: "contest left out", check: "V19", reason: "5 parts, by the rule of merging there are 6",
		tamper: tamper{stop: "result 0", partition: parts(
			entry.Part{Contest: 0, Units: []uint64{1}}, entry.Part{Contest: 0, Units: []uint64{2, 3}}, entry.Part{Contest: 0, Units: []uint64{4}},
			entry.Part{Contest: 1, Units: []uint64{1}}, entry.Part{Contest: 1, Units: []uint64{2}})},
	}, {
		name: "part twice", check: "V19", reason: "there are only 6 parts",
		tamper: tamper{stop: "result 0", partition: parts(
			entry.Part{Contest: 0, Units: []uint64{1}}, entry.Part{Contest: 0, Units: []uint64{2, 3}}, entry.Part{Contest: 0, Units: []uint64{4}},
			entry.Part{Contest: 1, Units: []uint64{1}}, entry.Part{Contest: 1, Units: []uint64{2}},
			entry.Part{Contest: 2, Units: []uint64{3}}, entry.Part{Contest: 2, Units: []uint64{3}})},
	}, {
		name: "total over one ballot", check: "V19", reason: "totals chunk 1, part 2: a sum of 1 ballots, the minimum is 3",
		tamper: tamper{small: true},
	}})
	// A sum of too few is remembered even where it has no place.
	_, report := (&corruption{tamper: at("end", func(r *record, _ entry.Body) {
		p := r.part(2, []uint64{3})
		r.votes = nil
		p.Sums = slices.Repeat(group.Base().Bytes(), 6)
		r.insert(&entry.Totals{Parts: parts(p)}, r.board)
	})}).verify(t)
	if report.Check("V06").Status != Fail || report.Check("V19").Status != Fail || !strings.Contains(report.Check("V19").Error, "a sum of 1 ballots") {
		dump(t, report)
		t.Error("early totals over one ballot: want V06 and V19 to fail")
	}
	if err := report.RequirePassed("V01", "V14", "V19"); err == nil || !strings.Contains(err.Error(), "V19") {
		t.Errorf("RequirePassed: %v, want V19", err)
	}
}

func TestTamperedShares(t *testing.T) {
	end := func(step string, change func(e *entry.ShareEnd)) tamper {
		return at(step, func(_ *record, body entry.Body) { change(body.(*entry.ShareEnd)) })
	}
	mustFail(t, []corruption{{
		name: "wrong proof", check: "V15", reason: "1 valid shares, 2 are needed: share of trustee 3",
		tamper: end("share-end 3", func(e *entry.ShareEnd) { e.Proof[100] ^= 1 }),
	}, {
		name: "wrong point", check: "V15", reason: "share of trustee 1",
		tamper: at("share 1.1", func(_ *record, body entry.Body) {
			copy(body.(*entry.Share).Points[32:], group.Base().Bytes())
		}),
	}, {
		name: "identity as a point", check: "V15", reason: "1 valid shares, 2 are needed: share of trustee 1",
		tamper: at("share 1.0", func(_ *record, body entry.Body) { clear(body.(*entry.Share).Points[:32]) }),
	}, {
		name: "too few points", check: "V15", reason: "share of trustee 1",
		tamper: at("share 1.1", func(_ *record, body entry.Body) { body.(*entry.Share).Points = body.(*entry.Share).Points[32:] }),
	}, {
		name: "another root", check: "V15", reason: "was made for another record",
		tamper: end("share-end 1", func(e *entry.ShareEnd) { e.Root = make([]byte, 32) }),
	}, {
		name: "another end", check: "V15", reason: "was made for another record",
		tamper: end("share-end 1", func(e *entry.ShareEnd) { e.End-- }),
	}, {
		name: "share of another trustee under one's own name", check: "V15", reason: "1 valid shares, 2 are needed",
		tamper: tamper{before: func(r *record, step string, body entry.Body) bool {
			if s, ok := body.(*entry.Share); ok && s.Trustee == 3 {
				e, err := entry.Decode(r.raws[r.size()-3])
				r.must(err)
				s.Points = e.Body.(*entry.Share).Points
			}
			if e, ok := body.(*entry.ShareEnd); ok && e.Trustee == 3 {
				first, err := entry.Decode(r.raws[r.size()-3])
				r.must(err)
				e.Proof = first.Body.(*entry.ShareEnd).Proof
			}
			return true
		}},
	}})
	mustVoid(t, []corruption{{
		name: "share by another", check: "V15", reason: "signed by another key",
		tamper: at("share 1.0", func(r *record, _ entry.Body) {
			r.insert(&entry.Share{Trustee: 1, Points: make([]byte, 32)}, r.signing[1])
		}),
	}, {
		name: "share of nobody", check: "V15", reason: "trustee 4 is not one of the 3",
		tamper: at("share 1.0", func(r *record, _ entry.Body) {
			r.insert(&entry.Share{Trustee: 4, Points: make([]byte, 32)}, r.signing[1])
		}),
	}, {
		name: "share after it was closed", check: "V15", reason: "trustee 1 has closed its share before",
		tamper: at("share 3.0", func(r *record, _ entry.Body) {
			r.insert(&entry.Share{Trustee: 1, Points: make([]byte, 32)}, r.signing[0])
		}),
	}, {
		name: "share closed twice", check: "V15", reason: "trustee 1 has closed its share before",
		tamper: at("share 3.0", func(r *record, _ entry.Body) { r.append(r.raws[r.size()-1]) }),
	}, {
		name: "share closed without its chunks", check: "V15", reason: "chunk 0 was not posted",
		tamper: at("share 1.0", func(r *record, _ entry.Body) {
			r.insert(&entry.ShareEnd{Trustee: 1, End: r.end, Root: r.root[:], Chunks: make([]byte, 64), Proof: make([]byte, 128)}, r.signing[0])
		}),
	}})
	// A third share that is wrong is ignored, and its trustee is named.
	_, report := (&corruption{tamper: tamper{before: func(r *record, step string, body entry.Body) bool {
		if step == "share 3.0" && !r.copied {
			r.copied = true
			r.share(2)
		}
		if e, ok := body.(*entry.ShareEnd); ok && e.Trustee == 2 {
			e.Proof[70] ^= 1
		}
		return true
	}}}).verify(t)
	if note := report.Check("V15").Note; !report.Verified() || !strings.Contains(note, "ignored: share of trustee 2") {
		dump(t, report)
		t.Error("a wrong third share: want a verified record that names trustee 2")
	}
}

func TestTamperedResult(t *testing.T) {
	result := func(change func(p []entry.ResultPart)) tamper {
		return at("result 0", func(_ *record, body entry.Body) { change(body.(*entry.Result).Parts) })
	}
	end := func(change func(e *entry.ResultEnd)) tamper {
		return at("result-end", func(_ *record, body entry.Body) { change(body.(*entry.ResultEnd)) })
	}
	mustFail(t, []corruption{{
		name: "vote moved", check: "V16", reason: `option "a": the total does not decrypt to`,
		tamper: result(func(p []entry.ResultPart) { p[0].Options[0].Votes--; p[0].Options[2].Votes++ }),
	}, {
		name: "more votes than ballots", check: "V16", reason: `option "b": 18446744073709551615 votes in 4 ballots`,
		tamper: result(func(p []entry.ResultPart) { p[0].Options[1].Votes = minusOne }),
	}, {
		name: "votes where nobody voted", check: "V16", reason: "votes in 0 ballots",
		tamper: result(func(p []entry.ResultPart) { p[2].Options[0].Votes = 1 }),
	}, {
		name: "more ballots", check: "V16", reason: "counts 5 ballots, the totals 4",
		tamper: result(func(p []entry.ResultPart) { p[0].Ballots = 5 }),
	}, {
		name: "option left out", check: "V16", reason: "has counts of 3 options, want 4",
		tamper: result(func(p []entry.ResultPart) { p[0].Options = p[0].Options[:3] }),
	}, {
		name: "counts of a withheld part", check: "V16", reason: "has counts of 3 options, want 0",
		tamper: result(func(p []entry.ResultPart) {
			p[5].Options = []entry.OptionCount{{Option: "yes", Votes: 1}, {Option: "no"}, {Option: "none"}}
		}),
	}, {
		name: "part left out", check: "V16", reason: "result has 5 parts, the totals have 6",
		tamper: at("result 0", func(_ *record, body entry.Body) {
			body.(*entry.Result).Parts = body.(*entry.Result).Parts[:5]
		}),
	}, {
		name: "one trustee", check: "V16", reason: "names 1 trustees, 2 are needed",
		tamper: end(func(e *entry.ResultEnd) { e.Trustees = []uint64{1} }),
	}, {
		name: "one trustee twice", check: "V16", reason: "trustees are not ascending",
		tamper: end(func(e *entry.ResultEnd) { e.Trustees = []uint64{1, 1} }),
	}, {
		name: "trustee without a share", check: "V16", reason: "trustee 2 has no valid share",
		tamper: end(func(e *entry.ResultEnd) { e.Trustees = []uint64{1, 2} }),
	}, {
		name: "another end", check: "V16", reason: "names an end at index",
		tamper: end(func(e *entry.ResultEnd) { e.End = 3 }),
	}, {
		name: "other chunks", check: "V16", reason: "its chunks are not those that were posted",
		tamper: end(func(e *entry.ResultEnd) { e.Chunks[0] ^= 1 }),
	}, {
		name: "chunks out of order", check: "V16", reason: "result chunk 1, want 0",
		tamper: at("result 0", func(_ *record, body entry.Body) { body.(*entry.Result).Chunk = 1 }),
	}, {
		name: "undervotes of a vote for one", check: "V17", reason: "undervotes, want",
		tamper: result(func(p []entry.ResultPart) { p[0].Undervotes++ }),
	}, {
		name: "undervotes up to a limit", check: "V17", reason: `contest "council", units ["north"]): 1 undervotes, want 0`,
		tamper: result(func(p []entry.ResultPart) { p[3].Undervotes++ }),
	}, {
		name: "undervotes of a withheld part", check: "V17", reason: "1 undervotes of a part that is withheld",
		tamper: result(func(p []entry.ResultPart) { p[5].Undervotes++ }),
	}, {
		name: "two options exchanged", check: "V18", reason: `option 0 is "b", in the manifest "a"`,
		tamper: result(func(p []entry.ResultPart) { p[0].Options[0].Option, p[0].Options[1].Option = "b", "a" }),
	}, {
		name: "option that was not asked", check: "V18", reason: `option 2 is "w", in the manifest "z"`,
		tamper: result(func(p []entry.ResultPart) { p[3].Options[2].Option = "w" }),
	}, {
		name: "contest that was not asked", check: "V18", reason: "the manifest has no such contest",
		tamper: result(func(p []entry.ResultPart) { p[5].Contest = "bridge" }),
	}, {
		name: "contests out of order", check: "V18", reason: "contests are not in the order of the manifest",
		tamper: result(func(p []entry.ResultPart) { p[5].Contest = "mayor" }),
	}, {
		name: "unit that does not exist", check: "V18", reason: `unit "west" is not asked this contest`,
		tamper: result(func(p []entry.ResultPart) { p[0].Units = []string{"west"} }),
	}, {
		name: "unit twice", check: "V18", reason: `unit "north" is not asked this contest, or stands twice`,
		tamper: result(func(p []entry.ResultPart) { p[1].Units = []string{"north", "isle"} }),
	}, {
		name: "unit left out", check: "V18", reason: `result has no contest "mayor" in unit "isle"`,
		tamper: result(func(p []entry.ResultPart) { p[1].Units = []string{"south"} }),
	}, {
		name: "units exchanged between parts", check: "V19", reason: `by the rule of merging it is contest "mayor", units ["north"]`,
		tamper: result(func(p []entry.ResultPart) { p[0].Units, p[2].Units = p[2].Units, p[0].Units }),
	}})
}
