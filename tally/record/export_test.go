package record

// SetCode gives a ballot a receipt code, for what no test can wait for: two
// ballots with one code.
func (s *State) SetCode(index uint64, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.voting.ballots[index].Code = code
}
