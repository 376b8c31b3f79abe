// Package export writes the results of an election, or a zero report from
// before its close, in formats that others read: the Common Data Format of
// NIST SP 1500-100 for election offices and the press, and the table of
// OpenElections for whoever has a spreadsheet.
//
// It computes no result and publishes no number that the board does not have.
// Which parts make a result, and which contradict the manifest or themselves,
// package public says. It serves nothing: the caller keeps the bytes, for the work
// grows with contests, options and units.
package export
