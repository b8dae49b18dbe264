package redact

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// List are the URLs of servers, as a person gave them in one word.
type List struct {
	URLs []*url.URL    // each with a scheme, and with its user
	User *url.Userinfo // the last that is named; nil: none is
}

// Errors of URLs. None of them quotes the URL: nobody knows which part of it was meant to be the password.
var (
	ErrURL   = errors.New("the URL of a server cannot be read: expected nats://HOST:PORT; in a user or a password write %40 for @, %3A for :, %2F for /, %2C for a comma, %3F for ? and %25 for %")
	ErrExtra = errors.New("the URL of a server has a path, a query or a fragment, of which servers know none, and which would be kept with results: expected nats://HOST:PORT")
)

// Servers takes URLs of servers apart, which are separated by commas. One without a scheme is one of nats.
func Servers(text string) (List, error) {
	var l List
	items := strings.Split(text, ",")
	for _, item := range items {
		item = strings.TrimSpace(item)
		if !strings.Contains(item, "://") {
			if len(items) > 1 && strings.Contains(item, "@") {
				return List{}, ErrURL // it may as well be the rest of a password with a comma
			}
			item = "nats://" + item
		}
		u, err := url.Parse(item)
		if err != nil || u.Hostname() == "" || u.Opaque != "" {
			return List{}, ErrURL
		}
		if err := extra(u); err != nil {
			return List{}, err
		}
		if u.User != nil {
			l.User = u.User
		}
		l.URLs = append(l.URLs, u)
	}
	return l, nil
}

// extra says that a URL has more than servers know. A path belongs to websockets alone.
func extra(u *url.URL) error {
	web := u.Scheme == "ws" || u.Scheme == "wss"
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !web && strings.Trim(u.Path, "/") != "" {
		return ErrExtra
	}
	return nil
}

// String is what may be shown: the URLs without users.
func (l List) String() string {
	var all []string
	for _, u := range l.URLs {
		bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
		all = append(all, bare.String())
	}
	return strings.Join(all, ",")
}

// Full are the URLs for the client library, and for nobody else.
func (l List) Full() string {
	var all []string
	for _, u := range l.URLs {
		all = append(all, u.String())
	}
	return strings.Join(all, ",")
}

// Secrets are the passwords and the tokens in the URLs, as they are and as a URL has them.
func (l List) Secrets() []string {
	var all []string
	for _, u := range l.URLs {
		if u.User == nil {
			continue
		}
		secret, ok := u.User.Password()
		if !ok {
			secret = u.User.Username()
		}
		all = append(all, secret, url.QueryEscape(secret), url.PathEscape(secret), fmt.Sprintf("%q", secret))
	}
	return all
}

// Settings are those of a context that are secrets themselves; others are names of files.
type Settings interface {
	Password() string
	Token() string
	UserJWT() string
	UserSeed() string
}

// Of are the secrets of a context, for [Error]. Its URL has secrets of its own.
func Of(s Settings) []string {
	return []string{s.Password(), s.Token(), s.UserJWT(), s.UserSeed()}
}

// Format implements fmt.Formatter: whatever the verb, a list never shows a user.
func (l List) Format(f fmt.State, _ rune) { fmt.Fprint(f, l.String()) }
