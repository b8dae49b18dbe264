// Package redact is the one place through which what may hold a secret goes before anybody sees it: the URLs of servers, and
// the errors of the client library, of the files of a context and of processes that pindrop has started.
//
// A URL that a person gave is taken apart by [Servers] into what may be shown and who the user is; one that cannot be taken
// apart is refused without being quoted. An error of somebody else's code, which may quote a URL, a key or a whole file, is
// shown as [Error] leaves it.
package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Hidden stands where a secret was.
const Hidden = "***"

// shape is how secrets of a kind look, wherever they stand, and what is left of each.
type shape struct {
	looks *regexp.Regexp
	left  string
}

// shapes are all of them. They are made when they are needed first: a guest, whose every draw of chance counts, draws as if they were
// not there.
var shapes = sync.OnceValue(func() []shape {
	return []shape{
		// What stands between :// and the last @: a user with a password, or a token.
		{regexp.MustCompile(`(\w[\w+.-]*:/{2})[^\s"'<>]*@`), "${1}" + Hidden + "@"},
		// The query and the fragment of a URL for servers, which know neither. Links to pages keep theirs.
		{regexp.MustCompile(`(?i)\b((?:nats|tls|ws|wss|nats-route)://[^\s"'<>?#]*)[?#][^\s"'<>]*`), "${1}?" + Hidden},
		// Keys and certificates, also on one line with \n in the place of line ends, and one that was cut off.
		{regexp.MustCompile(`(?s)-{3,}\s*BEGIN [A-Z ]+-{3,}.*?(?:-{3,}\s*END [A-Z ]+-{3,}|$)`), Hidden},
		// JSON web tokens.
		{regexp.MustCompile(`\beyJ[\w-]+(?:\.[\w-]*){0,2}`), Hidden},
		// Seeds of nkeys: of accounts, clusters, servers, operators, users, and for encryption.
		{regexp.MustCompile(`\bS[ACNOUX][A-Z2-7]{40,}`), Hidden},
		// A credential that stands in a context itself, in the place of its file.
		{regexp.MustCompile(`(?i)\bdata:[\w/+.;=-]*,[^\s"'<>]*`), "data:" + Hidden},
	}
})

// secretMin is how long what is known to be a secret is at least before it is looked for in a text: "a" stands in every text, and in
// a URL a short one is found by its place.
const secretMin = 6

// Text is a text without what looks like a secret, and without those that are known: the longest first, since one may be part
// of another.
func Text(text string, known ...string) string {
	known = slices.Clone(known)
	slices.SortFunc(known, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, secret := range known {
		if len(secret) >= secretMin {
			text = strings.ReplaceAll(text, secret, Hidden)
		}
	}
	for _, s := range shapes() {
		text = s.looks.ReplaceAllString(text, s.left)
	}
	return text
}

// Error is an error with the text that [Text] leaves of its own, and with the same errors behind it; nil for nil.
func Error(err error, known ...string) error {
	if err == nil {
		return nil
	}
	text := Text(err.Error(), known...)
	if text == err.Error() {
		return err
	}
	return &redacted{text, err}
}

// redacted is an error with another text.
type redacted struct {
	text string
	err  error
}

// Error implements error.
func (r *redacted) Error() string { return r.text }

// Unwrap implements the interface of package errors.
func (r *redacted) Unwrap() error { return r.err }
