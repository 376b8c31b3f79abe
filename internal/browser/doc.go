// Package browser lets tests look at pages as people get them: in Debian's
// headless Chromium, with a width, a colour scheme, with or without scripts,
// with a mouse or with keys alone. It is for tests only.
//
// It says what it finds, of any page: faults against WCAG 2.2 by axe-core, what
// does not fit into a narrow window, what the Tab key reaches and whether one
// sees where it is, bytes and origins of the network, and complaints of the
// browser, such as of a broken content security policy. Each check returns its
// findings, and has a Require beside it that fails the test on any.
//
// It knows nothing of Rollcall's pages; what they should hold stands in the
// tests of the packages that make them.
//
// A test package that uses it has to let Main run its tests:
//
//	func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }
package browser
