package group

import "testing"

func BenchmarkMulBase(b *testing.B) {
	s := RandomScalar()
	for b.Loop() {
		MulBase(s)
	}
}

func BenchmarkTableMul(b *testing.B) {
	s, table := RandomScalar(), NewTable(MulBase(RandomScalar()))
	for b.Loop() {
		table.Mul(s)
	}
}

// BenchmarkMulEach is a ballot of ten options and "none"; divide by 44.
func BenchmarkMulEach(b *testing.B) {
	var products []Product
	table := NewTable(MulBase(RandomScalar()))
	for range 22 {
		products = append(products, Product{BaseTable(), RandomScalar()}, Product{table, RandomScalar()})
	}
	for b.Loop() {
		MulEach(products)
	}
}

func BenchmarkMul(b *testing.B) {
	s, p := RandomScalar(), MulBase(RandomScalar())
	for b.Loop() {
		p.Mul(s)
	}
}

func BenchmarkNewTable(b *testing.B) {
	p := MulBase(RandomScalar())
	for b.Loop() {
		NewTable(p)
	}
}

func BenchmarkEncode(b *testing.B) {
	p := MulBase(RandomScalar())
	for b.Loop() {
		p.Bytes()
	}
}

func BenchmarkParsePoint(b *testing.B) {
	enc := MulBase(RandomScalar()).Bytes()
	for b.Loop() {
		if _, err := ParsePoint(enc); err != nil {
			b.Fatal(err)
		}
	}
}
