package redact

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"testing"
)

const (
	seed = "SUAM2E6CLNOIE5WQRJXBWZHCF5XNFUUFJC3M4SFMJ4KVB2UOGXFW3CFGJQ"
	jwt  = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJBQkMifQ.c2lnbmF0dXJl"
)

// What looks like a secret is hidden wherever it stands, and nothing else is.
func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"dial nats://u:correct-horse@h:4222: refused":                                     "dial nats://***@h:4222: refused",
		"dial nats://correct-horse@h:4222":                                                "dial nats://***@h:4222",
		`parse "nats://u:a/b%zz@h": invalid URL escape`:                                   `parse "nats://***@h": invalid URL escape`,
		"nats://h:4222?token=correct-horse is no URL":                                     "nats://h:4222?*** is no URL",
		"open " + seed + ": no such file":                                                 "open ***: no such file",
		"jwt " + jwt + " has expired":                                                     "jwt *** has expired",
		"open -----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----: no such file": "open ***: no such file",
		`open "-----BEGIN EC PRIVATE KEY-----\nMIGH`:                                      `open "***`,
		"-----BEGIN NATS USER JWT-----\nx\n------END NATS USER JWT------":                 "***",
		"creds data:;base64,c2VjcmV0: bad":                                                "creds data:*** bad",
		"the token is hunter22, not hunter2":                                              "the token is ***, not hunter2",
		"see https://docs.nats.io/x?y=1#z, or ask me@example.org":                         "see https://docs.nats.io/x?y=1#z, or ask me@example.org",
		"there is no stream ORDERS; nearest: ORDERS2 (of 3)":                              "there is no stream ORDERS; nearest: ORDERS2 (of 3)",
		"data: base64 decode failed":                                                      "data: base64 decode failed",
	} {
		if got := Text(text, "hunter22", "a"); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// An error keeps what it is, and only one that has to gets another text.
func TestError(t *testing.T) {
	cause := fmt.Errorf("open %s: %w", seed, fs.ErrNotExist)
	if err := Error(cause); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), seed) {
		t.Errorf("got %v", err)
	}
	if plain := errors.New("refused"); Error(plain) != plain || Error(nil) != nil {
		t.Error("another error than before")
	}
}

// URLs are taken apart into what may be shown and the user, or refused, and no refusal quotes anything.
func TestServers(t *testing.T) {
	for _, c := range []struct {
		text, shown string
		err         error
	}{
		{"nats://u:pass@h:4222", "nats://h:4222", nil},
		{"nats://token@h, tls://k:4223/", "nats://h,tls://k:4223/", nil},
		{"token@h", "nats://h", nil},
		{"h:4222,k:4222", "nats://h:4222,nats://k:4222", nil},
		{"nats://u:p@ss@[::1]:4222", "nats://[::1]:4222", nil},
		{"wss://u:pass@h/path", "wss://h/path", nil},
		{"nats://u:12,34@h", "", ErrURL},
		{"nats://u:pa,ss@h", "", ErrURL},
		{"nats://u:pa/ss@h", "", ErrURL},
		{"nats://u:12/34@h", "", ErrExtra},
		{"nats://u:12?34@h", "", ErrExtra},
		{"nats://u:12#34@h", "", ErrExtra},
		{"nats://u:%zz@h", "", ErrURL},
		{"nats://h?token=pass", "", ErrExtra},
		{"nats://h?", "", ErrExtra},
		{"nats://h#pass", "", ErrExtra},
		{"nats://u:pass@", "", ErrURL},
		{"nats:pass", "", ErrURL},
		{"", "", ErrURL},
		{"nats://h,", "", ErrURL},
	} {
		l, err := Servers(c.text)
		if shown := fmt.Sprintf("%v", l); !errors.Is(err, c.err) || shown != c.shown || err == nil && l.String() != shown {
			t.Errorf("%s: got %s, %v; want %s, %v", c.text, shown, err, c.shown, c.err)
		}
	}
}

// Whatever password a URL holds, it is shown neither by the list, nor by a text that quotes the URL.
func FuzzServers(f *testing.F) {
	for _, password := range []string{"correct horse", "a/b", "%zz", "x,y@z", "1#2", "1?2", "ä", "::"} {
		f.Add(password, "h:4222")
	}
	f.Fuzz(func(t *testing.T, password, host string) {
		const mark = "Xq7planted"
		plain := "nats://user:" + password + mark + "@" + host
		escaped := "nats://" + url.UserPassword("user", password+mark).String() + "@" + host
		for _, text := range []string{plain, escaped} {
			l, err := Servers(text)
			if strings.Contains(host, mark) {
				continue
			}
			if err != nil && strings.Contains(err.Error(), mark) || strings.Contains(fmt.Sprintf("%v %+v %#v %s", l, l, l, l), mark) {
				t.Errorf("%q is shown: %v, %v", text, l, err)
			}
		}
		if strings.ContainsAny(password, " \t\n\v\f\r\"'<>\u0085\u00a0") {
			return // not one word
		}
		if shown := Text("cannot use " + plain + ": refused"); strings.Contains(shown, mark) {
			t.Errorf("%q is shown as %q", plain, shown)
		}
	})
}
